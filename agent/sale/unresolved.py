"""Reversals that were given up: whether the charge stands is known to the acquirer alone.

They are listed, queued anew when somebody asks, and cleared by hand once its statement shows what became of the charge.
"""

import asyncio

from agent.errors import NoSuchSaleError, ReversalRefusedError
from agent.journal.entry import Entry, Record
from agent.journal.ports import Journal
from agent.sale import kinds, outcome
from agent.sale.money import major_units
from agent.sale.outcome import Outcome, outcome_of
from agent.sale.reversals import body_of, queued


class Unresolved:
    """What the journal holds of them. A reversal is unresolved until it is queued anew or cleared."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        # Between the look and the entry nobody else may queue or clear the same one.
        self._changing = asyncio.Lock()

    async def sales(self) -> "list[str]":
        """The sales whose reversal is unresolved, the one given up first before the others."""
        return await self.journal.open_sales(kinds.REVERSAL_UNRESOLVED, (kinds.REVERSAL_QUEUED, kinds.REVERSAL_CLEARED))

    async def outcomes(self) -> "list[Outcome]":
        """What became of each of those sales."""
        found = []
        for sale in await self.sales():
            found.append(outcome_of(await self.journal.about(sale)))  # noqa: PERF401 - MicroPython awaits in no comprehension
        return found

    async def queue_again(self, sale: str, amount: int = 0) -> Outcome:
        """Make the reversal of `sale` due for another three attempts, and return the sale as it is then.

        One that is due already stays so. `amount` in minor units is what the till wants back, 0 for the whole: there is
        no reversal of a part. Raises NoSuchSaleError, ReversalRefusedError or JournalError.
        """
        async with self._changing:
            entries = await self._about(sale)
            found = outcome_of(entries)
            _refuse_part(found, amount)
            if found.details.get("reversal") == outcome.REVERSAL_DUE:
                return found
            _refuse_others(found, "sent again")
            reason = str(body_of(entries, kinds.REVERSAL_QUEUED)["reason"])
            return outcome_of(entries + await self.journal.append(queued(sale, reason)))

    async def clear(self, sale: str, why: str) -> Outcome:
        """Take the reversal of `sale` off the list, and return the sale as it is then.

        `why` says who does it and what the statement shows. Raises NoSuchSaleError, ReversalRefusedError or
        JournalError.
        """
        async with self._changing:
            entries = await self._about(sale)
            _refuse_others(outcome_of(entries), "cleared")
            cleared = Record(kinds.REVERSAL_CLEARED, {"sale": sale, "why": why})
            return outcome_of(entries + await self.journal.append(cleared))

    async def _about(self, sale: str) -> "list[Entry]":
        entries = await self.journal.about(sale)
        if not entries:
            raise NoSuchSaleError("no sale {!r} is known here".format(sale))
        return entries


def _refuse_part(found: Outcome, amount: int) -> None:
    whole = int(str(found.details["amount"]))
    if amount not in (0, whole):
        text = "sale {}: {} is not its amount; only the whole {} can be reversed"
        raise ReversalRefusedError(text.format(found.sale, major_units(amount), major_units(whole)))


def _refuse_others(found: Outcome, done: str) -> None:
    """Refuse what is no unresolved reversal; `done` is what was to be done to it."""
    state = found.details.get("reversal")
    if state != outcome.UNRESOLVED:
        is_now = "its reversal is {}".format(state) if state else "it is {}".format(found.result)
        text = "sale {}: {}; only an unresolved reversal can be {}"
        raise ReversalRefusedError(text.format(found.sale, is_now, done))
