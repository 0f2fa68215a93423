"""The machine that the figures were taken on: without it they say nothing."""

import os
import platform
from pathlib import Path
from typing import Any


def machine(directory: Path) -> dict[str, Any]:
    """Cores, processor, Python, kernel, load and the file system below `directory`, where the terminal's files lie."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "load": round(os.getloadavg()[0], 2),
        "file_system": _file_system(directory.resolve()),
    }


def _processor() -> str:
    # A Pi's /proc/cpuinfo has no model name, but the board's.
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model"):
            return value.strip()
    return platform.machine()


def _file_system(directory: Path) -> str:
    """The kind of the file system with the longest mount point above `directory` (proc(5), mountinfo)."""
    found = ("", "unknown")
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        left, _, right = line.partition(" - ")
        point = left.split()[4]
        if directory.is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, right.split()[0])
    return found[1]
