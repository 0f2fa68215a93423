"""One installation: from the desk to the terminal, and back where anything fails or is called off."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

from cryptography import x509
from msgspec.structs import replace

from provisioning.errors import HandError, ProvisioningError
from provisioning.hand import requests as ask
from provisioning.handover.facts import Facts
from provisioning.install import result, steps
from provisioning.install.attempt import LOOKED_WITHIN_S, Attempt, come_to_nothing
from provisioning.install.desk import Desk
from provisioning.install.facts import facts_of
from provisioning.install.reach import Reach
from provisioning.install.steps import Person, Progress
from provisioning.install.work import Order, Work, proven_at
from provisioning.texts import _
from provisioning.trail_entry import DONE


class Installation(Attempt):
    """The installation of `order` on the terminal at `reach`, from `desk`; `person` stands at the terminal, or nobody.

    Once `run` is through, `installed` says what became of it; where it failed, `failure` does.
    """

    def __init__(self, order: Order, desk: Desk, reach: Reach, person: Person | None = None) -> None:
        super().__init__(desk, reach)
        self.order = order
        self.person = person
        self.installed: result.Installed | None = None
        self._work: Work | None = None

    @property
    def found(self) -> dict[str, Any]:
        """How the terminal was when it was reached, as the hand told; {} when it never was."""
        return self._work.found if self._work else {}

    @property
    def facts(self) -> Facts:
        """The facts for its hand-over sheet; complete once the step `commit` begins. Raises HandoverError."""
        assert self._work is not None
        return facts_of(self._work.binding, self._work.seen, self.order.technician)

    async def _all(self) -> AsyncGenerator[Progress, None]:
        yield Progress(steps.BINDING, "begun")
        proven = await asyncio.to_thread(proven_at, self.desk, self.order)
        binding = proven.binding
        for warning in proven.warnings:
            yield Progress(steps.BINDING, "warning", {"text": warning})
        # Nothing that is missing at the desk is to be found out when the terminal is half done.
        master_key = await asyncio.to_thread(self.desk.master_key, binding)
        await asyncio.to_thread(self.desk.check_authority)
        yield Progress(steps.BINDING, "done", {"merchant": binding.name, "mid": binding.mid, "tid": binding.tid})
        work = self._work = Work(self.order, self.desk, proven, master_key, self.person)
        try:
            async with self.reach.hand() as line, aclosing(work.run(line, self.reach.address)) as told:
                async for progress in told:
                    yield progress
        except HandError:
            # Only the word that it has committed may be lost.
            if not work.committing or await self._look_again(work) != result.DONE:
                raise
        facts = self.facts
        done = replace(work.deed, outcome=DONE, certificate=facts.certificate)
        for warning in (*await self._end_what_was_before(work), *await self._written(done)):
            work.seen.warnings.append(warning)
            yield Progress(steps.COMMIT, "warning", {"text": warning})
        self.installed = result.Installed(
            facts=facts, address=self.reach.address,
            fingerprint=work.seen.fingerprint, receipt=work.seen.receipt, sequence=work.seen.head["sequence"],
            warnings=(*proven.warnings, *work.seen.warnings),
        )  # fmt: skip

    async def _end_what_was_before(self, work: Work) -> list[str]:
        """Revoke what was issued to the terminal before; what is odd about that."""
        try:
            await asyncio.to_thread(self.desk.keep_only, work.binding.serial, work.seen.certificate)
        except (ProvisioningError, OSError) as error:
            return [_("earlier certificates of this terminal are not revoked: {why}").format(why=error)]
        return []

    async def _failed(self, code: str, detail: str) -> result.Failure:
        """The hand has ended, and with it what it changed; look whether that is so, and take back what was issued."""
        work = self._work
        if work is None:
            return result.Failure(steps.BINDING, code, detail, result.UNTOUCHED)
        terminal = await self._look_again(work) if work.changing else result.UNTOUCHED
        notes = [] if terminal == result.DONE else await self._taken_back(work)
        failure = result.Failure(work.step, code, detail, terminal, tuple(notes))
        if not work.changing:
            return failure
        warnings = await self._written(come_to_nothing(work.deed, failure))
        return dataclasses.replace(failure, notes=(*failure.notes, *warnings))

    async def _taken_back(self, work: Work) -> list[str]:
        """Revoke the certificate; what a person has to know of it, and of a sale that stands."""
        notes = []
        if work.seen.certificate:
            try:
                await asyncio.to_thread(self.desk.discard, work.seen.certificate)
                notes.append(_("The certificate that was issued for it is revoked."))
            except (ProvisioningError, OSError) as error:
                number = x509.load_pem_x509_certificate(work.seen.certificate).serial_number
                said = _("Revoke the certificate that was issued for it by hand, number {serial}: {why}")
                notes.append(said.format(serial=f"{number:x}", why=error))
        if work.seen.receipt:
            said = _("The test sale of {amount} stands at the acquirer: reference {reference}, trace {trace}.")
            notes.append(said.format(**work.seen.receipt))
        return notes

    async def _look_again(self, work: Work) -> result.Terminal:
        """How the terminal is now, as a new hand sees it; a hand that finds something undone does that first."""
        with suppress(ProvisioningError, TimeoutError):
            async with asyncio.timeout(LOOKED_WITHIN_S), self.reach.hand() as line:
                found = await line.ask(ask.Look())
                if found["serial"] or found["binding"]:
                    return result.DONE if work.committing else result.NOT_SEEN
                return result.JOURNAL_KEPT if found["journal"] else result.AS_BEFORE
        return result.NOT_SEEN
