"""Jumps, and what people noted about them.

Revision ID: 0004
Revises: 0003
"""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer

from tools.fleet.tables import Text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "jumps",
        Column("id", Integer, primary_key=True),
        Column("terminal", Text, nullable=False),
        Column("journal_id", Text, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("hash", Text, nullable=False),
        Column("at", Text, nullable=False),
        Column("clock", Text, nullable=False),
        Column("received_at", Text, nullable=False),
        Column("placed_at", Text, nullable=False),
        Column("sale", Text, nullable=False),
        Column("stage", Text, nullable=False),
        Column("fields", Text, nullable=False),
        Column("expected", Text, nullable=False),
        Column("observed", Text, nullable=False),
        Column("causes", Text, nullable=False),
        Column("reverses", Boolean, nullable=False),
        Column("acquirer", Text, nullable=False),
        Column("mid", Text, nullable=False),
        Column("tid", Text, nullable=False),
        Column("merchant", Text, nullable=False),
        Column("region", Text, nullable=False),
        Column("software", Text, nullable=False),
        Column("timezone", Text, nullable=False),
        Column("hour", Integer),
        Column("workflow", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("changed_at", Text, nullable=False),
        Column("changed_by", Text, nullable=False),
        Column("last_sequence", BigInteger, nullable=False),
        Column("anchor_due", Boolean, nullable=False),
        Column("anchor", Text, nullable=False),
        Index("jumps_by_entry", "terminal", "journal_id", "sequence", "hash", unique=True),
        Index("jumps_by_sale", "terminal", "sale"),
        Index("jumps_by_time", "placed_at"),
        Index("jumps_by_workflow", "workflow"),
        Index("jumps_by_anchor", "anchor_due"),
    )
    op.create_table(
        "jump_notes",
        Column("id", Integer, primary_key=True),
        Column("jump", Integer, nullable=False),
        Column("at", Text, nullable=False),
        Column("by", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("workflow", Text, nullable=False),
        Index("jump_notes_by_jump", "jump"),
    )
    reading = op.create_table(
        "jump_reading",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("terminal", Text, nullable=False),
        Column("journal_id", Text, nullable=False),
        Column("sequence", BigInteger, nullable=False),
    )
    op.bulk_insert(reading, [{"id": 1, "terminal": "", "journal_id": "", "sequence": 0}])
