"""What another user may do with a file, by owner, group and mode alone."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.doctor.account import READ, WRITE, Account, described, own, owner

STRANGER = 54_321


@pytest.fixture
def file() -> Iterator[Path]:
    """A file two folders below one that everybody may pass; those of pytest are closed to others."""
    with tempfile.TemporaryDirectory(prefix="jg-") as outer:
        path = Path(outer, "inner", "file")
        path.parent.mkdir()
        path.touch()
        yield path


@pytest.mark.parametrize(
    ("mode", "wanted", "as_other", "as_group"),
    [
        (0o600, READ, False, False),
        (0o640, READ, False, True),
        (0o640, WRITE, False, False),
        (0o660, READ | WRITE, False, True),
        (0o604, READ, True, False),
        (0o666, READ | WRITE, True, True),
    ],
)
def test_a_mode_says_who_may(file: Path, mode: int, wanted: int, as_other: bool, as_group: bool) -> None:
    file.chmod(mode)
    for folder in (file.parent, file.parent.parent):
        folder.chmod(0o755)
    stranger = Account("stranger", STRANGER, frozenset())
    member = Account("member", STRANGER, frozenset({file.stat().st_gid}))
    assert (stranger.may(file, wanted), member.may(file, wanted)) == (as_other, as_group)


def test_a_folder_on_the_way_may_keep_somebody_out(file: Path) -> None:
    stranger = Account("stranger", STRANGER, frozenset())
    file.chmod(0o644)
    file.parent.parent.chmod(0o755)
    file.parent.chmod(0o700)
    assert not stranger.may(file, READ)
    file.parent.chmod(0o711)
    assert stranger.may(file, READ)


def test_what_is_not_there_nobody_is_told_about(file: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Account("stranger", STRANGER, frozenset()).may(file.with_name("none"), READ)


def test_an_owner_is_known_by_name_and_a_user_without_one_by_number(file: Path) -> None:
    assert owner(file) == own()
    assert own().may(file, READ | WRITE)
    assert described(file).endswith(
        f"{own().name}:{file.group()} 0644".replace("0644", f"{file.stat().st_mode & 0o777:04o}")
    )
    if os.geteuid() == 0:
        os.chown(file, STRANGER, STRANGER)
        assert owner(file) == Account(str(STRANGER), STRANGER, frozenset({STRANGER}))
