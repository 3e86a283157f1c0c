"""Run by Alembic, with the connection that `grader.store.database` has begun a transaction on."""

from __future__ import annotations

from alembic import context

from grader.courses.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    transactional_ddl=True,  # a kill in the middle leaves what was there before
    version_table="courses_version",
    render_as_batch=True,  # SQLite cannot change a column
)
with context.begin_transaction():
    context.run_migrations()
