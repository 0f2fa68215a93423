"""What is known of terminals over time. It follows from what they told.

Facts and sales can be made anew from the stored events (`stale.py`); connections and vitals are kept nowhere else.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table

from tools.fleet.tables import Text, metadata

# What a terminal is known by: from its events, its `info`, and the binding that it was sent; "" is unknown. `region` is
# a code of GB/T 2260: six digits from the binding, or only the first four where just the merchant number tells them.
# `since` is when `presence` or `lifecycle` last changed, `reason` why `lifecycle` did, as far as it said. The columns
# `..._by` name the entries that all this is from (`positions.py`), `binding_...` what the binding said.
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
    Column("bound_by", Text, nullable=False, default=""),
    Column("named_by", Text, nullable=False, default=""),
    Column("reason_by", Text, nullable=False, default=""),
    Column("sale_by", Text, nullable=False, default=""),
    Column("binding_mid", Text, nullable=False, default=""),
    Column("binding_region", Text, nullable=False, default=""),
    Index("facts_by_mid", "mid"),
    Index("facts_by_tid", "tid"),
)

# A sale as far as its events came. `result` is "" until it is known; `reversal` is "", queued, settled, unresolved or
# cleared. `sequence` and `at` are those of its first event as the terminal counts, `heard_at` is when the first one
# came. `amount` is in minor units of `currency`; `..._by` as in `facts`.
sales = Table(
    "sales",
    metadata,
    Column("terminal", Text, nullable=False),
    Column("sale", Text, nullable=False),
    Column("journal_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("at", Text, nullable=False),
    Column("heard_at", Text, nullable=False, default=""),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("mid", Text, nullable=False),
    Column("tid", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reversal", Text, nullable=False),
    Column("begun_by", Text, nullable=False, default=""),
    Column("asked_by", Text, nullable=False, default=""),
    Column("ended_by", Text, nullable=False, default=""),
    Column("reversed_by", Text, nullable=False, default=""),
    PrimaryKeyConstraint("sale", "terminal"),
    Index("sales_by_time", "terminal", "at"),
    Index("sales_by_age", "heard_at"),
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
    Index("connections_by_age", "at"),
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

# Terminals whose facts and sales are to be made anew, and the entry up to which that is done.
stale = Table(
    "stale",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("journal_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)

# How far the samples are rolled up: five minutes from `start` on, for the terminals up to `terminal`. One row.
rolled = Table(
    "rolled",
    metadata,
    Column("start", Text, primary_key=True),
    Column("terminal", Text, nullable=False),
)
