"""Jumps, and what people noted about them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table

from tools.fleet.tables import Text, metadata

# One `jump.detected`; `fields`, `expected`, `observed` and `causes` are the event's JSON. Whatever else its body was,
# `stage` is "" where it was none that is understood.
# `at` is the terminal's word. `placed_at` is where it stands among the others: `at`, or `received_at` where the clock
# was not set or ahead of the backend's. `hour` is that of the merchant's day, NULL where the clock does not tell it.
# Whose it was, where, and under which software, is as known then: of its sale, where that is here. `workflow` is new,
# investigating, confirmed, false_alarm or reported; `version` rises with each change of it.
# `anchor` is an acknowledgement that the backend signed, JSON, "" until there is one; one is due when entries of its
# sale came, of which `last_sequence` is the last.
jumps = Table(
    "jumps",
    metadata,
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

# How far the jumps of a store that was there before these tables have been read out of its events: the last key that
# was looked at. Once all were, there is no row.
jump_reading = Table(
    "jump_reading",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("terminal", Text, nullable=False),
    Column("journal_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)
