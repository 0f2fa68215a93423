"""A broken terminal's numbers go to another one: what it leaves open is named, and its certificates are revoked.

What of that is signed is done before, at the signer's desk (`provisioning.signing_again.replace`).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec.structs import replace

from provisioning.errors import InstallError
from provisioning.install import result, steps
from provisioning.install.attempt import Attempt, come_to_nothing
from provisioning.install.desk import Desk, Left
from provisioning.install.installation import Installation
from provisioning.install.reach import Reach
from provisioning.install.steps import Person, Progress
from provisioning.install.work import Order
from provisioning.texts import _
from provisioning.trail_entry import BEGUN, DONE, REPLACED, Deed, told
from provisioning.upkeep.upkeep import refuse_no


class Replace(Attempt):
    """The installation of `order` on a blank terminal in place of the terminal `old`; see `Installation`."""

    def __init__(self, old: str, order: Order, desk: Desk, reach: Reach, person: Person | None = None) -> None:
        super().__init__(desk, reach)
        self.old = old
        self.person = person
        self.installation = Installation(order, desk, reach, person)
        self._by_person = order.by_person
        self._deed = Deed(
            by=order.technician, action=REPLACED, serial=old, why=order.why, outcome=BEGUN,
            detail=f"by {order.signed.document.get('serial')}",
        )  # fmt: skip
        self._begun = False

    async def _all(self) -> AsyncGenerator[Progress, None]:
        yield Progress(steps.OLD, "begun")
        await asyncio.to_thread(self.desk.expect_trail, self._deed)
        await asyncio.to_thread(self._refuse_in_force)
        left = await asyncio.to_thread(self.desk.left, self.old)
        for warning in left_open(left):
            yield Progress(steps.OLD, "warning", {"text": warning})
        if left and (left.reversals or left.unsent) and self.person is not None and self._by_person:
            refuse_no(await self.person.says_yes(steps.LOST, serial=self.old))
        await asyncio.to_thread(self.desk.write_down, self._deed)
        self._begun = True
        revoked = await asyncio.to_thread(self.desk.revoke, self.old)
        yield Progress(steps.OLD, "done", {"revoked": str(revoked)})
        async with aclosing(self.installation.run()) as told_of:
            async for progress in told_of:
                yield progress
        for warning in await self._written(self._ended(left, revoked)):
            yield Progress(steps.COMMIT, "warning", {"text": warning})

    def _refuse_in_force(self) -> None:
        """Raises InstallError where the registry still has a binding of the old terminal in force."""
        registry = self.desk.registry()
        if registry and registry.live(self.old):
            raise InstallError("NOT_CLOSED", self.old)

    def _ended(self, left: Left | None, revoked: int) -> Deed:
        said = [str(self._deed.detail), f"certificates revoked {revoked}"]
        if left:
            said += [f"entries lost {left.unsent}", *(f"open {sale}" for sale in left.reversals)]
        return replace(self._deed, outcome=DONE, detail=told("; ".join(said)))

    async def _failed(self, code: str, detail: str) -> result.Failure:
        failure = self.installation.failure or result.Failure(steps.OLD, code, detail, result.UNTOUCHED)
        if self._begun:
            await self._written(come_to_nothing(self._deed, failure))
        return failure


def left_open(left: Left | None) -> list[str]:
    """What a terminal that is gone leaves open, for people."""
    if left is None:
        return [_("this desk does not see the backend's store: look there for what the old terminal leaves open")]
    said = []
    if left.reversals:
        text = _("of these sales of the old terminal nobody knows whether the charge stands; ask the acquirer: {sales}")
        said.append(text.format(sales=", ".join(left.reversals)))
    if left.unsent:
        text = _("the old terminal had {count} journal entries that the backend does not have, when it was last heard")
        said.append(text.format(count=left.unsent))
    since = _("the old terminal was last heard at {time}; what it did since then is not known here")
    said.append(since.format(time=left.since) if left.since else _("the backend never heard of the old terminal"))
    return said
