"""Works off the reversals beside the sales: each is sent as soon as the acquirer is free, until none is due."""

import asyncio

from agent.binding.gate import Gate
from agent.errors import BusyError
from agent.sale.outcome import Outcome
from agent.sale.reversals import Reversals
from agent.sale.sign_on import SignOn
from agent.sale.unresolved import Unresolved


class ReversalWorker:
    """Sends what is queued. It holds `conversation`, which it shares with the counter, for one attempt at a time."""

    def __init__(self, reversals: Reversals, gate: Gate, sign_on: SignOn, conversation: asyncio.Lock) -> None:
        self.reversals = reversals
        self.unresolved = Unresolved(reversals.journal)
        self.gate = gate
        self.sign_on = sign_on
        self.conversation = conversation
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """A reversal was queued."""
        self._woken.set()

    async def send_again(self, sale: str, amount: int = 0) -> Outcome:
        """Have the unresolved reversal of `sale` sent again: see `Unresolved.queue_again`, which raises.

        Raises BusyError while a new binding is on trial: it might go out under the keys of either merchant.
        """
        if self.gate.on_trial:
            raise BusyError("a new merchant record is on trial; ask again in a minute")
        found = await self.unresolved.queue_again(sale, amount)
        self.wake()
        return found

    async def run(self) -> None:
        """Send what is queued whenever there is something: runs for ever."""
        while True:
            self._woken.clear()
            for sale in await self.reversals.due():
                await self._reverse(sale)
            await self._woken.wait()

    async def _reverse(self, sale: str) -> None:
        while True:
            async with self.conversation:
                if await self._attempt(sale):
                    return
            await asyncio.sleep(self.reversals.backoff.next_ms() / 1000)

    async def _attempt(self, sale: str) -> bool:
        verdict = self.gate.prove()
        if verdict.binding is not None:
            await self.sign_on.ensure(verdict.binding, verdict.digest)
        return await self.reversals.attempt(sale)
