"""Terminals are counted by how they stand without all that is known of each being read.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the index."""
    op.create_index("terminals_by_standing", "terminals", ["presence", "lifecycle", "terminal"])
