"""`python -m tests.provisioning.install.technician`: an installation whose technician is killed in the middle."""

import asyncio
import contextlib
import sys
from pathlib import Path

from provisioning.install.here import Here
from provisioning.install.installation import Installation
from provisioning.install.proof import read
from provisioning.install.work import Order
from tests.provisioning.install.cut import CutReach, die
from tools.desk import desk


async def main(desk_file: str, binding: str, root: str, port: str, number: str, moment: str) -> None:
    """Install, and be killed at request `number`."""
    settings = {"api": {"port": int(port)}}
    order = Order(signed=read(Path(binding)), technician="Wang", settings=settings, sale=False, by_person=False)
    reach = CutReach(Here(Path(root)), int(number), moment, die)
    async with contextlib.aclosing(Installation(order, desk(Path(desk_file)), reach).run()) as told:
        async for _ in told:
            pass


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
