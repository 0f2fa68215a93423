"""What the operator may set of alerts: times, in the file `alerts.toml` of the store's directory."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec

from tools.fleet.errors import StoreError
from tools.fleet.times import moved

FILE_NAME = "alerts.toml"

_Seconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in seconds, and after how many periods without vitals a terminal is silent.

    `flap_s`: what comes back so soon after it was over is the same alert, and is not over before it was quiet as long.
    `lost_s`: a terminal that is lost so long is an alert, and what followed from a broker that was down is one again.
    `broker_s`: so long the backend may be without a connection.
    """

    flap_s: _Seconds = 300
    lost_s: _Seconds = 90
    broker_s: _Seconds = 15
    silent_periods: Annotated[int, msgspec.Meta(ge=2, le=1000)] = 5

    def flap_ago(self, now: str) -> str:
        """`flap_s` before `now` (UTC)."""
        return moved(now, timedelta(seconds=-self.flap_s))

    def lost_ago(self, now: str) -> str:
        """`lost_s` before `now` (UTC)."""
        return moved(now, timedelta(seconds=-self.lost_s))


def load(directory: Path) -> Rules:
    """The rules of the store in `directory`; without a file those above. Raises StoreError."""
    file = directory / FILE_NAME
    try:
        return msgspec.toml.decode(file.read_bytes(), type=Rules)
    except FileNotFoundError:
        return Rules()
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise StoreError(f"{file}: {error}; it may set {', '.join(Rules.__struct_fields__)}") from error
