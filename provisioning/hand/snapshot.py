"""What a folder looked like, and bringing it back to that: each file with its content, mode and owner."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

Spared = Callable[[Path], bool]
"""Whether a path is left as it is, whatever it was before."""


class Was(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One path as it was. `kept` is where a file's content is kept, the target of a link; "" else."""

    path: str
    kind: Literal["absent", "folder", "file", "link"]
    mode: int = 0
    owner: int = 0
    group: int = 0
    modified_ns: int = 0
    kept: str = ""


def take(top: Path, kept: Path, spared: Spared) -> Iterator[Was]:
    """How `top` and everything in it is; the content of files goes into the folder `kept`, on disk before it is told.

    Raises OSError.
    """
    try:
        found = top.lstat()
    except FileNotFoundError:
        yield Was(str(top), "absent")
        return
    if spared(top):
        return
    facts = (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid, found.st_mtime_ns)
    if top.is_symlink():
        yield Was(str(top), "link", *facts, str(top.readlink()))
    elif top.is_dir():
        yield Was(str(top), "folder", *facts)
        for path in sorted(top.iterdir()):
            yield from take(path, kept, spared)
    elif top.is_file():
        yield Was(str(top), "file", *facts, _kept(top, kept))
    # Sockets and pipes are of who runs; nobody's work is in them.


def put_back(was: list[Was], top: Path, kept: Path, spared: Spared) -> None:
    """Make `top` what it was. May be done again after it was cut off anywhere. Raises OSError."""
    due = {one.path: one for one in was}
    # What is new goes first: a full disk has room again then.
    _remove(top, due, spared)
    for one in was:
        if one.kind in ("file", "link"):
            _restore(one, kept)
        elif one.kind == "folder":
            Path(one.path).mkdir(parents=True, exist_ok=True)
    for one in reversed(was):
        if one.kind == "folder":
            _dress(Path(one.path), one)
            sync(Path(one.path))


def sync(path: Path) -> None:
    """Have `path`, a file or a folder, on disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _kept(path: Path, folder: Path) -> str:
    copy = folder / f"{len(list(folder.iterdir())):04}"
    copy.touch(mode=0o600)
    shutil.copyfile(path, copy)
    sync(copy)
    return copy.name


def _remove(top: Path, due: dict[str, Was], spared: Spared) -> None:
    """Remove what was not there, or was of another kind; folders that hold what is spared stay."""
    if not os.path.lexists(top) or spared(top):
        return
    before = due.get(str(top), Was(str(top), "absent"))
    if top.is_dir() and not top.is_symlink():
        for path in top.iterdir():
            _remove(path, due, spared)
        if before.kind != "folder" and not any(top.iterdir()):
            top.rmdir()
            sync(top.parent)
    elif before.kind not in ("file", "link"):
        top.unlink()


def _restore(one: Was, kept: Path) -> None:
    path = Path(one.path)
    if one.kind == "link":
        if not (path.is_symlink() and str(path.readlink()) == one.kept):
            path.unlink(missing_ok=True)
            path.symlink_to(one.kept)
        return
    copy = kept / one.kept
    if path.is_file() and not path.is_symlink() and path.read_bytes() == copy.read_bytes():
        _dress(path, one)
        return
    aside = path.with_name(path.name + ".back")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    shutil.copyfile(copy, aside)
    _dress(aside, one)
    sync(aside)
    aside.replace(path)


def _dress(path: Path, one: Was) -> None:
    if os.geteuid() == 0:
        os.chown(path, one.owner, one.group)
    path.chmod(one.mode)
    os.utime(path, ns=(one.modified_ns, one.modified_ns))
