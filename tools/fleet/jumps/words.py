"""What the words of a jump mean to a person: steps, stages, fields, results, and what became of a reversal."""

from agent.jump import match
from agent.sale.counter import STAGE_ANSWER
from agent.sale.sign_on import STAGE_SIGN_ON
from provisioning.texts import _, mark
from tools.fleet.jumps import steps, story
from tools.fleet.jumps.event import UNREADABLE

WORDS = {
    steps.NEW: mark("new"),
    steps.INVESTIGATING: mark("under investigation"),
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
