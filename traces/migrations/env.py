"""How Alembic runs a revision: on the connection it is handed, whose transaction and lock `traces.schema` owns."""

from alembic import context

from traces.schema import VERSION_TABLE

connection = context.config.attributes["connection"]
# SQLite changes tables inside a transaction as PostgreSQL does (traces.db opens it by hand), so a revision that fails
# leaves nothing; `render_as_batch` lets a revision alter a table in the way SQLite needs.
context.configure(connection=connection, version_table=VERSION_TABLE, transactional_ddl=True, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
