"""What is known of terminals over time; all of it follows from what they told, and can be made anew but for vitals."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from tools.fleet.tables import Text, metadata

# What a terminal is known by: from its events, its `info`, and the binding that it was sent; "" is unknown. `region` is
# a code of GB/T 2260, `since` when `presence` or `lifecycle` last changed and `reason` why, as far as it said.
facts = Table(
    "facts",
    metadata,
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
    Index("facts_by_mid", "mid"),
    Index("facts_by_tid", "tid"),
)

# A sale as far as its events came. `result` is "" until it is known; `reversal` is "", queued, settled, unresolved or
# cleared. `sequence` is that of its first event, `amount` in minor units of `currency`.
sales = Table(
    "sales",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("sale", Text, primary_key=True),
    Column("journal_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("at", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("mid", Text, nullable=False),
    Column("tid", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reversal", Text, nullable=False),
    Index("sales_by_time", "terminal", "at"),
)

# Each time that a terminal's presence, lifecycle or session changed, as the backend heard it.
connections = Table(
    "connections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("terminal", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("presence", Text, nullable=False),
    Column("lifecycle", Text, nullable=False),
    Column("session", BigInteger, nullable=False),
    Column("boot_id", Text, nullable=False),
    Column("journal_id", Text, nullable=False),
    Index("connections_by_time", "terminal", "at"),
)

# The readings of vitals that are drawn over time, as they came; `readings` is a JSON object of numbers.
samples = Table(
    "samples",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("at", Text, primary_key=True),
    Column("readings", Text, nullable=False),
    Index("samples_by_time", "at"),
)

# Five minutes of samples from `start` on: `readings` is a JSON object of [least, mean, most, count].
rollups = Table(
    "rollups",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("start", Text, primary_key=True),
    Column("readings", Text, nullable=False),
    Index("rollups_by_time", "start"),
)
