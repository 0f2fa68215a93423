"""The counter: one sale at a time, from request to outcome, and each step is written down before it is taken."""

import asyncio

from agent import signals
from agent.backoff import Backoff
from agent.binding.gate import Gate, Request, Verdict
from agent.binding.reasons import HIGH_WATER_BEHIND, PARAMETERS_DUE
from agent.binding.record import REVERSE_AND_LOCK, Binding
from agent.card.flow import CardRead
from agent.card.session import CardSession
from agent.clock import Clock
from agent.errors import AcquirerError, AcquirerUnreachableError, BusyError, CardError, ReaderError, RequestError
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.lifecycle import ACTIVE, BINDING_PROVEN, LOCKED, UNPROVISIONED, Lifecycle
from agent.messages import SALE_ANSWER, Message
from agent.sale import kinds, outcome
from agent.sale.exchange import MAC_REFUSED, Exchange
from agent.sale.judge import Judgement, answered, judge, jump_detected
from agent.sale.outcome import Outcome, outcome_of
from agent.sale.past import asked_again
from agent.sale.recovery import finished, recover
from agent.sale.requests import MERCHANT_MISMATCH, NO_ANSWER, sale_request
from agent.sale.reversal_worker import ReversalWorker
from agent.sale.reversals import Reversals, queued
from agent.sale.running import Running, authorising
from agent.sale.running import SaleRequest as SaleRequest
from agent.sale.same_card import REFUSE, SameCard
from agent.sale.sign_on import SignOn
from agent.sale.traces import Traces

STAGE_ANSWER = "answer"

_SHOWN = {
    outcome.APPROVED: signals.APPROVED,
    outcome.DECLINED: signals.DECLINED,
    outcome.JUMPED: signals.JUMP,
    outcome.UNPROVEN: signals.JUMP,
    outcome.REFUSED: signals.REFUSED,
    outcome.UNKNOWN: signals.FAULT,
    outcome.FAILED: signals.FAULT,
}


class Counter:
    """Takes payments. The journal decides what became of each; nothing else is remembered."""

    def __init__(
        self,
        gate: Gate,
        lifecycle: Lifecycle,
        cards: CardSession,
        lights: signals.Signals,
        clock: Clock,
        journal: Journal,
        exchange: Exchange,
        sign_on: SignOn,
        traces: Traces,
        same_card: SameCard,
        repeats: Backoff,
    ) -> None:
        self.gate = gate
        self.lifecycle = lifecycle
        self.cards = cards
        self.lights = lights
        self.clock = clock
        self.journal = journal
        self.exchange = exchange
        self.sign_on = sign_on
        self.traces = traces
        self.same_card = same_card
        # One conversation with the acquirer at a time: a sale and a reversal never mix their answers.
        self.conversation = asyncio.Lock()
        self.reversals = Reversals(exchange, journal, repeats)
        self.reversal_worker = ReversalWorker(self.reversals, gate, sign_on, self.conversation)
        self._running: Running | None = None
        self._recovered = False

    @property
    def busy(self) -> bool:
        """Whether a sale is under way."""
        return self._running is not None

    async def start(self) -> None:
        """Finish what a power cut left open. Raises JournalError."""
        self.same_card.start()
        await self._recover()

    async def pay(self, request: SaleRequest) -> Outcome:
        """Carry `request` through and return its outcome; the same request within a day returns what became of it.

        Raises BusyError while another one runs, RequestError when the till's id is known with another content, and
        JournalError when nothing can be written down: then nothing was sent, or the next start reverses it.
        """
        running = self._running
        if running is not None:
            return await self._join(running, request)
        running = self._running = Running(request)
        try:
            if not self._recovered:
                await self._recover()
            running.outcome = await asked_again(self.journal, self.clock, request) or await self._pay(running)
            return running.outcome
        finally:
            self._running = None
            running.done.set()

    async def status(self, till: str) -> "Outcome | None":
        """What became of the sale that the till named `till`; None when the terminal knows none."""
        sale = await self.journal.sale_of(till)
        if sale:
            return outcome_of(await self.journal.about(sale))
        if self._running is not None and self._running.request.till == till:
            return Outcome(self._running.sale, outcome.RUNNING, "", [], self._running.base())
        return None

    def abort(self, till: str = "") -> bool:
        """Call off the sale under way, or only the one that the till named `till`: nothing is sent for it.

        False when there is none, it is another one, or its message may be out.
        """
        running = self._running
        if running is None or running.sending or till not in ("", running.request.till):
            return False
        running.called_off = True
        self.cards.cancel()
        return True

    async def _join(self, running: Running, request: SaleRequest) -> Outcome:
        if running.request.till != request.till:
            raise BusyError("a sale is under way; wait for it or abort it")
        if running.request.fingerprint() != request.fingerprint():
            raise RequestError("the id {!r} is under way with another content".format(request.till))
        await running.done.wait()
        if running.outcome is None:
            raise BusyError("the sale under this id ended without an outcome; ask for its status")
        return running.outcome

    async def _pay(self, running: Running) -> Outcome:
        shown = signals.FAULT  # where it ends without an outcome, as when the journal is full
        try:
            await self._carry_through(running)
            result = outcome_of(await self.journal.about(running.sale))
            shown = _SHOWN[result.result]
            return result
        finally:
            self.lights.show(shown)

    async def _carry_through(self, running: Running) -> None:
        """Take the steps of a sale, until one of them writes down how it ended."""
        if self._ask_gate(running).reason == PARAMETERS_DUE:
            await self._ask_host_again()
            self._ask_gate(running)
        if running.verdict.binding is None:
            await self._refuse(running)  # at once, without waiting for a reversal that is under way
            return
        async with self.conversation:
            binding = await self._proven(running)
        if binding is None:
            return
        running.trace, running.batch = self.traces.next()
        request = running.request
        try:
            card = await self.cards.read(request.amount, request.currency, running.trace, binding.timezone)
        except (CardError, ReaderError) as error:
            await self._fail(running, getattr(error, "code", outcome.READER_UNAVAILABLE), str(error))
            return
        if await self._is_refused_as_same(running, card):
            return
        async with self.conversation:
            # The card may have taken a minute: what was proven then is proven again before anything is sent.
            binding = await self._proven(running)
            if binding is not None and not await self._authorise(running, binding, card):
                # The keys have expired (A0): sign on and try once more, under a trace number and a name of its own.
                running.try_again()
                running.trace, running.batch = self.traces.next()
                binding = await self._proven(running)
                if binding is not None:
                    await self._authorise(running, binding, card)

    async def _is_refused_as_same(self, running: Running, card: CardRead) -> bool:
        """Note where `card` has just paid the same amount, and end the sale where that is refused."""
        earlier = await self.same_card.earlier(running.request, card)
        if earlier is None:
            return False
        if self.same_card.policy != REFUSE:
            running.warnings.append(outcome.SAME_CARD_AND_AMOUNT)
            return False
        detail = "as in sale {} (trace {})".format(earlier.sale, earlier.details["trace"])
        await self._fail(running, outcome.SAME_CARD_AND_AMOUNT, detail, outcome.REFUSED)
        return True

    async def _ask_host_again(self) -> None:
        """Sign on anew: no MAC covers the header that asked for parameters, and one wrong bit must not end the day."""
        verdict = self.gate.prove()
        if verdict.binding is not None:
            async with self.conversation:
                self.sign_on.forget()
                await self.sign_on.ensure(verdict.binding, verdict.digest)

    async def _proven(self, running: Running) -> "Binding | None":
        """Return the binding: signed on under, then proven, with nothing between the proof and the return.

        None when the sale ended here: refused, called off, or the acquirer does not sign us on.
        """
        code = ""
        while code == "":
            verdict = self._ask_gate(running)
            if verdict.binding is None:
                await self._refuse(running)
                return None
            if running.called_off:
                await self._fail(running, outcome.CANCELLED, "called off before anything was sent")
                return None
            if self.lifecycle.state == UNPROVISIONED:
                # Set up while it runs, or the clock was wrong when it started.
                await self.lifecycle.become(ACTIVE, BINDING_PROVEN)
            elif not self.gate.history.knows(verdict.digest) and HIGH_WATER_BEHIND not in verdict.warnings:
                await self.gate.history.take_up(verdict.binding, verdict.digest)
            elif self.sign_on.holds(verdict.digest):
                return verdict.binding
            else:
                code = await self.sign_on.ensure(verdict.binding, verdict.digest)
        await self._fail(running, code, "")
        return None

    def _ask_gate(self, running: Running) -> Verdict:
        request = running.request
        asked = Request(request.amount, request.currency, request.merchant)
        running.verdict = self.gate.check(asked, self.lifecycle.state)
        return running.verdict

    async def _authorise(self, running: Running, binding: Binding, card: CardRead) -> bool:
        """Take the sale to the acquirer and close it; False when the acquirer did not take our MAC."""
        running.sending = True
        request = sale_request(binding, running.request.amount, running.trace, running.batch, card)
        self._recovered = False
        await self.journal.append(authorising(running, binding, card, self.clock.local(binding.timezone)))
        closing = await self._exchange(running.sale, binding, request)
        await self.journal.append(closing)
        self._recovered = True
        return closing.body["code"] != MAC_REFUSED

    async def _exchange(self, sale: str, binding: Binding, request: Message) -> Record:
        """Ask the acquirer, commit what came of it, and return the entry that closes the sale."""
        try:
            answer = await self.exchange.ask(sale, request, SALE_ANSWER, binding.timezone)
        except AcquirerUnreachableError:
            return finished(sale, outcome.FAILED, outcome.ACQUIRER_UNREACHABLE)
        except AcquirerError as error:
            unknown = Record(kinds.SALE_UNKNOWN, {"sale": sale, "why": str(error)})
            await self.journal.append(unknown, queued(sale, NO_ANSWER))
            self.reversal_worker.wake()
            return finished(sale, outcome.UNKNOWN, outcome.NO_ANSWER)
        judgement = judge(binding, answer)
        await self._commit(sale, binding, judgement, answer)
        return finished(sale, judgement.result, judgement.code)

    async def _commit(self, sale: str, binding: Binding, judgement: Judgement, answer: Message) -> None:
        records = [answered(sale, judgement, answer)]
        if judgement.match.jumped:
            records.append(jump_detected(sale, STAGE_ANSWER, judgement.match))
        if judgement.reverses:
            records.append(queued(sale, MERCHANT_MISMATCH))
        locks = judgement.match.reverses and binding.jump_policy == REVERSE_AND_LOCK
        # One commit with the lock: a power cut between the two would leave a terminal that goes on selling.
        if not (locks and await self.lifecycle.become(LOCKED, outcome.MERCHANT_JUMP, tuple(records))):
            await self.journal.append(*records)
        if judgement.reverses:
            self.reversal_worker.wake()

    async def _refuse(self, running: Running) -> None:
        verdict = running.verdict
        body = running.base()
        body.update(
            {
                "result": outcome.REFUSED,
                "code": verdict.reason,
                "detail": verdict.detail,
                "warnings": list(verdict.warnings),
            }
        )
        await self.journal.append(Record(kinds.GATE_REFUSED, body))

    async def _fail(self, running: Running, code: str, detail: str, result: str = outcome.FAILED) -> None:
        body = running.base()
        body.update({"result": result, "code": code, "detail": detail})
        await self.journal.append(Record(kinds.SALE_FAILED, body))

    async def _recover(self) -> None:
        if await recover(self.journal):
            self.reversal_worker.wake()
        self._recovered = True
