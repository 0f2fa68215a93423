"""What a Debian package of a release says of itself: version, machine, and how much it takes."""

import subprocess
import tarfile
from pathlib import Path

from agent.update.version import numbers
from provisioning.update.places import PACKAGE
from provisioning.update.repository import Machine
from tools.errors import ReleaseError

_BLOCK = 4096


def described(package: Path, version: str) -> tuple[Machine, int]:
    """The machine that `package` of release `version` is for, and its size unpacked in bytes. Raises ReleaseError."""
    if numbers(version) is None:
        raise ReleaseError(f"version {version!r}: not three numbers, such as 0.2.0")
    architecture = _asked(package, "--field", str(package), "Architecture").decode().strip()
    pythons, unpacked = set[str](), 0
    with subprocess.Popen(["/usr/bin/dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as unpacking:
        assert unpacking.stdout is not None
        with tarfile.open(fileobj=unpacking.stdout, mode="r|") as archive:
            for member in archive:
                takes = -(-member.size // _BLOCK) * _BLOCK + _BLOCK
                # Beside each module the terminal puts the compiled one, which is about as large.
                unpacked += 2 * takes if member.name.endswith(".py") else takes
                if python := _python_of(Path(member.name), version):
                    pythons.add(python)
    if len(pythons) != 1:
        raise ReleaseError(f"{package}: holds no environment of release {version} for one Python in /{PACKAGE}")
    return Machine(architecture, pythons.pop()), unpacked


def _python_of(member: Path, version: str) -> str:
    """The Python whose environment holds `member`, when that is what names the release; else ""."""
    inside = Path("/", member).relative_to("/")
    if not inside.is_relative_to(PACKAGE / "lib") or inside.name != f"jumpguard-{version}.dist-info":
        return ""
    return inside.relative_to(PACKAGE / "lib").parts[0].removeprefix("python")


def _asked(package: Path, *arguments: str) -> bytes:
    done = subprocess.run(["/usr/bin/dpkg-deb", *arguments], capture_output=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{package}: no Debian package ({done.stderr.decode(errors='replace').strip()})")
    return done.stdout
