"""Run by Alembic: the steps go through the connection that `upgrade` was given."""

from alembic import context

from coach.progress.migrations import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
