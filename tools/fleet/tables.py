"""The tables of the fleet's store: SQLite here, PostgreSQL for scale, hence no statement that only one of them knows.

Times are UTC text, as `2026-11-23T03:04:05.678Z`.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, UniqueConstraint
from sqlalchemy import Text as AnyText

# Compared by its bytes everywhere, as SQLite does by itself.
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")

metadata = MetaData()


def _entries(name: str, *, several: bool) -> Table:
    """A table of entries that kept the contract; `entry` is the canonical text. `several` may claim the same place."""
    return Table(
        name,
        metadata,
        Column("terminal", Text, primary_key=True),
        Column("journal_id", Text, primary_key=True),
        Column("sequence", BigInteger, primary_key=True, autoincrement=False),
        Column("hash", Text, primary_key=several, nullable=False),
        Column("previous", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("time", Text, nullable=False),
        Column("clock", Text, nullable=False),
        Column("boot_id", Text, nullable=False),
        Column("entry", Text, nullable=False),
        Column("received_at", Text, nullable=False),
    )


# The journals' entries: the first one that came for a place, as long as it follows the one before.
events = _entries("events", several=False)

# Every other entry: of an old copy of a journal that was put back, of a second terminal with it, or rewritten.
strays = _entries("strays", several=True)

# `stored_sequence` ends the contiguous, verified chain from entry 1, `head_hash` is that entry's; it is what is
# acknowledged. `last_sequence` is the highest stored at all, `fork_sequence` the lowest place of which an entry was set
# aside. `gap_since` is when entries behind it came and one in front of them was missing, until it came. `ack_counter`
# is the counter of the latest acknowledgement. Where the terminal had pruned what this store lost, the chain begins
# behind that, and `promised_hash` is the hash that the backend countersigned at `promised_sequence`.
# `begun_at` is the earliest that is known of it: an entry under a set clock, or when it was first heard of.
journals = Table(
    "journals",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("journal_id", Text, primary_key=True),
    Column("stored_sequence", BigInteger, nullable=False),
    Column("head_hash", Text, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("fork_sequence", BigInteger),
    Column("gap_since", Text),
    Column("ack_counter", BigInteger, nullable=False),
    Column("promised_sequence", BigInteger),
    Column("promised_hash", Text),
    Column("begun_at", Text, nullable=False),
    Column("first_seen", Text, nullable=False),
    Column("last_seen", Text, nullable=False),
)

# `state`, `info`, `vitals` and `config` are JSON as last told; `presence` is `state` with later signs of life counted.
# `sampled_at` is when `vitals` last were a sample of history.
terminals = Table(
    "terminals",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("state", Text),
    Column("session", BigInteger),
    Column("lifecycle", Text),
    Column("presence", Text),
    Column("told_at", Text),
    Column("seen_at", Text),
    Column("info", Text),
    Column("vitals", Text),
    Column("config", Text),
    Column("sampled_at", Text),
    Index("terminals_by_standing", "presence", "lifecycle", "terminal"),
)

# What was refused, counted. A payload is never stored.
refusals = Table(
    "refusals",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
)

# `why` is what the person said who closed it; an alarm that was over by itself has none.
alarms = Table(
    "alarms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("terminal", Text, nullable=False),
    Column("journal_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("cleared_at", Text),
    Column("why", Text),
    UniqueConstraint("terminal", "journal_id", "kind", "sequence"),
)

# Commands to terminals. `state` is `open` until the terminal answers, then as it says; `args` and `result` are JSON.
commands = Table(
    "commands",
    metadata,
    Column("id", Text, primary_key=True),
    Column("terminal", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("args", Text, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("issued", Text, nullable=False),
    Column("deadline", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("progress", Integer, nullable=False),
    Column("result", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    UniqueConstraint("terminal", "counter"),
    Index("commands_by_state", "state"),
)

# What each terminal shall have: the latest only, the journal of its events tells of those before. `reported` is the
# highest version that the terminal has told of, `state` what it told of it.
configurations = Table(
    "configurations",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Column("issued", Text, nullable=False),
    Column("reported", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("configurations_by_state", "state"),
)

# The key sets that the operator root signed, as they are passed on; `signed` is JSON.
key_sets = Table(
    "key_sets",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("fleet", Text, nullable=False),
    Column("signed", Text, nullable=False),
    Column("given_at", Text, nullable=False),
)

# Which key set each terminal told of last, and the highest that it ever told of.
terminal_keys = Table(
    "terminal_keys",
    metadata,
    Column("terminal", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("highest", BigInteger, nullable=False),
    Index("terminal_keys_by_version", "version"),
)
