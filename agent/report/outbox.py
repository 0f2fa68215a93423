"""The outbox: which events are on their way, which may go next, and what an acknowledgement settles.

Events leave strictly in order, at most `window` ahead of what the backend has acknowledged. A new connection starts
again behind the last acknowledgement: whatever was under way then is sent once more, and the backend drops repeats.
"""


class Outbox:
    """Counts by sequence only; the journal keeps the events themselves."""

    def __init__(self, acknowledged: int, window: int) -> None:
        self.acknowledged = acknowledged
        self.sent = acknowledged
        self.window = window

    def restart(self) -> None:
        """The connection is new, or nothing was acknowledged for too long: send again from the last acknowledgement."""
        self.sent = self.acknowledged

    def room(self) -> int:
        """How many events may still be sent before an acknowledgement must come."""
        return self.window - (self.sent - self.acknowledged)

    def mark_sent(self, sequence: int) -> None:
        """The event `sequence`, the next in order, was handed to the link."""
        if sequence != self.sent + 1:
            raise ValueError("outbox: event {} does not follow {}".format(sequence, self.sent))
        self.sent = sequence

    def settle(self, sequence: int) -> bool:
        """The backend holds everything up to `sequence`; False when that was known already."""
        if sequence <= self.acknowledged:
            return False
        self.acknowledged = sequence
        self.sent = max(self.sent, sequence)
        return True

    def fall_back(self, sequence: int) -> None:
        """The backend no longer holds what is behind `sequence`: all of that is sent again."""
        self.acknowledged = self.sent = sequence
