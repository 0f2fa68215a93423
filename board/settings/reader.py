"""The section `[reader]` of the settings: the contactless reader (`board.reader`)."""

from typing import Annotated

import msgspec

from board.settings.kinds import Device, Explained, Milliseconds, mark


class ReaderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contactless reader."""

    port: Annotated[
        Device,
        Explained(
            mark("The serial port that the PN532 HAT is strapped to."),
            mark("The Raspberry Pi's full UART: unlike the mini UART it keeps its rate when the core clock changes."),
        ),
    ] = "/dev/ttyAMA0"
    poll_ms: Annotated[
        Milliseconds,
        Explained(
            mark("The pause between two looks for a card."),
            mark("Too short for who taps a card to notice, long enough to leave the processor idle in between."),
        ),
    ] = 100
    card_timeout_ms: Annotated[
        Milliseconds,
        Explained(
            mark("How long a sale waits for a card."),
            mark("Enough to find a card in a bag; after that the counter is free for the next customer."),
        ),
    ] = 60_000
