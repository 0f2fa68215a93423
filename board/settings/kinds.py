"""The kinds of values that settings have, and how a key is explained beside its kind, where nothing can drift.

The texts are English here; `mark` lets the catalogues collect them, and the command line translates them.
"""

from enum import Enum
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from agent.binding.history import KEPT
from agent.sale.same_card import OFF, REFUSE, WARN


class Unit(NamedTuple):
    """What a number counts, or how a text is written."""

    text: str


class Explained(NamedTuple):
    """What a key means, and why its default is what it is, or why there is none."""

    meaning: str
    why: str


class Section(NamedTuple):
    """What the keys of a section are about."""

    meaning: str


class Lies(Enum):
    """What has to lie at a path for the terminal to run."""

    SECRET = "a file that its owner alone may read"  # noqa: S105 - says where a secret lies, is none
    FILE = "a file"
    FOLDER = "a folder"
    MADE = "a folder, made when it is not there"
    DEVICE = "a device"


def mark(text: str) -> str:
    """Marks `text` for the catalogues where it is written down; it is translated where it is shown."""
    return text


# A wait of more than a day is a mistaken unit; and far beyond it the clock's arithmetic ends.
DAY_S = 86_400

Port = Annotated[int, msgspec.Meta(ge=1, le=65535), Unit(mark("TCP port"))]
ListeningPort = Annotated[int, msgspec.Meta(ge=0, le=65535), Unit(mark("TCP port"))]
Connections = Annotated[int, msgspec.Meta(ge=4, le=256), Unit(mark("connections"))]
Host = Annotated[str, msgspec.Meta(min_length=1), Unit(mark("host name or IP address"))]
HostNames = Annotated[
    tuple[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.:-]{1,253}\Z")], ...],
    Unit(mark("host names or IP addresses")),
]
# An IPv6 address stands in brackets.
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
HostPort = Annotated[str, msgspec.Meta(pattern=rf"^(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+):{_PORT}\Z")]
# Every one of them is tried in turn while none can be had: with more it takes long to come round.
HostPorts = Annotated[tuple[HostPort, ...], msgspec.Meta(max_length=8), Unit(mark("HOST:PORT, up to 8 of them"))]
Milliseconds = Annotated[int, msgspec.Meta(ge=1, le=DAY_S * 1000), Unit(mark("milliseconds"))]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=DAY_S), Unit(mark("seconds"))]
Days = Annotated[int, msgspec.Meta(ge=1, le=366), Unit(mark("days"))]
# Below 1 MiB not even the reversal of the sale under way could be written down; 4 TiB is a mistaken unit.
Space = Annotated[int, msgspec.Meta(ge=1_024, le=1 << 32), Unit(mark("kibibytes"))]
Switches = Annotated[int, msgspec.Meta(ge=0, le=KEPT - 1), Unit(mark("changes"))]
SameCardPolicy = Annotated[str, msgspec.Meta(pattern=rf"^({OFF}|{WARN}|{REFUSE})\Z"), Unit(mark("off, warn or refuse"))]
# Each sale is compared with those of this time: an hour of them is soon looked through, a day of them is not.
Lookback = Annotated[int, msgspec.Meta(ge=1, le=3_600), Unit(mark("seconds"))]
Celsius = Annotated[int, msgspec.Meta(ge=30, le=110), Unit(mark("degrees Celsius"))]
Mebibytes = Annotated[int, msgspec.Meta(ge=1, le=1024 * 1024), Unit(mark("mebibytes"))]
# More than the 16 MiB below which no sale starts, so that the alarm comes first and can still be written down.
DiskMebibytes = Annotated[int, msgspec.Meta(ge=32, le=1024 * 1024), Unit(mark("mebibytes"))]
Switch = Annotated[bool, Unit(mark("true or false"))]
# A till may ask about the last days; and ten years are more than any dispute looks back.
Retention = Annotated[int, msgspec.Meta(ge=7, le=3_660), Unit(mark("days"))]
# MQTT 3.1.1, 3.1.2.10: sixteen bits.
KeepAlive = Annotated[int, msgspec.Meta(ge=1, le=65535), Unit(mark("seconds"))]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,32}\Z"), Unit(mark("1 to 32 letters, digits and hyphens"))]
Serial = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Z0-9-]{4,32}\Z"), Unit(mark("4 to 32 capital letters, digits and hyphens"))
]
Tpdu = Annotated[str, msgspec.Meta(pattern=r"^60[0-9A-Fa-f]{8}\Z"), Unit(mark("60 and 8 more hexadecimal digits"))]
PublicKey = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z"), Unit(mark("64 hexadecimal digits, lower case"))]
Device = Annotated[str, msgspec.Meta(pattern=r"^[^\0]+\Z"), Unit(mark("a serial port")), Lies.DEVICE]
SecretFile = Annotated[Path, Unit(mark("a file that its owner alone may read (mode 0600)")), Lies.SECRET]
File = Annotated[Path, Unit(mark("a file")), Lies.FILE]
# Not every terminal has them: a key of these kinds may be left out.
OptionalFile = Annotated[Path | None, Unit(mark("a file")), Lies.FILE]
OptionalSecretFile = Annotated[Path | None, Unit(mark("a file that its owner alone may read (mode 0600)")), Lies.SECRET]
MarkFile = Annotated[Path, Unit(mark("a file that need not be there"))]
Folder = Annotated[Path, Unit(mark("a folder")), Lies.FOLDER]
MadeFolder = Annotated[Path, Unit(mark("a folder")), Lies.MADE]
