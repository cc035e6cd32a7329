"""The library of sessions, and what is searched and counted in events: both filled from the events that are there."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from alembic import op
from sqlalchemy import (
    Column,
    DateTime,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection, Row

from coach.progress import library

revision = "0002"
down_revision = "0001"

_meta = MetaData()
_events = Table(
    "events",
    _meta,
    Column("session", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("body", Text, nullable=False),
    Column("card", Text),
    Column("words", Text),
)
_sessions = Table(
    "sessions",
    _meta,
    Column("session", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, index=True),
    Column("ended_at", DateTime(timezone=True)),
    Column("lang", String(8)),
    Column("format", Text, nullable=False),
    Column("questions", Integer, nullable=False),
    Column("answers", Integer, nullable=False),
    Column("score", Float),
)


def upgrade() -> None:
    """Make the table and the columns, and fill them session by session."""
    op.add_column("events", Column("card", Text))
    op.add_column("events", Column("words", Text))
    op.create_index("ix_events_card_at", "events", ["card", "at"])
    link = op.get_bind()
    _sessions.create(link, checkfirst=False)
    for session in link.execute(select(_events.c.session).distinct()).scalars().all():
        mine = select(_events.c.seq, _events.c.at, _events.c.body).where(_events.c.session == session)
        _fill(link, session, link.execute(mine.order_by(_events.c.seq)).all())


def _fill(link: Connection, session: str, rows: Sequence[Row[Any, Any, Any]]) -> None:
    happened = [(row.at.replace(tzinfo=UTC), library.body_of(row.body)) for row in rows]
    info = library.after(None, session, happened)
    link.execute(
        insert(_sessions).values(
            session=session,
            title=info.title,
            words=library.folded(info.title),
            started_at=info.started_at,
            updated_at=info.updated_at,
            ended_at=info.ended_at,
            lang=info.lang,
            format=info.format,
            questions=info.questions,
            answers=info.answers,
            score=info.score,
        )
    )
    found = [
        {"number": row.seq, "card": library.card(body), "words": library.words(body)}
        for row, (_, body) in zip(rows, happened, strict=True)
    ]
    here = (_events.c.session == session) & (_events.c.seq == bindparam("number"))
    link.execute(update(_events).where(here), found)
