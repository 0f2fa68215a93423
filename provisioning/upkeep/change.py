"""A change: an installed terminal goes to another merchant or number, to another place, or to a renewed binding."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from cryptography import x509
from msgspec.structs import replace

from provisioning.errors import ProvisioningError
from provisioning.hand import requests as ask
from provisioning.install import result, steps
from provisioning.install.attempt import LOOKED_WITHIN_S, Attempt, come_to_nothing
from provisioning.install.desk import Desk
from provisioning.install.facts import facts_of
from provisioning.install.fingerprint import fingerprint
from provisioning.install.reach import Reach
from provisioning.install.steps import Person, Progress
from provisioning.install.work import Order, proven_at
from provisioning.trail_entry import DONE
from provisioning.upkeep.change_work import ChangeWork


class Change(Attempt):
    """The change to the binding of `order`; `person` stands at the terminal, or nobody.

    Once `run` is through, `installed` says what became of it; where it failed, `failure` does.
    """

    def __init__(self, order: Order, desk: Desk, reach: Reach, person: Person | None = None) -> None:
        super().__init__(desk, reach)
        self.order = order
        self.person = person
        self.installed: result.Installed | None = None
        self._work: ChangeWork | None = None

    async def _all(self) -> AsyncGenerator[Progress, None]:
        yield Progress(steps.BINDING, "begun")
        proven = await asyncio.to_thread(proven_at, self.desk, self.order)
        binding = proven.binding
        for warning in proven.warnings:
            yield Progress(steps.BINDING, "warning", {"text": warning})
        yield Progress(steps.BINDING, "done", {"merchant": binding.name, "mid": binding.mid, "tid": binding.tid})
        work = self._work = ChangeWork(self.order, self.desk, proven, self.person)
        async with self.reach.hand() as line, aclosing(work.run(line, self.reach.address)) as told:
            async for progress in told:
                yield progress
        facts = facts_of(binding, work.seen, self.order.technician)
        for warning in await self._written(replace(work.deed, outcome=DONE, certificate=facts.certificate)):
            work.seen.warnings.append(warning)
            yield Progress(steps.DOCTOR, "warning", {"text": warning})
        key = x509.load_pem_x509_certificate(work.seen.certificate).public_key()
        self.installed = result.Installed(
            facts=facts, address=self.reach.address, fingerprint=fingerprint(key), receipt=work.seen.receipt,
            sequence=work.seen.head["sequence"], warnings=(*proven.warnings, *work.seen.warnings),
        )  # fmt: skip

    async def _failed(self, code: str, detail: str) -> result.Failure:
        work = self._work
        if work is None:
            return result.Failure(steps.BINDING, code, detail, result.UNTOUCHED)
        if not (work.changing or work.committing):
            return result.Failure(work.step, code, detail, result.UNTOUCHED)
        failure = result.Failure(work.step, code, detail, await self._look_again(work))
        warnings = await self._written(come_to_nothing(work.deed, failure))
        return dataclasses.replace(failure, notes=tuple(warnings))

    async def _look_again(self, work: ChangeWork) -> result.Terminal:
        """Which binding the terminal has now, as a new hand sees it; it finishes first what it finds undone."""
        with suppress(ProvisioningError, TimeoutError):
            async with asyncio.timeout(LOOKED_WITHIN_S), self.reach.hand() as line:
                found = await line.ask(ask.Look())
                return result.DONE_UNPROVEN if found["binding"]["version"] == work.binding.version else result.AS_BEFORE
        return result.NOT_SEEN
