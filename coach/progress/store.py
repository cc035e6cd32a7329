"""Sessions as append-only events, in SQLite or any database SQLAlchemy knows. Only user of sqlalchemy.

An event is on disk (WAL, synchronous FULL) before `append` returns. The pair (session, seq) is the primary key, so of
two writers one wins and the other is told. A draft is one row per session that each keystroke may replace.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from coach.errors import Conflict, StoreError, UnknownSession
from coach.schema import Event

SCHEMA_VERSION = 1

_meta = MetaData()
_events = Table(
    "events",
    _meta,
    Column("session", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("body", Text, nullable=False),
)
_drafts = Table(
    "drafts",
    _meta,
    Column("session", String(64), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)


class Store:
    """The sessions of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, path: Path) -> "Store":
        """The store in the SQLite file at `path`, made when there is none. Raises StoreError when it is damaged."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{path.parent}: cannot make the data folder ({error.strerror}); set COACH_DATA_DIR"
            ) from error
        engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10})
        event.listen(engine, "connect", _durable)
        store = cls(engine)
        with store._work(f"{path}: cannot be opened; move the file away to start afresh, or restore a backup") as link:
            version = link.exec_driver_sql("PRAGMA user_version").scalar_one()
            if version > SCHEMA_VERSION:
                raise StoreError(f"{path}: written by a newer version (schema {version}); update the coach")
            verdict = link.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
            if verdict != "ok":
                raise StoreError(f"{path}: damaged ({verdict}); nothing was changed. Restore a backup or move it away")
            _meta.create_all(link)
            link.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
        return store

    def append(self, events: Sequence[Event], *, clear_draft: bool = False) -> None:
        """All events on disk, or none. Raises Conflict when another writer took one of the numbers."""
        rows = [
            {
                "session": one.session,
                "seq": one.seq,
                "at": one.at,
                "kind": one.body.kind,
                "body": one.model_dump_json(),
            }
            for one in events
        ]
        with self._work("the answer could not be saved") as link:
            try:
                link.execute(insert(_events), rows)
            except IntegrityError as error:
                raise Conflict(
                    "this interview moved on in another tab or window; reload to continue there"
                    " (nothing was overwritten)"
                ) from error
            if clear_draft:
                link.execute(delete(_drafts).where(_drafts.c.session == events[0].session))

    def events(self, session: str) -> tuple[Event, ...]:
        """All events of a session in order. Raises UnknownSession when there are none."""
        with self._work("the session could not be read") as link:
            bodies = link.execute(
                select(_events.c.body).where(_events.c.session == session).order_by(_events.c.seq)
            ).scalars()
            found = tuple(Event.model_validate_json(body) for body in bodies)
        if not found:
            raise UnknownSession(f"no session {session!r}: it may have been deleted, or belong to another data folder")
        return found

    def latest(self) -> str | None:
        """Id of the session that was written last, or None."""
        with self._work("sessions could not be read") as link:
            row = link.execute(select(_events.c.session).order_by(_events.c.at.desc(), _events.c.seq.desc()).limit(1))
            return row.scalar_one_or_none()

    def last_asked(self) -> dict[str, datetime]:
        """Card id -> when it was last asked, over all sessions."""
        card = func.json_extract(_events.c.body, "$.body.card")
        with self._work("sessions could not be read") as link:
            rows = link.execute(
                select(card, func.max(_events.c.at)).where(_events.c.kind == "asked").group_by(card)
            ).all()
        return {str(name): at.replace(tzinfo=UTC) for name, at in rows}

    def save_draft(self, session: str, seq: int, text: str) -> None:
        """Keep the unsent answer that will become event `seq` of a session, replacing the draft before."""
        row = {"session": session, "seq": seq, "text": text, "at": datetime.now(UTC)}
        with self._work("the draft could not be saved") as link:
            link.execute(delete(_drafts).where(_drafts.c.session == session))
            if text:
                link.execute(insert(_drafts), row)

    def draft(self, session: str, seq: int) -> str:
        """The unsent answer for event `seq` of a session; empty when there is none, or it was for an earlier event."""
        mine = (_drafts.c.session == session) & (_drafts.c.seq == seq)
        with self._work("the draft could not be read") as link:
            return link.execute(select(_drafts.c.text).where(mine)).scalar_one_or_none() or ""

    def close(self) -> None:
        """Give the database connections back."""
        self._engine.dispose()

    @contextmanager
    def _work(self, failure: str) -> Iterator[Connection]:
        """A transaction; database errors come out as StoreError with `failure` in front."""
        try:
            with self._engine.begin() as link:
                yield link
        except DBAPIError as error:
            raise StoreError(f"{failure} ({error.orig})") from error


def _durable(link: sqlite3.Connection, _record: object) -> None:
    cursor = link.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
