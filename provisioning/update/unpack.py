"""A package's environment becomes a slot, whole or not at all."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

from agent.update.codes import UPDATE_MALFORMED, UPDATE_NO_SPACE
from board.private_file import sync_folder
from provisioning.errors import UpdateError
from provisioning.update.places import PACKAGE

# What begins so was left by an update that was cut off.
UNFINISHED = "unfinished-"
# Bytes; a file system with less than that left is full.
_FULL = 1 << 20


def unpack(package: Path, version: str, slots: Path, python: str) -> None:
    """Put the environment in `package`, of release `version` for `python`, into the slot of that version.

    It is unpacked aside and renamed once all of it is on the disk. Raises UpdateError.
    """
    aside = slots / f"{UNFINISHED}{version}"
    aside.mkdir(mode=0o755)
    _run(package, "/usr/bin/dpkg-deb", "--extract", str(package), str(aside))
    home = aside / PACKAGE
    told = home / "lib" / f"python{python}" / "site-packages" / f"jumpguard-{version}.dist-info"
    if not os.access(home / "bin" / "python", os.X_OK) or not told.is_dir():
        why = f"{package.name}: holds no environment of release {version} for Python {python} in /{PACKAGE}"
        raise UpdateError(UPDATE_MALFORMED, why)
    _compile(package, home / "lib", slots / version / "lib")
    _run(package, "/usr/bin/sync", "--file-system", str(aside))
    home.rename(slots / version)
    sync_folder(slots)
    shutil.rmtree(aside)


def _compile(package: Path, library: Path, becomes: Path) -> None:
    """As the package's own installation does, since the terminal's user may write nothing in there."""
    compiling = [sys.executable, "-I", "-m", "compileall", "-q", "--invalidation-mode", "checked-hash"]
    _run(package, *compiling, "-s", str(library), "-p", str(becomes), str(library))


def _run(package: Path, *command: str) -> None:
    """Run a step. Raises UpdateError with what it says."""
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=variables, check=False)
    if done.returncode:
        said = f"{done.stderr}{done.stdout}".strip()
        # tar calls a write that was cut short by a full disk just that.
        full = os.strerror(errno.ENOSPC) in said or shutil.disk_usage(package.parent).free < _FULL
        raise UpdateError(UPDATE_NO_SPACE if full else UPDATE_MALFORMED, f"{package.name}: {said}")


def tidy(slots: Path, keep: set[str]) -> None:
    """Remove every slot but those of the versions in `keep`, and what cut off updates left. Raises OSError."""
    for entry in slots.iterdir():
        is_slot = entry.is_dir() and not entry.is_symlink() and entry.name[0].isdigit() and entry.name not in keep
        if is_slot or entry.name.startswith(UNFINISHED):
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()
