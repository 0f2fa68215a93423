"""One Debian package: its tree, what Debian is told of it, and the file. The same sources give the same bytes."""

import gzip
import hashlib
import os
import shutil
import subprocess
import tempfile
from email.utils import formatdate
from pathlib import Path

from tools.package.environment import build_environment
from tools.package.errors import PackageError
from tools.package.licences import copyright_text
from tools.package.target import Target

NAME = "jumpguard"
_MAINTAINER = "JumpGuard <jumpguard@localhost>"
_SCRIPTS = Path(__file__).parent / "debian"
_MAINTAINER_SCRIPTS = ("postinst", "prerm", "postrm")
# Fast to make, and to unpack on a Pi: xz saves a quarter of the size and takes a Zero 2 W many times as long.
_COMPRESSION = ("-Zgzip", "-z6")
_FOLDER, _PROGRAM, _FILE = 0o755, 0o755, 0o644


def build_deb(source: Path, target: Target, output: Path) -> Path:
    """Build the package of the project in `source` into the folder `output`; returns the file.

    Its time is SOURCE_DATE_EPOCH, else that of the latest commit. Raises PackageError.
    """
    epoch = _epoch(source)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root, scratch = Path(folder, "root"), Path(folder, "scratch")
        scratch.mkdir()
        version = target.version(build_environment(source, target, root / "usr" / "lib" / NAME, scratch))
        _lay_out(source, target, root)
        _write_changelog(root, target, version, epoch)
        _write_control(root, target, version)
        _settle(root, epoch)
        package = output / f"{NAME}_{version}_{target.architecture}.deb"
        _pack(root, package, epoch)
    return package


def _epoch(source: Path) -> int:
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    git = ["git", "-C", str(source), "log", "-1", "--format=%ct"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"{source} is no git repository: say its time as SOURCE_DATE_EPOCH (seconds since 1970)")
    return int(done.stdout)


def _lay_out(source: Path, target: Target, root: Path) -> None:
    """Put the rest beside the environment: command, unit, user, documents."""
    usr = root / "usr"
    units, users, documents = (
        usr / "lib" / "systemd" / "system",
        usr / "lib" / "sysusers.d",
        usr / "share" / "doc" / NAME,
    )
    for folder in (units, users, documents, usr / "bin"):
        folder.mkdir(parents=True)
    (usr / "bin" / NAME).symlink_to(f"../lib/{NAME}/bin/{NAME}")
    for unit in ("jumpguard.service", "jumpguard-update.service", "jumpguard-update.path"):
        shutil.copy(source / "board" / "systemd" / unit, units)
    shutil.copy(source / "board" / "systemd" / "jumpguard.conf", users)
    for document in (*source.glob("README*.md"), source / "CHANGELOG.md"):
        shutil.copy(document, documents)
    site = usr / "lib" / NAME / "lib" / f"python{target.python}" / "site-packages"
    (documents / "copyright").write_text(copyright_text(site), encoding="utf-8")


def _write_changelog(root: Path, target: Target, version: str, epoch: int) -> None:
    """Debian's changelog, which names the one release; what changed stands in CHANGELOG.md beside it."""
    text = f"""\
{NAME} ({version}) {target.suite.name}; urgency=medium

  * What changed stands in CHANGELOG.md.

 -- {_MAINTAINER}  {formatdate(epoch)}
"""
    packed = gzip.compress(text.encode(), mtime=0)
    (root / "usr" / "share" / "doc" / NAME / "changelog.Debian.gz").write_bytes(packed)


def _write_control(root: Path, target: Target, version: str) -> None:
    """What dpkg reads: names and dependencies, the sums of all files, and what runs at installation and removal."""
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]
    sums = "".join(
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(root)}\n"
        for path in files
    )
    control = root / "DEBIAN"
    control.mkdir()
    (control / "md5sums").write_text(sums)
    (control / "control").write_text(f"""\
Package: {NAME}
Version: {version}
Architecture: {target.architecture}
Maintainer: {_MAINTAINER}
Installed-Size: {sum(path.stat().st_size for path in files) // 1024}
Depends: {", ".join(target.depends())}
Recommends: fonts-dejavu-core, fonts-droid-fallback
Section: misc
Priority: optional
Description: card terminal that refuses a payment unless its merchant is proven
 JumpGuard runs a card terminal on a Raspberry Pi with an NFC HAT. It checks the
 merchant binding before a card is read, compares every answer of the acquirer
 with it, and reports each step to a fleet backend.
 .
 A prototype: for test cards and simulated acquirers only.
""")
    for script in _MAINTAINER_SCRIPTS:
        shutil.copy(_SCRIPTS / script, control)


def _settle(root: Path, epoch: int) -> None:
    """Give every file the mode and the time that it has on a terminal, whatever the builder's umask and clock."""
    programs = {
        root / "usr" / "lib" / NAME / "bin" / NAME,
        *(root / "DEBIAN" / script for script in _MAINTAINER_SCRIPTS),
    }
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(_FOLDER if path.is_dir() else _PROGRAM if path in programs else _FILE)
        os.utime(path, (epoch, epoch), follow_symlinks=False)


def _pack(root: Path, package: Path, epoch: int) -> None:
    command = ["dpkg-deb", *_COMPRESSION, "--root-owner-group", "--build", str(root), str(package)]
    variables = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"dpkg-deb failed: {done.stderr.strip()}")
