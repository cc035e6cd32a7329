"""Events and drafts, as the first release kept them.

A SQLite file of that release has these tables already and no note of the step: it is taken over as it is.
"""

from alembic import op
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, Text

revision = "0001"
down_revision = None

_meta = MetaData()
Table(
    "events",
    _meta,
    Column("session", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("body", Text, nullable=False),
)
Table(
    "drafts",
    _meta,
    Column("session", String(64), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)


def upgrade() -> None:
    """Make the tables; on PostgreSQL a table of the same name is another program's, and an error."""
    link = op.get_bind()
    _meta.create_all(link, checkfirst=link.dialect.name == "sqlite")
