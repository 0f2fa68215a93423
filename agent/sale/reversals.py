"""Reversals: durable before they are sent, repeated, and kept on a list when the acquirer never answers (0400/0410)."""

from agent.backoff import Backoff
from agent.errors import AcquirerError, AcquirerUnreachableError
from agent.journal.entry import Entry, Record
from agent.journal.ports import Journal
from agent.messages import RESPONSE_CODE, REVERSAL_ANSWER
from agent.sale import kinds
from agent.sale.exchange import Exchange
from agent.sale.requests import NO_ANSWER, reversal_request

ATTEMPTS = 3
# DE 39 of the 0410: the acquirer has reversed it, or has nothing of that sale to reverse.
_REVERSED = "00"
_NO_ORIGINAL = "25"
_CLOSED = (kinds.REVERSAL_SETTLED, kinds.REVERSAL_UNRESOLVED)


def queued(sale: str, reason: str) -> Record:
    """The entry that makes a reversal of `sale` due; `reason` is its DE 39."""
    return Record(kinds.REVERSAL_QUEUED, {"sale": sale, "reason": reason})


class Reversals:
    """Works off what is queued, one attempt at a time. The journal is the queue.

    `backoff` says how long to wait between attempts, so that an acquirer that restarts is not given up on meanwhile.
    """

    def __init__(self, exchange: Exchange, journal: Journal, backoff: Backoff) -> None:
        self.exchange = exchange
        self.journal = journal
        self.backoff = backoff

    async def due(self) -> "list[str]":
        """The sales whose reversal is still to be sent or repeated, oldest first."""
        return await self.journal.open_sales(kinds.REVERSAL_QUEUED, _CLOSED)

    async def attempt(self, sale: str) -> bool:
        """Send one attempt for `sale`; True when it is settled or given up, so that no other attempt is due.

        Giving up means that it stays on the list of unresolved ones until it is queued anew or settlement clears it. An
        acquirer that cannot be reached has heard nothing, so that does not count as an attempt.
        """
        entries = await self.journal.about(sale)
        original = body_of(entries, kinds.SALE_AUTHORISING)
        reason = str(body_of(entries, kinds.REVERSAL_QUEUED)["reason"])
        made = 1 + _repeated(entries)
        request = reversal_request(original, reason)
        try:
            answer = await self.exchange.ask(sale, request, REVERSAL_ANSWER, str(original["timezone"]))
            code = answer.text(RESPONSE_CODE)
        except AcquirerUnreachableError:
            return False
        except AcquirerError as error:
            # The connection may be half dead: the next attempt gets a new one.
            await self.exchange.acquirer.close()
            return await self._failed(sale, made, str(error))
        # A sale that nobody answered may still be on its way, overtaken by its own reversal.
        is_early = code == _NO_ORIGINAL and reason == NO_ANSWER and made < ATTEMPTS
        if is_early or code not in (_REVERSED, _NO_ORIGINAL):
            return await self._failed(sale, made, "the acquirer answers {}".format(code))
        await self.journal.append(
            Record(kinds.REVERSAL_SETTLED, {"sale": sale, "response_code": code, "attempt": made})
        )
        self.backoff.reset()
        return True

    async def _failed(self, sale: str, made: int, why: str) -> bool:
        given_up = made >= ATTEMPTS
        kind = kinds.REVERSAL_UNRESOLVED if given_up else kinds.REVERSAL_REPEATED
        await self.journal.append(Record(kind, {"sale": sale, "attempt": made, "why": why}))
        return given_up


def body_of(entries: "list[Entry]", kind: str) -> "dict[str, object]":
    """The body of the first entry of `kind` among `entries`, which must hold one."""
    return next(entry.body for entry in entries if entry.kind == kind)


def _repeated(entries: "list[Entry]") -> int:
    """How many attempts were made in vain since the reversal was queued last."""
    repeated = 0
    for entry in entries:
        if entry.kind == kinds.REVERSAL_QUEUED:
            repeated = 0
        elif entry.kind == kinds.REVERSAL_REPEATED:
            repeated += 1
    return repeated
