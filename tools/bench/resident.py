"""How much memory a process holds. Imports nothing that would itself take some."""

from pathlib import Path


def resident_kib(process: Path) -> int:
    """VmRSS of the process whose folder under /proc that is, in KiB (proc(5))."""
    for line in (process / "status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(f"{process} has no memory: the process has ended")
