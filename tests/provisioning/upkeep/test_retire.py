"""A terminal retires: all is reported, its keys are destroyed, its journal stays."""

import json
from pathlib import Path

from provisioning.hand.erase import erase
from tests.provisioning.install.counter import Counter
from tests.provisioning.upkeep.technician import Customer, certificates, change, clear, deeds, retire, serial_of
from tools.desk import desk


async def test_a_terminal_retires_and_nothing_but_its_journal_and_settings_stays(
    installed: Counter, tmp_path: Path
) -> None:
    counter, places = installed, installed.places
    secrets = [path.read_bytes() for path in places.secrets()]
    assert len(secrets) == 3 and certificates(counter) == 1
    person, exported = Customer(counter), tmp_path / "journal.jsonl"
    await counter.run(retire(counter, person=person, journal=exported))
    assert [what for what, _ in person.asked] == ["no_way_back"]

    assert places.secrets() == [] and certificates(counter) == 0
    said = counter.terminal.systemctl("show", "jumpguard.service")
    assert "UnitFileState=disabled" in said and "ActiveState=inactive" in said
    left = b"".join(path.read_bytes() for path in places.root.rglob("*") if path.is_file() and "dev" not in path.parts)
    assert not any(secret in left for secret in secrets)

    heard = desk(counter.practice.desk_file).heard(serial_of(counter))
    head, *entries = (json.loads(line) for line in exported.read_text().splitlines())
    assert heard is not None and heard.journals[head["journal_id"]][0] >= len(entries) - 1
    kinds = [one["entry"]["kind"] for one in entries]
    assert [one["entry"]["sequence"] for one in entries] == list(range(1, len(entries) + 1))
    (changed,) = [one["entry"]["body"] for one in entries if one["entry"]["body"].get("to") == "retired"]
    assert changed["reason"] == "retired: Wang: worn out" and kinds[-1] == "terminal.stopped"
    assert [(one.action, one.outcome) for one in deeds(counter)][2:] == [("retired", "begun"), ("retired", "done")]
    assert deeds(counter)[-1].detail == "secrets destroyed 3, certificates revoked 1, entries lost 0"

    for attempt in (change(counter, counter.practice.sign(counter.number)), clear(counter, person)):
        failure = await counter.fails(attempt)
        assert (failure.code, failure.terminal) == ("LIFECYCLE_RETIRED", "untouched")
    await counter.run(retire(counter))
    assert deeds(counter)[-1].detail == "secrets destroyed 0, certificates revoked 0, entries lost 0"


async def test_what_the_backend_lacks_has_to_be_given_up_by_somebody(installed: Counter) -> None:
    counter, rig = installed, installed.practice.rig
    rig.processes["backend"].stop()
    try:
        counter.terminal.systemctl("restart", "jumpguard.service")
        before = counter.tree()
        failure = await counter.fails(retire(counter, serial="JG-DEMO-9999"))
        assert (failure.code, failure.terminal) == ("OTHER_TERMINAL", "untouched")
        failure = await counter.fails(retire(counter, heard_within_s=0.2))
        assert (failure.code, failure.terminal) == ("UNSENT", "untouched")
        person = Customer(counter, agrees=False)
        failure = await counter.fails(retire(counter, person=person, heard_within_s=0.2))
        assert (failure.code, person.asked[-1][0]) == ("NOT_AGREED", "unsent")
        assert counter.tree() == before and counter.is_installed() and len(deeds(counter)) == 2
        person = Customer(counter)
        await counter.run(retire(counter, person=person, heard_within_s=0.2))
        assert int(person.asked[0][1]["count"]) > 0
        assert "entries lost 0" not in deeds(counter)[-1].detail
    finally:
        rig.processes["backend"].start()


def test_a_secret_is_overwritten_before_its_name_goes(tmp_path: Path) -> None:
    path, other = tmp_path / "terminal.tmk", tmp_path / "same"
    path.write_text("0123456789abcdef" * 2)
    path.chmod(0o400)
    other.hardlink_to(path)
    assert erase([path, tmp_path / "none"]) == ["terminal.tmk"]
    assert not path.exists()
    assert len(other.read_bytes()) == 32 and b"0123456789abcdef" not in other.read_bytes()
