"""The line to the hand on a terminal, whatever carries it: one request, one answer, and signs of life between."""

import asyncio
import contextlib
import json
from typing import Any, Protocol

import msgspec

from provisioning.errors import HandError
from provisioning.hand.requests import Alive, Request

LOST = "LINE_LOST"
# The hand gives up after ten times this.
_ALIVE_EVERY_S = 3.0


class Reader(Protocol):
    """What is read of a line: `asyncio.StreamReader`, or asyncssh's."""

    async def readline(self) -> bytes:
        """The next line, b"" at the end."""


class Writer(Protocol):
    """What is written to a line: `asyncio.StreamWriter`, or asyncssh's."""

    def write(self, data: bytes) -> None:
        """Send `data` by and by."""


class Line:
    """One hand at work. `ask` raises HandError, with the code LINE_LOST where it does not answer any more.

    `answered` says whether it ever did.
    """

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self.answered = False
        self._reader = reader
        self._writer = writer
        self._asking = asyncio.Lock()
        self._beating = asyncio.create_task(self._beat())

    async def ask(self, request: Request) -> dict[str, Any]:
        """Have the hand do `request`, and return its answer."""
        async with self._asking:
            try:
                self._say(request)
                line = await self._reader.readline()
            except (OSError, ValueError) as error:
                raise HandError(LOST, str(error) or type(error).__name__) from error
        try:
            answer: dict[str, Any] = json.loads(line)
            good = answer["ok"] is True
        except (ValueError, LookupError, TypeError) as error:
            raise HandError(LOST, "the line ended" if not line else "no answer of a hand") from error
        self.answered = True
        if not good:
            raise HandError(str(answer.get("code")), str(answer.get("error")))
        return answer

    async def end(self) -> None:
        """Say nothing any more."""
        self._beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._beating

    def _say(self, request: Request) -> None:
        self._writer.write(msgspec.json.encode(request) + b"\n")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_ALIVE_EVERY_S)
            with contextlib.suppress(OSError, ValueError):
                self._say(Alive())
