"""What a package is built for: an architecture, and a release of Debian with its Python."""

from dataclasses import dataclass
from typing import NamedTuple

from tools.package.errors import PackageError


class Suite(NamedTuple):
    """A release of Debian, and of Raspberry Pi OS on it."""

    name: str
    number: int
    glibc: str


class Architecture(NamedTuple):
    """An architecture as wheels name it, and as the head of an ELF file does (e_machine)."""

    wheels: str
    machine: int


# By the Python that each brings.
SUITES = {"3.11": Suite("bookworm", 12, "2.36"), "3.13": Suite("trixie", 13, "2.40")}
# By Debian's name. 32 bits are missing: msgspec and cffi have no wheels for armhf.
ARCHITECTURES = {"amd64": Architecture("x86_64", 62), "arm64": Architecture("aarch64", 183)}


@dataclass(frozen=True)
class Target:
    """One package: `architecture` and `python` as in the tables above. Raises PackageError for others."""

    architecture: str
    python: str

    def __post_init__(self) -> None:
        for value, known in ((self.architecture, ARCHITECTURES), (self.python, SUITES)):
            if value not in known:
                raise PackageError(f"no package is built for {value}: there are {', '.join(known)}")

    @property
    def suite(self) -> Suite:
        """The release of Debian that brings this Python."""
        return SUITES[self.python]

    @property
    def machine(self) -> int:
        """What an ELF file of this architecture says in e_machine."""
        return ARCHITECTURES[self.architecture].machine

    @property
    def platform(self) -> str:
        """The newest wheels that may be taken, in uv's words."""
        return f"{ARCHITECTURES[self.architecture].wheels}-manylinux_{self.suite.glibc.replace('.', '_')}"

    @property
    def absent(self) -> frozenset[str]:
        """What of the lock file is left out: nobody publishes lgpio as a wheel for amd64 and Python 3.13.

        Such a machine has no GPIO header; the virtual board brings an `lgpio` of its own.
        """
        return frozenset({"lgpio"} if (self.architecture, self.python) == ("amd64", "3.13") else ())

    def version(self, project: str) -> str:
        """The package's version for that of the project; the one for a later Debian counts as newer."""
        return f"{project}-1~deb{self.suite.number}"

    def depends(self) -> list[str]:
        """What of Debian the environment needs: its very interpreter, and what its compiled modules are linked with.

        usb1, which nfcpy imports, looks for libusb only when a reader is on USB. sysusers makes the user.
        """
        return [
            f"python{self.python}",
            f"libc6 (>= {self.suite.glibc})",
            "libgcc-s1",
            "libstdc++6",
            "zlib1g",
            "systemd | systemd-standalone-sysusers | systemd-sysusers",
            "tzdata",
        ]
