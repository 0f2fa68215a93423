"""The private environment in a package: hashed wheels, unpacked without running anything of the target's.

It may be moved: no file of it names the folder that it is in.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tools.package.errors import PackageError
from tools.package.target import Target

_LOCK = Path("locks", "device.txt")
_WRAPPER = Path(__file__).parent / "debian" / "jumpguard"
# Published as source alone; it is pure Python, so that what is built of it here runs anywhere.
_FROM_SOURCE = "pydes"
_OURS = ("agent", "board", "provisioning", "tools")
_BUILT_FROM = ("README.md", "pyproject.toml", "setup.py")
# What uv puts beside a wheel's packages: programs that name the Python of this machine, and their manual pages.
_BESIDE = ("bin", "share")
_ELF = b"\x7fELF"
_MACHINE = slice(18, 20)


def build_environment(source: Path, target: Target, folder: Path, scratch: Path) -> str:
    """Make in `folder` the environment of the project in `source`; `scratch` is an empty folder for what is between.

    Returns the project's version. Raises PackageError when a wheel is missing or not the one that was locked.
    """
    site = folder / "lib" / f"python{target.python}" / "site-packages"
    site.mkdir(parents=True)
    _install(target, site, "--require-hashes", "--requirements", str(_wanted(source, target, scratch)))
    version = _build_ours(source, scratch)
    _install(target, site, "--no-index", "--find-links", str(scratch / "wheels"), f"jumpguard=={version}")
    _prune(site)
    check_machine(site, target)
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(f"/usr/bin/python{target.python}")
    shutil.copy(_WRAPPER, folder / "bin" / "jumpguard")
    return version


def check_machine(site: Path, target: Target) -> None:
    """Raise PackageError for a compiled file below `site` that is for another architecture."""
    for path in sorted(site.rglob("*.so*")):
        with path.open("rb") as file:
            head = file.read(_MACHINE.stop)
        machine = int.from_bytes(head[_MACHINE], "little")
        if not head.startswith(_ELF) or machine != target.machine:
            raise PackageError(f"{path.relative_to(site)} is not for {target.architecture} (ELF machine {machine})")


def _wanted(source: Path, target: Target, scratch: Path) -> Path:
    """The lock file without what this target does not have."""
    entries = (source / _LOCK).read_text().replace("\\\n", "").splitlines()
    wanted = scratch / "requirements.txt"
    wanted.write_text("\n".join(line for line in entries if line.split("==")[0] not in target.absent) + "\n")
    return wanted


def _install(target: Target, site: Path, *what: str) -> None:
    """Unpack what is named for the target. Only `_FROM_SOURCE` may be built, by the tools of this environment."""
    command = ["pip", "install", "--python", sys.executable, "--target", str(site), "--no-deps", "--link-mode", "copy"]
    command += ["--python-platform", target.platform, "--python-version", target.python]
    command += ["--only-binary", ":all:", "--no-binary", _FROM_SOURCE, "--no-build-isolation"]
    _uv(*command, *what)


def _build_ours(source: Path, scratch: Path) -> str:
    """Build the project's own wheel and return its version.

    Of a copy of the sources: setuptools leaves behind in them what later builds would take in.
    """
    copy, wheels = scratch / "source", scratch / "wheels"
    copy.mkdir()
    for name in _OURS:
        shutil.copytree(source / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    for name in _BUILT_FROM:
        shutil.copy(source / name, copy)
    _uv("build", "--wheel", "--python", sys.executable, "--no-build-isolation", "--out-dir", str(wheels), str(copy))
    (wheel,) = wheels.glob("*.whl")
    return wheel.name.split("-")[1]


def _prune(site: Path) -> None:
    """Take out what stands beside the packages, also of their records, and uv's own notes."""
    for name in _BESIDE:
        shutil.rmtree(site / name, ignore_errors=True)
    for note in [*site.glob("*.dist-info/uv_*.json"), site / ".lock"]:
        note.unlink(missing_ok=True)
    for record in site.glob("*.dist-info/RECORD"):
        lines = record.read_text().splitlines(keepends=True)
        record.write_text("".join(line for line in lines if (site / line.split(",")[0].strip('"')).exists()))


def _uv(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "uv", "--quiet", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PackageError(f"uv {arguments[0]} failed: {done.stderr.strip()}")
