"""Runs the parts of a process of the fleet's backend, until it is stopped or one of them ends by itself."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from queue import Empty, SimpleQueue
from typing import Protocol

_LOOK_SECONDS = 1.0


class Part(Protocol):
    """Something that runs beside others."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End; harmless when it never began. Raises whatever ended it before."""


class Running:
    """Waits for `awaited` parts to be up, says so by `on_ready`, and goes on until `stop`."""

    def __init__(self, awaited: int, on_ready: Callable[[], None]) -> None:
        self._awaited = awaited
        self._on_ready = on_ready
        # A queue rather than an Event: its `put` is reentrant, so that a signal handler may call `stop`.
        self._mail: SimpleQueue[str] = SimpleQueue()

    def stop(self) -> None:
        """Have `run` return; from any thread or a signal handler."""
        self._mail.put("")

    def up(self, name: str) -> None:
        """The part `name` is up, for the first time or again; from any thread."""
        self._mail.put(name)

    def run(self, parts: Sequence[Part]) -> None:
        """Start `parts` in order, and stop the last one first. Raises what their `start` or `stop` raises."""
        with ExitStack() as stack:
            for part in parts:
                stack.callback(part.stop)
                part.start()
            self._wait()

    def _wait(self) -> None:
        up: set[str] = set()
        while name := self._next():
            if name not in up:
                up.add(name)
                if len(up) == self._awaited:
                    self._on_ready()

    def _next(self) -> str:
        while True:
            # The system may give a signal to another thread, and its handler waits until this one does something.
            with suppress(Empty):
                return self._mail.get(timeout=_LOOK_SECONDS)
