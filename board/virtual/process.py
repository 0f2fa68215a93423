"""One virtual board: its parts, the folder they live in, and its life from start to signal."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from board import pins
from board.errors import BoardError, BoardInUseError
from board.virtual.chip import Chip, Field
from board.virtual.control import Control, ControlServer, History
from board.virtual.lines import GpioServer, Lines
from board.virtual.personalisation import PATH, load, make_card
from board.virtual.vitals_tree import VitalsTree

# struct sockaddr_un of Linux: 108 bytes, the last one zero.
LONGEST_SOCKET_PATH = 107

LOCK = "board.lock"
SOCKETS = ("control.sock", "gpio.sock")
LINK = "nfc"
TREES = ("proc", "sys")


@dataclass(frozen=True)
class Options:
    """What a board can be told: see `python -m board.virtual --help`."""

    directory: Path
    baud: int = 0
    rf_delays: bool = False
    cards: Path | None = None


class Folder:
    """The board's folder, held by a lock that ends with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock = -1
        self._made = False

    def take(self) -> None:
        """Make the folder if need be, lock it, and clear what a crashed board left.

        Raises BoardInUseError where another board or foreign files are, BoardError where none can be.
        """
        for name in SOCKETS:
            length = len(os.fsencode(self.path / name))
            if length > LONGEST_SOCKET_PATH:
                raise BoardError(
                    f"{self.path / name} has {length} bytes, a Unix socket's path at most {LONGEST_SOCKET_PATH}: "
                    "choose a shorter folder"
                )
        self._refuse_foreign()
        try:
            self._made = not self.path.exists()
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._hold()
        except BlockingIOError as error:
            raise BoardInUseError(f"a virtual board lives in {self.path}: end it, or choose another folder") from error
        except OSError as error:
            raise BoardError(f"{self.path} cannot hold a virtual board ({error}): choose another folder") from error
        self._clear()

    def give_back(self) -> None:
        """Remove what the board made, the folder too if that was made and is empty, and let go of the lock."""
        self._clear()
        (self.path / LOCK).unlink(missing_ok=True)
        os.close(self._lock)
        if self._made:
            with contextlib.suppress(OSError):  # somebody keeps a file of his own in it
                self.path.rmdir()

    def _refuse_foreign(self) -> None:
        """Only the lock file tells that `proc` and the rest are a board's own and may be removed."""
        if (self.path / LOCK).exists():
            return
        for name in (*SOCKETS, LINK, *TREES):
            if os.path.lexists(self.path / name):
                raise BoardInUseError(f"{self.path / name} is not of a virtual board: choose another folder")

    def _hold(self) -> None:
        """Lock the lock file; again when another board removed it between our opening and our locking it."""
        path = self.path / LOCK
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino:
                    self._lock = descriptor
                    return
            except BlockingIOError:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _clear(self) -> None:
        for name in (*SOCKETS, LINK):
            (self.path / name).unlink(missing_ok=True)
        for name in TREES:
            shutil.rmtree(self.path / name, ignore_errors=True)


class Board:
    """The parts of one board, wired as on the terminal. Raises PersonalisationError for cards that do not parse."""

    def __init__(self, options: Options) -> None:
        self.folder = Folder(options.directory)
        directory = self.folder.path
        self.history = History()
        self.lines = Lines(self.history.add)
        self.field = Field()
        self.chip = Chip(self.field, baud=options.baud, rf_delays=options.rf_delays)
        self.vitals = VitalsTree(directory)
        # Made once: a card's transaction counter goes on from one tap to the next.
        records = load(options.cards or PATH)
        cards = {name: make_card(data, self._apdu) for name, data in records.items()}
        brands = {name: [one.label for one in data.applications] for name, data in records.items()}
        control = Control(self.history, self.lines, self.field, self.chip, self.vitals, cards, brands)
        self._servers = (
            GpioServer(directory / "gpio.sock", self.lines),
            ControlServer(directory / "control.sock", control),
        )
        self._started = contextlib.AsyncExitStack()

    @property
    def paths(self) -> dict[str, str]:
        """What the ready line says: where a terminal and its user find the board."""
        directory = self.folder.path
        return {
            "control": str(directory / "control.sock"),
            "gpio": str(directory / "gpio.sock"),
            "nfc": str(directory / LINK),
            "proc": str(self.vitals.proc),
            "sys": str(self.vitals.sys),
        }

    async def start(self) -> None:
        """Take the folder and start every part, or none; the case is closed. Raises BoardError."""
        async with contextlib.AsyncExitStack() as started:
            self.folder.take()
            started.callback(self.folder.give_back)
            self.lines.drive(pins.TAMPER, 0)
            # The HAT pulls RSTPDN up.
            self.lines.drive(pins.NFC_RESET, 1)
            self.lines.watch(pins.NFC_RESET, self._reset_line)
            for part in (self.chip, self.vitals, *self._servers):
                await part.start()
                started.push_async_callback(part.stop)
            (self.folder.path / LINK).symlink_to(self.chip.path)
            self._started = started.pop_all()

    async def stop(self) -> None:
        """Stop every part and leave the folder as it was found."""
        await self._started.aclose()

    def _reset_line(self, level: int) -> None:
        if level:
            self.chip.reset()
            self.history.add("reset")

    def _apdu(self, cla: int, ins: int, p1: int, p2: int, _lc: int, sw: int) -> None:
        self.history.add("apdu", header=bytes((cla, ins, p1, p2)).hex().upper(), sw=f"{sw:04X}")


def serve(options: Options, ready: Callable[[dict[str, str]], None]) -> None:
    """Run a board until SIGTERM, SIGINT or SIGHUP; `ready` hears its paths. Raises BoardError when it cannot start."""
    asyncio.run(_serve(options, ready))


async def _serve(options: Options, ready: Callable[[dict[str, str]], None]) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    board = Board(options)
    await board.start()
    try:
        ready(board.paths)
        await ended.wait()
    finally:
        await board.stop()
