"""Alerts, and who is told of them.

Revision ID: 0003
Revises: 0002
"""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer

from tools.fleet.tables import Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        Column("id", Integer, primary_key=True),
        Column("terminal", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("severity", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("raised_at", Text, nullable=False),
        Column("last_at", Text, nullable=False),
        Column("times", Integer, nullable=False),
        Column("flaps", Integer, nullable=False),
        Column("newest", BigInteger, nullable=False),
        Column("quiet_since", Text),
        Column("cleared_at", Text),
        Column("acknowledged_at", Text),
        Column("acknowledged_by", Text),
        Column("assignee", Text),
        Column("hidden_by", Integer),
        Column("why", Text),
        Index("alerts_by_end", "cleared_at"),
        Index("alerts_by_terminal", "terminal", "kind"),
    )
    op.create_table(
        "channels",
        Column("id", Integer, primary_key=True),
        Column("name", Text, nullable=False, unique=True),
        Column("address", Text, nullable=False),
        Column("severity", Text, nullable=False),
        Column("language", Text, nullable=False),
        Column("per_hour", Integer, nullable=False),
        Column("enabled", Boolean, nullable=False),
    )
    op.create_table(
        "notifications",
        Column("id", Integer, primary_key=True),
        Column("channel", Integer, nullable=False),
        Column("alert", Integer, nullable=False),
        Column("what", Text, nullable=False),
        Column("at", Text, nullable=False),
        Column("due_at", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("detail", Text, nullable=False),
        Column("done_at", Text),
        Index("notifications_by_alert", "alert"),
        Index("notifications_by_end", "channel", "done_at"),
    )
