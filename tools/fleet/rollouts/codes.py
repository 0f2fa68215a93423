"""The words for roll-outs: states, and the codes of why a terminal is left out, failed or keeps what it got."""

from collections.abc import Mapping

from provisioning.texts import _, mark
from tools.fleet import alarm_kinds
from tools.fleet.rollouts import states
from tools.fleet.rollouts.content import BINDING, COMMAND, RELEASE, SETTINGS

# It is not ordered.
UNKNOWN = "UNKNOWN"
OUT_OF_SERVICE = "OUT_OF_SERVICE"
OPEN_ORDER = "OPEN_ORDER"
IN_ROLLOUT = "IN_ROLLOUT"
NO_BINDING = "NO_BINDING"
BINDING_NOT_NEWER = "BINDING_NOT_NEWER"
COMMAND_UNKNOWN = "COMMAND_UNKNOWN"
NOT_ACTIVE = "NOT_ACTIVE"
NOT_NEWER = "NOT_NEWER"
AWAY = "AWAY"
# It was ordered, and that ended otherwise.
SUPERSEDED = "SUPERSEDED"
TIMEOUT = "TIMEOUT"
UNANSWERED = "UNANSWERED"
AWAY_SINCE = "AWAY_SINCE"
NOT_SELLING = "NOT_SELLING"
SELLS_WORSE = "SELLS_WORSE"
OTHER_VERSION = "OTHER_VERSION"
# It cannot be given back.
NEEDS_RESTORE = "NEEDS_RESTORE"
NO_WAY_BACK = "NO_WAY_BACK"
NOTHING_TO_RETURN = "NOTHING_TO_RETURN"
# The roll-out stopped.
TOO_MANY_FAILED = "TOO_MANY_FAILED"
NONE_HEALTHY = "NONE_HEALTHY"

_MEANINGS = {
    UNKNOWN: mark("The backend never heard of it."),
    OUT_OF_SERVICE: mark("It is retired or not provisioned."),
    OPEN_ORDER: mark("It has an order that it has not answered yet."),
    IN_ROLLOUT: mark("Another roll-out has it."),
    NO_BINDING: mark("No binding for it was given."),
    BINDING_NOT_NEWER: mark("It has this version of its binding, or a later one."),
    COMMAND_UNKNOWN: mark("Its software does not know the command."),
    NOT_ACTIVE: mark("It takes no payments, so it could not show that the release works."),
    NOT_NEWER: mark("It has this release, or a later one."),
    AWAY: mark("It was away."),
    SUPERSEDED: mark("It was ordered something else meanwhile."),
    TIMEOUT: mark("It did not take the order in time."),
    UNANSWERED: mark("It did not answer the command before its deadline."),
    AWAY_SINCE: mark("It took the order and is away since."),
    NOT_SELLING: mark("It took payments before and does not any more."),
    SELLS_WORSE: mark("It sold before, and of its sales since none was approved."),
    OTHER_VERSION: mark("It tells of another release than the one that was ordered."),
    NEEDS_RESTORE: mark(
        "The backend signs no bindings: have the content of the earlier version signed as a new one"
        " (`jumpguard provision restore`), then roll that out."
    ),
    NO_WAY_BACK: mark("A terminal takes no older release: publish the content of the earlier one under a new version."),
    NOTHING_TO_RETURN: mark("There is nothing to give back for this command."),
    TOO_MANY_FAILED: mark("More terminals of one wave failed than the plan allows."),
    NONE_HEALTHY: mark("No terminal of the wave took the order and stayed well, so it showed nothing."),
}
CODES = tuple(_MEANINGS)

STATES = {
    states.RUNNING: mark("running"),
    states.PAUSED: mark("paused"),
    states.STOPPED: mark("stopped"),
    states.DONE: mark("done"),
    states.RETURNING: mark("being returned"),
    states.RETURNED: mark("returned"),
    states.WAITING: mark("waiting"),
    states.ORDERED: mark("under way"),
    states.WATCHED: mark("watched"),
    states.HEALTHY: mark("healthy"),
    states.FAILED: mark("failed"),
    states.SKIPPED: mark("skipped"),
    states.KEPT: mark("kept"),
}

_GIVES = {
    SETTINGS: mark("settings"),
    BINDING: mark("bindings"),
    RELEASE: mark("release"),
    COMMAND: mark("command"),
}


def meaning(code: str) -> str:
    """What `code` means in the chosen language: ours, an alarm's or a terminal's; "" where nobody knows."""
    return _(_MEANINGS[code]) if code in _MEANINGS else alarm_kinds.meaning(code)


def state(word: str) -> str:
    """The state `word` of a roll-out or a target, in the chosen language."""
    return _(STATES[word])


def gives(kind: str) -> str:
    """What a roll-out of `kind` gives, in the chosen language."""
    return _(_GIVES[kind])


def counted(counts: Mapping[str, int]) -> str:
    """How many are in each state, in words."""
    return ", ".join(f"{counts[word]:,} {state(word)}" for word in STATES if word in counts)
