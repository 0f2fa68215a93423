"""Signing on to the acquirer: working keys for the MAC, and the acquirer's word on which merchant it takes us for."""

from agent.binding.record import Binding
from agent.errors import AcquirerError, SignOnRefusedError
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.jump.match import match
from agent.sale import kinds, outcome
from agent.sale.judge import jump_detected
from agent.sale.ports import Acquirer
from agent.sale.traces import Traces

STAGE_SIGN_ON = "sign_on"


class SignOn:
    """Keeps the terminal signed on under the binding that was proven last."""

    def __init__(self, acquirer: Acquirer, journal: Journal, traces: Traces, timeout_ms: int) -> None:
        self.acquirer = acquirer
        self.journal = journal
        self.traces = traces
        self.timeout_ms = timeout_ms
        self._signed_on_for = ""
        self._refused_for = ""

    def forget(self) -> None:
        """The acquirer no longer takes our keys, or asked for it: sign on again before the next sale."""
        self._signed_on_for = ""

    def holds(self, digest: str) -> bool:
        """Whether this terminal is signed on under the binding with `digest`."""
        return self._signed_on_for == digest

    def was_refused(self, digest: str) -> bool:
        """Whether the acquirer's latest answer was a no, to the binding with `digest`: asking again helps nobody."""
        return self._refused_for == digest

    async def ensure(self, binding: Binding, digest: str) -> str:
        """Sign on where that is due under the binding with `digest`; return "" or the code of why it failed."""
        if self.holds(digest):
            return ""
        # Whatever comes of it, the keys from before may be gone.
        self.forget()
        self._refused_for = ""
        trace, batch = self.traces.next()
        named: "dict[str, object]" = {"trace": trace, "batch": batch, "tid": binding.tid, "mid": binding.mid}
        await self.journal.append(Record(kinds.SIGNING_ON, named))
        try:
            answer = await self.acquirer.sign_on(trace, batch, binding.tid, binding.mid, self.timeout_ms)
        except SignOnRefusedError as error:
            self._refused_for = digest
            return await self._failed(outcome.SIGN_ON_REFUSED, error.code, trace)
        except AcquirerError as error:
            # The connection may be half dead, or out of step: what comes next gets a new one.
            await self.acquirer.close()
            return await self._failed(outcome.ACQUIRER_UNREACHABLE, str(error), trace)
        found = match(binding, answer)
        if found.reverses:
            self._refused_for = digest
            await self.journal.append(jump_detected("", STAGE_SIGN_ON, found))
            return outcome.SIGN_ON_OTHER_MERCHANT
        await self.journal.append(Record(kinds.SIGNED_ON, {"trace": trace, "match": dict(found.result)}))
        self._signed_on_for = digest
        return ""

    async def _failed(self, code: str, detail: str, trace: str) -> str:
        await self.journal.append(Record(kinds.SIGN_ON_FAILED, {"code": code, "detail": detail, "trace": trace}))
        return code
