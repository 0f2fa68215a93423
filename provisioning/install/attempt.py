"""Something that a technician does to a terminal from a desk: told step by step, put back where it fails, written down.

The audit trail has an entry before the terminal is changed, and one of what came of it: a deed whose technician was cut
off stands in it as begun.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec.structs import replace

from board.errors import BoardError
from provisioning.errors import HandError, InstallError, ProvisioningError
from provisioning.install import result
from provisioning.install.desk import Desk
from provisioning.install.reach import Reach
from provisioning.install.steps import Progress
from provisioning.texts import _
from provisioning.trail_entry import DONE, FAILED, ROLLED_BACK, Deed, told

# A hand that has something to put back waits for the one before it, and stops a service first.
LOOKED_WITHIN_S = 150.0


class Attempt(ABC):
    """One attempt on the terminal at `reach`, from `desk`; where it failed, `failure` says how.

    `failing` from when it has failed: what is taken back then is not to be cut short.
    """

    def __init__(self, desk: Desk, reach: Reach) -> None:
        self.desk = desk
        self.reach = reach
        self.failure: result.Failure | None = None
        self.failing = False

    async def run(self) -> AsyncGenerator[Progress, None]:
        """Do it, and tell of each step. Raises InstallationFailedError; when it is cancelled, `failure` is there, too.

        Whatever ends it, the hand puts the terminal back first, and then it is looked at.
        """
        try:
            async with aclosing(self._all()) as told:
                async for progress in told:
                    yield progress
        except (ProvisioningError, BoardError) as error:
            code = error.code if isinstance(error, InstallError | HandError) else "FAILED"
            self.failing = True
            self.failure = await self._failed(code, str(error))
            raise result.InstallationFailedError(self.failure) from error
        except BaseException:
            self.failing = True
            self.failure = await self._failed("INTERRUPTED", "")
            raise

    @abstractmethod
    def _all(self) -> AsyncGenerator[Progress, None]:
        """All steps."""

    @abstractmethod
    async def _failed(self, code: str, detail: str) -> result.Failure:
        """The hand has ended: how the terminal is now, after whatever else is to be taken back."""

    async def _written(self, deed: Deed) -> list[str]:
        """Write down what came of `deed`; a warning where the trail does not take it: the deed stands all the same."""
        try:
            await asyncio.to_thread(self.desk.write_down, deed)
        except ProvisioningError as error:
            said = _("the audit trail has this as begun alone, and could not be told what came of it: {why}")
            return [said.format(why=error)]
        return []


def come_to_nothing(deed: Deed, failure: result.Failure) -> Deed:
    """What the trail says of `deed` after `failure`."""
    why = f"{failure.step}: {failure.code} {failure.detail}".strip()
    if failure.terminal == result.NOT_SEEN:
        return replace(deed, outcome=FAILED, detail=told(f"nobody could look at the terminal; {why}"))
    if failure.terminal in (result.DONE, result.DONE_UNPROVEN):
        return replace(deed, outcome=DONE, detail=told(f"not proven; {why}"))
    if failure.terminal == result.RETIRED:
        return replace(deed, outcome=FAILED, detail=told(f"its keys are not destroyed; {why}"))
    return replace(deed, action=ROLLED_BACK, outcome=FAILED, detail=told(f"{deed.action}; {why}"))
