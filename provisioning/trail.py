"""The audit trail: one file of a desk in which stands what its technicians did to terminals, an entry a line.

It only grows. Whoever writes holds the file's lock, and an entry is on disk when `append` returns. A power cut may
leave the beginning of an entry at the end, of which nobody was told that it is there: the next `append` takes that
away. What was written whole is never taken away.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from provisioning import chain, keys
from provisioning.chain import GENESIS, Sealed
from provisioning.errors import ChainError, KeyFileError, TrailError
from provisioning.keys import Signer, SigningKey
from provisioning.trail_entry import Deed, Entry, expect_fit

_BEGIN = b'{"entry":{'
_LINE = re.compile(rb'\{"entry":(\{.*\}),"hash":"([0-9a-f]{64})","signature":"([0-9a-f]{128})"\}')
# More than the longest entry has, whose texts are limited.
_LONGEST_LINE = 16_384


@dataclass(frozen=True, slots=True)
class Trail:
    """What a trail's file holds, proven; `torn` bytes of an entry that was cut off while it was written follow it."""

    path: Path
    entries: list[Sealed[Entry]]
    torn: int

    @property
    def head(self) -> str:
        """The hash of the last entry: who has noted it can tell later that nothing was cut off."""
        return self.entries[-1].digest if self.entries else GENESIS


def load_technician(path: Path) -> SigningKey:
    """A technician's key, as `jumpguard keys make technician` made it. Raises KeyFileError for any other."""
    found = keys.load(path)
    _expect_technician(found)
    return found


def append(path: Path, signer: Signer, deed: Deed) -> Sealed[Entry]:
    """Write down that `deed` was done just now; it is on disk when this returns. Makes the file when it is not there.

    Raises TrailError when the trail's end does not hold, the disk refuses, which leaves the trail as it was, or `deed`
    holds what no trail may; KeyFileError for a key that is no technician's.
    """
    _expect_technician(signer)
    expect_fit(deed)
    with _locked(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, fcntl.LOCK_EX) as descriptor:
        last = _last(path, descriptor)
        entry = Entry(
            sequence=last.entry.sequence + 1 if last else 1,
            previous=last.digest if last else GENESIS,
            time=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            deed=deed,
            key_id=signer.id,
            public=signer.public_hex,
        )
        sealed = chain.seal(entry, signer)
        _write(descriptor, f"{sealed.line}\n".encode())
        if last is None:
            _sync_folder(path.parent)
    return sealed


def prove_end(path: Path) -> None:
    """See to it that `append` will find an end that holds; an empty trail does. Raises TrailError."""
    with _locked(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, fcntl.LOCK_EX) as descriptor:
        _last(path, descriptor)


def reading(path: Path) -> Trail:
    """What the trail in `path` holds, every entry proven. Raises TrailError when it is not what was written to it."""
    with _locked(path, os.O_RDONLY, fcntl.LOCK_SH) as descriptor, os.fdopen(os.dup(descriptor), "rb") as stream:
        lines = stream.read().split(b"\n")
    tail = lines.pop()
    if kept := _kept(path, tail):
        lines.append(kept)
    entries: list[Sealed[Entry]] = []
    for line in lines:
        with _named(path):
            entries.append(chain.opened(Entry, *_parts(line, len(entries) + 1), entries[-1] if entries else None))
    return Trail(path, entries, len(tail) - len(kept))


def _last(path: Path, descriptor: int) -> Sealed[Entry] | None:
    """The last whole entry, proven by itself, after what is torn behind it was taken away; None for an empty trail."""
    size = os.fstat(descriptor).st_size
    end = os.pread(descriptor, _LONGEST_LINE, max(0, size - _LONGEST_LINE))
    *lines, tail = end.split(b"\n")
    if tail:
        kept = _kept(path, tail)
        os.ftruncate(descriptor, size - len(tail) + len(kept))
        if kept:
            _write(descriptor, b"\n")
            lines.append(kept)
    if not lines:
        return None
    with _named(path):
        return chain.proven(Entry, *_parts(lines[-1], None), "the last entry")


def _parts(line: bytes, number: int | None) -> tuple[str, str, str]:
    """Text, hash and signature of an entry's line. Raises ChainError."""
    found = _LINE.fullmatch(line)
    try:
        if found:
            text, digest, signature = (part.decode() for part in found.groups())
            return text, digest, signature
    except UnicodeDecodeError:
        pass
    raise ChainError(f"{f'entry {number}' if number else 'the last entry'}: its line is none of a trail")


def _kept(path: Path, tail: bytes) -> bytes:
    """What stays of a line without a line feed: the entry, when nothing else was cut off, or nothing.

    Raises TrailError when `tail` is not what a cut leaves: the beginning of an entry, behind it zeros of a new block.
    """
    written = tail.rstrip(b"\0")
    if _LINE.fullmatch(written):
        return written
    if not _BEGIN.startswith(written[: len(_BEGIN)]) or len(tail) >= _LONGEST_LINE or _LINE.match(tail):
        raise TrailError(f"trail {path}: what stands at its end is no beginning of an entry; find out by whom")
    return b""


def _write(descriptor: int, line: bytes) -> None:
    """Write `line` at the end and sync it. Raises OSError, with the file as long as it was."""
    size = os.fstat(descriptor).st_size
    try:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except OSError:
        # Where this fails as well, the next writer takes away what is torn.
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path, flags: int, lock: int) -> Iterator[int]:
    """The file, with `lock` for as long as it is open. Raises TrailError, with its name, for what the system says."""
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, lock)
            yield descriptor
        finally:
            os.close(descriptor)
    except OSError as error:
        raise TrailError(f"trail {path}: {error.strerror}; nothing was lost of what stood in it") from error


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except ChainError as error:
        raise TrailError(f"trail {path}: {error}; find out by whom, and restore it from a copy") from error


def _expect_technician(signer: Signer) -> None:
    if not signer.id.startswith(f"{keys.TECHNICIAN}-"):
        raise KeyFileError(
            f"key {signer.id}: the trail is signed with a technician's own: `jumpguard keys make technician FILE`"
        )
