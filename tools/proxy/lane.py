"""One direction of the proxy: which faults are due, and what of them has happened.

The faults belong to the direction, not to a connection: what is ordered may happen on the next one.
"""

from collections import deque

from tools.proxy.faults import Fault, FrameFault

# How many frame lengths are remembered.
_RECENT = 32


class Lane:
    """`happened` counts faults, `frames` has the lengths of the frames seen last, prefix included.

    `passed` counts the bytes since the current fault began, `skip` the frames that pass untouched before it.
    """

    def __init__(self) -> None:
        self.happened = 0
        self.frames: deque[int] = deque(maxlen=_RECENT)
        self.passed = 0
        self.skip = 0
        self._due: deque[Fault] = deque()
        self._times_left = 0
        self._held: list[bytes] = []

    @property
    def pending(self) -> list[Fault]:
        """The faults that have not happened, or not as often as they shall."""
        return list(self._due)

    @property
    def current(self) -> Fault | None:
        """The fault that is due now."""
        return self._due[0] if self._due else None

    @property
    def takes_frames(self) -> bool:
        """Whether the next bytes have to be taken a whole frame at a time."""
        fault = self.current
        return self.skip > 0 or isinstance(fault, FrameFault) or (fault is None and bool(self._held))

    @property
    def waits_for_frame(self) -> bool:
        """Whether nothing happens before a frame begins."""
        fault = self.current
        return self.takes_frames or (fault is not None and fault.skip is not None and not self.passed)

    def order(self, fault: Fault) -> None:
        """Add `fault` behind those that are due."""
        self._due.append(fault)
        if len(self._due) == 1:
            self._begin(fault.times)

    def has_happened(self) -> None:
        """The current fault happened once."""
        self.happened += 1
        if self._times_left == 1:
            self._due.popleft()
        self._begin(self._times_left - 1)

    def hold(self, frame: bytes) -> None:
        """Keep `frame` until another one has passed."""
        self._held.append(frame)

    def release(self) -> list[bytes]:
        """The frames that were kept, which are so no longer."""
        held, self._held = self._held, []
        return held

    def clear(self) -> None:
        """Forget what is ordered, kept and counted."""
        self._due.clear()
        self._held.clear()
        self.frames.clear()
        self.happened = 0
        self._begin(0)

    def _begin(self, times_left: int) -> None:
        fault = self.current
        self._times_left = times_left or (fault.times if fault else 0)
        self.skip = (fault.skip or 0) if fault else 0
        self.passed = 0
