"""`jumpguard provision trail`: shows and proves what technicians did; their keys sign nothing else."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from provisioning import keys, trail
from provisioning.trail_entry import Deed
from tools.cli.app import app


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.output


class Desk:
    """A trail of three entries by two technicians, whose public halves stand in `technicians`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trail = folder / "trail"
        self.technicians = folder / "technicians"
        for name in ("wang", "li"):
            status, output = run("keys", "make", "technician", folder / f"{name}.key")
            assert status == 0
            with self.technicians.open("a") as stream:
                stream.write(output)
        self.add("wang", Deed(by="Wang", action="installed", serial="JG-0001", version=1, certificate="ab" * 32))
        self.add("li", Deed(by="Li", action="rolled_back", serial="JG-0002", outcome="failed", detail="sign_on"))
        self.add("wang", Deed(by="Wang", action="retired", serial="JG-0002", why="broken"))

    def add(self, name: str, deed: Deed) -> None:
        trail.append(self.trail, trail.load_technician(self.folder / f"{name}.key"), deed)

    def show(self, *arguments: str | Path) -> tuple[int, str]:
        return run("provision", "trail", self.trail, *arguments)

    def sequences(self, *arguments: str) -> list[int]:
        status, output = self.show("--json", *arguments)
        assert status == 0
        return [json.loads(line)["entry"]["sequence"] for line in output.splitlines()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_it_is_shown_in_chinese(desk: Desk) -> None:
    desk.add("li", Deed(by="Li", action="changed", serial="JG-0003", outcome="begun"))
    status, output = desk.show("--language", "zh_CN")
    assert (status, "JG-0002  失败" in output, "JG-0003  已开始" in output) == (0, True, True)


def test_it_is_shown_by_terminal_technician_and_time(desk: Desk) -> None:
    status, output = desk.show()
    assert (status, "rolled_back    JG-0002  failed" in output, "sign_on" in output) == (0, True, True)
    assert "installed      JG-0001  version 1  Wang" in output
    assert "已安装         JG-0001  版本 1  Wang" in desk.show("--language", "zh_CN")[1]
    assert desk.sequences() == [1, 2, 3]
    assert desk.sequences("--serial", "JG-0002") == [2, 3]
    assert desk.sequences("--technician", "Wang") == [1, 3]
    assert desk.sequences("--technician", keys.load(desk.folder / "li.key").id) == [2]
    assert desk.sequences("--since", "2100-01-01") == desk.sequences("--before", "2020-01-01T00:00:00Z") == []
    assert desk.sequences("--since", "2020-01-01", "--before", "2100-01-01", "--serial", "JG-0001") == [1]
    assert "失败" in desk.show("--language", "zh_CN")[1]


def test_whose_keys_signed_it_and_whether_its_end_is_there_is_proven(desk: Desk) -> None:
    status, output = desk.show("--check", "--technicians", desk.technicians)
    assert (status, "3 entries, chain and signatures right" in output, "Whose keys" in output) == (0, True, False)
    head = output.split()[-1]
    assert "Whose keys" in desk.show("--check", "--head", head)[1]
    lines = desk.trail.read_bytes().splitlines(keepends=True)
    desk.trail.write_bytes(b"".join(lines[:2]))
    assert desk.show("--check")[0] == 0
    status, output = desk.show("--check", "--head", head)
    assert (status, "entries were cut off" in output) == (1, True)
    (desk.folder / "wang.pub").write_text(desk.technicians.read_text().splitlines()[0])
    status, output = desk.show("--check", "--technicians", desk.folder / "wang.pub")
    assert (status, "entry 2 (JG-0002 rolled_back): technician-" in output, "1 faults" in output) == (1, True, True)


def test_what_does_not_hold_is_neither_shown_nor_proven(desk: Desk) -> None:
    desk.trail.write_bytes(desk.trail.read_bytes().replace(b"JG-0001", b"JG-0009"))
    for arguments in ((), ("--check",), ("--json",)):
        status, output = desk.show(*arguments)
        assert (status, "entry 1: its hash is not that of its text" in output, "JG-0009" in output) == (1, True, False)


def test_what_a_power_cut_left_is_said(desk: Desk) -> None:
    desk.trail.write_bytes(desk.trail.read_bytes() + b'{"entry":{"de')
    status, output = desk.show("--check", "--technicians", desk.technicians)
    assert (status, "13 bytes at the end" in output, "3 entries" in output) == (0, True, True)


def test_what_a_technician_wrote_does_nothing_on_a_screen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    # With software of one's own.
    monkeypatch.setattr(trail, "expect_fit", lambda deed: None)
    desk.add("li", Deed(by="\x9b1m", action="updated", serial="JG\n", why="\x1b[2Jgone"))
    output = desk.show()[1]
    assert ("\x1b" in output, "\x9b" in output, "\ufffd[2Jgone" in output, "JG\ufffd" in output) == (
        False, False, True, True,
    )  # fmt: skip


def test_no_key_set_takes_a_technicians_key(desk: Desk) -> None:
    (desk.folder / "wang.pub").write_text(desk.technicians.read_text().splitlines()[0])
    assert run("keys", "make", "root", desk.folder / "root.key")[0] == 0
    status, output = run(
        "keys", "sign", desk.folder / "keys.json", "--root", desk.folder / "root.key", "--fleet", "demo",
        "--add", desk.folder / "wang.pub",
    )  # fmt: skip
    assert (status, "not the public half of a binding signer or a backend" in output) == (1, True)
    assert not (desk.folder / "keys.json").exists()
