"""How states are shown: an icon, a word and a colour, so that none of them is the only sign."""

from typing import NamedTuple

from nicegui import ui

from agent import lifecycle
from agent.command import status
from agent.config import configuration
from provisioning.texts import _, mark
from tools.fleet import orders, presence
from tools.fleet.jumps import steps, words
from tools.fleet.pages.elements import icon, text
from tools.fleet.plain import plain
from tools.fleet.rollouts import codes, states
from tools.fleet.words import said

GOOD, WARN, BAD, IDLE, NOTE = "good", "warn", "bad", "idle", "note"


class Mark(NamedTuple):
    """What a state looks like; `tone` is a class of the style sheet without its `jg-`."""

    icon: str
    tone: str


_MARKS = {
    presence.ONLINE: Mark("check_circle", GOOD),
    "offline": Mark("power_settings_new", IDLE),
    "lost": Mark("cloud_off", BAD),
    lifecycle.UNPROVISIONED: Mark("new_releases", NOTE),
    lifecycle.ACTIVE: Mark("verified", GOOD),
    lifecycle.SUSPENDED: Mark("pause_circle", WARN),
    lifecycle.LOCKED: Mark("lock", BAD),
    lifecycle.TAMPERED: Mark("report", BAD),
    lifecycle.RETIRED: Mark("archive", IDLE),
    orders.OPEN: Mark("schedule", NOTE),
    orders.UNANSWERED: Mark("hourglass_disabled", WARN),
    status.ACCEPTED: Mark("schedule", NOTE),
    status.RUNNING: Mark("sync", NOTE),
    status.SUCCEEDED: Mark("check_circle", GOOD),
    status.FAILED: Mark("cancel", BAD),
    configuration.PENDING: Mark("schedule", NOTE),
    configuration.TRIAL: Mark("science", NOTE),
    configuration.COMMITTED: Mark("check_circle", GOOD),
    configuration.REJECTED: Mark("cancel", BAD),
    "critical": Mark("error", BAD),
    "warning": Mark("warning", WARN),
    "info": Mark("info", NOTE),
    "approved": Mark("check", GOOD),
    "declined": Mark("block", IDLE),
    "refused": Mark("do_not_disturb_on", WARN),
    "reversed": Mark("undo", WARN),
    "new": Mark("fiber_new", BAD),
    "investigating": Mark("search", NOTE),
    "confirmed": Mark("gavel", BAD),
    "false_alarm": Mark("done_all", IDLE),
    "reported": Mark("outbox", NOTE),
    "jump": Mark("alt_route", BAD),
    states.PAUSED: Mark("pause_circle", WARN),
    states.STOPPED: Mark("dangerous", BAD),
    states.DONE: Mark("check_circle", GOOD),
    states.RETURNING: Mark("undo", NOTE),
    states.RETURNED: Mark("undo", IDLE),
    states.WAITING: Mark("schedule", IDLE),
    states.ORDERED: Mark("send", NOTE),
    states.WATCHED: Mark("visibility", NOTE),
    states.HEALTHY: Mark("check_circle", GOOD),
    states.SKIPPED: Mark("do_not_disturb_on", WARN),
    states.KEPT: Mark("push_pin", WARN),
    "up": Mark("check_circle", GOOD),
    "down": Mark("cloud_off", BAD),
}
_OTHER = Mark("help", IDLE)
_MORE_WORDS = {
    **codes.STATES,
    "unknown": mark("unknown"),
    "up": mark("reachable"),
    "down": mark("not reachable"),
    "approved": mark("paid"),
    "declined": mark("declined"),
    "refused": mark("refused"),
    "reversed": mark("reversed"),
    **{step: words.WORDS[step] for step in steps.WORKFLOW},
}


def mark_of(word: str) -> Mark:
    """What the state `word` looks like."""
    return _MARKS.get(word, _OTHER)


def word_of(word: str) -> str:
    """The state `word` in the language of whoever looks; what is none of ours as it is, cut."""
    return _(_MORE_WORDS[word]) if word in _MORE_WORDS else plain(said(word), 40)


def badge(word: str) -> ui.element:
    """The element that shows the state `word`."""
    look = mark_of(word)
    with ui.element("span").classes(f"jg-state jg-{look.tone}") as element:
        icon(look.icon)
        text("span", word_of(word))
    return element
