"""The machine as it is reported to the fleet: what it is, and how it is."""

import platform
import time
from pathlib import Path

from agent.redact import Guard
from agent.report.ports import UNKNOWN
from board.certificate import Ending, whole_days_until
from board.reader import NfcReader
from board.version import VERSION
from board.vitals import Vitals

_MODEL = Path("firmware/devicetree/base/model")


class BoardMachine:
    """Implements `agent.report.ports.Machine` from vitals, the reader's counters and the device certificate, if any."""

    def __init__(
        self,
        vitals: Vitals,
        reader: NfcReader,
        sys: Path,
        certificate: Ending | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.vitals_source = vitals
        self.reader = reader
        self.sys = sys
        self.certificate = certificate
        self.guard = guard or Guard()
        self._started = time.monotonic()
        self.boot_id = vitals.boot_id()

    def info(self) -> dict[str, object]:
        """Hardware, software, interpreter, and when the certificate ends."""
        return {
            "hardware": self._model(),
            "software": VERSION,
            "python": platform.python_version(),
            "certificate_expiry": self._certificate()["certificate_expiry"],
        }

    def vitals(self) -> dict[str, object]:
        """The kernel's and the reader's readings, the certificate's end, and how often card data was kept back."""
        return {
            **self.vitals_source.read(),
            "process_uptime_s": int(time.monotonic() - self._started),
            "reader_open": self.reader.is_open,
            "reader_failing": self.reader.failing,
            **{f"reader_{name}": count for name, count in self.reader.counters.items()},
            **self._certificate(),
            "leaks_kept_back": self.guard.kept_back,
        }

    def _certificate(self) -> dict[str, object]:
        end = self.certificate.expiry() if self.certificate is not None else None
        if end is None:
            return {"certificate_expiry": "", "certificate_days_left": UNKNOWN}
        return {"certificate_expiry": f"{end:%Y-%m-%dT%H:%M:%SZ}", "certificate_days_left": whole_days_until(end)}

    def _model(self) -> str:
        try:
            return (self.sys / _MODEL).read_text(encoding="ascii", errors="replace").rstrip("\0\n")
        except OSError:
            return platform.machine()
