"""Keeps tasks running: one that fails is started again after a growing wait, and its failure is told, not swallowed."""

import asyncio

from agent.backoff import Backoff
from agent.compat import Protocol
from agent.errors import JumpGuardError

_FIRST_WAIT_MS = 100
_LONGEST_WAIT_MS = 10_000


class Run(Protocol):
    """A task's work: a coroutine function that runs until it is cancelled, or returns when it is done for good."""

    async def __call__(self) -> None:
        """Do the work."""


class OnFailure(Protocol):
    """Who is told that a task failed."""

    async def __call__(self, name: str, error: Exception, times: int) -> None:
        """The task `name` ended with `error` for the `times`-th time and will be started again."""


class Supervisor:
    """Runs named coroutines for as long as it is started.

    `on_failure` is awaited for each failure; only the error's type and message may go any further. A failure that could
    not be told, as when the journal is full, is counted in `untold`: the task is started again all the same.
    """

    def __init__(self, on_failure: OnFailure) -> None:
        self.on_failure = on_failure
        self.restarts: dict[str, int] = {}
        self.untold = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, run: Run) -> None:
        """Keep `run` running under `name`."""
        self.restarts[name] = 0
        self._tasks.append(asyncio.create_task(self._keep(name, run)))

    async def stop(self) -> None:
        """Cancel everything and wait until it is gone."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            try:
                await task
            except asyncio.CancelledError:
                pass
        self._tasks = []

    async def _keep(self, name: str, run: Run) -> None:
        backoff = Backoff(_FIRST_WAIT_MS, _LONGEST_WAIT_MS)
        while True:
            try:
                await run()
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, the others go on and it is told
                self.restarts[name] += 1
                await self._tell(name, error)
            await asyncio.sleep(backoff.next_ms() / 1000)

    async def _tell(self, name: str, error: Exception) -> None:
        try:
            await self.on_failure(name, error, self.restarts[name])
        except JumpGuardError:
            self.untold += 1
