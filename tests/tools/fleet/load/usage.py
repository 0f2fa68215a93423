"""What processes take of the machine over time: memory and processor."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from tools.bench.resident import resident_kib

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Usage:
    """Of the process `name`, which may be another one after a kill; a reading each second or so."""

    name: str
    resident_mib: list[float] = field(default_factory=list)
    cpu_s: float = 0.0
    _pid: int = 0
    _cpu_s: float = 0.0

    def look(self, pid: int) -> None:
        """Take a reading; of a process that has just ended there is none."""
        process = Path("/proc", str(pid))
        try:
            self.resident_mib.append(resident_kib(process) / 1024)
            # proc(5): fields 14 and 15, behind a name that may hold spaces.
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return
        cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
        self.cpu_s += cpu_s - (self._cpu_s if pid == self._pid else 0.0)
        self._pid, self._cpu_s = pid, cpu_s

    @property
    def growth(self) -> float:
        """The memory in the last quarter beside that of the second one: 1 is flat."""
        quarter = max(1, len(self.resident_mib) // 4)
        return mean(self.resident_mib[-quarter:]) / mean(self.resident_mib[quarter : 2 * quarter])

    def told(self, seconds: float) -> str:
        """One line."""
        steps = self.resident_mib[:: max(1, len(self.resident_mib) // 8)]
        over_time = " ".join(f"{each:.0f}" for each in steps)
        cpu = f"{self.cpu_s / seconds:4.0%} of a core"
        return f"  {self.name:<9} {cpu}, MiB over time {over_time}, growth {self.growth:.2f}"
