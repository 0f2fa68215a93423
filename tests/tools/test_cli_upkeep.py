"""`jumpguard provision change`, `clear`, `restore`, `replace` and `retire`, as a technician meets them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from provisioning import registry as registries
from provisioning.hand.evidence import entries
from provisioning.hand.places import Places
from tests.provisioning.install.counter import CARD, wait_until
from tests.tools.person import Person
from tools.broker import free_port
from tools.cli.app import app
from tools.rig.files import NAME, OTHER_NAME, SERIAL
from tools.rig.practice import Practice


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    directory = Path("/tmp") / f"jg-keep-{free_port()}"
    with Practice(directory, terminals=2) as practice:
        for number in (1, 2):
            practice.terminal(number).start()
        yield practice
    shutil.rmtree(directory)


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, ["provision", *map(str, words)], env={"LANG": "C", "COLUMNS": "200"})


def at(practice: Practice, number: int = 1) -> list[str]:
    """Which terminal, and by whom."""
    return ["--desk", str(practice.desk_file), "--root", str(practice.terminal(number).root), "--by", "Wang"]


def key(practice: Practice) -> list[str]:
    return ["--key", str(practice.rig.files.directory / "binding.key")]


@pytest.mark.timeout(300)
def test_a_terminal_is_worked_on_from_its_change_to_its_end(practice: Practice, tmp_path: Path) -> None:
    board, places = practice.terminal().board, Places(practice.terminal().root)
    out = ["--out", str(tmp_path)]
    done = typed("install", practice.binding(), *at(practice), *out, "--yes", "--no-sale", "--why", "opened")
    assert done.exit_code == 0, done.output
    store, changed = places.state_dir / "merchant.json", practice.sign(1, "sold", **practice.other_merchant(1))
    before, words = store.read_bytes(), ["provision", "change", str(changed), *at(practice)]

    with Person(tmp_path, *words) as person:
        person.reads("[y/N]")
        person.interrupts()
        assert person.leaves() == 130
    assert "Nothing was changed on the terminal." in person.screen and store.read_bytes() == before
    with Person(tmp_path, *words, language="zh_CN") as person:
        person.reads(f"现绑定为 {NAME}")
        person.reads("[y/N]")
        person.types("y")
        person.reads("请将测试卡贴近读卡器")
        board.tap(CARD)
        assert person.leaves() == 0
    assert f"{SERIAL} 已可为 {OTHER_NAME} 收款" in person.screen
    assert OTHER_NAME in (tmp_path / f"{SERIAL}-v2.handover.txt").read_text()
    board.remove()

    _cleared(practice, tmp_path)
    restored = typed(
        "restore", SERIAL, "--version", 1, "--why", "the sale fell through", "--registry", practice.registry,
        "--out", tmp_path, *key(practice),
    )  # fmt: skip
    assert "the content of version 1 is version 3" in restored.output, restored.output
    _retired(practice, tmp_path)


def _cleared(practice: Practice, folder: Path) -> None:
    board, places = practice.terminal().board, Places(practice.terminal().root)
    words = ["clear", SERIAL, "--why", "fell off the counter", *at(practice)]
    refused = typed(*words)
    assert (refused.exit_code, "an inspection needs a person" in refused.output) == (1, True)
    board.tamper("open")
    wait_until(lambda: entries(places.journal, 0)[-1]["body"].get("to") == "tampered", "it latches")
    board.tamper("closed")
    with Person(folder, "provision", *words) as person:
        person.reads(f"Does the label on the case say {SERIAL}?")
        person.types("y")
        person.reads("seal whole")
        person.interrupts()
        assert person.leaves() == 130
    assert "Nothing was changed on the terminal." in person.screen
    assert entries(places.journal, 0)[-1]["body"].get("to") == "tampered"
    with Person(folder, "provision", *words) as person:
        for question in ("Does the label", "seal whole", "does not belong there", "because of: the tamper switch"):
            person.reads(question)
            person.reads("[y/n]")
            person.types("")
            person.reads("[y/n]")
            person.types("y")
        assert person.leaves() == 0
    assert f"{SERIAL} is cleared." in person.screen


def _retired(practice: Practice, folder: Path) -> None:
    words = ["retire", SERIAL, "--why", "worn out", *at(practice)]
    with Person(folder, "provision", *words) as person:
        person.reads("it takes no payment ever after. Go on?")
        person.interrupts()
        assert person.leaves() == 130
    places = Places(practice.terminal().root)
    assert len(places.secrets()) == 3
    done = typed(*words, "--yes", "--journal", folder / "journal")
    assert done.exit_code == 0, done.output
    assert f"jumpguard provision close {SERIAL} --why 'worn out'" in done.output and not places.secrets()
    assert registries.reading(practice.registry).live(SERIAL)
    closed = ["close", SERIAL, "--why", "worn out", "--registry", practice.registry, *key(practice)]
    assert typed(*closed).exit_code == 0
    assert registries.reading(practice.registry).live(SERIAL) is None
    shown = typed("trail", practice.trail, "--check", "--technicians", practice.technicians)
    assert shown.exit_code == 0, shown.output
    told = typed("trail", practice.trail, "--serial", SERIAL).output
    for word in ("installed", "changed", "latch_cleared", "retired", "begun", "worn out", "opened", "sold"):
        assert word in told, told


def test_a_broken_terminal_is_replaced_in_one_command(practice: Practice, tmp_path: Path) -> None:
    old, new = practice.binding(2).name.partition(".")[0], "JG-DEMO-0902"
    words = ["replace", old, new, "--why", "broken", *at(practice, 2), "--out", tmp_path, "--yes", "--no-sale"]
    refused = typed(*words)
    assert (refused.exit_code, "the registry does not know this binding" in refused.output) == (1, True)
    Places(practice.terminal(2).root).label.write_text(f"{new}\n")
    done = typed(*words, *key(practice))
    assert done.exit_code == 0, done.output
    assert "the backend never heard of the old terminal" in done.output and f"{new} sells for {NAME}" in done.output
    registry = registries.reading(practice.registry)
    live = registry.live(new)
    assert live is not None and registry.live(old) is None and live.tid == registry.latest[old].tid
    assert new in (tmp_path / f"{new}-v1.handover.txt").read_text()
