"""What became of a command, as the backend hears it and the journal keeps it."""

from agent.canonical import encode
from agent.command.order import Order

FORMAT = "jumpguard.command-status/1"

ACCEPTED = "accepted"
RUNNING = "running"
SUCCEEDED = "succeeded"
FAILED = "failed"

# Why a command failed before it did anything, or without a code of what was tried.
TYPE_UNKNOWN = "TYPE_UNKNOWN"
ARGS_INVALID = "ARGS_INVALID"
COUNTER_OLD = "COUNTER_OLD"
COUNTER_UNKNOWN = "COUNTER_UNKNOWN"
EXPIRED = "EXPIRED"
INTERRUPTED = "INTERRUPTED"
NOT_ALLOWED = "NOT_ALLOWED"


class Status:
    """`state` is one of this module's; `code` says why it failed, "" otherwise; `result` is what it brought."""

    def __init__(self, order: Order, state: str, code: str = "", result: "dict[str, object] | None" = None) -> None:
        self.order = order
        self.state = state
        self.code = code
        self.result = result or {}

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in (SUCCEEDED, FAILED)

    def payload(self) -> bytes:
        """The message that tells it."""
        progress = {ACCEPTED: 0, RUNNING: 50}.get(self.state, 100)
        return encode(
            {
                "format": FORMAT,
                "type": self.order.type,
                "id": self.order.id,
                "state": self.state,
                "code": self.code,
                "progress": progress,
                # What it brought before it failed is for the journal alone.
                "result": self.result if self.state == SUCCEEDED else {},
            }
        )
