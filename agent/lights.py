"""What the lights show when: an outcome for a while, then what the terminal's state is; tamper before everything."""

import asyncio

from agent import signals
from agent.compat import monotonic_ms, since_ms

# Our own figure, since EMV leaves the hold time of an outcome to the terminal: a clerk looks up from the till and reads
# four lights in it, and it is over before the next customer takes them for his own.
SHOWN_MS = 3000

PASSING = (signals.APPROVED, signals.DECLINED, signals.REFUSED, signals.JUMP, signals.FAULT)

_UNDER_WAY = (signals.PRESENT_CARD, signals.READING)

# All that may follow: the latch is cleared by a technician while the agent is stopped, and what a sale still comes to
# after a stop is for its till alone.
_THEN = {signals.TAMPERED: (signals.STOPPED,), signals.STOPPED: (signals.STARTING,)}


class Lights:
    """Implements `Signals` in front of the machine's `panel`. An outcome is shown for `shown_ms` milliseconds."""

    def __init__(self, panel: signals.Signals, shown_ms: int = SHOWN_MS) -> None:
        self.panel = panel
        self.shown_ms = shown_ms
        self._shown = ""
        self._since = 0
        self._outcome_shown = asyncio.Event()

    def show(self, state: str) -> None:
        """Show `state` at once, whatever was shown, unless tamper or the end forbid it; HELP leaves it to show on."""
        if state == signals.HELP:
            self.panel.show(state)
            return
        if state not in _THEN.get(self._shown, (state,)):
            return
        self.panel.show(state)
        self._shown = state
        self._since = monotonic_ms()
        if state in PASSING:
            self._outcome_shown.set()

    def rest(self, state: str) -> None:
        """Show `state`, which is the terminal's own, unless a sale is under way or its outcome has not had its time."""
        if state != self._shown and self._shown not in _UNDER_WAY and self._left_ms() == 0:
            self.show(state)

    async def passed(self) -> None:
        """Wait until an outcome that is shown has had its time, or something else took its place."""
        await self._outcome_shown.wait()
        self._outcome_shown.clear()
        while self._left_ms() > 0:  # noqa: ASYNC110 - it does not poll: it sleeps what is left, which may have grown
            await asyncio.sleep(self._left_ms() / 1000)

    def _left_ms(self) -> int:
        """What is left of an outcome's time; 0 when none is shown."""
        return max(0, self.shown_ms - since_ms(self._since)) if self._shown in PASSING else 0
