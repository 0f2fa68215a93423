"""The hand-over sheet as text and as files, and the facts that both are made of."""

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from typer.testing import CliRunner

from provisioning.errors import HandoverError
from provisioning.handover import code, fonts, sheet, text_sheet
from provisioning.handover.facts import MOST_CHECKS, load, save
from provisioning.handover.lines import wrap
from tests.provisioning.handed_over import HEAD, facts, longest
from tools.cli.app import app


def test_the_text_says_what_the_page_says_in_eighty_columns() -> None:
    text = "".join(text_sheet.render(facts()).split())
    for wanted in (
        "Terminal hand-over 终端交接单", "JG-2026-0001 示例茶行鼓楼店", "898350154990001", "10000001",
        "622202******0018", "Approved 已批准 (00), reversed 已冲正", "2026-11-26 18:46+08:00, Asia/Shanghai",
        "福建省福州市鼓楼区 五四路1号一层", "✓ Clock 时钟: synced", "…5432", "王小明", "fedcba98 76543210",
    ):  # fmt: skip
        assert "".join(wanted.split()) in text
    assert "ab" * 32 not in text


@pytest.mark.parametrize("made", [facts(), longest(), facts(sale=None, checks=())], ids=["short", "longest", "no sale"])
def test_no_line_is_wider_than_the_terminal(made: Any) -> None:
    lines = text_sheet.render(made).splitlines()
    assert max(map(cell_len, lines)) == 80
    assert all(line == line.rstrip() for line in lines)


def test_a_name_cannot_forge_a_line_or_move_the_cursor() -> None:
    hostile = "茶行\u2028MID 1\u202e\u200b\ufeff"
    made = facts(bound={"name": hostile}, technician="a\nMID 2\x1b[2J", software="x\r\n  Result  Approved")
    plain, code_text = text_sheet.render(made), code.text_of(made)
    assert "茶行\ufffdMID 1\ufffd\ufffd\ufffd" in plain
    assert "a\ufffdMID 2\ufffd[2J" in plain
    assert not {character for character in plain + code_text if not character.isprintable()} - {"\n"}
    assert len(code_text.splitlines()) == 7


@given(
    text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120), longest=st.integers(2, 60)
)  # fmt: skip
def test_wrapping_loses_nothing_and_keeps_the_width(text: str, longest: int) -> None:
    lines = wrap(text, cell_len, longest)
    assert all(cell_len(line) <= longest for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"bound": {"mid": "1"}}, "binding.mid: '1' is not 15"),
        ({"bound": {"timezone": "Mars/Olympus"}}, "no zone of that name"),
        ({"bound": {"timezone": "../../etc/passwd"}}, "no zone of that name"),
        ({"bound": {"serial": "../../X"}}, "binding.serial"),
        ({"head": "abc"}, "head: not 64"),
        ({"certificate": "ab:cd"}, "certificate: not the 64"),
        ({"certificate_end": "2027-11-26"}, "certificate_end: '2027-11-26' is not a UTC time"),
        ({"sold": {"card": "6222021234560018"}}, "sale.card: not the first 6 and last 4"),
        ({"sold": {"amount": 0}}, "sale.amount: 0"),
        ({"sold": {"trace": "x"}}, "sale.trace: 'x'"),
        ({"technician": "Wang 4111111111111111"}, "technician: a card number"),
        ({"software": "\ud800"}, "software: half"),
        ({"software": "x" * 501}, "software: 501 characters"),
        ({"checks": (longest().checks[0],) * (MOST_CHECKS + 1)}, "checks: 33, at most 32"),
    ],
)  # fmt: skip
def test_facts_that_cannot_be_true_are_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(HandoverError, match=why) as refused:
        facts(**changes)
    assert "4111111111111111" not in str(refused.value)
    assert "6222021234560018" not in str(refused.value)


def test_saved_facts_make_the_same_sheet_again(tmp_path: Path) -> None:
    for made in (facts(), longest(), facts(sale=None)):
        path = save(made, tmp_path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert load(path) == made
    assert (tmp_path / "JG-2026-0001-v3.handover.json").exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"{}", "missing"), (b"[" * 10_000, "no facts"), (b"\xff", "no facts"), ({"more": 1}, "unknown field `more`"),
     ({"acknowledged": "yes"}, "acknowledged"), ({"format": "jumpguard.handover/2"}, "format"),
     ({"head": "4111111111111111"}, "head: not 64")],
)  # fmt: skip
def test_what_are_no_facts_is_refused(content: Any, why: str, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    if isinstance(content, dict):
        content = json.dumps({**msgspec.to_builtins(facts()), **content}).encode()
    path.write_bytes(content)
    with pytest.raises(HandoverError, match=why) as refused:
        load(path)
    assert str(path) in str(refused.value)
    with pytest.raises(HandoverError, match="No such file"):
        load(tmp_path / "none.json")


def test_the_files_are_whole_and_for_everybody(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        paths = sheet.write(facts(), tmp_path)
    finally:
        os.umask(before)
    assert [path.name for path in paths] == ["JG-2026-0001-v3.handover.pdf", "JG-2026-0001-v3.handover.txt"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o644}
    assert sorted(tmp_path.iterdir()) == paths
    assert paths[1].read_text(encoding="utf-8") == text_sheet.render(facts())


def test_a_full_disk_leaves_the_sheet_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [path.read_bytes() for path in sheet.write(facts(), tmp_path)]

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HandoverError, match=r"handover\.pdf: cannot be written: No space left"):
        sheet.write(facts(technician="李"), tmp_path)
    assert [path.read_bytes() for path in sorted(tmp_path.glob("*v3.handover.???"))] == before


def test_nothing_is_made_without_the_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_FOLDERS", ())
    with pytest.raises(HandoverError, match="apt-get install fonts-dejavu-core"):
        sheet.write(facts(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_a_sheet_again(tmp_path: Path) -> None:
    path = save(facts(), tmp_path)
    done = CliRunner().invoke(app, ["provision", "handover", str(path), "--out", str(tmp_path)])
    assert (done.exit_code, text_sheet.render(facts()) in done.output) == (0, True)
    assert HEAD not in done.output
    assert (tmp_path / "JG-2026-0001-v3.handover.pdf").read_bytes().startswith(b"%PDF-")
    path.write_bytes(b"{}")
    done = CliRunner().invoke(app, ["provision", "handover", str(path)])
    assert (done.exit_code, "error:" in done.output) == (1, True)
