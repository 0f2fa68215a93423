"""The counter: one sale at a time, from request to outcome, and each step is written down before it is taken."""

import asyncio
import binascii
import os

from agent import signals
from agent.binding.gate import Gate, Request, Verdict
from agent.binding.record import REVERSE_AND_LOCK, Binding
from agent.canonical import encode, sha256_hex
from agent.card.flow import CardRead
from agent.card.session import CardSession
from agent.clock import Clock
from agent.errors import AcquirerError, AcquirerUnreachableError, BusyError, CardError, ReaderError, RequestError
from agent.lifecycle import LOCKED, Lifecycle
from agent.report.entry import Record
from agent.report.ports import Journal
from agent.sale import kinds, outcome
from agent.sale.exchange import Exchange
from agent.sale.judge import Judgement, answered, judge, jump_detected
from agent.sale.messages import RESPONSE_CODE, SALE_ANSWER, Message
from agent.sale.outcome import Outcome, outcome_of
from agent.sale.recovery import finished, recover
from agent.sale.requests import MERCHANT_MISMATCH, NO_ANSWER, sale_request
from agent.sale.reversals import Reversals, queued
from agent.sale.sign_on import SignOn
from agent.sale.traces import Traces

STAGE_ANSWER = "answer"
# DE 39: the acquirer does not take our MAC; sign on again.
_MAC_REFUSED = "A0"

_SHOWN = {
    outcome.APPROVED: signals.APPROVED,
    outcome.DECLINED: signals.DECLINED,
    outcome.JUMPED: signals.JUMP,
    outcome.UNPROVEN: signals.JUMP,
    outcome.REFUSED: signals.REFUSED,
    outcome.UNKNOWN: signals.FAULT,
    outcome.FAILED: signals.FAULT,
}


class SaleRequest:
    """What a till wants: `till` is its own name of the sale, unique to it; `amount` in minor units of `currency`."""

    def __init__(self, till: str, amount: int, currency: str, merchant: str = "") -> None:
        self.till = till
        self.amount = amount
        self.currency = currency
        self.merchant = merchant

    def fingerprint(self) -> str:
        """Names the content, so that the same id with another content is noticed."""
        return sha256_hex(encode([self.amount, self.currency, self.merchant]))


class _Running:
    def __init__(self, request: SaleRequest) -> None:
        self.request = request
        self.sale = binascii.hexlify(os.urandom(8)).decode()
        self.done = asyncio.Event()
        self.outcome: Outcome | None = None
        self.trace = ""
        self.batch = ""

    def base(self) -> "dict[str, object]":
        request = self.request
        return {
            "sale": self.sale,
            "till": request.till,
            "request": request.fingerprint(),
            "amount": request.amount,
            "currency": request.currency,
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
        self.reversals = Reversals(exchange, journal)
        # One conversation with the acquirer at a time: a sale and a reversal never mix their answers.
        self.conversation = asyncio.Lock()
        self.reversal_due = asyncio.Event()
        self._running: _Running | None = None
        self._recovered = False

    @property
    def busy(self) -> bool:
        """Whether a sale is under way."""
        return self._running is not None

    async def start(self) -> None:
        """Finish what a power cut left open, and find the last trace number. Raises JournalError."""
        await self.traces.start()
        await self._recover()

    async def pay(self, request: SaleRequest) -> Outcome:
        """Carry `request` through and return its outcome; the same request again returns what became of it.

        Raises BusyError while another one runs, RequestError when the till's id is known with another content, and
        JournalError when nothing can be written down: then nothing was sent, or the next start reverses it.
        """
        running = self._running
        if running is not None:
            return await self._join(running, request)
        running = self._running = _Running(request)
        try:
            if not self._recovered:
                await self._recover()
            running.outcome = await self._earlier(request) or await self._pay(running)
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

    def abort(self) -> bool:
        """Call off the sale that waits for a card; False when there is none, or it is past that point."""
        return self.cards.cancel()

    async def work_off_reversals(self) -> None:
        """Send what is queued whenever there is something: runs for ever, beside the sales."""
        while True:
            self.reversal_due.clear()
            for sale in await self.reversals.due():
                await self._reverse(sale)
            await self.reversal_due.wait()

    async def _join(self, running: _Running, request: SaleRequest) -> Outcome:
        if running.request.till != request.till:
            raise BusyError("a sale is under way; wait for it or abort it")
        if running.request.fingerprint() != request.fingerprint():
            raise RequestError("the id {!r} is under way with another content".format(request.till))
        await running.done.wait()
        if running.outcome is None:
            raise BusyError("the sale under this id ended without an outcome; ask for its status")
        return running.outcome

    async def _earlier(self, request: SaleRequest) -> "Outcome | None":
        sale = await self.journal.sale_of(request.till)
        if not sale:
            return None
        earlier = outcome_of(await self.journal.about(sale))
        if earlier.details.get("request") != request.fingerprint():
            raise RequestError("the id {!r} was used with another content; use a new one".format(request.till))
        return earlier

    async def _pay(self, running: _Running) -> Outcome:
        verdict = self._ask_gate(running)
        if verdict.binding is None:
            return await self._refuse(running, verdict)
        async with self.conversation:
            code = await self.sign_on.ensure(verdict.binding, verdict.digest)
        if code:
            return await self._fail(running, code, "")
        running.trace, running.batch = self.traces.next()
        try:
            card = await self.cards.read(
                running.request.amount, running.request.currency, running.trace, verdict.binding.timezone
            )
        except (CardError, ReaderError) as error:
            return await self._fail(running, getattr(error, "code", outcome.READER_UNAVAILABLE), str(error))
        # The card may have taken a minute: what was proven then is proven again before anything is sent.
        verdict = self._ask_gate(running)
        if verdict.binding is None:
            return await self._refuse(running, verdict)
        return await self._authorise(running, verdict.binding, verdict, card)

    def _ask_gate(self, running: _Running) -> Verdict:
        request = running.request
        return self.gate.check(Request(request.amount, request.currency, request.merchant), self.lifecycle.state)

    async def _authorise(self, running: _Running, binding: Binding, verdict: Verdict, card: CardRead) -> Outcome:
        async with self.conversation:
            request = sale_request(binding, running.request.amount, running.trace, running.batch, card)
            self._recovered = False
            await self.journal.append(self._authorising(running, binding, verdict, card))
            closing = await self._exchange(running.sale, binding, request)
        await self.journal.append(closing)
        self._recovered = True
        return await self._close(running)

    def _authorising(self, running: _Running, binding: Binding, verdict: Verdict, card: CardRead) -> Record:
        body = running.base()
        body.update(
            {
                "trace": running.trace,
                "batch": running.batch,
                "acquirer": binding.acquirer,
                "mid": binding.mid,
                "tid": binding.tid,
                "merchant": binding.name,
                "timezone": binding.timezone,
                "local_time": self.clock.local(binding.timezone),
                "binding_version": binding.version,
                "binding_digest": verdict.digest,
                "card": card.pan.masked,
                "scheme": card.scheme,
                "warnings": list(verdict.warnings),
            }
        )
        return Record(kinds.SALE_AUTHORISING, body)

    async def _exchange(self, sale: str, binding: Binding, request: Message) -> Record:
        """Ask the acquirer, commit what came of it, and return the entry that closes the sale."""
        try:
            answer = await self.exchange.ask(sale, request, SALE_ANSWER, binding.timezone)
        except AcquirerUnreachableError:
            return finished(sale, outcome.FAILED, outcome.ACQUIRER_UNREACHABLE)
        except AcquirerError as error:
            unknown = Record(kinds.SALE_UNKNOWN, {"sale": sale, "why": str(error)})
            await self.journal.append(unknown, queued(sale, NO_ANSWER))
            self.reversal_due.set()
            return finished(sale, outcome.UNKNOWN, outcome.NO_ANSWER)
        if answer.text(RESPONSE_CODE) == _MAC_REFUSED:
            self.sign_on.forget()
        judgement = judge(binding, answer)
        await self._commit(sale, binding, judgement, answer)
        return finished(sale, judgement.result, judgement.code)

    async def _commit(self, sale: str, binding: Binding, judgement: Judgement, answer: Message) -> None:
        records = [answered(sale, judgement, answer)]
        if judgement.match.jumped:
            records.append(jump_detected(sale, STAGE_ANSWER, judgement.match))
        if judgement.reverses:
            records.append(queued(sale, MERCHANT_MISMATCH))
        await self.journal.append(*records)
        if judgement.reverses:
            self.reversal_due.set()
        if judgement.match.reverses and binding.jump_policy == REVERSE_AND_LOCK:
            await self.lifecycle.become(LOCKED, outcome.MERCHANT_JUMP)

    async def _refuse(self, running: _Running, verdict: Verdict) -> Outcome:
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
        return await self._close(running)

    async def _fail(self, running: _Running, code: str, detail: str) -> Outcome:
        body = running.base()
        body.update({"result": outcome.FAILED, "code": code, "detail": detail})
        await self.journal.append(Record(kinds.SALE_FAILED, body))
        return await self._close(running)

    async def _close(self, running: _Running) -> Outcome:
        result = outcome_of(await self.journal.about(running.sale))
        self.lights.show(_SHOWN[result.result])
        return result

    async def _reverse(self, sale: str) -> None:
        settled = False
        while not settled:
            async with self.conversation:
                settled = await self._attempt(sale)

    async def _attempt(self, sale: str) -> bool:
        verdict = self.gate.prove()
        if verdict.binding is not None:
            await self.sign_on.ensure(verdict.binding, verdict.digest)
        return await self.reversals.attempt(sale)

    async def _recover(self) -> None:
        if await recover(self.journal):
            self.reversal_due.set()
        self._recovered = True
