"""The section `[acquirer]` of the settings: the acquirer, and how long it is waited for."""

from typing import Annotated

import msgspec

from board.settings.kinds import Explained, Host, Milliseconds, Port, SecretFile, Tpdu, mark


class AcquirerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The acquirer, and how long it is waited for."""

    host: Annotated[
        Host,
        Explained(mark("Where the acquirer's host is."), mark("The acquirer says it; payments go nowhere by default.")),
    ]
    port: Annotated[
        Port, Explained(mark("The port of the acquirer's host."), mark("The acquirer says it; none is customary."))
    ]
    tpdu: Annotated[
        Tpdu,
        Explained(
            mark("What the acquirer's network routes messages by: identifier 60, destination and source."),
            mark("The acquirer says it; messages with another's would reach another host."),
        ),
    ]
    tmk_file: Annotated[
        SecretFile,
        Explained(
            mark("Holds the terminal master key as 32 hexadecimal digits."),
            mark("Every terminal has its own key, and in a file apart: settings may be shown, copied and sent."),
        ),
    ]
    connect_timeout_ms: Annotated[
        Milliseconds,
        Explained(
            mark("How long opening a connection to the acquirer may take."),
            mark("A mobile line may need seconds; nothing was sent by then, so that giving up reverses nothing."),
        ),
    ] = 10_000
    answer_timeout_ms: Annotated[
        Milliseconds,
        Explained(
            mark("How long a message to the acquirer waits for its answer; a sale without one is reversed."),
            mark("A slow issuer still gets to approve, and the customer is not kept longer than people bear."),
        ),
    ] = 30_000
    repeat_base_ms: Annotated[
        Milliseconds,
        Explained(
            mark("What the first wait between attempts at a reversal is drawn below; it doubles with each attempt."),
            mark("One lost message is made up for while the customer is still there."),
        ),
    ] = 2_000
    repeat_cap_ms: Annotated[
        Milliseconds,
        Explained(
            mark("The most that waits between attempts at a reversal grow to."),
            mark("An acquirer that comes back gets its reversals soon, and no storm of them while it starts."),
        ),
    ] = 60_000
