"""Alerts, and who is told of them."""

from sqlalchemy import Boolean, Column, Index, Integer, Table

from tools.fleet.tables import Text, metadata

# `terminal` is "" for the backend's own. Only one of a terminal and kind is open; each time it is seen again raises
# `times` and `last_at`. `flaps` counts how often it came back soon after it was over: then it is the same alert, opened
# again. `hidden_by` is the alert from which it follows.
alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("terminal", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raised_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("flaps", Integer, nullable=False),
    Column("cleared_at", Text),
    Column("acknowledged_at", Text),
    Column("acknowledged_by", Text),
    Column("assignee", Text),
    Column("hidden_by", Integer),
    Index("alerts_by_terminal", "terminal", "kind"),
    Index("alerts_by_end", "cleared_at"),
)

# Who is told: an address of Apprise, which may hold a password. `per_hour` is the most that is sent in an hour.
channels = Table(
    "channels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("per_hour", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
)

# What is to be sent to a channel, and what became of it: waiting, sent, failed, or dropped above the rate.
notifications = Table(
    "notifications",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", Integer, nullable=False),
    Column("alert", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Index("notifications_by_state", "state"),
    Index("notifications_by_time", "channel", "at"),
)
