"""What keeps a terminal from being installed is named by step and reason, and the terminal is as it was."""

import asyncio
import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import tomli_w

from provisioning import keys, signing
from provisioning.errors import DeskError, InstallError
from provisioning.hand.evidence import entries, head
from provisioning.install.desk_example import example
from provisioning.install.desk_file import DeskSettings, load
from provisioning.install.installation import Installation
from provisioning.install.proof import Proof, SignedBinding, read
from provisioning.install.steps import RIGHT_TERMINAL
from provisioning.issue import issue
from provisioning.registry import writing
from provisioning.texts import CHINESE, spoken
from tests.provisioning.install.counter import CARD, Counter, wait_until
from tests.provisioning.install.expired import expire
from tests.provisioning.install.test_installation import Technician
from tests.provisioning.merchant import other_uscc
from tests.provisioning.upkeep.technician import serial_of
from tools.desk import desk
from tools.rig.files import FLEET, MID, OTHER_MID, binding_document
from tools.rig.practice import Practice, register
from tools.rig.practice import serial as name_of


@pytest.fixture
def desk_file(practice: Practice, tmp_path: Path) -> Iterator[Path]:
    """The desk's file again, for a test to write something else into."""
    path = practice.desk_file.with_name(f"{tmp_path.name}.toml")
    path.write_bytes(practice.desk_file.read_bytes())
    yield path
    path.unlink()


def change(path: Path, **changes: object) -> None:
    path.write_text(tomli_w.dumps({**tomllib.loads(path.read_text()), **changes}))


# --- at the desk


def prove(signed: SignedBinding, practice: Practice, now: datetime | None = None) -> None:
    """Prove `signed` as the desk of `practice` does."""
    settings = load(practice.desk_file)
    Proof(settings.key_set, settings.root_public, FLEET, settings.registry).prove(signed, now or datetime.now(UTC))


def objection(signed: SignedBinding, practice: Practice, now: datetime | None = None) -> str:
    """Why `signed` is not proven at the desk; "" when it is."""
    try:
        prove(signed, practice, now)
    except InstallError as error:
        return error.code
    return ""


def test_a_binding_is_proven_against_key_set_registry_and_calendar(practice: Practice, tmp_path: Path) -> None:
    good = read(practice.binding(1))
    assert objection(good, practice) == ""
    altered = SignedBinding({**good.document, "name": "Another Shop"}, good.key_id, good.signature)
    assert objection(altered, practice) == "SIGNATURE"
    assert objection(SignedBinding(good.document, "binding-00000000", good.signature), practice) == "SIGNER"
    with pytest.raises(InstallError, match=r"\Abinding-00000000\Z"):
        prove(SignedBinding(good.document, "binding-00000000", good.signature), practice)
    assert objection(SignedBinding({**good.document, "mid": "1"}, good.key_id, good.signature), practice) == (
        "BINDING_FILE"
    )
    assert objection(good, practice, datetime.now(UTC) + timedelta(days=400)) == "EXPIRED"
    assert objection(good, practice, datetime.now(UTC) - timedelta(days=4)) == "NOT_YET_VALID"
    files = practice.rig.files
    stranger = issue(binding_document(serial="JG-OTHER-1"), files.signer(keys.BINDING))
    assert objection(_signed(stranger), practice) == "NOT_REGISTERED"
    again = issue({**good.document, "limit": 7}, files.signer(keys.BINDING))
    assert objection(_signed(again), practice) == "NOT_REGISTERED"


def test_a_binding_that_was_closed_or_followed_by_another_is_refused(practice: Practice, tmp_path: Path) -> None:
    copy = tmp_path / "registry"
    shutil.copy(practice.registry, copy)
    settings = load(practice.desk_file)
    signer, good = practice.rig.files.signer(keys.BINDING), read(practice.binding(1))

    def refused() -> str:
        with pytest.raises(InstallError) as error:
            Proof(settings.key_set, settings.root_public, FLEET, copy).prove(good, datetime.now(UTC))
        return error.value.code

    with writing(copy) as registry:
        signing.close(str(good.document["serial"]), "sold", registry, signer, "Wang")
    assert refused() == "CLOSED"


def test_numbers_that_another_merchant_has_as_well_are_a_warning(practice: Practice, tmp_path: Path) -> None:
    assert desk(practice.desk_file).prove(read(practice.binding(1))).warnings == ()
    copy = tmp_path / "registry"
    shutil.copy(practice.registry, copy)
    settings = load(practice.desk_file)
    signer = practice.rig.files.signer(keys.BINDING)
    with writing(copy) as registry:
        register(registry, binding_document(serial="JG-OTHER-1", uscc=other_uscc(), tid="20000001"), signer)
    proof = Proof(settings.key_set, settings.root_public, FLEET, copy)
    (warning,) = proof.prove(read(practice.binding(1)), datetime.now(UTC)).warnings
    assert MID in warning and "JG-OTHER-1" in warning


@pytest.mark.parametrize("content", [b"", b"[]", b'{"document": {}}', b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_binding_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.binding.json"
    path.write_bytes(content)
    with pytest.raises(InstallError) as error:
        read(path)
    assert (error.value.code, str(path) in str(error.value)) == ("BINDING_FILE", True)


def test_a_desk_file_is_taken_whole_or_refused_with_the_key(practice: Practice, desk_file: Path) -> None:
    assert load(desk_file).authority == practice.directory / "ca"
    for changes, named in (
        ({"brokers": []}, "brokers"),
        ({"brokers": ["somewhere"]}, "brokers"),
        ({"fleets": "demo"}, "fleets"),
        ({"root_public": "00"}, "root_public"),
        ({"acquirers": {"898": {"host": "h", "port": 0, "tpdu": "6000030000"}}}, "port"),
        ({"acquirers": {"898": "somewhere"}}, "acquirers"),
    ):
        change(desk_file, **changes)
        with pytest.raises(DeskError, match=named):
            load(desk_file)
        desk_file.write_bytes(practice.desk_file.read_bytes())
    with pytest.raises(DeskError, match="cannot be read"):
        load(desk_file.with_name("none.toml"))


def test_a_fault_of_a_desk_file_is_told_by_key_value_and_what_is_due(desk_file: Path) -> None:
    desk_file.write_text(desk_file.read_text().replace('fleet = "demo"', 'fleet = ""\nregstry = "x"'))
    acquirer = {"898": {"host": "h", "port": 0}}
    change(desk_file, acquirers=acquirer, technician_key=7)
    with pytest.raises(DeskError) as error:
        load(desk_file)
    head, *lines, remedy = str(error.value).splitlines()
    assert (head, "`jumpguard provision desk`" in remedy) == (f"desk {desk_file}:", True)
    assert [line.strip().partition(" is ")[0] for line in lines] == [
        "regstry: there", "fleet: ''", "technician_key: the value", "[acquirers.898] port: 0", "[acquirers.898] tpdu:"
    ]  # fmt: skip
    assert "fleet: '' is refused; due: 1 to 32 letters, digits and hyphens" in str(error.value)
    with spoken(CHINESE), pytest.raises(DeskError) as error:
        load(desk_file)
    assert "fleet: 不接受 ''" in str(error.value) and "`jumpguard provision desk`" in str(error.value)


def test_the_example_explains_each_key_and_is_refused_as_it_is(practice: Practice, desk_file: Path) -> None:
    text = example()
    desk_file.write_text(text)
    with pytest.raises(DeskError, match="fleet"):
        load(desk_file)
    given = tomllib.loads(practice.desk_file.read_text())
    named = {*tomllib.loads(text), *re.findall(r"^# (\w+) = ", text, re.M)}
    assert {field.name for field in msgspec.structs.fields(DeskSettings)} - {"settings"} <= named
    filled = {**tomllib.loads(text), **{name: given[name] for name in tomllib.loads(text)}}
    desk_file.write_text(tomli_w.dumps(filled))
    assert load(desk_file).brokers == tuple(given["brokers"])


# --- before anything is changed


async def test_what_is_missing_at_the_desk_is_found_before_the_terminal_is_reached(
    blank: Counter, desk_file: Path, tmp_path: Path
) -> None:
    change(desk_file, master_keys=str(tmp_path))
    failure = await blank.fails(blank.installation(desk_file=desk_file))
    assert (failure.code, failure.terminal, "10000" in failure.detail) == ("MASTER_KEY", "untouched", True)
    (tmp_path / "ca").mkdir()
    shutil.copytree(blank.practice.directory / "ca", tmp_path / "ca", dirs_exist_ok=True)
    expire(tmp_path / "ca")
    change(desk_file, master_keys="tmk", authority=str(tmp_path / "ca"))
    failure = await blank.fails(blank.installation(desk_file=desk_file))
    assert (failure.code, "devices.crt" in failure.detail) == ("AUTHORITY_EXPIRED", True)
    assert "has expired" in failure.text()


async def test_an_acquirer_or_settings_that_do_not_fit_are_named(blank: Counter, desk_file: Path) -> None:
    before = blank.tree(with_journal=True)
    change(desk_file, acquirers={})
    assert (await blank.fails(blank.installation(desk_file=desk_file))).code == "NO_ACQUIRER"
    change(
        desk_file,
        acquirers=load(blank.practice.desk_file).acquirers and _acquirers(blank),
        settings={"link": {"port": 0}},
    )
    failure = await blank.fails(blank.installation(desk_file=desk_file))
    assert (failure.code, "link.port" in failure.detail) == ("SETTINGS", True)
    assert blank.tree(with_journal=True) == before


async def test_hardware_and_network_are_looked_at_first(blank: Counter, desk_file: Path) -> None:
    before, board = blank.tree(with_journal=True), blank.terminal.board
    port = blank.places.reader.readlink()
    blank.places.reader.unlink()
    try:
        failure = await blank.fails(blank.installation())
    finally:
        blank.places.reader.symlink_to(port)
    assert (failure.step, failure.code, failure.terminal) == ("hardware", "READER", "untouched")
    board.tamper("open")
    try:
        assert (await blank.fails(blank.installation())).code == "CASE"
    finally:
        board.tamper("closed")
    failure = await blank.fails(blank.installation(person=Technician(blank, seen=False), by_person=True))
    assert failure.code == "LIGHTS"
    change(desk_file, brokers=["127.0.0.1:9"])
    failure = await blank.fails(blank.installation(desk_file=desk_file))
    assert (failure.code, failure.detail) == ("NETWORK", "127.0.0.1:9: Connection refused")
    acquirer = _acquirers(blank)["898"]["port"]
    change(desk_file, brokers=[f"127.0.0.1:{acquirer}"])
    failure = await blank.fails(blank.installation(desk_file=desk_file))
    assert (failure.code, "handshake" in failure.detail) == ("NETWORK", True), failure
    assert blank.tree(with_journal=True) == before


async def test_a_machine_that_carries_another_serial_is_refused(blank: Counter, practice: Practice) -> None:
    before, serial = blank.tree(with_journal=True), serial_of(blank)
    blank.binding, mine = read(practice.binding(1 if serial != name_of(1) else 2)), blank.binding
    try:
        failure = await blank.fails(blank.installation())
    finally:
        blank.binding, other = mine, serial_of(blank)
    assert (failure.step, failure.code, failure.terminal) == ("terminal", "OTHER_TERMINAL", "untouched")
    assert failure.detail == f"{serial}, {other}"
    assert blank.tree(with_journal=True) == before


async def test_a_machine_that_names_no_serial_is_what_a_person_says(blank: Counter) -> None:
    serial = serial_of(blank)
    blank.places.label.unlink()
    blank.places.hostname.write_text("raspberrypi\n")
    try:
        person = Technician(blank, right=False)
        failure = await blank.fails(blank.installation(person=person, by_person=True))
        assert (failure.step, failure.code, failure.terminal) == ("terminal", "OTHER_TERMINAL", "untouched")
        assert person.asked == [RIGHT_TERMINAL] and failure.detail == f"raspberrypi, {serial}"
        # With nobody to ask it goes on as far as the lights that somebody stood before.
        blank.terminal.board.tamper("open")
        await blank.fails(blank.installation())
        (warning,) = [one.facts["text"] for one in blank.told if one.state == "warning"]
        assert f"is {serial}; it calls itself raspberrypi" in warning
        blank.places.hostname.write_text(f"{serial}\n")
        await blank.fails(blank.installation())
        assert "warning" not in [one.state for one in blank.told]
    finally:
        blank.terminal.board.tamper("closed")
        blank.places.hostname.unlink()
        blank.places.label.write_text(f"{serial}\n")


# --- once it is changed


async def test_a_declined_test_sale_puts_the_terminal_back_and_the_next_installation_goes_on(counter: Counter) -> None:
    before, acquirer = counter.tree(), counter.practice.rig.acquirer
    counter.terminal.board.tap(CARD)
    acquirer.behave("decline", code="51")
    failure = await counter.fails(counter.installation(sale=True))
    assert (failure.step, failure.code, failure.terminal) == ("sale", "SALE", "journal_kept")
    assert counter.tree() == before and counter.places.journal.exists()
    assert failure.notes == ("The certificate that was issued for it is revoked.",)
    admitted = [one.name for one in counter.practice.rig.files.authority.admitted()]
    assert counter.binding.document["serial"] not in admitted
    assert "ActiveState=inactive" in counter.terminal.systemctl("show", "jumpguard.service")

    installation = counter.installation(sale=True)
    await counter.run(installation)
    assert installation.installed is not None and installation.installed.receipt
    assert counter.is_installed()


async def test_an_acquirer_that_takes_it_for_another_merchant_ends_it(counter: Counter) -> None:
    before = counter.tree()
    counter.practice.rig.acquirer.behave("answer_as", mti="0800", mid=OTHER_MID)
    failure = await counter.fails(counter.installation())
    assert (failure.step, failure.code, failure.terminal) == ("sale", "SIGN_ON_OTHER_MERCHANT", "journal_kept")
    assert OTHER_MID in failure.text() and "Call the acquirer" in failure.text()
    assert counter.tree() == before


async def test_what_an_earlier_try_left_in_the_journal_says_nothing_of_the_next(counter: Counter) -> None:
    acquirer = counter.practice.rig.acquirer
    counter.terminal.board.tap(CARD)
    acquirer.behave("decline", code="51")
    assert (await counter.fails(counter.installation(sale=True))).code == "SALE", "it signed on"
    acquirer.behave("answer_as", mti="0800", mid=OTHER_MID)
    assert (await counter.fails(counter.installation())).code == "SIGN_ON_OTHER_MERCHANT"
    await counter.run(counter.installation())
    assert counter.is_installed()


async def test_a_journal_that_another_serial_left_is_kept_and_a_new_one_begun(counter: Counter, spare: Counter) -> None:
    board, acquirer, first = counter.terminal.board, counter.practice.rig.acquirer, counter.binding
    board.tap(CARD)
    acquirer.behave("decline", code="51")
    assert (await counter.fails(counter.installation(sale=True))).terminal == "journal_kept"
    old, before = head(counter.places.journal), counter.tree(with_journal=True)

    # The same machine with another label.
    counter.binding = spare.binding
    counter.places.label.write_text(f"{serial_of(spare)}\n")
    before["etc/jumpguard-serial"] = (*before["etc/jumpguard-serial"][:2], counter.places.label.read_bytes())
    installation = counter.installation()
    with pytest.raises(asyncio.CancelledError):
        await until(installation, "files")
    wait_until(counter.at_rest, "the guard ends")
    # The lock holds nothing, and is made again.
    before.pop("var/lib/jumpguard/journal.lock")
    assert counter.tree(with_journal=True) == before, "the journal of the other serial is back"

    await counter.run(counter.installation())
    kept = counter.places.journal.with_name(f"journal-{old['journal_id']}.sqlite")
    assert head(kept) == old
    assert head(counter.places.journal)["journal_id"] != old["journal_id"]
    (warning,) = [one.facts["text"] for one in counter.told if one.step == "request" and one.state == "warning"]
    assert kept.name in warning
    kinds = [entry["kind"] for entry in entries(counter.places.journal, 0)]
    assert "backend.put_back" not in kinds and counter.is_installed()
    assert first.document["serial"] != serial_of(counter)


async def test_what_the_doctor_calls_a_problem_ends_it(counter: Counter) -> None:
    before = counter.tree()
    counter.terminal.board.vitals(mem_available_kib=20_000, throttled=1)
    failure = await counter.fails(counter.installation())
    assert (failure.step, failure.terminal) == ("doctor", "journal_kept")
    assert counter.tree() == before
    counter.terminal.board.vitals(mem_available_kib=3_000_000, throttled=0)


async def test_releases_are_trusted_where_the_desk_names_their_root(
    counter: Counter, desk_file: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root.json"
    root.write_text("{}")
    change(desk_file, release_root=str(root), repository="https://releases.example/")
    await counter.run(counter.installation(desk_file=desk_file))
    trusted = counter.places.settings_dir / "update"
    assert (trusted / "root.json").read_text() == "{}"
    assert (trusted / "repository").read_text() == "https://releases.example/"
    change(desk_file, repository="")
    with pytest.raises(DeskError, match="belong together"):
        load(desk_file)


async def test_whoever_calls_it_off_finds_the_terminal_as_it_was(counter: Counter) -> None:
    before = counter.tree()
    installation = counter.installation()
    with pytest.raises(asyncio.CancelledError):
        await until(installation, "certificate")
    assert installation.failure is not None
    assert (installation.failure.code, installation.failure.terminal) == ("INTERRUPTED", "as_before")
    assert counter.tree(with_journal=True) == before
    wait_until(counter.at_rest, "the guard ends")


async def until(installation: Installation, step: str) -> None:
    """Do it until `step` is done, and call it off then. Raises CancelledError."""

    async def run() -> None:
        async for progress in installation.run():
            if (progress.step, progress.state) == (step, "done"):
                doing.cancel()

    doing = asyncio.create_task(run())
    await doing


def _signed(issued: dict[str, object]) -> SignedBinding:
    return SignedBinding(**json.loads(json.dumps(issued)))


def _acquirers(counter: Counter) -> dict[str, dict[str, object]]:
    return dict(tomllib.loads(counter.practice.desk_file.read_text())["acquirers"])
