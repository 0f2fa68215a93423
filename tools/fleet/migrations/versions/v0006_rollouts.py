"""Roll-outs and their terminals.

Revision ID: 0006
Revises: 0005
"""

from alembic import op
from sqlalchemy import BigInteger, Column, Index, Integer

from tools.fleet.tables import Text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "rollouts",
        Column("id", Integer, primary_key=True),
        Column("name", Text, nullable=False, unique=True),
        Column("kind", Text, nullable=False),
        Column("content", Text, nullable=False),
        Column("plan", Text, nullable=False),
        Column("by", Text, nullable=False),
        Column("created_at", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("wave", Integer, nullable=False),
        Column("wave_began_at", Text, nullable=False),
        Column("why", Text, nullable=False),
        Column("changed_at", Text, nullable=False),
    )
    op.create_table(
        "rollout_targets",
        Column("rollout", Integer, primary_key=True, autoincrement=False),
        Column("terminal", Text, primary_key=True),
        Column("wave", BigInteger, nullable=False),
        Column("content", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("code", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("ordered", Text, nullable=False),
        Column("ordered_at", Text, nullable=False),
        Column("taken_at", Text, nullable=False),
        Column("ended_at", Text, nullable=False),
        Column("before", Text, nullable=False),
        Column("back", Text, nullable=False),
        Index("rollout_targets_by_state", "state", "rollout"),
        Index("rollout_targets_by_terminal", "terminal"),
    )
