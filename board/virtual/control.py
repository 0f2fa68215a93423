"""The control socket of the virtual board: what a person does to a terminal (tap, press, open its case), what goes on
inside it, and the record of what happened.

One JSON object a line: `{"do": "tap", "card": ...}` is answered by `{"ok": true, ...}` or by
`{"ok": false, "error": ...}`.
"""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Mapping
from functools import singledispatchmethod
from pathlib import Path
from typing import Any, cast

import msgspec

from board import pins
from board.errors import BoardRefusedError
from board.virtual.card import Card
from board.virtual.chip import Chip, Fault, Field
from board.virtual.damage import Damage
from board.virtual.lines import Lines, UnixServer
from board.virtual.vitals_tree import VitalsTree

# Happenings kept; a card payment makes about twenty.
HISTORY_LIMIT = 20_000
LONGEST_PRESS_MS = 10_000
LONGEST_WAIT_MS = 60_000


class Request(msgspec.Struct, forbid_unknown_fields=True, tag_field="do"):
    """Anything that can be asked; `do` names which."""


class Tap(Request, tag="tap"):
    """Hold a card into the field, with one of its answers damaged where `damage` says so."""

    card: str
    damage: Damage | None = None


class Remove(Request, tag="remove"):
    """Take the card out of the field; fine when there is none."""


class Cards(Request, tag="cards"):
    """Name the cards at hand."""


class Press(Request, tag="press"):
    """Press a button and let it go after `ms`; answered when it is up again."""

    button: str
    ms: int = 100


class Tamper(Request, tag="tamper"):
    """Open or close the case."""

    state: str


class ReadLines(Request, tag="lines"):
    """Read every line's level, and the waves."""


class ReadHistory(Request, tag="history"):
    """Read what happened after number `since`; with nothing new, wait for it up to `wait_ms`."""

    since: int = 0
    wait_ms: int = 0


class SetVitals(Request, tag="vitals"):
    """Change readings of /proc and /sys; what is not named stays."""

    temperature_c: float | None = None
    throttled: int | None = None
    load1: float | None = None
    mem_total_kib: int | None = None
    mem_available_kib: int | None = None
    wlan_signal_dbm: int | None = None


class SetChip(Request, tag="chip"):
    """Make the NFC chip fail in a way that it knows, or heal it with null."""

    fault: str | None


_decoder = msgspec.json.Decoder(Tap | Remove | Cards | Press | Tamper | ReadLines | ReadHistory | SetVitals | SetChip)


class History:
    """What happened to the board, numbered from 1; the oldest give way."""

    def __init__(self) -> None:
        self._kept: deque[dict[str, Any]] = deque(maxlen=HISTORY_LIMIT)
        self._n = 0
        self._more = asyncio.Event()

    def add(self, what: str, **details: object) -> None:
        """Record a happening now, on the monotonic clock. Details are never card data."""
        self._n += 1
        self._kept.append({"n": self._n, "t": round(time.monotonic(), 6), "what": what, **details})
        self._more.set()

    def since(self, n: int) -> list[dict[str, Any]]:
        """The happenings with a number above `n`."""
        return [each for each in self._kept if each["n"] > n]

    async def wait(self, n: int, timeout_ms: int) -> list[dict[str, Any]]:
        """The happenings above `n`; waits for one, at most `timeout_ms`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_ms / 1000):
                while self._n <= n:
                    self._more.clear()
                    await self._more.wait()
        return self.since(n)


class Control:
    """Carries out requests on the parts of one board; `cards` are the cards at hand, by name, `brands` the labels
    of each one's applications."""

    def __init__(
        self,
        history: History,
        lines: Lines,
        field: Field,
        chip: Chip,
        vitals: VitalsTree,
        cards: Mapping[str, Card],
        brands: Mapping[str, list[str]],
    ) -> None:
        self._history = history
        self._lines = lines
        self._field = field
        self._chip = chip
        self._vitals = vitals
        self._cards = cards
        self._brands = brands

    async def answer(self, line: bytes) -> dict[str, Any]:
        """Carry out the request in `line`; what cannot be done is said in the answer."""
        try:
            return {"ok": True, **await self._do(_decoder.decode(line))}
        except msgspec.DecodeError as error:
            return {"ok": False, "error": f"{error}: send one object a line, as board/virtual/control.py defines them"}
        except BoardRefusedError as error:
            return {"ok": False, "error": str(error)}

    @singledispatchmethod
    async def _do(self, request: Request) -> dict[str, Any]:
        raise BoardRefusedError(f"no such request: {request!r}")

    @_do.register
    async def _(self, request: Tap) -> dict[str, Any]:
        card = self._cards.get(request.card)
        if card is None:
            raise BoardRefusedError(f"no card {request.card!r}: choose one of {', '.join(self._cards)}")
        if self._field.card is not None:
            raise BoardRefusedError(f"a card is in the field, {request.card!r} does not fit in: remove it first")
        card.damage = request.damage
        self._field.place(card)
        self._history.add("tap", card=request.card, **({"damage": str(request.damage)} if request.damage else {}))
        return {}

    @_do.register
    async def _(self, _request: Remove) -> dict[str, Any]:
        if self._field.card is not None:
            self._field.remove()
            self._history.add("remove")
        return {}

    @_do.register
    async def _(self, _request: Cards) -> dict[str, Any]:
        return {"cards": [{"name": name, "brands": self._brands[name]} for name in self._cards]}

    @_do.register
    async def _(self, request: Press) -> dict[str, Any]:
        if not 1 <= request.ms <= LONGEST_PRESS_MS:
            raise BoardRefusedError(f"a press of {request.ms} ms: choose 1 to {LONGEST_PRESS_MS}")
        line = pins.BUTTONS.get(request.button)
        if line is None:
            raise BoardRefusedError(f"no button {request.button!r}: choose one of {', '.join(pins.BUTTONS)}")
        if self._lines.lines[line].external is not None:
            raise BoardRefusedError(f"button {request.button!r} is being held down: wait until it is up")
        self._history.add("press", button=request.button)
        self._lines.drive(line, 0)
        try:
            await asyncio.sleep(request.ms / 1000)
        finally:
            self._lines.drive(line, None)
        return {}

    @_do.register
    async def _(self, request: Tamper) -> dict[str, Any]:
        if request.state not in ("open", "closed"):
            raise BoardRefusedError(f"a case cannot be {request.state!r}: make it open or closed")
        self._history.add("tamper", state=request.state)
        self._lines.drive(pins.TAMPER, 0 if request.state == "closed" else None)
        return {}

    @_do.register
    async def _(self, _request: ReadLines) -> dict[str, Any]:
        return {"lines": self._lines.levels(), "pwm": self._lines.waves()}

    @_do.register
    async def _(self, request: ReadHistory) -> dict[str, Any]:
        if not 0 <= request.wait_ms <= LONGEST_WAIT_MS:
            raise BoardRefusedError(f"a wait of {request.wait_ms} ms: choose 0 to {LONGEST_WAIT_MS}")
        return {"history": await self._history.wait(request.since, request.wait_ms)}

    @_do.register
    async def _(self, request: SetVitals) -> dict[str, Any]:
        named = {name: value for name, value in msgspec.structs.asdict(request).items() if value is not None}
        self._vitals.set(**named)
        self._history.add("vitals", **named)
        return {}

    @_do.register
    async def _(self, request: SetChip) -> dict[str, Any]:
        try:
            self._chip.fault = cast("Fault | None", request.fault)
        except ValueError as error:
            raise BoardRefusedError(str(error)) from error
        self._history.add("chip", fault=request.fault)
        return {}


class ControlServer:
    """`control.sock`: any number of connections, each with any number of requests, answered in order."""

    def __init__(self, path: Path, control: Control) -> None:
        self._control = control
        self._server = UnixServer(path, self._serve)

    async def start(self) -> None:
        """Listen. Raises OSError."""
        await self._server.start()

    async def stop(self) -> None:
        """Close the socket and every connection."""
        await self._server.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await _line(reader):
            writer.write(json.dumps(await self._control.answer(line)).encode() + b"\n")
            await writer.drain()


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The next line; nothing at the end, and for one longer than the reader holds: no request is."""
    try:
        return await reader.readline()
    except ValueError:
        return b""
