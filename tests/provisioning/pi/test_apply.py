"""Making the changes: each file whole, owner and mode kept, and the way back."""

import json
import os
from pathlib import Path

import pytest

from provisioning.errors import SetupError
from provisioning.pi.apply import MARKER, apply, undo, undoing
from provisioning.pi.change import Change, Link, content_of, plain, unplain
from provisioning.pi.changes import changes
from provisioning.pi.models import Model
from tests.provisioning.pi.tree import CONFIG, contents, make

CONFIG_TXT = "boot/firmware/config.txt"


def set_up(root: Path) -> None:
    apply(root, changes(root, Model.PI_4))


def test_mode_and_owner_of_a_file_stay_and_a_new_one_is_for_all_to_read(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / CONFIG_TXT).chmod(0o640)
    if os.geteuid() == 0:
        os.chown(root / CONFIG_TXT, 123, 456)
    before = (root / CONFIG_TXT).stat()
    umask = os.umask(0o077)
    try:
        set_up(root)
    finally:
        os.umask(umask)
    after = (root / CONFIG_TXT).stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert (root / "etc/sysctl.d/90-jumpguard.conf").stat().st_mode & 0o7777 == 0o644


def test_a_file_that_nobody_may_write_is_changed_and_stays_so(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / CONFIG_TXT).chmod(0o444)
    set_up(root)
    assert "disable-bt" in (root / CONFIG_TXT).read_text()
    assert (root / CONFIG_TXT).stat().st_mode & 0o7777 == 0o444


def test_what_an_earlier_run_left_beside_a_file_does_not_stop_the_next(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / f"{CONFIG_TXT}.jumpguard-new").write_text("half")
    set_up(root)
    assert not list(root.rglob("*.jumpguard-new"))


def test_undo_puts_back_every_file_and_forgets(tmp_path: Path) -> None:
    root = make(tmp_path)
    before = contents(root)
    set_up(root)
    back, left_alone = undoing(root)
    undo(root, back)
    assert left_alone == []
    assert contents(root) == before
    with pytest.raises(SetupError, match="nothing that could be put back"):
        undoing(root)


def test_undo_goes_back_to_before_the_first_of_several_runs(tmp_path: Path) -> None:
    root = make(tmp_path)
    before = contents(root)
    set_up(root)
    apply(root, changes(root, Model.PI_5))
    assert "[pi4]" in (root / CONFIG_TXT).read_text()
    undo(root, undoing(root)[0])
    assert contents(root) == before


def test_undo_leaves_alone_what_somebody_has_changed_since(tmp_path: Path) -> None:
    root = make(tmp_path)
    set_up(root)
    (root / CONFIG_TXT).write_text("mine\n")
    back, left_alone = undoing(root)
    undo(root, back)
    assert left_alone == [f"/{CONFIG_TXT}"]
    assert (root / CONFIG_TXT).read_text() == "mine\n"


def test_what_a_person_wrote_between_two_runs_is_what_undo_goes_back_to(tmp_path: Path) -> None:
    root = make(tmp_path)
    set_up(root)
    (root / CONFIG_TXT).write_text(CONFIG + "# a note of mine\n")
    set_up(root)
    undo(root, undoing(root)[0])
    assert (root / CONFIG_TXT).read_text() == CONFIG + "# a note of mine\n"


def test_an_undo_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    root = make(tmp_path)
    before = contents(root)
    set_up(root)
    back, _ = undoing(root)
    for change in back[:5]:
        place = root / change.path.lstrip("/")
        place.unlink()
        if isinstance(change.after, bytes):
            place.write_bytes(change.after)
    undo(root, undoing(root)[0])
    assert contents(root) == before


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"changes": [{"path": 1}]}', '{"changes": [{"path": "/a"}]}'])
def test_a_broken_note_is_named_and_nothing_is_written(tmp_path: Path, broken: str) -> None:
    root = make(tmp_path)
    (root / MARKER.lstrip("/")).parent.mkdir(parents=True)
    (root / MARKER.lstrip("/")).write_text(broken)
    before = contents(root)
    with pytest.raises(SetupError, match="is broken"):
        set_up(root)
    assert contents(root) == before


def test_the_note_holds_no_way_out_of_the_tree(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / MARKER.lstrip("/")).parent.mkdir(parents=True)
    row = {"path": "/../../outside", "why": "", "before": "x", "after": None}
    (root / MARKER.lstrip("/")).write_text(json.dumps({"changes": [row]}))
    with pytest.raises(SetupError, match="leads out"):
        undoing(root)


@pytest.mark.parametrize("content", [b"", b"a\n", b"\xff\xfe\x00", Link("/dev/null"), None])
def test_a_content_comes_back_from_the_note_as_it_was(content: bytes | Link | None) -> None:
    assert unplain(json.loads(json.dumps(plain(content)))) == content


def test_a_diff_shows_lines_links_and_what_goes() -> None:
    assert Change("/a", "", b"x\ny\n", b"x\nz\n").diff().splitlines() == [" x", "-y", "+z"]
    assert Change("/a", "", None, Link("/dev/null")).diff().splitlines()[-1] == "+-> /dev/null"
    assert Change("/a", "", Link("b"), None).diff().splitlines()[-1] == "--> b"


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / "etc/tmpfiles.d").write_text("a file where a folder belongs")
    with pytest.raises(SetupError, match=r"tmpfiles\.d"):
        set_up(root)
    assert content_of(root, f"/{CONFIG_TXT}") == CONFIG.encode()
