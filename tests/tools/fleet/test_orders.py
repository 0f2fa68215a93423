"""Orders in the store: when each is sent, and which answers count."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, update
from typer.testing import CliRunner

from agent.report.topics import STATE
from provisioning import keys
from tests.contract.witness import see
from tests.tools.fleet.publisher import FLEET
from tools.cli.fleet import app
from tools.contract.document import RECEIVE
from tools.fleet import answers
from tools.fleet.contract import COMMAND_STATUS, CONFIG_REPORTED, Report
from tools.fleet.desk import Desk
from tools.fleet.errors import ContractError, OrderError, StoreError
from tools.fleet.forms import CommandStatus, Reported, State
from tools.fleet.letter import Letter
from tools.fleet.orders import order_command
from tools.fleet.post import Post
from tools.fleet.reader import Reader
from tools.fleet.rows import Command, Configuration
from tools.fleet.signers import Signers
from tools.fleet.store import Store
from tools.fleet.tables import commands, configurations
from tools.fleet.times import utc_now

TERMINAL = "JG-TEST-0001"


class Office:
    """A store with a desk that gives orders, and the post that sends them."""

    def __init__(self, directory: Path, key: keys.SigningKey, resend_s: float) -> None:
        self.store = Store(directory)
        self.store.start()
        self.desk = Desk(directory)
        self.post = Post(FLEET, Signers([key]), resend_s)
        self.reader = Reader(self.store.place.directory)
        self.engine = self.store.place.writing()

    def close(self) -> None:
        self.reader.close()
        self.engine.dispose()
        self.store.stop()

    def sent(self, *greeted: str, now: str = "") -> list[Letter]:
        letters = self.store.due(self.post, now or utc_now(), greeted)
        for letter in letters:
            see(letter.topic, letter.payload, RECEIVE, letter.retain)
        return letters

    def sent_ids(self, *greeted: str) -> list[str]:
        return [letter.topic.rpartition("/")[2] for letter in self.sent(*greeted)]

    def answered(self, name: str, state: str, code: str = "", terminal: str = TERMINAL, **result: object) -> None:
        progress = {"accepted": 0, "running": 50}.get(state, 100)
        said: Any = CommandStatus("jumpguard.command-status/1", "ping", name, state, code, progress, result)  # type: ignore[arg-type]
        self.store.take([Report(terminal, COMMAND_STATUS, "{}", False, said)], utc_now())

    def reported(self, version: int, state: str = "committed", reason: str = "") -> None:
        said: Any = Reported("jumpguard.config-reported/1", version, state, reason, "", 0, "")  # type: ignore[arg-type]
        self.store.take([Report(TERMINAL, CONFIG_REPORTED, "{}", False, said)], utc_now())

    def command(self, name: str) -> Command:
        return next(each for each in self.reader.commands() if each.id == name)

    def configuration(self) -> Configuration:
        return self.reader.configurations(TERMINAL)[0]

    def change(self, table: Any, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(update(table).values(values))


@pytest.fixture
def key(key_file: Path) -> keys.SigningKey:
    return keys.load(key_file)


@pytest.fixture
def office(store_dir: Path, key: keys.SigningKey) -> Iterator[Office]:
    office = Office(store_dir, key, 30.0)
    yield office
    office.close()


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_command_is_sent_at_once_signed_and_to_nobody_else(office: Office, key: keys.SigningKey) -> None:
    name = office.desk.command(TERMINAL, "lock", {"reason": "stolen"}, 60)
    (letter,) = office.sent()
    assert (letter.topic, letter.retain) == (f"jumpguard/1/{FLEET}/{TERMINAL}/cmd/lock/{name}", False)
    document = json.loads(letter.payload)
    signature = bytes.fromhex(document.pop("signature"))
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    key.private.public_key().verify(signature, canonical)
    assert document.pop("counter") > 1_700_000_000_000
    issued, deadline = document.pop("issued"), document.pop("deadline")
    assert datetime.fromisoformat(deadline) - datetime.fromisoformat(issued) == timedelta(seconds=60)
    assert document == {
        "format": "jumpguard.command/1", "fleet": FLEET, "terminal": TERMINAL, "type": "lock", "id": name,
        "args": {"reason": "stolen"}, "key_id": key.id,
    }  # fmt: skip


def test_an_open_command_is_sent_again_at_a_new_session_and_after_a_while(
    tmp_path: Path, key: keys.SigningKey, office: Office
) -> None:
    name = office.desk.command(TERMINAL, "ping", {})
    assert office.sent_ids() == [name]
    assert office.sent_ids() == office.sent_ids("JG-OTHER-0002") == []
    assert office.sent_ids(TERMINAL) == [name]
    office.post = Post(FLEET, Signers([key]), resend_s=0.0)
    assert office.sent_ids() == office.sent_ids() == [name]
    office.answered(name, "running")
    assert office.sent_ids() == [name], "until it has ended, so that a lost end is heard"
    office.answered(name, "succeeded")
    assert office.sent_ids(TERMINAL) == []


def test_commands_of_one_terminal_go_out_one_after_the_other(office: Office) -> None:
    first, second = (office.desk.command(TERMINAL, "ping", {}) for _ in range(2))
    other = office.desk.command("JG-OTHER-0002", "ping", {})
    assert office.sent_ids() == [first, other]
    assert office.command(first).counter < office.command(second).counter
    office.answered(first, "accepted")
    assert office.sent_ids() == [second]


def test_a_command_that_nobody_took_is_given_up_at_its_deadline(office: Office) -> None:
    taken = office.desk.command(TERMINAL, "ping", {})
    office.answered(taken, "running")
    untaken, after = office.desk.command(TERMINAL, "ping", {}, 1), office.desk.command(TERMINAL, "ping", {})
    with office.engine.begin() as connection:
        connection.execute(update(commands).where(commands.c.id.in_((taken, untaken))).values(deadline=ago(10)))
    assert office.sent_ids() == [taken, after]
    assert office.command(untaken).state == "unanswered" and office.command(taken).state == "running"
    office.answered(untaken, "succeeded")
    assert office.command(untaken).state == "unanswered"
    office.change(commands, deadline=ago(2 * 86_400))
    assert office.sent_ids() == []
    assert office.command(taken).state == "unanswered"


def test_an_end_is_final_and_old_news_changes_nothing(office: Office) -> None:
    name = office.desk.command(TERMINAL, "ping", {})
    office.answered(name, "running")
    office.answered(name, "accepted")
    assert office.command(name).state == "running"
    office.answered(name, "failed", "EXPIRED")
    office.answered(name, "succeeded", answer=42)
    office.answered(name, "running")
    found = office.command(name)
    assert (found.state, found.code, found.result) == ("failed", "EXPIRED", "{}")


def test_an_answer_by_another_terminal_or_to_nothing_changes_nothing(office: Office) -> None:
    name = office.desk.command(TERMINAL, "ping", {})
    office.answered(name, "succeeded", terminal="JG-OTHER-0002")
    office.answered("0000", "succeeded")
    assert [(each.id, each.state) for each in office.reader.commands()] == [(name, "open")]


def test_a_counter_never_falls_even_when_the_clock_does(office: Office) -> None:
    first = office.desk.command(TERMINAL, "ping", {})
    office.change(commands, counter=9_000_000_000_000)
    second = office.desk.command(TERMINAL, "ping", {})
    assert office.command(second).counter == 9_000_000_000_001 == office.command(first).counter + 1


def test_orders_of_nobody_or_no_time_are_refused(office: Office, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="a name is not"):
        office.desk.command("no/name", "ping", {})
    with pytest.raises(ContractError, match="a name is not"):
        office.desk.configure("#", {})
    for seconds in (0, 8 * 86_400):
        with pytest.raises(OrderError, match=f"{seconds} s is not 1 to"):
            office.desk.command(TERMINAL, "ping", {}, seconds)
    with pytest.raises(StoreError, match="there is none"):
        Desk(tmp_path / "nowhere").command(TERMINAL, "ping", {})


def test_an_order_that_nobody_answers_is_said_to_be_open(office: Office) -> None:
    online = State("online", 1, "active", "boot-1", "0" * 32)
    office.store.take([Report(TERMINAL, STATE, msgspec.json.encode(online).decode(), False, online)], utc_now())
    arguments = ["command", "--dir", str(office.desk.place.file.parent), TERMINAL, "ping", "--language", "en"]
    done = CliRunner().invoke(app, [*arguments, "--wait", "0.1"], env={"COLUMNS": "200"})
    assert done.exit_code == 3 and "Not answered yet. Does `jumpguard fleet ingest` run?" in done.stderr
    done = CliRunner().invoke(app, [*arguments, "--wait", "0", "--json"])
    assert (done.exit_code, done.stderr, json.loads(done.stdout)["state"]) == (3, "", "open")


def test_a_configuration_is_sent_retained_until_it_is_decided(office: Office) -> None:
    content: dict[str, object] = {"settings": {"link": {"vitals_period_s": 300}}}
    version = office.desk.configure(TERMINAL, content)
    (letter,) = office.sent()
    assert letter.topic == f"jumpguard/1/{FLEET}/{TERMINAL}/config/desired" and letter.retain
    document = json.loads(letter.payload)
    assert (document["format"], document["version"]) == ("jumpguard.config/1", version)
    assert document["document"] == content
    office.reported(0)
    assert len(office.sent(TERMINAL)) == 1
    office.reported(version, "trial")
    assert office.configuration().state == "trial" and len(office.sent(TERMINAL)) == 1
    office.reported(version, "rejected", "TRIAL_FAILED")
    assert (office.configuration().state, office.configuration().reason) == ("rejected", "TRIAL_FAILED")
    assert office.sent(TERMINAL) == []
    again = office.desk.configure(TERMINAL, content)
    assert again > version
    assert [json.loads(each.payload)["version"] for each in office.sent()] == [again]


def test_a_configuration_that_was_never_ordered_is_not_believed(office: Office) -> None:
    version = office.desk.configure(TERMINAL, {})
    office.reported(version + 1)
    office.reported(2**53 - 1)
    assert (office.configuration().reported, office.configuration().state) == (0, "open")


def test_a_terminal_that_falls_back_behind_what_it_told_raises_an_alarm_once(office: Office) -> None:
    version = office.desk.configure(TERMINAL, {})
    office.reported(version)
    assert office.reader.alarms(TERMINAL) == []
    office.reported(version - 1)
    office.reported(version - 1)
    (alarm,) = office.reader.alarms(TERMINAL)
    assert (alarm.kind, alarm.sequence) == (answers.CONFIG_ROLLED_BACK, version - 1)
    assert office.configuration().reported == version


def test_a_version_is_above_every_one_that_the_terminal_told_of(office: Office) -> None:
    office.desk.configure(TERMINAL, {})
    office.change(configurations, version=9_000_000_000_000, reported=9_000_000_000_000)
    assert office.desk.configure(TERMINAL, {}) == 9_000_000_000_001


def test_what_is_given_while_another_desk_writes_waits_for_it(office: Office) -> None:
    with office.engine.begin() as connection:
        _give(connection)
    assert len(office.reader.commands()) == 3
    assert len({each.counter for each in office.reader.commands()}) == 3


def _give(connection: Connection) -> None:
    for _ in range(3):
        order_command(connection, TERMINAL, "ping", {}, 60)
