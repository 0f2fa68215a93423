"""The backend passes key sets on, remembers who has which, and signs with a key that the receiver trusts."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from agent.keys.key_set import KeySet, parse
from provisioning import key_set, keys
from tests.contract.witness import see
from tests.tools.fleet.publisher import INFO, state
from tools.cli.fleet import app
from tools.contract.document import RECEIVE
from tools.fleet.backend import CLIENT_ID, Options, _client_id
from tools.fleet.contract import CONFIG_REPORTED, Report, parse_topic
from tools.fleet.desk import Desk
from tools.fleet.errors import OrderError
from tools.fleet.forms import Info, Reported, State
from tools.fleet.letter import Letter
from tools.fleet.post import Post
from tools.fleet.reader import Reader
from tools.fleet.signers import Signers
from tools.fleet.store import Store
from tools.fleet.times import utc_now
from tools.rig.files import FLEET

A, B = "JG-TEST-0001", "JG-TEST-0002"


def stated(terminal: str, word: str) -> Report:
    """`terminal` tells its state."""
    said = state(word, 1)
    return Report(terminal, "state", json.dumps(said), False, msgspec.convert(said, State))


class Office:
    """A store, two backend keys of which the newer one follows the older, and the sets that say so."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "fleet"
        self.root = keys.create(directory / "root.key", keys.ROOT)
        self.old = keys.create(directory / "old.key", keys.BACKEND)
        self.new = keys.create(directory / "new.key", keys.BACKEND)
        self.sets = [key_set.first(self.root, FLEET, [key_set.public_half(self.old, "backend")])]
        self.sets.append(key_set.following(self.root, self.sets[0], [key_set.public_half(self.new, "backend")]))
        self.sets.append(key_set.following(self.root, self.sets[1], retired=[self.old.id]))
        self.store = Store(self.directory)
        self.store.start()
        self.desk = Desk(self.directory)
        self.post = Post(FLEET, Signers([self.old, self.new]), 30.0)

    def set(self, version: int) -> KeySet:
        return parse(self.sets[version - 1], FLEET)

    def give(self, version: int) -> None:
        self.desk.give_key_set(FLEET, self.set(version))

    def told(self, terminal: str, version: int | None) -> None:
        """`terminal` is online and tells which set it has; None: its software knows of none."""
        said = INFO if version is None else INFO | {"keys_version": version}
        reports = [
            stated(terminal, "online"),
            Report(terminal, "info", json.dumps(said), False, msgspec.convert(said, Info)),
        ]
        self.store.take(reports, utc_now())

    def sent(self, *greeted: str) -> list[Letter]:
        letters = self.store.due(self.post, utc_now(), greeted)
        for letter in letters:
            see(letter.topic, letter.payload, RECEIVE, letter.retain)
        return letters

    def sets_sent(self, *greeted: str) -> list[tuple[str, int]]:
        return sorted(
            (letter.topic.split("/")[3], json.loads(letter.payload)["document"]["version"])
            for letter in self.sent(*greeted)
            if letter.topic.endswith("/keys")
        )

    def signer_of(self, terminal: str) -> str:
        """The id of the key that signs for `terminal`."""
        return self.store.keys_for(Signers([self.old, self.new]), {terminal})[terminal].id


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.store.stop()


def test_a_set_goes_to_each_terminal_that_is_online_and_behind_until_it_tells_that_it_has_it(office: Office) -> None:
    office.told(A, 1)
    office.told(B, 2)
    assert office.sets_sent() == []
    office.give(2)
    letters = office.sent()
    assert [(letter.topic, letter.retain) for letter in letters] == [(f"jumpguard/1/{FLEET}/{A}/keys", True)]
    assert json.loads(letters[0].payload) == office.sets[1]
    assert office.sets_sent() == []
    assert office.sets_sent(A, B) == [(A, 2)]
    office.post = Post(FLEET, Signers([office.old]), 0.0)
    assert office.sets_sent() == [(A, 2)], "also by a backend that has but the old key"
    office.told(A, 2)
    assert office.sets_sent(A, B) == []
    office.give(3)
    assert office.sets_sent() == [(A, 3), (B, 3)]


def test_a_terminal_that_is_away_knows_of_no_sets_or_has_a_newer_one_is_left_alone(office: Office) -> None:
    office.told(A, 3)
    office.told(B, None)
    office.told("JG-AWAY-0001", 1)
    office.store.take([stated("JG-AWAY-0001", "lost")], utc_now())
    office.give(2)
    assert office.sets_sent(A, B) == []
    office.told("JG-AWAY-0001", 1)
    assert office.sets_sent("JG-AWAY-0001") == [("JG-AWAY-0001", 2)]


def test_a_set_of_another_fleet_is_not_sent(office: Office) -> None:
    office.told(A, 1)
    other = key_set.first(office.root, "other", [key_set.public_half(office.old, "backend")])
    office.desk.give_key_set("other", parse(key_set.following(office.root, other), "other"))
    assert office.sets_sent() == []


def test_only_a_newer_set_is_given_and_the_same_one_twice_changes_nothing(office: Office) -> None:
    office.give(2)
    office.give(2)
    with pytest.raises(OrderError, match="2 was given already"):
        office.give(1)
    other = key_set.following(office.root, office.sets[0], revoked=[office.old.id])
    with pytest.raises(OrderError, match="2 was given already"):
        office.desk.give_key_set(FLEET, parse(other, FLEET))
    with closing(Reader(office.store.place.directory)) as reader:
        assert [json.loads(each.signed) for each in reader.key_sets()] == [office.sets[1]]


def test_a_terminal_that_tells_of_an_older_set_than_before_is_an_alarm(office: Office) -> None:
    office.told(A, 2)
    office.told(A, 1)
    office.told(A, 1)
    office.told(B, 2)
    office.told(B, 0)
    with closing(Reader(office.store.place.directory)) as reader:
        raised = [(alarm.terminal, alarm.kind, alarm.sequence, alarm.detail) for alarm in reader.alarms()]
        told = {each.terminal: (each.version, each.highest) for each in reader.terminal_keys()}
    detail = "it tells of key set {} and told of 2 before"
    assert raised == [(A, "keys_rolled_back", 1, detail.format(1)), (B, "keys_rolled_back", 0, detail.format(0))]
    assert told == {A: (1, 2), B: (0, 2)}


def test_each_terminal_is_signed_for_with_the_newest_key_that_its_set_knows(office: Office) -> None:
    for terminal, version in ((A, 1), (B, 3), ("JG-TEST-0003", 2), ("JG-TEST-0004", None), ("JG-TEST-0005", 9)):
        office.told(terminal, version)
    assert office.signer_of(B) == office.old.id, "nobody gave the backend the set that says otherwise"
    office.give(2)
    office.give(3)
    signers = {name: office.signer_of(name) for name in (A, B, "JG-TEST-0003", "JG-TEST-0004", "JG-TEST-0005", "?")}
    old, new = office.old.id, office.new.id
    assert signers == {A: old, B: new, "JG-TEST-0003": new, "JG-TEST-0004": old, "JG-TEST-0005": new, "?": old}
    for name in (A, B):
        office.desk.command(name, "ping", {})
    signed_by = {
        parse_topic(letter.topic + "/status", FLEET)[0]: json.loads(letter.payload)["key_id"]
        for letter in office.sent()
        if "/cmd/" in letter.topic
    }
    assert signed_by == {A: old, B: new}


def test_a_key_that_was_given_up_again_signs_nothing(office: Office) -> None:
    office.told(A, 3)
    office.give(2)
    revoked = key_set.following(office.root, office.sets[1], revoked=[office.new.id])
    office.desk.give_key_set(FLEET, parse(revoked, FLEET))
    assert office.signer_of(A) == office.old.id


def test_what_the_broker_keeps_is_signed_anew_once_the_terminal_has_the_new_set(office: Office) -> None:
    def configured() -> list[str]:
        return [json.loads(letter.payload)["key_id"] for letter in office.sent(A) if letter.topic.endswith("desired")]

    office.told(A, 1)
    version = office.desk.configure(A, {"settings": {"link": {"vitals_period_s": 300}}})
    assert configured() == [office.old.id]
    said: Any = Reported("jumpguard.config-reported/1", version, "committed", "", "", 0, "")
    committed = Report(A, CONFIG_REPORTED, "{}", False, said)
    office.store.take([committed], utc_now())
    assert configured() == []
    office.give(3)
    office.told(A, 3)
    assert configured() == [office.new.id]
    office.store.take([committed], utc_now())
    office.told(A, 3)
    assert configured() == []


def test_fleet_keys_hands_the_set_over_and_says_who_does_not_have_it(office: Office, tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        given = ["keys", *arguments, "--dir", str(office.directory)]
        result = CliRunner().invoke(app, given, env={"COLUMNS": "200"})
        return result.exit_code, result.output

    office.told(A, 1)
    office.told(B, None)
    assert run()[0] == 0
    path = tmp_path / "keys-2.json"
    path.write_text(json.dumps(office.sets[1]))
    status, output = run(str(path))
    assert status == 3
    assert [line.split() for line in output.splitlines()[1:]] == [[A, "1", "behind"], [B, "?", "behind"]]
    assert "of 2, for fleet demo" in output
    assert office.sets_sent() == [(A, 2)]
    office.told(A, 2)
    status, output = run("--json")
    assert [json.loads(line) for line in output.splitlines()] == [
        {"terminal": A, "version": 2, "behind": False},
        {"terminal": B, "version": 0, "behind": True},
    ]
    office.told(B, 2)
    assert run()[0] == 0
    path.write_text(json.dumps(office.sets[0]))
    status, output = run(str(path))
    assert (status, "2 was given already" in output) == (1, True)
    path.write_text("{}")
    assert run(str(path))[0] == 1


def test_the_broker_knows_the_backend_under_the_same_name_whatever_its_key(office: Office) -> None:
    before = _client_id(Options(office.directory, [], FLEET, [office.old]))
    assert _client_id(Options(office.directory, [], FLEET, [office.new])) == before
    assert office.old.sign(CLIENT_ID)[:16] in before
    (office.directory / CLIENT_ID).unlink()
    assert _client_id(Options(office.directory, [], FLEET, [office.new])) != before


def test_a_message_that_tells_no_version_changes_nothing(office: Office) -> None:
    office.told(A, 2)
    office.told(A, None)
    with closing(Reader(office.store.place.directory)) as reader:
        assert [(each.terminal, each.version) for each in reader.terminal_keys()] == [(A, 2)]
