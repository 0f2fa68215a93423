"""The machine as it is reported to the fleet: what it is, and how it is."""

import platform
from importlib.metadata import version
from pathlib import Path

from board.reader import NfcReader
from board.vitals import Vitals

_MODEL = Path("firmware/devicetree/base/model")


class BoardMachine:
    """Implements `agent.report.ports.Machine` from vitals and the reader's counters."""

    def __init__(self, vitals: Vitals, reader: NfcReader, sys: Path) -> None:
        self.vitals_source = vitals
        self.reader = reader
        self.sys = sys
        self.boot_id = vitals.boot_id()

    def info(self) -> dict[str, object]:
        """Hardware, software and interpreter; the list of commands is empty until there are some."""
        return {
            "hardware": self._model(),
            "software": version("jumpguard"),
            "python": platform.python_version(),
            "commands": [],
        }

    def vitals(self) -> dict[str, object]:
        """The kernel's readings and the reader's counters, under fixed keys."""
        readings: dict[str, object] = dict(self.vitals_source.read())
        readings.update({f"reader_{name}": count for name, count in self.reader.counters.items()})
        return readings

    def _model(self) -> str:
        try:
            return (self.sys / _MODEL).read_text(encoding="ascii", errors="replace").rstrip("\0\n")
        except OSError:
            return platform.machine()
