"""Roll-outs and the terminals that they are for."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from tools.fleet.tables import Text, metadata

# `kind` is settings, binding, update or command; `content` what every target is ordered (a binding is each one's own),
# `plan` waves and gate, both JSON. `state` is running, paused, stopped, done, returning or returned, `wave` the one
# under way from 1. `why` is the code of what stopped it or the words of who did, `by` who began it.
rollouts = Table(
    "rollouts",
    metadata,
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

# `content` is the target's own binding, else "". `ordered` is the command's id or the configuration's version, "" until
# it is given, and `back` the same of the order that returns it; `before` is what the terminal had then, JSON.
# `state` is waiting, ordered, watched (it took the order at `taken_at`), healthy, failed, skipped, returning, returned
# or kept; `code` says why, `detail` more.
rollout_targets = Table(
    "rollout_targets",
    metadata,
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
    Index("rollout_targets_by_terminal", "terminal"),
    Index("rollout_targets_by_state", "state", "rollout"),
)
