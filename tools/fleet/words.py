"""The words by which terminals and orders say how they stand, for a person."""

from agent.command import status
from agent.config import configuration
from provisioning.reasons import LIFECYCLES
from provisioning.texts import _, mark
from tools.fleet import orders, presence
from tools.fleet.access.actor import Role
from tools.fleet.alerts.words import CRITICAL, INFO, WARNING

_WORDS = {
    presence.ONLINE: mark("online"),
    "offline": mark("offline"),
    "lost": mark("lost"),
    **LIFECYCLES,
    orders.OPEN: mark("open"),
    orders.UNANSWERED: mark("unanswered"),
    status.ACCEPTED: mark("accepted"),
    status.RUNNING: mark("running"),
    status.SUCCEEDED: mark("succeeded"),
    status.FAILED: mark("failed"),
    configuration.PENDING: mark("pending"),
    configuration.TRIAL: mark("on trial"),
    configuration.COMMITTED: mark("committed"),
    configuration.REJECTED: mark("rejected"),
    Role.VIEWER.value: mark("viewer"),
    Role.OPERATOR.value: mark("operator"),
    Role.ADMINISTRATOR.value: mark("administrator"),
    CRITICAL: mark("critical"),
    WARNING: mark("warning"),
    INFO: mark("notice"),
}
WORDS = tuple(_WORDS)


def said(word: str | None) -> str:
    """`word` in the chosen language; itself where it is none of ours, "?" where there is none."""
    return _(_WORDS[word]) if word in _WORDS else word or "?"
