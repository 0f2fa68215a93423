"""What a Debian package of a release says of itself: version, machine, and how much it takes."""

import re
import subprocess
import tarfile
from pathlib import Path

from agent.update.version import numbers
from provisioning.update.places import PACKAGE
from provisioning.update.repository import Machine
from tools.errors import ReleaseError

_BLOCK = 4096
# What an installed distribution is described in (PEP 376).
_NAMES_RELEASE = re.compile(r"jumpguard-(?P<version>.+)\.dist-info")


def described(package: Path) -> tuple[str, Machine, int]:
    """The release that `package` holds, the machine that it is for, and its size unpacked in bytes.

    Raises ReleaseError.
    """
    architecture = _asked(package, "--field", str(package), "Architecture").decode().strip()
    environments, unpacked = set[tuple[str, str]](), 0
    with subprocess.Popen(["/usr/bin/dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as unpacking:
        assert unpacking.stdout is not None
        with tarfile.open(fileobj=unpacking.stdout, mode="r|") as archive:
            for member in archive:
                takes = -(-member.size // _BLOCK) * _BLOCK + _BLOCK
                # Beside each module the terminal puts the compiled one, which is about as large.
                unpacked += 2 * takes if member.name.endswith(".py") else takes
                environments |= _environment_named_by(Path(member.name))
    if len(environments) != 1:
        raise ReleaseError(f"{package}: holds not one environment of one release for one Python in /{PACKAGE}")
    version, python = environments.pop()
    if numbers(version) is None:
        raise ReleaseError(f"{package}: its version {version!r} is not three numbers, such as 0.2.0")
    return version, Machine(architecture, python), unpacked


def _environment_named_by(member: Path) -> set[tuple[str, str]]:
    """Release and Python of the environment that holds `member`, when that is what names the release; else nothing."""
    inside = Path("/", member).relative_to("/")
    named = _NAMES_RELEASE.fullmatch(inside.name)
    if named is None or not inside.is_relative_to(PACKAGE / "lib"):
        return set()
    return {(named["version"], inside.relative_to(PACKAGE / "lib").parts[0].removeprefix("python"))}


def _asked(package: Path, *arguments: str) -> bytes:
    done = subprocess.run(["/usr/bin/dpkg-deb", *arguments], capture_output=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{package}: no Debian package ({done.stderr.decode(errors='replace').strip()})")
    return done.stdout
