"""`jumpguard setup` and `setup card` as a technician types them."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from provisioning import texts
from provisioning.pi.models import Model
from provisioning.pi.wifi import wifi
from tests.provisioning.pi.first_boot import KEY, blank, package
from tests.provisioning.pi.tree import BOOKWORM, TRIXIE, contents, make
from tests.tools.person import Person
from tools.cli.setup import app


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    texts.use(texts.ENGLISH)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_a_dry_run_shows_every_change_with_its_reason_and_makes_none(tmp_path: Path) -> None:
    root = make(tmp_path)
    before = contents(root)
    done = run("--root", root, "--dry-run")
    assert done.exit_code == 0, done.output
    assert "+dtoverlay=disable-bt" in done.output
    assert "The NFC reader gets the PL011 as /dev/ttyAMA0" in done.output
    assert done.output.splitlines()[-1].endswith("changes; nothing was changed yet")
    assert contents(root) == before


def test_a_set_up_says_that_a_restart_is_needed_and_the_next_has_nothing_left(tmp_path: Path) -> None:
    root = make(tmp_path)
    first = run("--root", root)
    assert first.exit_code == 0, first.output
    # A card that is mounted at a desk is no reason to restart the desk.
    assert first.stderr == "it counts from its next start on\n"
    again = run("--root", root, "--model", Model.PI_4)
    assert (again.exit_code, again.output) == (0, "nothing is left to change\n")


def test_json_is_one_object_for_a_program(tmp_path: Path) -> None:
    root = make(tmp_path)
    said = json.loads(run("--root", root, "--json", "--dry-run").stdout)
    assert not said["made"]
    assert {"path", "why", "before", "after"} == set(said["changes"][0])
    done = json.loads(run("--root", root, "--json").stdout)
    assert done["made"]
    assert done["reboot_needed"]
    assert json.loads(run("--root", root, "--json").stdout)["changes"] == []


def test_undo_puts_the_system_back(tmp_path: Path) -> None:
    root = make(tmp_path)
    before = contents(root)
    run("--root", root)
    assert run("--root", root, "--undo", "--dry-run").exit_code == 0
    assert contents(root) != before
    assert run("--root", root, "--undo").exit_code == 0
    assert contents(root) == before


@pytest.mark.parametrize("option", [("--model", "6"), ("--time-server", "a b"), ("--reboot",), ("--read-only-root",)])
def test_what_cannot_be_is_one_line_and_exit_code_1(tmp_path: Path, option: tuple[str, ...]) -> None:
    done = run("--root", make(tmp_path), *option)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")


def test_it_speaks_chinese(tmp_path: Path) -> None:
    done = run("--root", make(tmp_path), "--dry-run", "--language", texts.CHINESE)
    assert "NFC 读卡器" in done.output


def on_card(root: Path, folder: Path) -> list[str | Path]:
    (folder / "id.pub").write_text(KEY + "\n")
    return ["card", "--boot", root / "boot/firmware", "--serial", "JG-2026-0001", "--ssh-key", folder / "id.pub",
            "--package", package(folder)]  # fmt: skip


@pytest.mark.parametrize("release", [BOOKWORM, TRIXIE])
def test_a_card_is_shown_first_and_then_written(tmp_path: Path, release: str) -> None:
    root = blank(tmp_path / "root", release)
    before = contents(root)
    asked = on_card(root, tmp_path)
    shown = run(*asked, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert "nothing was written yet" in shown.output
    assert contents(root) == before
    made = tmp_path / "jumpguard.deb"
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    assert f"jumpguard.deb, {made.stat().st_size} bytes, SHA-256 {digest}" in shown.output
    done = run(*asked)
    assert done.exit_code == 0, done.output
    assert "ssh technician@JG-2026-0001" in done.output
    assert (root / "boot/firmware/jumpguard.deb").read_bytes() == made.read_bytes()
    after = contents(root)
    written = [path for path in after if after[path] != before.get(path) and not path.endswith(".deb")]
    assert {Path(path).name for path in written} >= {"jumpguard-first-boot.sh", "config.txt", "cmdline.txt"}
    for path in written:
        text = (root / path.lstrip("/")).read_text()
        assert "".join(f"    {line}\n" for line in text.splitlines()) in shown.output, f"{path} is not shown in full"


def test_a_card_for_a_program_says_what_it_wrote(tmp_path: Path) -> None:
    root = blank(tmp_path / "root", TRIXIE)
    said = json.loads(run(*on_card(root, tmp_path), "--json").stdout)
    assert said["first_boot"] == "cloud-init"
    assert set(said["paths"]) >= {"/jumpguard.deb", "/user-data", "/meta-data", "/config.txt", "/cmdline.txt"}


def test_a_serial_that_is_none_is_refused(tmp_path: Path) -> None:
    asked = on_card(blank(tmp_path / "root", TRIXIE), tmp_path)
    asked[asked.index("JG-2026-0001")] = "jg 1"
    done = run(*asked)
    assert done.exit_code == 1
    assert "terminal's serial" in done.stderr


def test_the_networks_passphrase_is_asked_for_and_not_shown(tmp_path: Path) -> None:
    root = blank(tmp_path / "root", TRIXIE)
    with Person(tmp_path, "setup", *map(str, on_card(root, tmp_path)), "--wifi", "shop") as person:
        person.reads("Passphrase of shop: ")
        person.types("a passphrase")
        person.reads("ssh technician@JG-2026-0001")
    assert "a passphrase" not in person.screen
    assert "shop" in (root / "boot/firmware/network-config").read_text()


def test_the_networks_key_is_in_no_dry_run(tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("a passphrase")
    for release in (BOOKWORM, TRIXIE):
        root = blank(tmp_path / release, release)
        asked = [
            *on_card(root, tmp_path / release),
            "--wifi",
            "shop",
            "--wifi-passphrase-file",
            tmp_path / "passphrase",
        ]
        key = wifi("shop", "a passphrase", "CN").key
        for options in ((), ("--json",)):
            shown = run(*asked, "--dry-run", *options).stdout
            assert key not in shown and "(the network's key)" in shown
