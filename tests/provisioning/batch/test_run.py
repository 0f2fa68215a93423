"""Terminals of a table are installed side by side; a batch that is cut off goes on, and does nothing twice."""

import csv
import json
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from provisioning import trail
from provisioning.batch.outcome import DONE, FAILED
from provisioning.batch.record import recording
from provisioning.hand.places import Places
from tests.provisioning.batch.street import Street
from tests.provisioning.install.counter import CARD, wait_until
from tests.structure.places import ROOT
from tests.tools.person import Person
from tools.broker import free_port
from tools.rig.practice import Practice

# Of the terminals of the desk, in the order in which the tests below install them.
CUT_OFF = range(1, 6)
CALLED_OFF = range(6, 9)
OUT_OF_REACH = range(9, 21)
ATTENDED = range(21, 22)


def said(output: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in output.splitlines()]


def issued(practice: Practice) -> Counter[str]:
    """How many certificates each terminal was ever given."""
    with sqlite3.connect(practice.rig.files.authority.register.path) as connection:
        rows = connection.execute("SELECT name, count(*) FROM certificates GROUP BY name").fetchall()
    connection.close()
    return Counter(dict(rows))


def good(practice: Practice) -> Counter[str]:
    """How many certificates each terminal has that a broker takes."""
    return Counter(client.name for client in practice.rig.files.authority.admitted())


def at_rest(practice: Practice) -> bool:
    return practice.on_demand is not None and not practice.on_demand.logins


def test_a_batch_whose_machine_is_gone_goes_on_and_installs_nothing_twice(practice: Practice, tmp_path: Path) -> None:
    street = Street(practice, tmp_path, CUT_OFF)
    serials = [row["serial"] for row in street.rows]
    options = ("--parallel", "2", "--json", "--by", "Wang")
    command = [sys.executable, "-m", "tests.provisioning.batch.killed", "3", *street.command(*options)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    wait_until(lambda: at_rest(practice), "a hand is still at work")
    states = {serial: outcome.state for serial, outcome in street.outcomes().items()}
    lost = [serial for serial, state in states.items() if state == "committing"]
    assert (Counter(states.values())["done"], len(states)) == (2, 5) and lost

    resumed = street.run(*options)
    assert resumed.returncode == 0, resumed.stderr
    told = said(resumed.stdout)
    ended = [one["serial"] for one in told if one["state"] == "done"]
    assert sorted(ended) == sorted(serial for serial in serials if states[serial] != "done")
    assert good(practice) & Counter(serials) == Counter(serials), "each has one certificate that counts"
    outcomes = street.outcomes()
    assert {outcome.state for outcome in outcomes.values()} == {DONE}
    # Those that had committed were asked and not installed again: they were never given another certificate.
    known = [serial for serial in lost if outcomes[serial].found]
    once = [serial for serial, state in states.items() if state in ("done", "waiting")]
    assert known and all(issued(practice)[serial] == 1 for serial in [*known, *once])
    for number in CUT_OFF:
        places = Places(practice.terminal(number).root)
        assert places.settings.exists() and not places.ledger.exists()

    entries = trail.reading(practice.trail).entries
    done = [one.entry.deed for one in entries if one.entry.deed.outcome == DONE]
    assert Counter(deed.serial for deed in done) == Counter(serials), "each stands in the trail as done once"
    assert [deed.batch for deed in done if deed.serial == serials[0]] == ["terminals.csv, row 2"]
    for serial in serials:
        certificate = Places(practice.terminal(int(serial[-4:])).root).certificate.read_bytes()
        facts = outcomes[serial].facts
        assert facts is not None and facts.certificate == _fingerprint(certificate), serial
        for ending in ("json", "pdf", "txt"):
            assert (tmp_path / "terminals-sheets" / f"{serial}-v1.handover.{ending}").stat().st_size > 1000
    table = list(csv.DictReader((tmp_path / "terminals.report.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["serial 终端序列号"], row["outcome"], row["what"], row["结果"]) for row in table] == [
        (serial, "done", "installed", "已安装") for serial in serials
    ]

    ever = issued(practice)
    moved = [{**street.rows[0], "note": "till 2"}, *street.rows[1:-1]]
    street.write(moved)
    changed = street.run()
    assert (changed.returncode, "4 of 4 installed" in changed.stdout) == (0, True), changed.stderr
    assert (issued(practice), trail.reading(practice.trail).entries) == (ever, entries), "nothing is done again"
    assert f"row 2, {serials[0]}: note was -, and is till 2" in changed.stdout
    assert f"{serials[-1]}: no longer in the table; it is installed, and stays so" in changed.stdout
    street.write([{**street.rows[0], "api.port": "8583"}])
    refused = street.run()
    assert refused.returncode == 1
    assert f"row 2, {serials[0]}: api.port was 0, and is 8583: it is installed already" in refused.stderr


def test_ctrl_c_finishes_what_is_under_way_and_a_second_one_puts_it_back(practice: Practice, tmp_path: Path) -> None:
    street = Street(practice, tmp_path, CALLED_OFF)
    serials = [row["serial"] for row in street.rows]
    first = _interrupted(street, 1)
    assert first[0] == 130
    assert "2 remain. Run the same command again" in first[1]
    assert [outcome.state for outcome in street.outcomes().values()] == [DONE, "waiting", "waiting"]

    second = _interrupted(street, 2)
    assert second[0] == 130
    wait_until(lambda: at_rest(practice), "a hand is still at work")
    outcome = street.outcomes()[serials[1]]
    assert outcome.state == FAILED and outcome.failure is not None and outcome.failure.code == "INTERRUPTED"
    places = Places(practice.terminal(CALLED_OFF[1]).root)
    assert not places.settings.exists() and not places.ledger.exists()
    assert good(practice)[serials[1]] == 0
    text = (tmp_path / "terminals.report.txt").read_text()
    assert f"✗     3  {serials[1]}" in text and "it was called off" in text and "操作已取消" in text


def _interrupted(street: Street, times: int) -> tuple[int, str]:
    """Run it, and press Ctrl-C so many times once a row is under way; exit code and what it said to people."""
    process = subprocess.Popen(
        street.command("--parallel", "1", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        # Its first word, and then that it was called off.
        if json.loads(line)["state"] in ("begun", "called_off"):
            if not times:
                break
            process.send_signal(signal.SIGINT)
            times -= 1
    _out, errors = process.communicate()
    return process.returncode, errors


def test_terminals_that_fail_one_after_the_other_for_one_reason_end_the_batch(
    practice: Practice, tmp_path: Path
) -> None:
    """Nobody listens at these addresses: as when the cable of the desk is out."""
    street = Street(practice, tmp_path, OUT_OF_REACH)
    street.write([{**row, "host": f"127.0.1.{number}:9"} for number, row in enumerate(street.rows, 1)])
    run = street.run("--parallel", "1")
    assert run.returncode == 1
    assert "Stopped: 5 terminals in a row failed for the same reason" in run.stdout
    assert "the terminal cannot be reached: root@127.0.1.5:9" in run.stdout.replace(_user(street), "root@")
    assert "12 remain" in run.stdout
    assert Counter(outcome.state for outcome in street.outcomes().values()) == {"failed": 5, "waiting": 7}
    deeds = [one.entry.deed for one in trail.reading(practice.trail).entries[-5:]]
    assert [(deed.serial, deed.action, deed.outcome) for deed in deeds] == [
        (row["serial"], "batch_row", "failed") for row in street.rows[:5]
    ]


def test_a_batch_is_run_by_one_at_a_time(practice: Practice, tmp_path: Path) -> None:
    street = Street(practice, tmp_path, range(24, 25))
    with recording(tmp_path / "terminals.csv.batch"):
        run = street.run()
    assert run.returncode == 1 and "another run of this batch is under way" in run.stderr


def _user(street: Street) -> str:
    return f"{street.rows[0]['user']}@"


def _fingerprint(certificate: bytes) -> str:
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex()


def test_somebody_who_stands_at_each_terminal_is_asked_and_sells(practice: Practice, tmp_path: Path) -> None:
    street = Street(practice, tmp_path, ATTENDED)
    street.write([{**row, "note": "till 1", "api.port": str(free_port())} for row in street.rows])
    board = practice.terminal(ATTENDED[0]).board
    with Person(tmp_path, *street.command("--attended")[1:]) as person:
        person.reads(f"{street.rows[0]['serial']}  {street.rows[0]['user']}@")
        person.reads("till 1")
        person.reads("did it sound?")
        person.types("y")
        person.reads("Open the case")
        board.tamper("open")
        person.reads("Close the case")
        board.tamper("closed")
        person.reads("Hold a test card")
        board.tap(CARD)
        person.reads("1 of 1 installed")
        assert person.leaves() == 0
    (outcome,) = street.outcomes().values()
    assert outcome.facts is not None and outcome.facts.sale is not None and outcome.facts.sale.approved
