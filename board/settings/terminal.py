"""The section `[terminal]` of the settings: who the terminal is, and where it keeps its state."""

from typing import Annotated

import msgspec

from board.settings.kinds import Explained, MadeFolder, Name, Serial, mark


class TerminalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who the terminal is."""

    serial: Annotated[
        Serial,
        Explained(
            mark("The terminal's name everywhere: in its topics and in its binding."),
            mark("Each terminal has its own: two of one name would push each other off the broker."),
        ),
    ]
    fleet: Annotated[
        Name,
        Explained(
            mark("The fleet that the terminal reports to; a part of its topics."),
            mark("Only the operator knows it: a guess would report to somebody else."),
        ),
    ]
    state_dir: Annotated[
        MadeFolder,
        Explained(
            mark("Holds the merchant record, its high-water mark and the journal; made when it is not there."),
            mark("It belongs on a disk that survives a power cut, and which one that is differs by machine."),
        ),
    ]
