"""The section `[machine]` of the settings: where the machine's own readings lie (`board.vitals`)."""

from pathlib import Path
from typing import Annotated

import msgspec

from board.settings.kinds import Explained, Folder, MarkFile, mark


class MachineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the kernel's readings lie, and the file that says that the clock was set since boot."""

    proc: Annotated[
        Folder,
        Explained(
            mark("Where the kernel's process readings are: memory, load, uptime."),
            mark("Where Linux has them; a virtual board lays a tree of its own."),
        ),
    ] = Path("/proc")
    sys: Annotated[
        Folder,
        Explained(
            mark("Where the kernel's device readings are: temperature, supply, model."),
            mark("Where Linux has them; a virtual board lays a tree of its own."),
        ),
    ] = Path("/sys")
    clock_mark: Annotated[
        MarkFile,
        Explained(
            mark("The file whose presence says that the clock was set since boot."),
            mark("systemd-timesyncd, the Raspberry Pi's own time service, makes it when it has set the clock."),
        ),
    ] = Path("/run/systemd/timesync/synchronized")
