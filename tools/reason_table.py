"""The tables of why a sale ends before the card, in Markdown, in the language that is spoken."""

from agent.binding import reasons
from agent.sale import outcome
from provisioning.reasons import meaning, remedy
from provisioning.texts import _, mark

_HEADINGS = (mark("code"), mark("what it means"), mark("what to do"))


def gate_table() -> str:
    """The gate's reasons: the refusals in the order in which it asks, then the warnings."""
    return _table([*reasons.REFUSALS, *reasons.WARNINGS])


def before_card_table() -> str:
    """What else ends a sale before the card."""
    return _table(outcome.BEFORE_CARD)


def _table(codes: "list[str] | tuple[str, ...]") -> str:
    rows = [f"| {' | '.join(map(_, _HEADINGS))} |", "|---|---|---|"]
    for code in codes:
        warning = _(" (warning)") if code in reasons.WARNINGS else ""
        rows.append(f"| `{code}`{warning} | {meaning(code)} | {remedy(code)} |")
    return "\n".join(rows) + "\n"
