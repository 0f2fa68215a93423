"""Making changes: file by file, each whole or not at all, and all of them noted before the first, for the way back.

A kill or a power cut at any point leaves each file as it was or as it is to be: the next run finds what is left and
makes it. On the boot partition that is as far as it goes: FAT has no journal, a rename there writes over one entry of
a folder, and neither owners nor modes are kept.
"""

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from provisioning.errors import SetupError
from provisioning.pi.change import Change, Content, Link, below, content_of, plain, unplain
from provisioning.texts import _, mark

MARKER = "/var/lib/jumpguard-setup/changes.json"
"""What was changed, and what was there before: for `undo`."""

_ASIDE = ".jumpguard-new"
_WHY_UNDO = mark("It is put back as it was before the set-up.")


def apply(root: Path, changes: Sequence[Change]) -> None:
    """Make `changes` below `root`. Raises SetupError for the first that cannot be made; those before it stand."""
    if not changes:
        return
    noted = {change.path: change for change in _noted(root)}
    for change in changes:
        noted[change.path] = _since_the_first(noted.get(change.path), change)
    _put(root, MARKER, _as_marker(list(noted.values())))
    put_all(root, changes)


def put_all(root: Path, changes: Sequence[Change]) -> None:
    """Make `changes` below `root` in their order, without a note for the way back. Raises SetupError."""
    for change in changes:
        _put(root, change.path, change.after)


def put_copy(root: Path, path: str, source: Path) -> None:
    """Have `path` hold what the file `source` holds, whole or not at all. Raises SetupError."""
    try:
        _put(root, path, source.read_bytes())
    except OSError as error:
        raise SetupError(f"{source}: {error.strerror}") from error


def undoing(root: Path) -> tuple[list[Change], list[str]]:
    """The changes that put back what `apply` changed, and the paths that somebody has changed since, left as they are.

    Raises SetupError where it was never set up, or the note of it is broken.
    """
    noted = _noted(root)
    if not noted:
        raise SetupError(_("%s is not there: nothing that could be put back was set up here") % below(root, MARKER))
    back, others = [], []
    for change in reversed(noted):
        now = content_of(root, change.path)
        if now == change.after:
            back.append(Change(change.path, _WHY_UNDO, now, change.before))
        elif now != change.before:
            others.append(change.path)
    return back, others


def undo(root: Path, back: Sequence[Change]) -> None:
    """Put back what `undoing` said, then forget that it was changed. Raises SetupError."""
    put_all(root, back)
    _put(root, MARKER, None)


def _since_the_first(earlier: Change | None, change: Change) -> Change:
    """`change` with what was there before the first set-up, unless somebody has changed the file since then."""
    if earlier is None or change.before not in (earlier.before, earlier.after):
        return change
    return Change(change.path, change.why, earlier.before, change.after)


def _noted(root: Path) -> list[Change]:
    raw = content_of(root, MARKER)
    if not isinstance(raw, bytes):
        return []
    try:
        return [
            Change(one["path"], one["why"], unplain(one["before"]), unplain(one["after"]))
            for one in json.loads(raw)["changes"]
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise SetupError(
            _("%s is broken; move it away, and no change can be taken back") % below(root, MARKER)
        ) from error


def _as_marker(noted: Sequence[Change]) -> bytes:
    rows = [{"path": one.path, "why": one.why, "before": plain(one.before), "after": plain(one.after)} for one in noted]
    return json.dumps({"format": "jumpguard.setup/1", "changes": rows}, indent=1).encode() + b"\n"


def _put(root: Path, path: str, content: Content) -> None:
    """Have `path` hold `content`: written aside, synced, renamed; owner and mode of an earlier file stay."""
    place = below(root, path)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            place.unlink(missing_ok=True)
        else:
            _replace(place, content)
        _sync_folder(place.parent)
    except OSError as error:
        raise SetupError(f"{place}: {error.strerror}; " + _remedy(error)) from error


def _replace(place: Path, content: bytes | Link) -> None:
    aside = place.with_name(place.name + _ASIDE)
    aside.unlink(missing_ok=True)
    try:
        if isinstance(content, Link):
            aside.symlink_to(content.target)
        else:
            _write_synced(aside, content, place)
        aside.replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def _write_synced(aside: Path, content: bytes, earlier: Path) -> None:
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        _keep_owner_and_mode(descriptor, earlier)
        os.fsync(descriptor)


def _keep_owner_and_mode(descriptor: int, earlier: Path) -> None:
    """As `earlier` has them, 0644 where there was no file. On FAT every file has the same, and keeps it."""
    now = os.fstat(descriptor)
    known = earlier.is_file() and not earlier.is_symlink()
    mode = earlier.stat().st_mode & 0o7777 if known else 0o644
    if known and (earlier.stat().st_uid, earlier.stat().st_gid) != (now.st_uid, now.st_gid):
        os.fchown(descriptor, earlier.stat().st_uid, earlier.stat().st_gid)
    if now.st_mode & 0o7777 != mode:
        with contextlib.suppress(PermissionError):
            os.fchmod(descriptor, mode)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remedy(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return _("run it as root (sudo)")
    return _("put that right and run it again: it goes on with what is left")
