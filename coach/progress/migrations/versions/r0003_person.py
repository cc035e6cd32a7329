"""Who each session belongs to; those that are there belong to the person without a name."""

from alembic import op
from sqlalchemy import Column, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the column, and an index for the list of one person's sessions."""
    op.add_column("sessions", Column("person", Text, nullable=False, server_default=""))
    op.create_index("ix_sessions_person_updated_at", "sessions", ["person", "updated_at"])
