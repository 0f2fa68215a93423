"""One question to the acquirer and its answer, past everything that is not its answer."""

from agent.clock import SYNCED, Clock
from agent.compat import monotonic_ms, since_ms
from agent.errors import AcquirerError, AcquirerLostError, AcquirerTimeoutError, AcquirerUnreachableError, MessageError
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.messages import RESPONSE_CODE, TRACE, Message
from agent.sale import kinds
from agent.sale.correlate import MALFORMED, UNAUTHENTICATED, stray
from agent.sale.ports import Acquirer
from agent.sale.sign_on import SignOn

# A host that answers nothing but strays is not answering: the journal is not for it to fill.
_MOST_STRAYS = 8
# DE 39: the acquirer does not take our MAC, and has not acted on the message; sign on again.
MAC_REFUSED = "A0"


class Exchange:
    """Asks and waits up to `timeout_ms`; a stray answer is journaled and acts on nothing.

    When the two sides do not take each other's MAC, `sign_on` is told to forget: the next sale signs on again.
    `answers` says whether the acquirer answered when it was last asked.
    """

    def __init__(self, acquirer: Acquirer, journal: Journal, clock: Clock, sign_on: SignOn, timeout_ms: int) -> None:
        self.acquirer = acquirer
        self.journal = journal
        self.clock = clock
        self.sign_on = sign_on
        self.timeout_ms = timeout_ms
        self.answers = True

    async def ask(self, sale: str, request: Message, answer_mti: str, zone: str) -> Message:
        """Send `request` and return its answer; `zone` is the binding's time zone.

        Raises AcquirerUnreachableError when nothing left; AcquirerTimeoutError or AcquirerLostError when the outcome
        is unknown.
        """
        try:
            answer = await self._ask(sale, request, answer_mti, zone)
        except AcquirerError:
            self.answers = False
            raise
        self.answers = True
        return answer

    async def _ask(self, sale: str, request: Message, answer_mti: str, zone: str) -> Message:
        # A clock that nobody has set since boot cannot say on which day an answer is due.
        shifts = (-1, 0, 1) if self.clock.state() == SYNCED else ()
        days = [self.clock.local(zone, shift)[4:8] for shift in shifts]
        try:
            await self.acquirer.send(request)
        except MessageError as error:
            raise AcquirerUnreachableError(str(error))  # it has no wire form, so nothing left
        start = monotonic_ms()
        for _ in range(_MOST_STRAYS):
            left = self.timeout_ms - since_ms(start)
            if left <= 0:
                break
            try:
                answer = await self.acquirer.receive(left)
            except MessageError as error:
                await self._ignore(sale, MALFORMED, str(error), "")
                continue
            why = stray(request, answer, answer_mti, days)
            if why == UNAUTHENTICATED or answer.text(RESPONSE_CODE) == MAC_REFUSED:
                self.sign_on.forget()
            if why == "":
                return answer
            await self._ignore(sale, why, answer.mti, answer.text(TRACE))
        else:
            await self.acquirer.close()
            raise AcquirerLostError("acquirer: {} answers in a row were strays".format(_MOST_STRAYS))
        raise AcquirerTimeoutError("acquirer: no answer within {} ms".format(self.timeout_ms))

    async def _ignore(self, sale: str, why: str, what: str, trace: str) -> None:
        await self.journal.append(
            Record(kinds.ANSWER_IGNORED, {"sale": sale, "why": why, "what": what, "trace": trace})
        )
