"""What the journal tells of sales that are over: the latest one, and the one that a till asks for again."""

from agent.clock import Clock
from agent.errors import RequestError
from agent.journal.newest import newest
from agent.journal.ports import Journal
from agent.sale import kinds
from agent.sale.outcome import Outcome, outcome_of
from agent.sale.running import SaleRequest


async def latest(journal: Journal) -> "Outcome | None":
    """What became of the latest sale; None when there never was one."""
    entry = await newest(journal, (kinds.GATE_REFUSED, kinds.SALE_FAILED, kinds.SALE_AUTHORISING))
    return None if entry is None else outcome_of(await journal.about(str(entry.body["sale"])))


async def asked_again(journal: Journal, clock: Clock, request: SaleRequest) -> "Outcome | None":
    """What became of the same request within a day; None when it is a new one.

    Raises RequestError when the till's id is known with another content.
    """
    sale = await journal.sale_of(request.till)
    entries = await journal.about(sale) if sale else []
    # A till's ids come round again; what is older than a day is another sale.
    if not entries or str(entries[-1].fields["time"]) < clock.utc(-1):
        return None
    earlier = outcome_of(entries)
    if earlier.details.get("request") != request.fingerprint():
        raise RequestError("the id {!r} was used with another content; use a new one".format(request.till))
    return earlier
