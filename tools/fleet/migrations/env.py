"""What Alembic runs for `tools.fleet.schema`: each version's changes, in the transaction that it was given."""

from alembic import context

from tools.fleet.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
    render_as_batch=True,
)
context.run_migrations()
