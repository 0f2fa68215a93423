"""Jumps, and what people noted about them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table

from tools.fleet.tables import Text, metadata

# One `jump.detected`; `fields`, `expected`, `observed` and `causes` are the event's JSON. Where it was, and under
# which software, is as known then. `hour` is that of the merchant's day. `workflow` is new, investigating, confirmed,
# false_alarm or reported.
jumps = Table(
    "jumps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("terminal", Text, nullable=False),
    Column("journal_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("at", Text, nullable=False),
    Column("sale", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("observed", Text, nullable=False),
    Column("causes", Text, nullable=False),
    Column("reverses", Boolean, nullable=False),
    Column("acquirer", Text, nullable=False),
    Column("mid", Text, nullable=False),
    Column("merchant", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("software", Text, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Index("jumps_by_entry", "terminal", "journal_id", "sequence", unique=True),
    Index("jumps_by_time", "at"),
    Index("jumps_by_workflow", "workflow"),
)

# What somebody said of a jump; `workflow` is there when it went on with that.
jump_notes = Table(
    "jump_notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("jump", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("workflow", Text, nullable=False),
    Index("jump_notes_by_jump", "jump"),
)
