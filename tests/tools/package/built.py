"""Packages as tests build and look at them."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.structure.places import ROOT
from tools.package.deb import build_deb
from tools.package.target import SUITES, Target

LATER = "0.2.0"
LINE = re.compile(r"(?P<mode>\S+) (?P<owner>\S+) +\d+ (?P<time>\S+ \S+) \./(?P<path>[^ ]*)( -> (?P<link>.*))?")


def own_target() -> Target:
    """The package for this very machine: its architecture, and the Python that its Debian brings."""
    architecture = said("dpkg", "--print-architecture")
    python = said("/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    assert python in SUITES, f"the Debian here has Python {python}, and packages are built for {', '.join(SUITES)}"
    return Target(architecture, python)


def said(*command: str) -> str:
    """What a command prints, which has to succeed."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def later_sources(folder: Path) -> Path:
    """The project's sources as of a later version, 0.2.0, copied into `folder`, and committed nowhere."""
    left_out = shutil.ignore_patterns(".*", "build", "tests", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, folder, ignore=left_out, dirs_exist_ok=True)
    (folder / "board" / "version.py").write_text(f'"""A later one."""\n\nVERSION = "{LATER}"\n')
    return folder


@dataclass(frozen=True)
class Entry:
    """One line of a package's table of contents."""

    mode: str
    owner: str
    time: str
    link: str | None


@dataclass(frozen=True)
class Built:
    """A package for `target`."""

    target: Target
    file: Path

    def field(self, name: str) -> str:
        """A field of its control file."""
        return said("dpkg-deb", "--field", str(self.file), name)

    def contents(self) -> dict[str, Entry]:
        """What it would install, by path; of folders the path ends in a slash."""
        lines = [LINE.fullmatch(line) for line in said("dpkg-deb", "--contents", str(self.file)).splitlines()]
        assert all(lines)
        return {one["path"]: Entry(one["mode"], one["owner"], one["time"], one["link"]) for one in lines if one}

    def unpack(self, folder: Path) -> Path:
        """Unpack it into `folder`; returns the environment in it."""
        said("dpkg-deb", "--extract", str(self.file), str(folder))
        return folder / "usr" / "lib" / "jumpguard"


def build(target: Target, output: Path, source: Path = ROOT) -> Built:
    """The package of `source` for `target`, in the folder `output`."""
    return Built(target, build_deb(source, target, output))


def as_release(package: Built, version: str, folder: Path, **changes: str) -> Built:
    """`package` as release `version`, made in the empty `folder` without building it again.

    The modules of `board` named in `changes` have another text.
    """
    tree, made = folder / "tree", folder / f"jumpguard-{version}.deb"
    said("dpkg-deb", "--raw-extract", str(package.file), str(tree))
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: [^-]+", f"Version: {version}", control.read_text()))
    (site,) = tree.glob("usr/lib/jumpguard/lib/python3.*/site-packages")
    (told,) = site.glob("jumpguard-*.dist-info")
    told.rename(site / f"jumpguard-{version}.dist-info")
    for module, text in {"version": f'VERSION = "{version}"\n', **changes}.items():
        (site / "board" / f"{module}.py").write_text(text)
    said("dpkg-deb", "-Zgzip", "-z1", "--root-owner-group", "--build", str(tree), str(made))
    shutil.rmtree(tree)
    return Built(package.target, made)
