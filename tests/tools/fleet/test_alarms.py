"""Alarms at the desk: what raises one, what ends it by itself, and what a person closes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from provisioning import texts
from tests.tools.fleet.publisher import FLEET, Journal, state
from tools.cli.fleet import app
from tools.fleet.contract import parse
from tools.fleet.reader import Reader
from tools.fleet.refusals import Refused
from tools.fleet.rows import Alarm
from tools.fleet.store import Store

TERMINAL = "JG-TEST-0001"
SOURCE = f"jumpguard/1/{FLEET}/{TERMINAL}"
AT, SOON, LATE, LATER = (f"2026-11-26T10:00:{second}.000Z" for second in ("00", "14", "15", "40"))
MALFORMED = Refused(f"{SOURCE}/event", "event: specversion is not 1.0", TERMINAL, holds_up=True)


class Office:
    """A backend's store, what comes into it, and the operator's desk beside it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = Store(directory)
        self.store.start()
        self.journal = Journal(TERMINAL)

    def event(self, now: str = AT, journal: Journal | None = None, **changes: object) -> None:
        journal = journal or self.journal
        said = journal.event(journal.add(**changes))
        self.store.take([parse(f"{SOURCE}/event", json.dumps(said).encode(), FLEET)], now)

    def report(self, channel: str, said: object) -> None:
        self.store.take([parse(f"{SOURCE}/{channel}", json.dumps(said).encode(), FLEET)], AT)

    def refuse(self, *refused: Refused, now: str = AT) -> None:
        self.store.take(refused or [MALFORMED], now)

    def noted(self) -> list[Alarm]:
        reader = Reader(self.store.place.directory)
        found = reader.alarms()
        reader.close()
        return found

    def open(self) -> list[tuple[str, int]]:
        return [(alarm.kind, alarm.sequence) for alarm in self.noted() if alarm.cleared_at is None]

    def run(self, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*arguments, "--dir", str(self.directory)], env={"COLUMNS": "250"})
        return result.exit_code, result.output

    def listed(self, *arguments: str) -> list[dict[str, object]]:
        status, output = self.run("alarms", "--json", *arguments)
        assert status == 0, output
        return [json.loads(line) for line in output.splitlines()]


@pytest.fixture
def office(store_dir: Path) -> Iterator[Office]:
    office = Office(store_dir)
    yield office
    office.store.stop()
    texts.use(texts.ENGLISH)


def test_a_refused_event_is_an_alarm_until_the_outbox_moves_on(office: Office) -> None:
    office.event()
    for now in (AT, SOON):
        office.refuse(now=now)
    (alarm,) = office.noted()
    assert (alarm.terminal, alarm.kind, alarm.sequence) == (TERMINAL, "event_refused", 2)
    assert alarm.journal_id == office.journal.journal_id
    assert alarm.detail == f"{SOURCE}/event: event: specversion is not 1.0"
    office.store.look_for_gaps(LATER)
    assert office.open() == [("event_refused", 2)], "quiet, and not moved on: the terminal may be away"
    office.event(LATE)
    office.store.look_for_gaps(SOON)
    assert office.open() == [("event_refused", 2)], "moved on, and not quiet"
    office.store.look_for_gaps(LATER)
    assert [each.cleared_at for each in office.noted()] == [LATER]
    office.refuse(now=LATER)
    assert office.open() == [("event_refused", 3)], "stuck again, further on"


def test_a_terminal_whose_first_event_is_refused_is_told_as_well(office: Office) -> None:
    office.refuse()
    assert [(alarm.journal_id, alarm.sequence) for alarm in office.noted()] == [("", 1)]
    office.event()
    office.store.look_for_gaps(LATER)
    assert office.open() == []


def test_a_refused_report_is_told_once_until_it_is_closed(office: Office) -> None:
    report = Refused(f"{SOURCE}/vitals", "payload: not JSON", TERMINAL)
    nobody = Refused(f"jumpguard/1/{FLEET}/?", "topic: a name is not 1 to 64 letters, digits and dashes")
    for _ in range(3):
        office.refuse(report, nobody)
    office.event()
    office.store.look_for_gaps(LATER)
    assert [(alarm.terminal, alarm.kind) for alarm in office.noted()] == [
        (TERMINAL, "report_refused"),
        ("", "report_refused"),
    ]
    assert office.run("close", "1", "--why", "an old version")[0] == 0
    office.refuse(report)
    assert [alarm.terminal for alarm in office.noted() if alarm.cleared_at is None] == ["", TERMINAL]


def test_what_a_terminal_tells_in_events_is_an_alarm_once_until_it_is_closed(office: Office) -> None:
    why = {"why": "command: forged"}
    for _ in range(2):
        office.event(kind="message.refused", body=why)
    office.event(kind="message.refused", body={"why": "state: forged"})
    office.event(kind="leak.kept_back", body={"topic": "event", "what": "card number"})
    office.event(kind="jump.detected", body={"sale": "7", "fields": ["mid", "tid"]})
    office.event(kind="sale.finished")
    assert office.open() == [
        ("message.refused", 1),
        ("message.refused", 3),
        ("leak.kept_back", 4),
        ("jump.detected", 5),
    ]
    assert [alarm.detail for alarm in office.noted()][2:] == ["card number, to be sent on event", "sale 7: mid, tid"]
    assert office.run("close", "1", "2", "--why", "a test")[0] == 0
    office.event(kind="message.refused", body=why)
    assert office.open()[2:] == [("message.refused", 7)]


@pytest.mark.parametrize("body", [{}, {"why": ["\x1b[2J"] * 999}, {"why": {"a": True}}])
def test_whatever_stands_in_such_an_event_is_taken(office: Office, body: dict[str, object]) -> None:
    office.event(kind="message.refused", body=body)
    (alarm,) = office.noted()
    assert len(alarm.detail) <= 300 and alarm.detail.isprintable()


def test_a_closed_alarm_keeps_when_and_why_and_is_not_raised_again(office: Office) -> None:
    office.event()
    other = Journal(TERMINAL)
    office.event(journal=other)
    assert [(alarm["id"], alarm["kind"]) for alarm in office.listed()] == [(1, "new_journal")]
    assert office.run("close", "1", "--why", "Wang: board swapped") == (0, '{"closed": [1]}\n')
    assert office.listed() == []
    office.event(journal=other)
    (alarm,) = office.listed("--all")
    assert alarm["why"] == "Wang: board swapped" and str(alarm["cleared_at"]) > AT
    _, output = office.run("alarms", "--all")
    assert "Wang: board swapped" in output and str(alarm["cleared_at"]) in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("2",), "alarm 2: there is none"),
        (("1", "2"), "alarm 2: there is none"),
        (("1", "1"), "alarm 1: over since"),
        (("1", "--why", " "), "say why in 1 to 200 printable characters"),
        (("1", "--why", "\x1b[2J"), "say why in 1 to 200 printable characters"),
    ],
)
def test_what_cannot_be_closed_is_named_and_nothing_is_closed(
    office: Office, arguments: tuple[str, ...], said: str
) -> None:
    office.refuse()
    status, output = office.run("close", "--why", "because", *arguments)
    assert status == 1 and said in output
    assert office.open() == [("event_refused", 1)]


def test_alarms_of_the_vitals_the_case_and_refusals_are_listed_and_explained(office: Office) -> None:
    office.report("vitals", {"alarms": "OUTBOX_OLD EVIL", "tamper": True})
    office.report("state", state("online", 1) | {"lifecycle": "tampered"})
    office.refuse()
    office.refuse(Refused("jumpguard/1/demo/JG-OTHER-0002/vitals", "payload: not JSON", "JG-OTHER-0002"))
    kinds = ["LIFECYCLE_TAMPERED", "TAMPER_OPEN", "OUTBOX_OLD"]
    found = office.listed("--terminal", TERMINAL)
    assert [alarm.get("kind") for alarm in found] == ["event_refused", *kinds, None]
    assert (found[1]["id"], found[-1]["reason"], found[-1]["count"]) == (None, MALFORMED.reason, 1)
    assert all(alarm["meaning"] and alarm["remedy"] for alarm in found[:-1])
    status, output = office.run("alarms", "--language", "en")
    assert status == 0 and all(kind in output for kind in kinds) and "EVIL" not in output
    assert "event_refused: An event of the terminal breaks the contract" in output
    assert f"{SOURCE}/event" in output and "JG-OTHER-0002/vitals" in output
    status, output = office.run("alarms", "--language", "zh_CN")
    assert "终端会一直重发它" in output and "告警" in output
    assert office.run("close", "2", "--why", "an old version")[0] == 0
    assert "JG-OTHER-0002/vitals" not in office.run("alarms")[1]
    assert "JG-OTHER-0002/vitals" in office.run("alarms", "--all")[1]
    assert "JG-OTHER-0002/vitals" not in office.run("alarms", "--all", "--terminal", TERMINAL)[1]
    status, output = office.run("terminals", "--language", "zh_CN")
    assert "在线" in output and "event_refused LIFECYCLE_TAMPERED TAMPER_OPEN OUTBOX_OLD" in output


def test_without_any_that_is_said(office: Office) -> None:
    office.event()
    assert office.run("alarms", "--language", "en") == (0, "No alarm is open.\n")
    assert office.run("alarms", "--json") == (0, "")
