"""The power goes or the disk fails while a durable file is written: what is found then is the old or the new one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.adapters import durable_file
from agent.binding import reasons
from tests.faults import tracing
from tests.faults.child import version_in

CALLS = ("write", "fsync", "link", "unlink", "rename")
MOST = 40


def marked(path: Path) -> object:
    """The version in a high-water mark."""
    found = durable_file.read(path)
    assert found is not None
    assert isinstance(found[0], dict)
    return found[0]["version"]


KINDS = [pytest.param("write", marked), pytest.param("bind", version_in, marks=pytest.mark.sweep)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "value.json"


def written(path: Path, what: str, version: int) -> None:
    done = tracing.run(tracing.child(what, path, str(version)))
    assert done.stdout == "written\n", done.stderr


def sweep(path: Path, what: str, read: Callable[[Path], object], call: str) -> list[object]:
    """Kill the writing of version 2 at each `call`; after each kill a writer that is not killed still works."""
    found: list[object] = []
    for number in range(1, MOST):
        written(path, what, 1)
        killed, done = tracing.killed_at(call, number, tracing.child(what, path, "2"))
        found.append(read(path))
        if not killed:
            return found
        assert found[-1] in (1, 2)
        assert done.stdout == ""  # what it says is its last call of all
    raise AssertionError(f"the writer made {MOST} calls of {call}")


@pytest.mark.parametrize(("call", "expected"), [
    ("write", [1, 2, 2]),  # the file; "written"; no third
    ("fsync", [1, 2, 2]),  # the file; the folder, after the rename; no third
    ("link", [1, 2]),
    ("unlink", [1, 2]),
    ("rename", [1, 1, 2]),  # the previous generation; the file; no third
])  # fmt: skip
def test_a_kill_at_any_call_leaves_the_old_value_or_the_new(path: Path, call: str, expected: list[int]) -> None:
    assert sweep(path, "write", marked, call) == expected


@pytest.mark.sweep
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("what", "read"), KINDS)
def test_sweep_of_every_call_that_a_writer_makes(
    path: Path, what: str, read: Callable[[Path], object], call: str
) -> None:
    found = sweep(path, what, read, call)
    assert found[-1] == 2
    # Once the new one is there it stays: no later moment brings the old one back.
    assert found == sorted(found, key=str)


@pytest.mark.parametrize(("what", "read"), KINDS)
def test_a_kill_leaves_the_previous_generation_whole(path: Path, what: str, read: Callable[[Path], object]) -> None:
    for version in (1, 2):
        written(path, what, version)
    for number in (1, 2):
        killed, _ = tracing.killed_at("rename", number, tracing.child(what, path, "3"))
        assert killed
        assert read(path) == 2
        assert read(durable_file.previous(path)) in (1, 2)
    written(path, what, 4)
    assert (read(path), read(durable_file.previous(path))) == (4, 2)


@pytest.mark.parametrize(("call", "number", "error", "stands"), [
    ("fsync", 1, "EIO", 1),
    ("fsync", 2, "EIO", 2),  # the folder's: the rename is done, and not known to be durable
    ("write", 1, "EIO", 1),
    ("write", 1, "ENOSPC", 1),
    ("link", 1, "EIO", 1),
    ("rename", 1, "EIO", 1),
    ("rename", 2, "EIO", 1),
    ("rename", 2, "EROFS", 1),
    ("unlink", 1, "EIO", 1),
])  # fmt: skip
@pytest.mark.parametrize(("what", "read"), KINDS)
def test_a_failing_call_is_named_and_leaves_a_whole_value(
    path: Path, what: str, read: Callable[[Path], object], call: str, number: int, error: str, stands: int
) -> None:
    written(path, what, 1)
    said = tracing.failed_at(call, number, error, tracing.child(what, path, "2")).stdout
    names = {"EIO": "Input/output error", "ENOSPC": "No space left on device", "EROFS": "Read-only file system"}
    assert said == f"refused {reasons.STORE_UNREADABLE} {path} cannot be written: {names[error]}\n"
    assert read(path) == stands
    assert not path.with_name("value.json.new").exists()
    written(path, what, 3)
    assert read(path) == 3


@pytest.mark.parametrize("error", ["EIO", "EACCES"])
def test_a_file_that_cannot_be_read_is_unreadable(path: Path, error: str) -> None:
    written(path, "bind", 1)
    command = tracing.strace("-P", str(path), "-e", "trace=read", "-e", f"inject=read:error={error}:when=1")
    said = tracing.run([*command, *tracing.child("bind", path, "2")]).stdout
    assert said.startswith(f"refused {reasons.STORE_UNREADABLE} {path} cannot be read: ")
    assert version_in(path) == 1


def test_a_full_disk_keeps_the_old_record_and_takes_the_next_once_there_is_room(tmp_path: Path) -> None:
    done = tracing.in_small_disk(64, tmp_path, tracing.child("fill_store", tmp_path / "merchant.json"))
    assert done.stdout.splitlines() == [
        "written",
        "disk-full",
        f"refused {reasons.STORE_UNREADABLE} {tmp_path}/merchant.json cannot be written: No space left on device",
        "holds 1",
        "written",
        "holds 3",
        "files merchant.json merchant.json.previous",
    ], done.stderr
