"""Sessions as append-only events, in a SQLite file or a PostgreSQL database. Only user of sqlalchemy.

An event is on disk before `append` returns (SQLite: WAL, synchronous FULL; PostgreSQL: synchronous_commit). The pair
(session, seq) is the primary key, so of two writers one wins and the other is told. What the library shows of a session
is a row written in the same transaction. A draft is one row per session that each keystroke may replace.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from sqlalchemy import (
    URL,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    and_,
    bindparam,
    create_engine,
    delete,
    event,
    exists,
    func,
    insert,
    inspect,
    make_url,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from coach.errors import Conflict, StoreError, UnknownSession
from coach.progress import library
from coach.progress.library import SessionInfo
from coach.progress.migrations import HEAD, REVISIONS, VERSION_TABLE, upgrade
from coach.schema import Event

WAIT_S = 10
"""Longest wait for a lock or a connection."""
MIGRATION_WAIT_S = 60
"""Longest wait for another process that brings the tables up to date."""
_PAGE = 500
"""Sessions that are read at a time when all are wanted."""
_MIGRATION_LOCK = 0x636F616368
"""Key of PostgreSQL's advisory lock: "coach"."""

_LOOKS = "it looks like postgresql+psycopg://user:password@host/database or sqlite:////folder/sessions.db"
_log = logging.getLogger(__name__)


class _Utc(TypeDecorator[datetime]):
    """Aware datetimes that come back in UTC, whatever the database makes of time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_meta = MetaData()
_events = Table(
    "events",
    _meta,
    Column("session", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", _Utc, nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("card", Text),
    Column("words", Text),
    Index("ix_events_card_at", "card", "at"),
)
_drafts = Table(
    "drafts",
    _meta,
    Column("session", String(64), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", _Utc, nullable=False),
)
_sessions = Table(
    "sessions",
    _meta,
    Column("session", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("started_at", _Utc, nullable=False),
    Column("updated_at", _Utc, nullable=False, index=True),
    Column("ended_at", _Utc),
    Column("lang", String(8)),
    Column("format", Text, nullable=False),
    Column("person", Text, nullable=False, server_default=""),
    Column("questions", Integer, nullable=False),
    Column("answers", Integer, nullable=False),
    Column("score", Float),
    Column("events", Integer, nullable=False, server_default="0"),
    Index("ix_sessions_person_updated_at", "person", "updated_at"),
)
_INFO = tuple(column for column in _sessions.c if column.name != "words")

# What every answer runs is built once: building it costs as much as running it.
_ADD = insert(_events)
_ADD_LINE = insert(_sessions)
_OF = bindparam("of", type_=String)
_CHANGE_LINE = update(_sessions).where(_sessions.c.session == _OF)
_LINE = select(*_INFO).where(_sessions.c.session == _OF).with_for_update()
_BODIES = select(_events.c.body).where(_events.c.session == _OF).order_by(_events.c.seq)
_FORGET_DRAFT = delete(_drafts).where(_drafts.c.session == _OF)


@dataclass(frozen=True)
class Kept:
    """All rows of one session."""

    line: dict[str, Any]
    """In the library."""
    events: tuple[dict[str, Any], ...]
    draft: dict[str, Any] | None


class Store:
    """The sessions of one database."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine
        self._where = where
        self._sqlite = engine.dialect.name == "sqlite"

    @classmethod
    def open(cls, path: Path) -> Self:
        """The store in the SQLite file at `path`, made when there is none. Raises StoreError when it is damaged."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{path.parent}: cannot make the data folder ({error.strerror}); set COACH_DATA_DIR", "folder"
            ) from error
        engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": WAIT_S})
        event.listen(engine, "connect", _durable_file)
        event.listen(engine, "begin", _begin)
        return cls(engine, str(path))._ready(
            "cannot be opened; move the file away to start afresh, or restore a backup"
        )

    @classmethod
    def connect(cls, url: str) -> Self:
        """The store at `url`: `postgresql+psycopg://user:password@host/database`, or `sqlite:///path`.

        Raises StoreError when the database cannot be reached, or its driver is not installed. Messages never show the
        password.
        """
        place = _place(url)
        if place.get_backend_name() == "sqlite":
            return cls.open(Path(str(place.database)))
        where = place.render_as_string(hide_password=True)
        waits = {} if "connect_timeout" in place.query else {"connect_timeout": WAIT_S}
        try:
            engine = create_engine(place, isolation_level="READ COMMITTED", pool_pre_ping=True, connect_args=waits)
        except ImportError as error:
            raise StoreError(
                f"{where}: the PostgreSQL driver cannot be imported ({error});"
                " pip install 'interview-coach[postgres]', or unset COACH_DATABASE_URL to keep sessions in a file",
                "driver",
            ) from error
        event.listen(engine, "connect", _durable_server)
        return cls(engine, where)._ready("cannot be opened; check that the server runs and lets this user in")

    def append(self, events: Sequence[Event], *, clear_draft: bool = False) -> None:
        """All events, of one session, on disk, or none.

        Raises Conflict when another writer took one of the numbers, UnknownSession when the session was deleted.
        """
        session = events[0].session
        rows = [_row(one) for one in events]
        happened = [(one.at, library.body_of(row["body"])) for one, row in zip(events, rows, strict=True)]
        with self._writing("the answer could not be saved") as link:
            try:
                link.execute(_ADD, rows)
            except IntegrityError as error:
                raise Conflict(
                    "this interview moved on in another tab or window; reload to continue there"
                    " (nothing was overwritten)",
                    "moved",
                ) from error
            before = _known(link, session)
            if before is None and events[0].seq != 0:
                raise UnknownSession.named(session)
            info = library.after(before, session, happened)
            shown = {**info.model_dump(), "words": library.folded(info.title)}
            if before is None:
                link.execute(_ADD_LINE, shown)
            else:
                link.execute(_CHANGE_LINE, {"of": session, **shown})
            if clear_draft:
                link.execute(_FORGET_DRAFT, {"of": session})

    def events(self, session: str) -> tuple[Event, ...]:
        """All events of a session in order. Raises UnknownSession when there are none."""
        with self._reading("the session could not be read") as link:
            bodies = link.execute(_BODIES, {"of": session}).scalars()
            found = tuple(Event.model_validate_json(body) for body in bodies)
        if not found:
            raise UnknownSession.named(session)
        return found

    def latest(self, *, person: str | None = None) -> str | None:
        """Id of the session that was written last, of this person or of anybody; None when there is none."""
        return next((info.session for info in self.list(most=1, person=person)), None)

    def last_asked(self, *, person: str | None = None) -> dict[str, datetime]:
        """Card id -> when it was last asked, over all sessions or those of one person."""
        asked = select(_events.c.card, func.max(_events.c.at)).where(_events.c.card.is_not(None))
        if person is not None:
            mine = _sessions.c.person == library.without_nul(person)
            asked = asked.join(_sessions, _sessions.c.session == _events.c.session).where(mine)
        with self._reading("sessions could not be read") as link:
            rows = link.execute(asked.group_by(_events.c.card)).all()
        return {str(card): at for card, at in rows}

    def list(
        self, *, search: str = "", most: int = 50, before: SessionInfo | None = None, person: str | None = None
    ) -> tuple[SessionInfo, ...]:
        """At most so many sessions, the one written last first; those after `before` in that order.

        Without `person` those of everybody; a person without a name has an empty one.

        With `search`, those whose title, questions, follow-ups or answers hold every one of its words, each anywhere in
        the session and also as a part of a longer word. Case, full-width forms and quotes do not matter; inflection,
        spelling, simplified and traditional characters do. Chinese is found as it stands: a phrase, not its parts.
        """
        found = select(*_INFO).order_by(_sessions.c.updated_at.desc(), _sessions.c.session.desc()).limit(most)
        if before is not None:
            at, name = before.updated_at, before.session
            earlier = and_(_sessions.c.updated_at == at, _sessions.c.session < name)
            found = found.where(or_(_sessions.c.updated_at < at, earlier))
        if person is not None:
            found = found.where(_sessions.c.person == library.without_nul(person))
        for word in library.folded(search).split():
            said = exists().where(
                _events.c.session == _sessions.c.session, _events.c.words.contains(word, autoescape=True)
            )
            found = found.where(or_(_sessions.c.words.contains(word, autoescape=True), said))
        with self._reading("sessions could not be read") as link:
            return tuple(SessionInfo.model_validate(dict(row)) for row in link.execute(found).mappings())

    def every(self, *, person: str | None = None) -> Iterator[SessionInfo]:
        """All sessions, of this person or of anybody, the one written last first, read a page at a time."""
        before: SessionInfo | None = None
        while page := self.list(most=_PAGE, before=before, person=person):
            yield from page
            before = page[-1]

    def rename(self, session: str, title: str) -> None:
        """Give a session another title; an empty one brings back the first question. Raises UnknownSession."""
        with self._writing("the title could not be saved") as link:
            if _known(link, session) is None:
                raise UnknownSession.named(session)
            shown = library.titled(title, library.NAMED_MOST) or library.titled(_first_question(link, session))
            link.execute(
                update(_sessions).where(_sessions.c.session == session).values(title=shown, words=library.folded(shown))
            )

    def delete(self, session: str) -> tuple[str, ...]:
        """The files of audio that the deleted session names, for the caller to remove. Raises UnknownSession.

        Its events, its draft and its line in the library are gone. In SQLite their bytes are too: the file is written
        anew. When that fails (a full disk, another program that reads the file) the session is gone all the same, a
        warning is logged, and the next deletion does it.
        """
        with self._writing("the session could not be deleted") as link:
            if not link.execute(delete(_sessions).where(_sessions.c.session == session)).rowcount:
                raise UnknownSession.named(session)
            mine = select(_events.c.body).where(_events.c.session == session).order_by(_events.c.seq)
            bodies = [library.body_of(text) for text in link.execute(mine).scalars()]
            link.execute(delete(_events).where(_events.c.session == session))
            link.execute(delete(_drafts).where(_drafts.c.session == session))
        if self._sqlite:
            self._scrub()
        return library.recordings(bodies)

    def save_draft(self, session: str, seq: int, text: str) -> None:
        """Keep the unsent answer that will become event `seq` of a session, replacing the draft before.

        A draft that comes after its session was deleted is not kept.
        """
        row = {"session": session, "seq": seq, "text": library.without_nul(text), "at": datetime.now(UTC)}
        with self._writing("the draft could not be saved") as link:
            if _known(link, session) is None:
                return
            link.execute(delete(_drafts).where(_drafts.c.session == session))
            if text:
                link.execute(insert(_drafts), row)

    def draft(self, session: str, seq: int) -> str:
        """The unsent answer for event `seq` of a session; empty when there is none, or it was for an earlier event."""
        mine = (_drafts.c.session == session) & (_drafts.c.seq == seq)
        with self._reading("the draft could not be read") as link:
            return link.execute(select(_drafts.c.text).where(mine)).scalar_one_or_none() or ""

    def kept(self, session: str) -> Kept:
        """All that is stored of a session, as it is stored, unreadable events too. Raises UnknownSession."""
        with self._reading("the session could not be read") as link:
            row = link.execute(select(_sessions).where(_sessions.c.session == session)).mappings().one_or_none()
            if row is None:
                raise UnknownSession.named(session)
            mine = select(_events).where(_events.c.session == session).order_by(_events.c.seq)
            events = tuple(dict(one) for one in link.execute(mine).mappings())
            draft = link.execute(select(_drafts).where(_drafts.c.session == session)).mappings().one_or_none()
        return Kept(dict(row), events, None if draft is None else dict(draft))

    def keep(self, kept: Kept) -> None:
        """Store a session that another store kept. Raises Conflict when there is one of its id."""
        with self._writing("the session could not be copied") as link:
            try:
                link.execute(insert(_sessions), kept.line)
            except IntegrityError as error:
                raise Conflict(
                    f"session {kept.line['session']!r} is there already", "there", session=str(kept.line["session"])
                ) from error
            link.execute(insert(_events), list(kept.events))
            if kept.draft is not None:
                link.execute(insert(_drafts), kept.draft)

    def close(self) -> None:
        """Give the database connections back."""
        self._engine.dispose()

    def _ready(self, fault: str) -> Self:
        """This store with its tables up to date; closed when that fails."""
        try:
            with self._reading(f"{self._where}: {fault}") as link:
                current = self._revision(link)
                if self._sqlite:
                    self._check(link)
            if current != HEAD:
                self._migrate()
        except StoreError:
            self.close()
            raise
        return self

    def _check(self, link: Connection) -> None:
        verdict = link.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if verdict != "ok":
            raise StoreError(
                f"{self._where}: damaged ({verdict}); nothing was changed. Restore a backup or move it away", "damaged"
            )

    def _revision(self, link: Connection) -> str | None:
        """The last step that the tables have taken; None before the first. Raises StoreError when it is not ours."""
        steps = link.exec_driver_sql("PRAGMA user_version").scalar_one() if self._sqlite else 0
        current: str | None = None
        if inspect(link).has_table(VERSION_TABLE):
            current = link.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar_one_or_none()
        if steps > len(REVISIONS) or (current is not None and current not in REVISIONS):
            raise StoreError(
                f"{self._where}: written by a newer version (schema {current if steps <= len(REVISIONS) else steps});"
                " update the coach. Nothing was changed",
                "newer",
            )
        return current

    def _migrate(self) -> None:
        """Every step that is owed, in one transaction, while any other process waits."""
        fault = f"{self._where}: the tables cannot be brought up to date; nothing was changed"
        with self._working(fault, begin="") as link:
            if self._sqlite:
                link.exec_driver_sql(f"PRAGMA busy_timeout={MIGRATION_WAIT_S * 1000}")
                link.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                link.exec_driver_sql(f"SET LOCAL lock_timeout='{MIGRATION_WAIT_S}s'")
                link.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            if self._revision(link) != HEAD:
                upgrade(link)
                if self._sqlite:
                    link.exec_driver_sql(f"PRAGMA user_version={len(REVISIONS)}")
        self.close()

    def _scrub(self) -> None:
        """Write the SQLite file anew, without what was deleted from it.

        `secure_delete` alone leaves a copy now and then, in a page that SQLite has rearranged: 5 of 210 deletions.
        """
        try:
            with self._working("", begin="") as link:
                link.exec_driver_sql("VACUUM")
                busy = link.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            fault = "another program is reading it" if busy else ""
        except StoreError as error:
            fault = str(error)
        if fault:
            _log.warning("%s may still hold words of a deleted session until the next deletion: %s", self._where, fault)

    def _reading(self, failure: str) -> AbstractContextManager[Connection]:
        return self._working(failure, begin="BEGIN")

    def _writing(self, failure: str) -> AbstractContextManager[Connection]:
        return self._working(failure, begin="BEGIN IMMEDIATE")

    @contextmanager
    def _working(self, failure: str, *, begin: Literal["", "BEGIN", "BEGIN IMMEDIATE"]) -> Iterator[Connection]:
        """A transaction; database errors come out as StoreError with `failure` in front. SQLite's starts as told."""
        try:
            with self._engine.connect().execution_options(coach_begin=begin) as link, link.begin():
                yield link
        except DBAPIError as error:
            raise StoreError(
                f"{failure} ({str(error.orig).strip()})", "unsaved" if begin == "BEGIN IMMEDIATE" else "unread"
            ) from error
        except PoolTimeout as error:
            raise StoreError(f"{failure} (all connections to the database are busy; try again)", "busy") from error


def _place(url: str) -> URL:
    """The address in `url`, with the driver that is used here. Raises StoreError when it is of another kind."""
    try:
        place = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"the database URL cannot be read ({error}): {_LOOKS}", "address") from error
    if place.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return place.set(drivername="postgresql+psycopg")
    if place.drivername in {"sqlite", "sqlite+pysqlite"} and place.database not in {None, "", ":memory:"}:
        return place
    raise StoreError(f"{place.render_as_string(hide_password=True)}: no database for sessions: {_LOOKS}", "address")


def _row(one: Event) -> dict[str, Any]:
    text = one.model_dump_json()
    body = library.body_of(text)
    return {
        "session": one.session,
        "seq": one.seq,
        "at": one.at,
        "kind": one.body.kind,
        "body": text,
        "card": library.card(body),
        "words": library.words(body),
    }


def _known(link: Connection, session: str) -> SessionInfo | None:
    """What the library says of a session, held against other writers until the transaction ends; None when unknown."""
    row = link.execute(_LINE, {"of": session}).mappings().one_or_none()
    return None if row is None else SessionInfo.model_validate(dict(row))


def _first_question(link: Connection, session: str) -> str:
    asked = (_events.c.session == session) & (_events.c.kind == "asked")
    text = link.execute(select(_events.c.body).where(asked).order_by(_events.c.seq).limit(1)).scalar_one_or_none()
    return str(library.body_of(text).get("text", "")) if text else ""


def _durable_file(link: sqlite3.Connection, _record: object) -> None:
    link.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        link.execute(f"PRAGMA {pragma}").close()


def _begin(link: Connection) -> None:
    """Start SQLite's transaction here: its driver would leave reading and changes of tables out of it."""
    begin = link.get_execution_options().get("coach_begin", "BEGIN")
    if begin:
        link.exec_driver_sql(begin)


def _durable_server(link: Any, _record: object) -> None:
    """Have commits wait for the disk, also where the server is set up not to."""
    link.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    link.commit()
