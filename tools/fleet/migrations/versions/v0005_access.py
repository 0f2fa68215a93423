"""Users, sessions, tokens, and the log of what was changed.

Revision ID: 0005
Revises: 0004
"""

from alembic import op
from sqlalchemy import Column, Index, Integer

from tools.fleet.tables import Text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "users",
        Column("name", Text, primary_key=True),
        Column("role", Text, nullable=False),
        Column("password", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("language", Text, nullable=False),
        Column("created_at", Text, nullable=False),
        Column("disabled_at", Text),
    )
    op.create_table(
        "sessions",
        Column("hash", Text, primary_key=True),
        Column("user", Text, nullable=False),
        Column("csrf", Text, nullable=False),
        Column("created_at", Text, nullable=False),
        Column("seen_at", Text, nullable=False),
        Index("sessions_by_user", "user"),
    )
    op.create_table(
        "tokens",
        Column("id", Integer, primary_key=True),
        Column("hash", Text, nullable=False, unique=True),
        Column("name", Text, nullable=False),
        Column("user", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("created_at", Text, nullable=False),
        Column("expires_at", Text, nullable=False),
        Column("revoked_at", Text),
    )
    op.create_table(
        "audit",
        Column("id", Integer, primary_key=True),
        Column("at", Text, nullable=False),
        Column("by", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Index("audit_by_subject", "subject"),
        Index("audit_by_time", "at"),
    )
