"""The terminals that the simulated acquirer knows, read from a TOML file.

acquirer = "898"

[[terminals]]
tid = "10000001"
mid = "898350154110001"
name = "Island Tea House"   # left out: answers carry no DE 43
tmk = "32 hexadecimal digits"
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from tools.acquirer.wire import Message, encode
from tools.errors import TerminalsFileError

AcquirerCode = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,11}$")]
Tid = Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]{8}$")]
Mid = Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]{15}$")]
TmkHex = Annotated[str, msgspec.Meta(pattern="^[0-9A-Fa-f]{32}$")]


def check_name(name: str) -> None:
    """Raise WireError, a ValueError, when `name` does not fit DE 43 (40 bytes of GBK)."""
    encode(Message("0210", {43: name}))


class Terminal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One terminal: its number, its merchant's number and name, and the master key it was loaded with."""

    tid: Tid
    mid: Mid
    tmk: TmkHex
    name: str = ""

    def __post_init__(self) -> None:
        check_name(self.name)

    def __repr__(self) -> str:
        """Without the master key."""
        return f"<Terminal {self.tid} of {self.mid}>"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    acquirer: AcquirerCode
    terminals: Annotated[list[Terminal], msgspec.Meta(min_length=1)]


class Terminals:
    """The acquirer's own code (DE 32) and its terminals by TID."""

    def __init__(self, acquirer: str, by_tid: dict[str, Terminal]) -> None:
        self.acquirer = acquirer
        self.by_tid = by_tid

    @classmethod
    def load(cls, path: Path) -> Terminals:
        """Read the file at `path`. Raises TerminalsFileError, naming file and key."""
        try:
            parsed = msgspec.toml.decode(path.read_bytes(), type=_File)
        except OSError as error:
            raise TerminalsFileError(f"cannot read the terminals file {path}: {error.strerror}") from error
        # TOMLDecodeError, UnicodeDecodeError and msgspec's errors are all ValueErrors; none quotes a master key.
        except (ValueError, msgspec.MsgspecError) as error:
            raise TerminalsFileError(f"the terminals file {path} is wrong: {error}") from error
        by_tid = {terminal.tid: terminal for terminal in parsed.terminals}
        if len(by_tid) < len(parsed.terminals):
            raise TerminalsFileError(f"the terminals file {path} names a TID twice; give every terminal its own")
        return cls(parsed.acquirer, by_tid)
