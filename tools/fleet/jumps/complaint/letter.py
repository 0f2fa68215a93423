"""The letter of a complaint, in English and Chinese: a page of HTML that asks nothing of any host, and prints.

Terminals and hosts wrote most of what stands in it: all of it is text, on one line, and no card's number.
"""

from collections.abc import Iterator
from html import escape

from agent.redact import masked
from agent.sale.money import CURRENCIES, major_units
from provisioning.reasons import meaning, remedy
from provisioning.texts import CHINESE, ENGLISH, mark, said_in, spoken_here
from tools.fleet.jumps.clock import said as zoned
from tools.fleet.jumps.words import WORDS
from tools.fleet.plain import plain
from tools.fleet.views.jump import Whole

TITLE = mark("Merchant jump: a payment was booked under another merchant than the bound one")
ASKED = mark(
    "We ask you to find out why, to correct your record of this terminal or your routing, and to tell us in writing"
    " what became of the money."
)
PROTOTYPE = mark("A prototype terminal: for test cards and simulated acquirers only.")
COMPARED = mark("Expected and observed")
CAUSES = mark("Likely causes, the likeliest first")
EVIDENCE = mark("Evidence")
UNSET = mark("the terminal's clock was not set, or cannot be right: the day is not known; received {time}")
COVERED = mark(
    "The backend acknowledged the terminal's journal up to entry {sequence}, whose SHA-256 is {hash}. Every entry names"
    " the hash of the one before: nothing up to there can have been changed since, without that showing."
)
LIMITS = mark(
    "This proves nothing of what a terminal could have written before it sent it, and it is as good as the backend's"
    " key ({key}) is safe."
)
PARTLY = mark("Entries of this sale that came later are not covered by it.")
NOT_LINKED = mark(
    "The entries between this sale and the acknowledged one are not in this file: ask for them to check the link."
)
UNCOVERED = mark(
    "No acknowledgement of the backend is kept for these entries: the hashes prove only that they go together."
)
COLUMNS = (mark("Field"), mark("Expected"), mark("Observed"), mark("Result"))

_LETTERS = {number: letters for letters, number in CURRENCIES.items()}
_NONE = "-"
_STYLE = (
    "body{font:11pt/1.45 sans-serif;max-width:180mm;margin:12mm auto;color:#000;background:#fff}"
    "h1{font-size:15pt}h2{font-size:12pt;margin:7mm 0 2mm}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #888;padding:1.2mm 2mm;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "p{margin:1.5mm 0;overflow-wrap:anywhere}.differs{font-weight:bold}footer{margin-top:8mm;font-size:9pt}"
)


def render(whole: Whole, reaches: bool) -> str:
    """The letter about `whole`; `reaches` says that the entries that go with it link it to the acknowledgement."""
    body = "\n".join((*_head(whole), *_compared(whole), *_causes(whole), *_evidence(whole, reaches)))
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(TITLE)}</title>'
        f"<style>{_STYLE}</style></head><body>\n{body}\n"
        f"<footer>{_both(PROTOTYPE)}</footer>\n</body></html>\n"
    )


def _head(whole: Whole) -> Iterator[str]:
    jump, sale = whole.jump, whole.sale
    yield f"<h1>{_both(TITLE)}</h1>"
    yield _paragraph(ASKED)
    yield "<table>"
    yield _row(mark("Merchant"), f"{_shown(jump.merchant)} (MID {_shown(jump.mid)})")
    yield _row(mark("Terminal"), f"{_shown(jump.terminal)} (TID {_shown(jump.tid)})")
    yield _row(mark("Acquirer code"), _shown(jump.acquirer))
    yield _row(mark("When"), _when(whole))
    yield _row(mark("Seen"), _word(jump.stage))
    if jump.sale:
        yield _row(mark("Amount"), _amount(whole))
        yield _row(mark("Trace number (DE 11), batch"), f"{_shown(sale.trace)}, {_shown(sale.batch)}")
        yield _row(mark("Reference (DE 37)"), _shown(sale.reference))
        yield _row(mark("Card"), f"{_shown(sale.card)} {_shown(sale.scheme)}")
        yield _row(mark("Reversal"), _reversal(whole))
    yield "</table>"


def _compared(whole: Whole) -> Iterator[str]:
    yield f"<h2>{_both(COMPARED)}</h2>"
    heads = "".join(f"<th>{_both(each)}</th>" for each in COLUMNS)
    yield f"<table><tr>{heads}</tr>"
    for each in whole.compared:
        cells = (_word(each.field), _shown(each.expected), _shown(each.observed), _word(each.result))
        differs = ' class="differs"' if each.result == "different" else ""
        yield f"<tr{differs}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    yield "</table>"


def _causes(whole: Whole) -> Iterator[str]:
    yield f"<h2>{_both(CAUSES)}</h2>"
    yield "<ol>" if whole.jump.causes else f"<p>{_NONE}</p>"
    for code in whole.jump.causes:
        told = []
        for language in (ENGLISH, CHINESE):
            with spoken_here(language):
                told.append(escape(f"{meaning(code)} {remedy(code)}".strip()))
        yield f"<li>{' '.join(told)} ({escape(code)})</li>"
    if whole.jump.causes:
        yield "</ol>"


def _evidence(whole: Whole, reaches: bool) -> Iterator[str]:
    yield f"<h2>{_both(EVIDENCE)}</h2>"
    jump, anchor = whole.jump, whole.standing.anchor
    yield f"<p>{_shown(jump.terminal)} / {_shown(jump.journal_id)} / {jump.sequence}: SHA-256 {_shown(jump.hash)}</p>"
    if anchor is None:
        yield _paragraph(UNCOVERED)
        return
    yield _paragraph(COVERED, sequence=str(anchor.sequence), hash=anchor.head_hash)
    yield _paragraph(LIMITS, key=anchor.key_id)
    last = max((entry.sequence for entry in whole.entries if entry.own), default=jump.sequence)
    if last > anchor.sequence:
        yield _paragraph(PARTLY)
    if not reaches:
        yield _paragraph(NOT_LINKED)


def _when(whole: Whole) -> str:
    jump = whole.jump
    received = zoned(jump.received_at, jump.timezone)
    if jump.doubtful:
        return "<br>".join(escape(text.format(time=received)) for text in (UNSET, said_in(CHINESE, UNSET)))
    return escape(zoned(jump.at, jump.timezone))


def _amount(whole: Whole) -> str:
    sale = whole.sale
    if sale.amount <= 0:
        return _NONE
    return _shown(f"{_LETTERS.get(sale.currency, sale.currency)} {major_units(sale.amount)}")


def _reversal(whole: Whole) -> str:
    told = whole.reversal
    if not told.state:
        return _NONE
    code = f", DE 39 {_shown(told.code)}" if told.code else ""
    at = f", {escape(zoned(told.at, whole.jump.timezone))}" if told.at else ""
    return f"{_word(told.state)}{at}{code}"


def _row(label: str, value: str) -> str:
    return f"<tr><th>{_both(label)}</th><td>{value}</td></tr>"


def _paragraph(text: str, **values: str) -> str:
    both = (text.format(**values), said_in(CHINESE, text).format(**values))
    return "".join(f"<p>{escape(each)}</p>" for each in both)


def _both(text: str) -> str:
    return f"{escape(text)} {escape(said_in(CHINESE, text))}"


def _word(word: str) -> str:
    return _both(WORDS[word]) if word in WORDS else _shown(word)


def _shown(text: str) -> str:
    """A text of a terminal or a host, as text."""
    return escape(masked(plain(text).encode()).decode()) or _NONE
