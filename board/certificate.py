"""When the terminal's own certificate ends."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


class Ending(Protocol):
    """Something that is over at a certain time."""

    def expiry(self) -> datetime | None:
        """When it ends, UTC; None when that cannot be known."""


class Certificate:
    """The first certificate in the PEM file `path`, read anew each time: it is renewed while the terminal runs."""

    def __init__(self, path: Path) -> None:
        # Here and not above: a terminal without a certificate saves 1.2 MiB and the time.
        from cryptography import x509

        self._path = path
        self._load = x509.load_pem_x509_certificate

    def expiry(self) -> datetime | None:
        """When it ends, UTC; None when there is none that can be read."""
        try:
            return self._load(self._path.read_bytes()).not_valid_after_utc
        except (OSError, ValueError):
            return None


def whole_days_until(end: datetime) -> int:
    """How many whole days are left, by this machine's clock; 0 when it is over."""
    return max(0, (end - datetime.now(UTC)).days)
