"""Alerts, and who is told of them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table

from tools.fleet.tables import Text, metadata

# `terminal` is "" for the backend's own. Only one of a terminal and kind is open; each time it is seen again raises
# `times` and `last_at`. `flaps` counts how often it came back soon after it was over: then it is the same alert, opened
# again, and `quiet_since` says since when one that came back is quiet. `newest` is the highest number of the alarms
# behind it that were counted. `hidden_by` is the alert from which it follows, `why` what the person said who closed it.
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
    Column("newest", BigInteger, nullable=False),
    Column("quiet_since", Text),
    Column("cleared_at", Text),
    Column("acknowledged_at", Text),
    Column("acknowledged_by", Text),
    Column("assignee", Text),
    Column("hidden_by", Integer),
    Column("why", Text),
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

# What is to be sent to a channel, and what became of it: `what` is raised or over, `state` waiting, sent, failed or
# dropped, `detail` why. `done_at` is when nothing more was to be done about it: of what was dropped above the rate,
# when a message told how much that was.
notifications = Table(
    "notifications",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", Integer, nullable=False),
    Column("alert", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("due_at", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Column("done_at", Text),
    Index("notifications_by_alert", "alert"),
    Index("notifications_by_end", "channel", "done_at"),
)
