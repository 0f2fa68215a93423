"""After a restart: finish every sale that was under way when the power went.

A committed answer decides the sale as it would have then. Without one the outcome is unknown, so the sale is reversed.
"""

from agent.journal.entry import Entry, Record
from agent.journal.ports import Journal
from agent.sale import kinds, outcome
from agent.sale.requests import NO_ANSWER
from agent.sale.reversals import queued

INTERRUPTED = "interrupted"


async def recover(journal: Journal) -> "list[str]":
    """Finish the sales that the journal holds open and return them; reversals that are due stay queued."""
    sales = await journal.open_sales(kinds.SALE_AUTHORISING, (kinds.SALE_FINISHED,))
    for sale in sales:
        await journal.append(*_closing(sale, await journal.about(sale)))
    return sales


def _closing(sale: str, entries: "list[Entry]") -> "list[Record]":
    kinds_seen = [entry.kind for entry in entries]
    for entry in entries:
        if entry.kind == kinds.SALE_ANSWERED:
            return [finished(sale, str(entry.body["judgement"]), str(entry.body["judgement_code"]))]
    closing = []
    if kinds.SALE_UNKNOWN not in kinds_seen:
        closing.append(Record(kinds.SALE_UNKNOWN, {"sale": sale, "why": INTERRUPTED}))
    if kinds.REVERSAL_QUEUED not in kinds_seen:
        closing.append(queued(sale, NO_ANSWER))
    closing.append(finished(sale, outcome.UNKNOWN, outcome.NO_ANSWER))
    return closing


def finished(sale: str, result: str, code: str) -> Record:
    """The entry that closes a sale with `result` and `code` as in `outcome`."""
    return Record(kinds.SALE_FINISHED, {"sale": sale, "result": result, "code": code})
