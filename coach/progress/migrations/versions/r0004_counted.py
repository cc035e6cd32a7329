"""How many events each session has, so that what changed is known whatever the clock says."""

from alembic import op
from sqlalchemy import Column, Integer

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the column, and count what is there."""
    op.add_column("sessions", Column("events", Integer, nullable=False, server_default="0"))
    op.execute("UPDATE sessions SET events = (SELECT count(*) FROM events WHERE events.session = sessions.session)")
