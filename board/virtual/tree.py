"""The files of a blank terminal, as Raspberry Pi OS lays them: a root tree beside a virtual board.

What the package installs is here as well: a Python that drives the board, the unit and the user. What systemd has is
`systemctl` alone, which asks this machine's own first process (`init.py`).
"""

import shlex
import sys
from pathlib import Path

from board.virtual import environment
from board.virtual.process import LINK, TREES

_SYSTEMD = Path(__file__).parents[1] / "systemd"
UNITS = "usr/lib/systemd/system"
WANTED = "etc/systemd/system/multi-user.target.wants"
LABEL = "etc/jumpguard-serial"
RUN = "run/systemd"
CLOCK_MARK = "run/systemd/timesync/synchronized"

_FOLDERS = (UNITS, WANTED, RUN, "run/systemd/timesync", "usr/bin", "usr/lib/jumpguard/bin", "usr/lib/sysusers.d",
            "dev", "etc", "var/lib")  # fmt: skip


def lay(root: Path, board: Path, serial: str = "") -> None:
    """Lay a blank tree at `root` whose machine is the virtual board in `board`; what is there already stays.

    It carries `serial` as a card does that was written for it; "" for one that was not.
    """
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    _link(root / "lib", Path("usr/lib"))
    _link(root / "dev/ttyAMA0", board / LINK)
    for tree in TREES:
        _link(root / tree, board / tree)
    (root / CLOCK_MARK).touch()
    if serial and not (root / LABEL).exists():
        (root / LABEL).write_text(f"{serial}\n")
    for file, folder in (("jumpguard.service", UNITS), ("jumpguard.conf", "usr/lib/sysusers.d")):
        (root / folder / file).write_bytes((_SYSTEMD / file).read_bytes())
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment(board).items())
    python = shlex.quote(sys.executable)
    _program(root / "usr/lib/jumpguard/bin/python", f'exec env {variables} {python} "$@"')
    where = shlex.quote(str(root))
    _program(root / "usr/bin/systemctl", f'exec {python} -P -m board.virtual.systemctl --root {where} "$@"')


def _link(path: Path, target: Path) -> None:
    if not path.is_symlink():
        path.symlink_to(target)


def _program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
