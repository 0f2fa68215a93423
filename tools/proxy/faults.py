"""The faults that can be ordered.

A fault is a JSON object: `{"fault": "corrupt", "direction": "to_server", "at": 17, "mask": 1, "skip": 1, "times": 1}`.
Each direction works off its own faults, one after the other in the order given. `times` is how often it happens.
`skip` is how many whole frames pass before it, each time; without it a fault begins with the very next byte, which is
what suits a stream without two-byte length prefixes. Byte numbers count from 0 where the fault begins, the length
prefix included. Unknown names and keys are refused.
"""

from typing import Annotated

import msgspec

from tools.proxy.errors import FaultError

TO_SERVER = "to_server"
TO_CLIENT = "to_client"
DIRECTIONS = (TO_SERVER, TO_CLIENT)

_LONGEST_DELAY_MS = 600_000

Times = Annotated[int, msgspec.Meta(ge=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Mask = Annotated[int, msgspec.Meta(ge=1, le=255)]
Milliseconds = Annotated[int, msgspec.Meta(ge=1, le=_LONGEST_DELAY_MS)]
Direction = Annotated[str, msgspec.Meta(pattern="^(to_server|to_client)$")]


class HalfOpen(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag_field="fault", tag="half_open"):
    """Behind the next `skip` connections, `times` are accepted, and nothing ever leaves or comes back on them."""

    times: Times = 1
    skip: Count = 0


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag_field="fault"):
    """Base of the faults of one direction."""

    direction: Direction
    times: Times = 1
    skip: Count | None = None


class ByteFault(Fault):
    """Base of what happens to a stream of bytes, whatever they mean."""


class FrameFault(Fault):
    """Base of what happens to a whole frame; it is waited for until the last byte of it has come."""


class Cut(ByteFault, tag="cut"):
    """Let `at` bytes pass, then end the connection on both sides; 0 ends it as the first byte comes."""

    at: Count


class Corrupt(ByteFault, tag="corrupt"):
    """Exclusive-or byte `at` with `mask`."""

    at: Count
    mask: Mask = 1


class Delay(ByteFault, tag="delay"):
    """Keep the next bytes, and everything behind them, for `ms`; they arrive even when their sender hangs up."""

    ms: Milliseconds


class Slice(ByteFault, tag="slice"):
    """Send the next `count` bytes in packets of one byte."""

    count: Times


class Duplicate(FrameFault, tag="duplicate"):
    """Send the next frame twice."""


class Drop(FrameFault, tag="drop"):
    """Lose the next frame."""


class Hold(FrameFault, tag="hold"):
    """Keep the next frame and send it behind the one that follows it, on that one's connection."""


_KINDS = HalfOpen | Cut | Corrupt | Delay | Slice | Duplicate | Drop | Hold


def parse(order: object) -> "HalfOpen | Fault":
    """The fault that `order` describes. Raises FaultError, naming the key."""
    try:
        fault: HalfOpen | Fault = msgspec.convert(order, type=_KINDS)
    except msgspec.ValidationError as error:
        raise FaultError(f"no such fault: {error}") from error
    return fault
