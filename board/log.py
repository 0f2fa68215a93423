"""The log: one line a record on standard error, as systemd keeps it, and no card data in any of them."""

import logging
import sys
import threading
from types import TracebackType

from agent.redact import Guard

log = logging.getLogger(__name__)


class GuardedFormatter(logging.Formatter):
    """Masks card data in whatever a record says, its traceback included."""

    def __init__(self, guard: Guard) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self.guard = guard

    def format(self, record: logging.LogRecord) -> str:
        """The line, masked."""
        return self.guard.masked(super().format(record))


def start(guard: Guard) -> None:
    """Log through `guard` from here on; the traceback of an error that nobody caught goes the same way."""
    handler = logging.StreamHandler()
    handler.setFormatter(GuardedFormatter(guard))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    sys.excepthook = _uncaught
    threading.excepthook = lambda failed: _uncaught(failed.exc_type, failed.exc_value, failed.exc_traceback)
    sys.unraisablehook = lambda failed: _uncaught(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("uncaught", exc_info=(kind, error or kind(), trace))
