"""The terminal as a service: what the service manager hears of it from its start to its end."""

import asyncio

from agent.lifecycle import ACTIVE, UNPROVISIONED, Lifecycle
from board.main.parts import Parts
from board.notify import STOPPING, Notify
from board.watchdog import Watchdog


class Service:
    """Tells `manager` how the terminal of `parts` is, and feeds its watchdog while reader and outbox go round."""

    def __init__(self, manager: Notify, parts: Parts) -> None:
        self.manager = manager
        self.lifecycle = parts.state.lifecycle
        self.watchdog = Watchdog(manager, {"reader": parts.hardware.reader, "outbox": parts.fleet.reporter})
        self._watching: asyncio.Task[None] | None = None
        parts.terminal.readiness.on_change(lambda why: manager.say_status(status(self.lifecycle, why)))

    def start(self) -> None:
        """The terminal has started: it is ready once its loops go round, whether or not it can sell."""
        if self.manager.address:
            self._watching = asyncio.create_task(self.watchdog.run())

    def stop(self) -> None:
        """The terminal is about to end, which may take as long as a sale; no watchdog runs meanwhile."""
        self.manager.say(STOPPING)
        if self._watching is not None:
            self._watching.cancel()


def status(lifecycle: Lifecycle, why: str) -> str:
    """How the terminal is, in plain words: it cannot sell for the code `why`, or is ready where there is none."""
    if not why:
        return "ready"
    if lifecycle.state in (UNPROVISIONED, ACTIVE):
        return f"not ready: {_in_words(why)}"
    return f"{lifecycle.state}: {_in_words(lifecycle.reason)}"


def _in_words(code: str) -> str:
    return code.replace("_", " ").lower()
