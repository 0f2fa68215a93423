"""`python -m tests.provisioning.install.technician`: an installation whose technician is killed in the middle.

With `both` the hand is killed with them, so that nobody is left who could look after the terminal but its guard.
"""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from provisioning.install.attempt import Attempt
from provisioning.install.here import Here
from provisioning.install.installation import Installation
from provisioning.install.proof import read
from provisioning.install.reach import Reach
from provisioning.install.work import Order
from provisioning.upkeep.change import Change
from provisioning.upkeep.retire import Retire, Retirement
from tests.provisioning.install.cut import CutReach, die, workers
from tools.desk import desk


def attempt(what: str, desk_file: str, binding: str, port: str, reach: Reach) -> Attempt:
    """What is done to the terminal."""
    settings = {"api": {"port": int(port)}}
    order = Order(signed=read(Path(binding)), technician="Wang", settings=settings, sale=False, by_person=False)
    if what == "change":
        return Change(order, desk(Path(desk_file)), reach)
    if what == "retire":
        serial = str(order.signed.document["serial"])
        return Retire(Retirement(serial=serial, technician="Wang", why="worn out"), desk(Path(desk_file)), reach)
    return Installation(order, desk(Path(desk_file)), reach)


async def main(
    what: str, desk_file: str, binding: str, root: str, port: str, number: str, moment: str, who: str
) -> None:  # fmt: skip
    """Install, change or retire, and be killed at request `number`."""

    def act() -> None:
        if who == "both":
            for hand in workers(Path(root), hand_alone=True):
                os.kill(hand, signal.SIGKILL)
        die()

    reach = CutReach(Here(Path(root)), int(number), moment, act)
    async with contextlib.aclosing(attempt(what, desk_file, binding, port, reach).run()) as told:
        async for _ in told:
            pass


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
