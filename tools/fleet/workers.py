"""The backend's workers: processes that take events, each started again when it ends."""

import functools
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from agent.backoff import Backoff
from board.children import end_with

RESTART_BASE_MS = 250
RESTART_CAP_MS = 15_000
STABLE_SECONDS = 30.0
STOP_SECONDS = 5.0

log = logging.getLogger("jumpguard.fleet")


class Workers:
    """Runs each of `commands`, which prints a line when it is up; `on_up` gets its name then.

    `on_end` is called when nobody looks after one of them any more.
    """

    def __init__(
        self, commands: Sequence[Sequence[str]], on_up: Callable[[str], None], on_end: Callable[[], None]
    ) -> None:
        self._commands = commands
        self._on_up = on_up
        self._on_end = on_end
        self._stopped = threading.Event()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        # A thread each: a child ends with the thread that started it.
        self._executor = ThreadPoolExecutor(len(commands) or 1, "fleet-worker")
        self._watching: list[Future[None]] = []

    def start(self) -> None:
        """Start them."""
        for number, command in enumerate(self._commands, 1):
            self._watching.append(self._executor.submit(self._watch, f"worker {number}", command))

    def stop(self) -> None:
        """End them in good order, or, when one takes too long, by force. Raises whatever ended their watch before."""
        self._stopped.set()
        children = list(self._children.values())
        for child in children:
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in children:
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
        self._executor.shutdown()
        for watch in self._watching:
            watch.result()

    def _watch(self, name: str, command: Sequence[str]) -> None:
        backoff = Backoff(RESTART_BASE_MS, RESTART_CAP_MS)
        try:
            while not self._stopped.is_set():
                began = time.monotonic()
                self._run(name, command)
                if time.monotonic() - began > STABLE_SECONDS:
                    backoff.reset()
                self._stopped.wait(backoff.next_ms() / 1000)
        finally:
            self._on_end()

    def _run(self, name: str, command: Sequence[str]) -> None:
        """One life of the worker `name`, whose log goes where ours goes."""
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C at the desk is for the backend, which ends its workers
            preexec_fn=functools.partial(end_with, os.getpid(), signal.SIGTERM),
        ) as child:
            self._children[name] = child
            if self._stopped.is_set():
                child.terminate()  # `stop` may not have seen it
            assert child.stdout is not None
            if child.stdout.readline():
                self._on_up(name)
            status = child.wait()
        del self._children[name]
        if not self._stopped.is_set():
            log.error("%s: ended with %s; it is started again", name, status)
