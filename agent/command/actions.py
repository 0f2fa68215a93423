"""What each type of command does at this terminal."""

import asyncio

from agent.binding.gate import Gate
from agent.binding.reasons import TAMPER_OPEN
from agent.command import types
from agent.command.certificates import Certificates
from agent.command.commands import ENDED, Handler
from agent.command.status import ARGS_INVALID, NOT_ALLOWED
from agent.errors import CertificateError
from agent.journal.disowned import JOURNAL_DISOWNED, disowned
from agent.journal.entry import Entry
from agent.journal.ports import Journal
from agent.lifecycle import ACTIVE, LOCKED, Lifecycle
from agent.report.ports import Machine
from agent.report.reporter import Reporter
from agent.report.vitals import Vitals
from agent.report.vitals_period import is_vitals_period
from agent.sale import kinds
from agent.sale.counter import Counter
from agent.update.updates import Updates
from agent.update.version import numbers

# The bundle travels as one message and lies in the journal: the newest entries that fit.
_MOST_ENTRIES = 40
_LARGEST_BUNDLE = 16_000
_LONGEST_REASON = 200
# As the contract has it.
_LONGEST_CERTIFICATE = 32_768


class Actions:
    """The handlers of the commands; `restart_wanted` is set when the terminal was told to end and start again."""

    def __init__(
        self,
        gate: Gate,
        lifecycle: Lifecycle,
        counter: Counter,
        reporter: Reporter,
        vitals: Vitals,
        journal: Journal,
        machine: Machine,
        settings: "dict[str, object]",
        certificates: "Certificates | None",
        updates: Updates,
    ) -> None:
        self.gate = gate
        self.lifecycle = lifecycle
        self.counter = counter
        self.reporter = reporter
        self.vitals = vitals
        self.journal = journal
        self.machine = machine
        # As they may be shown.
        self.settings = settings
        # None where the link has no certificate.
        self.certificates = certificates
        self.updates = updates
        self.restart_wanted = updates.restart_wanted

    def handlers(self) -> "dict[str, Handler]":
        """Each type that this terminal knows, and what does it."""
        return {
            types.PING: self.ping,
            types.DIAGNOSIS: self.diagnosis,
            types.DIAGNOSTICS: self.diagnostics,
            types.SIGN_ON: self.sign_on,
            types.LOCK: self.lock,
            types.UNLOCK: self.unlock,
            types.SET_VITALS_PERIOD: self.set_vitals_period,
            types.RESTART: self.restart,
            types.RENEW_CERTIFICATE: self.renew_certificate,
            types.INSTALL_CERTIFICATE: self.install_certificate,
            types.UPDATE: self.update,
        }

    async def ping(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """Answer, to show that the way down and up is open."""
        return _bare(args), {}

    async def diagnosis(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """Say what keeps it from selling, what it warns of, and what the latest jump speaks for."""
        return _bare(args), await self._found()

    async def diagnostics(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """Everything that a person at the desk looks at first. Its entries hold no card data, as none does."""
        head = await self.journal.head()
        return _bare(args), {
            "diagnosis": await self._found(),
            "lifecycle": self.lifecycle.state,
            "info": self.machine.info(),
            "settings": self.settings,
            "vitals": await self.vitals.now(),
            "acknowledged": self.reporter.delivery.outbox.acknowledged,
            "head": head,
            "entries": _newest(await self.journal.after(max(0, head - _MOST_ENTRIES), _MOST_ENTRIES)),
        }

    async def sign_on(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """Sign on to the acquirer anew, between two messages of a sale."""
        verdict = self.gate.prove()
        if verdict.binding is None or _bare(args):
            return _bare(args) or verdict.reason, {"detail": verdict.detail}
        async with self.counter.conversation:
            self.counter.sign_on.forget()
            return await self.counter.sign_on.ensure(verdict.binding, verdict.digest), {}

    async def lock(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """Take no payments until it is unlocked; one that waits for its card is called off."""
        code = _only_reason(args)
        if code == "" and self.lifecycle.state != LOCKED:
            code = "" if await self.lifecycle.become(LOCKED, str(args["reason"])) else NOT_ALLOWED
        if code == "":
            self.counter.abort()
        return code, {}

    async def unlock(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """Take payments again. A tamper latch and a disowned journal stay: a technician has to look at the terminal."""
        code = _only_reason(args)
        if code == "" and await disowned(self.journal):
            code = JOURNAL_DISOWNED
        if code == "":
            unlocked = self.lifecycle.state == LOCKED and await self.lifecycle.become(ACTIVE, str(args["reason"]))
            code = "" if unlocked else NOT_ALLOWED
        return code, {}

    async def set_vitals_period(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """Send vitals every so many seconds, until the next start."""
        seconds = args.get("seconds")
        if list(args) != ["seconds"] or not is_vitals_period(seconds):
            return ARGS_INVALID, {}
        assert isinstance(seconds, int)
        self.vitals.period_ms = seconds * 1000
        return "", {}

    async def restart(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """End in good order; what started this terminal starts it again, and the next run says that it is done."""
        if _bare(args) == "":
            self.restart_wanted.set()
            await asyncio.Event().wait()
        return _bare(args), {}

    async def renew_certificate(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """Make a new key, which stays here, and answer with the request for a certificate for it."""
        if args or self.certificates is None:
            return _bare(args) or NOT_ALLOWED, {}
        try:
            return "", {"csr": await self.certificates.request()}
        except CertificateError as error:
            return error.code, {"detail": str(error)}

    async def install_certificate(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """Take the certificate for the new key, and connect anew to show it; the old one is kept until that worked."""
        certificate = args.get("certificate")
        if list(args) != ["certificate"] or not isinstance(certificate, str) or len(certificate) > _LONGEST_CERTIFICATE:
            return ARGS_INVALID, {}
        if self.certificates is None:
            return NOT_ALLOWED, {}
        try:
            await self.certificates.install(certificate)
        except CertificateError as error:
            return error.code, {"detail": str(error)}
        self.reporter.reconnect()
        return "", {}

    async def update(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """Take the release of that version once there is no sale. What becomes of it, its events tell."""
        version = args.get("version")
        if list(args) != ["version"] or numbers(version) is None:
            return ARGS_INVALID, {}
        return await self.updates.ask(str(version)), {}

    async def _found(self) -> "dict[str, object]":
        verdict = self.gate.prove()
        codes = [verdict.reason] if verdict.reason else []
        if self.lifecycle.state != ACTIVE:
            codes.append("LIFECYCLE_{}".format(self.lifecycle.state.upper()))
        if self.gate.tamper.tampered:
            codes.append(TAMPER_OPEN)
        if await disowned(self.journal):
            codes.append(JOURNAL_DISOWNED)
        codes.extend(verdict.warnings)
        detail = verdict.detail
        jump = await self.journal.last(kinds.JUMP_DETECTED)
        if jump is not None:
            causes = jump.body["causes"]
            assert isinstance(causes, list)
            codes.extend(causes)
            detail = "{} jump in entry {} at {}".format(detail, jump.sequence, jump.fields["time"]).strip()
        return {"codes": codes, "detail": detail}


def _newest(entries: "list[Entry]") -> "list[dict[str, object]]":
    """As many of `entries` as fit, oldest first; bundles of before are left out of this one."""
    shown: "list[dict[str, object]]" = []
    room = _LARGEST_BUNDLE
    for entry in reversed(entries):
        if entry.kind == ENDED:
            continue
        room -= len(entry.data)
        if room < 0:
            break
        shown.insert(0, {name: entry.fields[name] for name in ("sequence", "time", "clock", "kind", "body")})
    return shown


def _bare(args: "dict[str, object]") -> str:
    """ "" when `args` is empty, as it must be: an argument that is not known could be a restriction."""
    return ARGS_INVALID if args else ""


def _only_reason(args: "dict[str, object]") -> str:
    reason = args.get("reason")
    right = list(args) == ["reason"] and isinstance(reason, str) and 0 < len(reason) <= _LONGEST_REASON
    return "" if right else ARGS_INVALID
