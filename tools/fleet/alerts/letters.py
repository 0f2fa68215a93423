"""What a message about alerts says, in the channel's language: short enough for a phone, and plain text."""

from collections.abc import Sequence
from typing import NamedTuple

from provisioning.texts import _, mark
from tools.fleet.alarm_kinds import meaning, remedy
from tools.fleet.alerts.queue import OVER, RAISED
from tools.fleet.plain import plain
from tools.fleet.words import said

# More than that are counted.
_MOST = 20
_LONGEST_DETAIL = 200
_WORDS = {RAISED: mark("raised"), OVER: mark("over")}


class Told(NamedTuple):
    """One alert that was raised, or is over, as a message tells it."""

    what: str
    at: str
    terminal: str
    kind: str
    severity: str
    detail: str


def title(fleet: str, told: Sequence[Told], dropped: int) -> str:
    """One line for all of `told`, and for those of which nothing was sent."""
    if len(told) == 1 and not dropped:
        (one,) = told
        where = one.terminal or _("backend")
        return f"[{fleet}] {said(one.severity)}: {one.kind}, {where}, {_(_WORDS[one.what])}"
    raised = sum(one.what == RAISED for one in told)
    return _("[{fleet}] {raised} alerts raised, {over} over").format(
        fleet=fleet, raised=raised, over=len(told) - raised
    )


def body(told: Sequence[Told], dropped: int, per_hour: int) -> str:
    """What each is about; of one alone what it means and what to do as well."""
    lines = [_line(one) for one in told[:_MOST]]
    if len(told) > _MOST:
        lines.append(_("and {count} more; see the alerts page").format(count=len(told) - _MOST))
    if dropped:
        text = _("{dropped} further messages were left out: the channel is sent {per_hour} an hour at most.")
        lines.append(text.format(dropped=dropped, per_hour=per_hour))
    for kind in dict.fromkeys(one.kind for one in told[:_MOST] if one.what == RAISED):
        lines += ["", f"{kind}: {meaning(kind)} {remedy(kind)}"]
    return "\n".join(lines)


def _line(one: Told) -> str:
    where, detail = one.terminal or _("backend"), plain(one.detail, _LONGEST_DETAIL)
    return f"{one.at} {_(_WORDS[one.what])}: {said(one.severity)} {one.kind}, {where} {detail}".rstrip()
