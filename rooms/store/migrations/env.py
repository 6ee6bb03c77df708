"""Alembic's environment: runs the revisions on the connection that it is given.

Comes in: `config.attributes["connection"]`, in a transaction. There is no `alembic.ini`;
`rooms.store.migrate` is how this is run.
"""

from alembic import context

from rooms.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite's tables change in transactions as well as its rows do.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
