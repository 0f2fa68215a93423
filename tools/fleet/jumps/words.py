"""What the words of a jump mean to a person: steps, stages, fields, results, and what became of a reversal."""

from agent.jump import match
from agent.sale.counter import STAGE_ANSWER
from agent.sale.sign_on import STAGE_SIGN_ON
from provisioning.texts import _, mark
from tools.fleet.jumps import steps, story
from tools.fleet.jumps.anchors import Standing
from tools.fleet.jumps.event import UNREADABLE
from tools.fleet.views.jump_rates import FEW_SALES, Rate, Rates

WORDS = {
    steps.NEW: mark("new"),
    steps.INVESTIGATING: mark("investigating"),
    steps.CONFIRMED: mark("confirmed"),
    steps.FALSE_ALARM: mark("false alarm"),
    steps.REPORTED: mark("reported to the acquirer"),
    STAGE_SIGN_ON: mark("at sign-on"),
    STAGE_ANSWER: mark("in the answer to a sale"),
    UNREADABLE: mark("unreadable"),
    match.ACQUIRER: mark("acquirer (DE 32)"),
    match.MID: mark("merchant (DE 42)"),
    match.TID: mark("terminal (DE 41)"),
    match.NAME: mark("name (DE 43)"),
    match.CURRENCY: mark("currency (DE 49)"),
    match.SAME: mark("same"),
    match.DIFFERENT: mark("different"),
    match.ABSENT: mark("absent"),
    story.UNKNOWN: mark("unknown"),
    story.QUEUED: mark("queued"),
    story.SETTLED: mark("settled"),
    story.UNRESOLVED: mark("unresolved"),
    story.CLEARED: mark("cleared by hand"),
}


def said(word: str) -> str:
    """`word` in the chosen language; itself where it is none of ours."""
    return _(WORDS[word]) if word in WORDS else word


def anchored(standing: Standing) -> str:
    """How far the journal behind a jump is proven, and to whom; no more than is so."""
    anchor = standing.anchor
    if not standing.first:
        return _("Its entry was set aside: it is in no line of its journal that is acknowledged.")
    if not standing.acknowledged:
        return _("Not acknowledged: entries before it have not come, and nothing proves it but the hashes.")
    text = _("The backend acknowledges the journal from entry {first} to {last}, each of which names the one before.")
    said = [text.format(first=standing.first, last=standing.acknowledged)]
    if not standing.covers:
        said.append(_("Later entries of this sale are not covered yet."))
    if anchor is None:
        said.append(_("No signed acknowledgement is kept with it yet."))
    else:
        kept = _("Kept with it is the one for entry {sequence}, signed with {key}.")
        said.append(kept.format(sequence=anchor.sequence, key=anchor.key_id))
    said.append(_("What the terminal could have written before it sent it, this does not prove."))
    return " ".join(said)


def rate_of(rate: Rate) -> str:
    """Jumps in 1,000 sales; said so where those are few."""
    if rate.per_thousand is None:
        return _("no sales")
    said = f"{rate.per_thousand:.2f}"
    return _("{rate} (few sales)").format(rate=said) if rate.few else said


def beside(rates: Rates) -> str:
    """What the rates do not say."""
    text = _(
        "Jumps of no sale or of no known hour are not counted: {count}. Fewer than {few} sales are few. Acquirer,"
        " region and software are those that the terminals have now."
    )
    return text.format(count=rates.beside, few=FEW_SALES)
