"""Ready to sell or not: opens the reader and signs on ahead of the sales, again where that fails; the lights say it."""

import asyncio

from agent import signals
from agent.backoff import Backoff
from agent.binding.gate import Gate, Verdict
from agent.card.session import CardSession
from agent.compat import Protocol, monotonic_ms, since_ms
from agent.errors import ReaderError
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.lifecycle import TAMPERED, Lifecycle
from agent.lights import Lights
from agent.sale.counter import Counter
from agent.sale.outcome import ACQUIRER_UNREACHABLE, READER_UNAVAILABLE, SIGN_ON_REFUSED

READER_FAILED = "reader.failed"

# How soon it is noticed that something ended or began: a lock, a binding's validity, the room on the disk. One look
# reads one small file.
_LOOK_MS = 5_000
# The most that the waits between tries grow to: each try to sign on is written down, and a night without a network must
# not fill the journal.
_LONGEST_WAIT_MS = 60_000


class OnReadiness(Protocol):
    """Who is told whether the next sale can be taken."""

    def __call__(self, why: str) -> None:
        """It cannot because of `why`, a code; "" when it can."""


class Readiness:
    """Knows whether the next sale can be taken. A sale does not ask: it tries for itself, and says what fails."""

    def __init__(
        self,
        gate: Gate,
        lifecycle: Lifecycle,
        journal: Journal,
        lights: Lights,
        cards: CardSession,
        counter: Counter,
    ) -> None:
        self.gate = gate
        self.lifecycle = lifecycle
        self.journal = journal
        self.lights = lights
        self.cards = cards
        self.counter = counter
        self.look_ms = _LOOK_MS
        self._told = ""
        self._tell: "OnReadiness | None" = None
        # What was told last, with the state of that moment.
        self._told_why: "tuple[str, str] | None" = None

    @property
    def why(self) -> str:
        """Why the next sale could not be taken now: a code, "" when it could.

        While the acquirer is talked to, what is known of it is about to change: then it is what the last look found.
        """
        if self.counter.conversation.locked():
            return "" if self._told_why is None else self._told_why[1]
        return self._why()

    def on_change(self, tell: OnReadiness) -> None:
        """Call `tell` whenever a look finds another reason, or another state of the lifecycle, than the one before."""
        self._tell = tell

    async def keep(self) -> None:
        """Open the reader and sign on, and look again for ever. Raises JournalError."""
        backoff = Backoff(self.look_ms, _LONGEST_WAIT_MS)
        tried, wait_ms = monotonic_ms(), 0
        while True:
            if since_ms(tried) >= wait_ms:
                has_reader, has_acquirer = await self._open_reader(), await self._sign_on()
                if has_reader and has_acquirer:
                    backoff.reset()
                    wait_ms = 0
                else:
                    tried, wait_ms = monotonic_ms(), backoff.next_ms()
            await self._rest()
            await asyncio.sleep(self.look_ms / 1000)

    async def rest_lights(self) -> None:
        """Whenever an outcome has had its time, go back to what the terminal's state is; for ever."""
        while True:
            await self.lights.passed()
            await self._rest()

    async def _open_reader(self) -> bool:
        """Whether it is open now."""
        why = ""
        try:
            await self.cards.start()
        except ReaderError as error:
            why = str(error)
        if why not in ("", self._told):
            await self.journal.append(Record(READER_FAILED, {"why": why}))
        self._told = why
        return why == ""

    async def _sign_on(self) -> bool:
        """Sign on where a sale could follow; False when nobody answers."""
        sign_on, exchange = self.counter.sign_on, self.counter.exchange
        async with self.counter.conversation:
            verdict = self._any_sale()
            is_settled = sign_on.was_refused(verdict.digest) and exchange.answers
            if verdict.binding is None or is_settled:
                return True
            if not exchange.answers:
                sign_on.forget()  # nothing else can be asked that moves no money
            code = await sign_on.ensure(verdict.binding, verdict.digest)
            exchange.answers = code != ACQUIRER_UNREACHABLE
            return exchange.answers

    async def _rest(self) -> None:
        # Never in the middle of a conversation: what is known of the acquirer is about to change.
        async with self.counter.conversation:
            why = self._why()
            self.lights.rest(self._state(why))
            self._tell_change(why)

    def _tell_change(self, why: str) -> None:
        now = (self.lifecycle.state, why)
        if now != self._told_why:
            self._told_why = now
            if self._tell is not None:
                self._tell(why)

    def _state(self, why: str) -> str:
        """The terminal's state, as one of the signals."""
        if self.lifecycle.state == TAMPERED:
            return signals.TAMPERED
        if self.gate.on_trial:
            return signals.STARTING  # meant, and over in a moment: no fault
        return signals.FAULT if why else signals.READY

    def _why(self) -> str:
        """Why the next sale could not be taken: a code, "" when it could."""
        verdict = self._any_sale()
        if not verdict.allowed:
            return verdict.reason
        if not self.cards.is_open:
            return READER_UNAVAILABLE
        if self.counter.sign_on.was_refused(verdict.digest):
            return SIGN_ON_REFUSED
        signed_on = self.counter.exchange.answers and self.counter.sign_on.holds(verdict.digest)
        return "" if signed_on else ACQUIRER_UNREACHABLE

    def _any_sale(self) -> Verdict:
        return self.gate.check(None, self.lifecycle.state)
