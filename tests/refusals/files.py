"""Causes on the terminal's disk: its files spoiled, each put back as it was."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.adapters import durable_file
from provisioning import key_set, keys
from tests.refusals.counter import Cause, Counter, assert_sold
from tools.rig.files import FLEET, RigFiles

# Far below what the gate asks for, far above what the terminal needs to write down that it refused.
LEFT_BYTES = 4 * 1024 * 1024
LARGEST_DISK_BYTES = 64 * 1024 * 1024


@contextmanager
def kept(path: Path) -> Iterator[Path]:
    """Lend out the file `path`, and put it back as it was, whatever has become of it."""
    whole = path.read_bytes()
    try:
        yield path
    finally:
        if path.is_dir():
            path.rmdir()
        path.write_bytes(whole)


def merchant_file(spoil: Callable[[Path], object]) -> Cause:
    """The merchant record's file, spoiled."""
    return _spoiled(lambda files: files.merchant_file, spoil)


def high_water_file(spoil: Callable[[Path], object]) -> Cause:
    """The file of the highest version, spoiled."""
    return _spoiled(lambda files: files.high_water_file, spoil)


def clock_mark(spoil: Callable[[Path], object]) -> Cause:
    """The file that says that the clock was set, spoiled."""
    return _spoiled(lambda files: files.clock_mark, spoil)


def become_a_folder(path: Path) -> None:
    """Make it something that cannot be read: this holds for root as well, which permissions do not."""
    path.unlink()
    path.mkdir()


def empty(path: Path) -> None:
    """Leave nothing of it."""
    path.write_bytes(b"")


def cut_in_half(path: Path) -> None:
    """Leave the first half of it."""
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])


def change_a_digit(path: Path) -> None:
    """Make the version in it another."""
    raw = path.read_bytes()
    at = raw.index(b'"version": ') + len(b'"version": ')
    path.write_bytes(raw[:at] + (b"8" if raw[at : at + 1] == b"9" else b"9") + raw[at + 1 :])


def put_back_the_generation_before(path: Path) -> None:
    """Replace it by what it was before the last write."""
    path.write_bytes(durable_file.previous(path).read_bytes())


@contextmanager
def record_put_back(counter: Counter) -> Iterator[None]:
    """The record from before the last installation is in the store again."""
    counter.install()
    with merchant_file(put_back_the_generation_before)(counter):
        yield


@contextmanager
def record_and_mark_put_back(counter: Counter) -> Iterator[None]:
    """So is the mark, and only the journal remembers that a newer binding was in force."""
    counter.install()
    assert_sold(counter.sell())
    with (
        merchant_file(put_back_the_generation_before)(counter),
        high_water_file(put_back_the_generation_before)(counter),
    ):
        yield


@contextmanager
def mark_left_behind(counter: Counter) -> Iterator[None]:
    """The power went between the write of a new record and that of its mark; a restart lets the mark catch up."""
    mark = counter.rig.files.high_water_file
    before = mark.read_bytes()
    counter.install()
    mark.write_bytes(before)
    try:
        yield
    finally:
        counter.restart()


@contextmanager
def key_set_without_the_signer(counter: Counter) -> Iterator[None]:
    """The agent, which reads it when it starts, finds another key set than was in force, without the binding signer."""
    files = counter.rig.files
    backend = key_set.public_half(files.signer(keys.BACKEND), "backend")
    try:
        with kept(files.key_set) as path:
            path.write_text(json.dumps(key_set.first(files.signer(keys.ROOT), FLEET, [backend])))
            counter.restart()
            yield
    finally:
        counter.restart()


@contextmanager
def signer_revoked(counter: Counter) -> Iterator[None]:
    """The operator's newer key set revokes who signed the binding; another one signs the next binding."""
    files = counter.rig.files
    before = files.new_signer("binding")
    files.sign_key_set(added=["binding"], revoked=[before]).replace(files.key_set)
    counter.restart()
    yield
    counter.install()


@contextmanager
def full_disk(counter: Counter) -> Iterator[None]:
    """The disk of the terminal's state is filled but for a little. It has to be a small one."""
    state = counter.rig.files.state
    ballast = state / "ballast"
    with ballast.open("wb") as stream:
        while (free := _free_bytes(state)) > LEFT_BYTES:
            stream.write(bytes(min(free - LEFT_BYTES, 1024 * 1024)))
            stream.flush()
    try:
        yield
    finally:
        ballast.unlink()


def _spoiled(place: Callable[[RigFiles], Path], spoil: Callable[[Path], object]) -> Cause:
    @contextmanager
    def cause(counter: Counter) -> Iterator[None]:
        with kept(place(counter.rig.files)) as path:
            spoil(path)
            yield

    return cause


def _free_bytes(folder: Path) -> int:
    disk = os.statvfs(folder)
    assert disk.f_blocks * disk.f_frsize <= LARGEST_DISK_BYTES, f"{folder} is on a disk that is not for filling"
    return disk.f_bavail * disk.f_frsize
