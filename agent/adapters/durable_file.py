"""A small JSON value in a file that a power cut leaves old or new, never a mixture, and whose alteration shows.

The file is one line: `{"sha256": <hash of the canonical bytes of the value>, "value": ...}`. The checksum finds decay
and carelessness; only a signature inside the value finds malice.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path

from agent.binding import reasons
from agent.canonical import encode, sha256_hex
from agent.errors import CanonicalError, StoreError

_MODE = 0o600
# A new record is not written over a broken one: what happened to it is to be looked into.
_REMEDY = "restore it, or move it away and provision the terminal again"


def read(path: Path) -> tuple[object, str] | None:
    """Return the value in `path` and the SHA-256 of the file's bytes; None where there is no file.

    Raises StoreError with STORE_UNREADABLE, STORE_EMPTY, STORE_TRUNCATED or STORE_ALTERED.
    """
    raw = read_bytes(path)
    if raw is None:
        return None
    if not raw:
        raise StoreError(reasons.STORE_EMPTY, f"{path} is empty; {_REMEDY}")
    if not raw.endswith(b"}\n"):
        raise StoreError(reasons.STORE_TRUNCATED, f"{path} ends early; {_REMEDY}")
    return _checked(path, raw), digest(raw)


def read_bytes(path: Path) -> bytes | None:
    """The file's bytes, None where there is no file. Raises StoreError(STORE_UNREADABLE)."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(reasons.STORE_UNREADABLE, f"{path} cannot be read: {error.strerror}") from error


def digest(raw: bytes) -> str:
    """The SHA-256 that names these very bytes."""
    return hashlib.sha256(raw).hexdigest()


def write(path: Path, value: object) -> None:
    """Replace `path` by `value` and keep what was there as the previous generation, `<name>.previous`.

    Each step leaves a whole file behind: write aside, fsync, keep the old one under its second name, rename, fsync the
    folder. Raises StoreError(STORE_UNREADABLE) when the disk refuses; the old file stands then, unless it was the
    folder that could not be synced: then the new one does, and a power cut may bring the old one back.
    """
    line = json.dumps({"sha256": sha256_hex(encode(value)), "value": value}, ensure_ascii=False) + "\n"
    aside = path.with_name(path.name + ".new")
    try:
        _write_synced(aside, line.encode())
        _keep_previous(path)
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise StoreError(reasons.STORE_UNREADABLE, f"{path} cannot be written: {error.strerror}") from error


def previous(path: Path) -> Path:
    """Where the generation before `path` lies: for a technician, never read by itself."""
    return path.with_name(path.name + ".previous")


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checked(path: Path, raw: bytes) -> object:
    try:
        wrapped = json.loads(raw)
        if sorted(wrapped) == ["sha256", "value"] and wrapped["sha256"] == sha256_hex(encode(wrapped["value"])):
            value: object = wrapped["value"]
            return value
    except (ValueError, TypeError, RecursionError, CanonicalError):
        pass
    raise StoreError(reasons.STORE_ALTERED, f"{path} was altered; {_REMEDY}")


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep_previous(path: Path) -> None:
    kept = path.with_name(path.name + ".kept")
    with contextlib.suppress(FileNotFoundError):
        kept.unlink(missing_ok=True)
        os.link(path, kept)
        kept.replace(previous(path))
