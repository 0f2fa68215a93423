"""`jumpguard fleet` at the desk."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from provisioning import texts
from tests.tools.fleet.process import BackendProcess
from tests.tools.fleet.publisher import INFO, Journal, Publisher, wait_until
from tools.cli.fleet import app


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    texts.use(texts.ENGLISH)


def run(*arguments: str, typed: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), typed, env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_events_and_terminals_show_what_is_stored(
    publisher: Publisher, journal: Journal, backend: BackendProcess
) -> None:
    publisher.send_entries(journal, journal.add(), journal.add(kind="jump.mid"))
    publisher.wait_for_ack(2)
    status, output = run("events", "--dir", str(backend.directory), "--terminal", journal.terminal, "--json")
    assert status == 0
    assert [json.loads(json.loads(line)["entry"]) for line in output.splitlines()] == journal.entries
    status, output = run("events", "--dir", str(backend.directory), "--terminal", journal.terminal)
    assert "jump.mid" in output
    assert len(output.splitlines()) == 3

    publisher.send_entries(journal, journal.add(previous="ab" * 32))
    reader = backend.reader()
    wait_until(lambda: reader.alarms(journal.terminal), "an alarm")
    status, output = run("terminals", "--dir", str(backend.directory))
    assert journal.terminal in output
    assert "chain_break" in output


def test_a_refused_event_is_an_alarm_that_names_terminal_and_reason(
    publisher: Publisher, journal: Journal, backend: BackendProcess
) -> None:
    publisher.send("event", journal.event(journal.add()) | {"specversion": "2.0"})
    reader, name = backend.reader(), journal.terminal
    wait_until(lambda: reader.alarms(name), "the alarm")
    status, output = run("alarms", "--dir", str(backend.directory), "--terminal", name, "--json", "--language", "en")
    alarm, refusal = map(json.loads, output.splitlines())
    assert status == 0 and (alarm["kind"], alarm["sequence"]) == ("event_refused", 1)
    assert alarm["detail"] == f"{publisher.topic('event')}: {refusal['reason']}"
    assert (refusal["topic"], refusal["reason"]) == (publisher.topic("event"), "event: specversion is not 1.0")
    publisher.send("vitals", [])
    wait_until(lambda: len(reader.alarms(name)) == 2, "the second alarm")
    assert reader.alarms(name)[1].kind == "report_refused"


def test_vitals_are_shown_with_what_to_do_about_the_alarms(publisher: Publisher, backend: BackendProcess) -> None:
    told = {"cpu_temperature_milli_c": 88_000, "alarms": "TEMPERATURE_HIGH ANOTHER", "more": "[red]\x1b[2Jx"}
    publisher.send("vitals", told)
    reader, name = backend.reader(), publisher.terminal
    wait_until(lambda: any(each.terminal == name and each.vitals for each in reader.terminals()), "the vitals")
    status, output = run("vitals", name, "--dir", str(backend.directory), "--language", "en")
    assert status == 0
    assert "88.0 °C" in output and "Presence" in output and "online" in output
    assert "TEMPERATURE_HIGH: The terminal is too hot. Give it air" in output
    assert "[red]\ufffd[2Jx" in output and "\x1b" not in output
    status, output = run("vitals", name, "--dir", str(backend.directory), "--language", "zh_CN")
    assert "终端过热。" in output
    status, output = run("vitals", name, "--dir", str(backend.directory), "--json")
    assert json.loads(output) == told


def test_a_terminal_that_told_no_vitals_is_named(publisher: Publisher, backend: BackendProcess) -> None:
    status, output = run("vitals", "JG-NOBODY", "--dir", str(backend.directory))
    assert status == 1 and "'JG-NOBODY'" in output and "jumpguard fleet terminals" in output
    publisher.send("info", INFO)
    reader, name = backend.reader(), publisher.terminal
    wait_until(lambda: any(each.terminal == name for each in reader.terminals()), "the terminal")
    status, output = run("vitals", name, "--dir", str(backend.directory))
    assert status == 1 and name in output


def test_a_store_that_is_not_there_is_named(tmp_path: Path) -> None:
    for command in (("events",), ("terminals",), ("vitals", "JG-TEST-0001")):
        status, output = run(*command, "--dir", str(tmp_path))
        assert status == 1
        assert str(tmp_path) in output.replace("\n", "")


def test_a_broker_or_fleet_that_is_none_is_refused(tmp_path: Path, key_file: Path) -> None:
    common = ("ingest", "--dir", str(tmp_path), "--key", str(key_file))
    for wrong in "nowhere", ":1883", "127.0.0.1:0", "127.0.0.1:65536":
        status, output = run(*common, "--fleet", "demo", "--broker", "127.0.0.1:1883", "--broker", wrong)
        assert status == 2
        assert "HOST:PORT" in output
    status, output = run(*common, "--fleet", "a/b", "--broker", "127.0.0.1:1883")
    assert status == 1
    assert "letters, digits and dashes" in output
