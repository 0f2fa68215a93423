"""What is known of terminals over time.

Revision ID: 0002
Revises: 0001
"""

from alembic import op
from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, text

from tools.fleet.tables import Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables, and have what follows from events that are there already be made by the backend."""
    op.add_column("terminals", Column("sampled_at", Text))
    op.create_table(
        "facts",
        Column("terminal", Text, primary_key=True),
        Column("acquirer", Text, nullable=False),
        Column("mid", Text, nullable=False),
        Column("tid", Text, nullable=False),
        Column("merchant", Text, nullable=False),
        Column("region", Text, nullable=False),
        Column("timezone", Text, nullable=False),
        Column("software", Text, nullable=False),
        Column("hardware", Text, nullable=False),
        Column("binding_version", BigInteger, nullable=False),
        Column("since", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("last_sale_at", Text, nullable=False),
        Column("last_sale_result", Text, nullable=False),
        Column("bound_by", Text, nullable=False),
        Column("named_by", Text, nullable=False),
        Column("reason_by", Text, nullable=False),
        Column("sale_by", Text, nullable=False),
        Column("binding_mid", Text, nullable=False),
        Column("binding_region", Text, nullable=False),
        Index("facts_by_mid", "mid"),
        Index("facts_by_tid", "tid"),
    )
    op.create_table(
        "sales",
        Column("terminal", Text, nullable=False),
        Column("sale", Text, nullable=False),
        Column("journal_id", Text, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("at", Text, nullable=False),
        Column("heard_at", Text, nullable=False),
        Column("amount", BigInteger, nullable=False),
        Column("currency", Text, nullable=False),
        Column("mid", Text, nullable=False),
        Column("tid", Text, nullable=False),
        Column("result", Text, nullable=False),
        Column("code", Text, nullable=False),
        Column("reversal", Text, nullable=False),
        Column("begun_by", Text, nullable=False),
        Column("asked_by", Text, nullable=False),
        Column("ended_by", Text, nullable=False),
        Column("reversed_by", Text, nullable=False),
        PrimaryKeyConstraint("sale", "terminal"),
        Index("sales_by_time", "terminal", "at"),
        Index("sales_by_age", "heard_at"),
    )
    op.create_table(
        "connections",
        Column("id", Integer, primary_key=True),
        Column("terminal", Text, nullable=False),
        Column("at", Text, nullable=False),
        Column("presence", Text, nullable=False),
        Column("lifecycle", Text, nullable=False),
        Column("session", BigInteger, nullable=False),
        Column("boot_id", Text, nullable=False),
        Column("journal_id", Text, nullable=False),
        Index("connections_by_time", "terminal", "at"),
        Index("connections_by_age", "at"),
    )
    op.create_table(
        "samples",
        Column("terminal", Text, primary_key=True),
        Column("at", Text, primary_key=True),
        Column("readings", Text, nullable=False),
        Index("samples_by_time", "at"),
    )
    op.create_table(
        "rollups",
        Column("terminal", Text, primary_key=True),
        Column("start", Text, primary_key=True),
        Column("readings", Text, nullable=False),
        Index("rollups_by_time", "start"),
    )
    op.create_table(
        "stale",
        Column("terminal", Text, primary_key=True),
        Column("journal_id", Text, nullable=False),
        Column("sequence", BigInteger, nullable=False),
    )
    op.create_table(
        "rolled",
        Column("start", Text, primary_key=True),
        Column("terminal", Text, nullable=False),
    )
    op.execute(text("INSERT INTO stale (terminal, journal_id, sequence) SELECT DISTINCT terminal, '', 0 FROM events"))
