"""A service manager for tests: the socket that an agent tells it things on, as systemd's NOTIFY_SOCKET."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path


class Manager:
    """Hears what is said at `address`, a path, or an abstract name behind an `@`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)

    def next(self, within_s: float = 10) -> str:
        """What is said next. Raises TimeoutError where nothing is said in time."""
        self.socket.settimeout(within_s)
        return self.socket.recv(4096).decode()

    def until(self, *said: str, within_s: float = 20) -> list[str]:
        """All that is said until each of `said` is. Raises TimeoutError."""
        heard: list[str] = []
        deadline = time.monotonic() + within_s
        while not set(said) <= set(heard):
            heard.append(self.next(max(0.001, deadline - time.monotonic())))
        return heard

    def forget(self) -> None:
        """Whatever was said until now does not count."""
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.socket.recv(4096)

    def is_silent(self, for_s: float, within_s: float) -> bool:
        """Whether nothing is said for so long, sooner or later."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            try:
                self.next(for_s)
            except TimeoutError:
                return True
        return False


@contextlib.contextmanager
def managed(directory: Path) -> Iterator[Manager]:
    """A manager whose socket is in `directory`."""
    path = directory / "notify"
    path.unlink(missing_ok=True)
    manager = Manager(str(path))
    try:
        yield manager
    finally:
        manager.socket.close()
