"""The tables of the store, from their first form to today's, step by step.

A new step is a file in `versions/` and its number at the end of REVISIONS. Alembic is imported only when one is owed.
"""

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

REVISIONS = ("0001", "0002", "0003", "0004")
"""Every step, oldest first; SQLite's `user_version` is how many were taken."""
HEAD = REVISIONS[-1]
VERSION_TABLE = "coach_version"
"""Holds the last step taken; of our own name, because other programs use Alembic's."""

_ONE_AT_A_TIME = Lock()
"""Alembic keeps what it works on in globals."""


def upgrade(link: "Connection") -> None:
    """Take every step that is owed, within the open transaction of `link`; the caller holds the database's lock."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "coach.progress:migrations")
    config.attributes["connection"] = link
    with _ONE_AT_A_TIME:
        command.upgrade(config, HEAD)
