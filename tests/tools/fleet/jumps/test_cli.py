"""`jumpguard fleet jumps`."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.portable.ports import binding as bound
from tests.tools.fleet.jumps.shop import OTHER, Shop
from tests.tools.fleet.test_cli import run
from tools.fleet.store import Store

AT, SOON = "2026-11-26T07:00:00.000Z", "2026-11-26T07:00:01.000Z"


@pytest.fixture
def folder(store: Store, shop: Shop) -> str:
    """The directory of a store with a jump."""
    store.take([*shop.sell(OTHER, AT), *shop.sign_on(AT)], SOON)
    return str(store.place.directory)


def test_jumps_are_listed_for_people_and_programs(folder: str) -> None:
    status, output = run("jumps", "list", "--dir", folder)
    assert status == 0, output
    assert f"mid {bound.MID} -> {bound.OTHER_MID}" in output and "at sign-on" in output
    status, output = run("jumps", "list", "--dir", folder, "--stage", "answer", "--json")
    [line] = map(json.loads, output.splitlines())
    assert (line["observed"]["name"], line["workflow"]) == ("别家商店", "new")
    status, output = run("jumps", "list", "--dir", folder, "--step", "nonsense")
    assert status == 1 and "is no step" in output


def test_one_jump_is_shown_whole_in_both_languages(folder: str) -> None:
    status, output = run("jumps", "show", "1", "--dir", folder)
    assert status == 0, output
    assert "different" in output and "The backend acknowledges the journal from entry 1 to 6" in output
    assert "应有" in run("jumps", "show", "1", "--dir", folder, "--language", "zh_CN")[1]
    assert json.loads(run("jumps", "show", "1", "--dir", folder, "--json")[1])["jump"]["id"] == 1
    status, output = run("jumps", "show", "7", "--dir", folder)
    assert status == 1 and "jump 7: there is none" in output


def test_a_jump_is_worked_on_and_its_story_told(folder: str) -> None:
    assert run("jumps", "note", "1", "they rang", "--dir", folder)[0] == 0
    assert run("jumps", "step", "1", "investigating", "--why", "asked", "--dir", folder)[0] == 0
    status, output = run("jumps", "step", "1", "reported", "--dir", folder)
    assert status == 1 and "next it can be confirmed or false_alarm" in output
    output = run("jumps", "show", "1", "--dir", folder)[1]
    assert "they rang" in output and "investigating cli:" in output


def test_a_complaint_is_written_into_a_folder(folder: str, tmp_path: Path) -> None:
    status, output = run("jumps", "export", "1", "--dir", folder, "--out", str(tmp_path))
    assert status == 0, output
    with zipfile.ZipFile(json.loads(output)["file"]) as archive:
        assert "complaint.html" in archive.namelist()
    status, output = run("jumps", "export", "1", "--dir", folder, "--out", str(tmp_path / "no/such"))
    assert status == 1 and "cannot be written" in output


def test_rates_are_listed_with_both_numbers(folder: str) -> None:
    status, output = run("jumps", "rates", "--by", "merchant", "--dir", folder)
    assert status == 0, output
    assert "1000.00 (few sales)" in output and "not counted: 1" in output
    assert json.loads(run("jumps", "rates", "--dir", folder, "--json")[1])["whole"]["jumps"] == 1
