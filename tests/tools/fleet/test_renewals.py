"""What the backend does about a terminal's certificate, step by step, on a real store and real authorities."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from sqlalchemy import Connection, insert, select, update

from board.device_key import new_key, signing_request
from provisioning.authority import Authority
from tools.brokers.nodes import Node
from tools.brokers.setup import Engine, write
from tools.fleet.orders import order_command
from tools.fleet.place import Place
from tools.fleet.renewals import Renewals
from tools.fleet.tables import alarms, commands, metadata, terminals

FLEET = "demo"
TERMINAL = "JG-TEST-0001"
NOW = datetime.now(UTC).replace(microsecond=0)


class Desk:
    """The authorities, a broker's folder and a store; `ends` is when the certificate in use ends."""

    def __init__(self, directory: Path, connection: Connection) -> None:
        self.authority = Authority(directory / "ca")
        self.authority.create(FLEET)
        self.broker = directory / "broker"
        write(self.authority, self.broker, Engine.NATS, [Node("localhost")])
        self.connection = connection
        self.ends = ""

    def enrol(self, days_ago: float, monkeypatch: pytest.MonkeyPatch) -> None:
        """Issue a certificate for a year some days ago, which the terminal is connected with."""
        with monkeypatch.context() as patch:
            patch.setattr("provisioning.certificates._now", lambda: NOW - timedelta(days=days_ago))
            self.connected_with(self.authority.issue_terminal(TERMINAL, self.request()))

    def request(self, terminal: str = TERMINAL) -> bytes:
        return signing_request(new_key(), FLEET, terminal)

    def connected_with(self, certificate: bytes, presence: str = "online") -> None:
        self.ends = f"{x509.load_pem_x509_certificate(certificate).not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
        told = {"info": json.dumps({"certificate_expiry": self.ends}), "presence": presence}
        if not self.connection.execute(update(terminals).values(told)).rowcount:
            self.connection.execute(insert(terminals).values(terminal=TERMINAL, **told))

    def look(self, after: timedelta = timedelta(0), renewals: Renewals | None = None) -> list[str]:
        """Let it look some time from now, and return the types of all orders so far."""
        now = f"{NOW + after:%Y-%m-%dT%H:%M:%SZ}"
        (renewals or Renewals(self.authority, [self.broker])).look(self.connection, now)
        return [row.type for row in self.connection.execute(select(commands.c.type).order_by(commands.c.counter))]

    def end(self, state: str, code: str = "", **result: object) -> None:
        """The terminal's answer to the latest order."""
        latest = select(commands.c.id).order_by(commands.c.counter.desc()).limit(1).scalar_subquery()
        values = {"state": state, "code": code, "result": json.dumps(result), "changed_at": NOW.isoformat()}
        self.connection.execute(update(commands).where(commands.c.id == latest).values(values))

    def certificate(self) -> bytes:
        """The certificate in the latest order."""
        args = self.connection.execute(
            select(commands.c.args).order_by(commands.c.counter.desc()).limit(1)
        ).scalar_one()
        return str(json.loads(args)["certificate"]).encode()

    def alarms(self) -> list[str]:
        return [row.kind for row in self.connection.execute(select(alarms).where(alarms.c.cleared_at.is_(None)))]

    def good(self) -> int:
        return len(self.authority.register.good()[TERMINAL])

    def sent(self) -> None:
        """Go as far as the certificate that was sent."""
        self.look()
        self.end("succeeded", csr=self.request().decode())
        assert self.look() == ["renew_certificate", "install_certificate"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    engine = Place(tmp_path).writing()
    metadata.create_all(engine)
    with engine.begin() as connection:
        yield Desk(tmp_path, connection)
    engine.dispose()


@pytest.fixture
def ending(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk.enrol(300, monkeypatch)
    return desk


@pytest.mark.parametrize(
    ("days", "ordered"), [(0, []), (243, []), (244, ["renew_certificate"]), (364, ["renew_certificate"])]
)
def test_it_is_renewed_at_two_thirds_of_its_life(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, days: float, ordered: list[str]
) -> None:
    desk.enrol(days, monkeypatch)
    assert desk.look() == ordered
    assert desk.look() == ordered, "once"


def test_a_terminal_that_is_away_is_left_alone(ending: Desk) -> None:
    ending.connection.execute(update(terminals).values(presence="lost"))
    assert ending.look() == []


@pytest.mark.parametrize("ends", ["", "2026-02-31T00:00:00Z", "0000-00-00T00:00:00Z", "2031-01-01T00:00:00Z"])
def test_an_end_that_no_certificate_of_its_has_orders_nothing(ending: Desk, ends: str) -> None:
    ending.connection.execute(update(terminals).values(info=json.dumps({"certificate_expiry": ends})))
    assert ending.look() == [] and ending.alarms() == []


def test_the_broker_lists_the_new_one_before_it_is_sent_and_the_old_one_no_more_once_it_is_in_use(ending: Desk) -> None:
    ending.sent()
    new = x509.load_pem_x509_certificate(ending.certificate())
    listed = (ending.broker / "access.conf").read_text()
    assert f"{new.serial_number:x}" in listed and listed.count(TERMINAL) > 1
    ending.end("succeeded")
    ending.look()
    assert ending.good() == 2, "as long as the old one is in use"
    ending.connected_with(ending.certificate())
    assert ending.look() == ["renew_certificate", "install_certificate"]
    assert [life.serial for life in ending.authority.register.good()[TERMINAL]] == [new.serial_number]
    listed = (ending.broker / "access.conf").read_text()
    assert listed.count("urn:jumpguard") == 1 and f"{new.serial_number:x}" in listed
    assert ending.look() == ["renew_certificate", "install_certificate"]


def test_a_certificate_that_is_not_used_is_sent_again_later_and_told(ending: Desk) -> None:
    ending.sent()
    first = ending.certificate()
    ending.end("succeeded")
    assert len(ending.look(timedelta(minutes=59))) == 2 and ending.alarms() == []
    assert ending.look(timedelta(minutes=61))[2:] == ["install_certificate"]
    assert ending.certificate() == first and ending.alarms() == ["renewal_unused"]
    ending.end("succeeded")
    ending.connected_with(first)
    ending.look()
    assert ending.alarms() == [] and ending.good() == 1


def test_an_interrupted_step_is_taken_again_at_once(ending: Desk) -> None:
    ending.look()
    ending.end("failed", "INTERRUPTED")
    assert ending.look() == ["renew_certificate"] * 2
    ending.end("succeeded", csr=ending.request().decode())
    ending.look()
    first = ending.certificate()
    ending.end("failed", "INTERRUPTED")
    assert ending.look()[3:] == ["install_certificate"]
    assert ending.certificate() == first and ending.alarms() == []


def test_a_certificate_that_is_refused_is_revoked_and_all_begins_anew_later(ending: Desk) -> None:
    ending.sent()
    ending.end("failed", "CERTIFICATE_OTHER_KEY")
    assert len(ending.look()) == 2
    assert ending.alarms() == ["renewal_failed"] and ending.good() == 1
    assert ending.look(timedelta(minutes=61))[2:] == ["renew_certificate"]


@pytest.mark.parametrize("csr", ["", "nonsense", "another's"])
def test_a_request_that_cannot_be_signed_is_told_and_asked_for_again_later(ending: Desk, csr: str) -> None:
    ending.look()
    ending.end("succeeded", csr=ending.request("JG-TEST-0002").decode() if csr == "another's" else csr)
    assert ending.look() == ["renew_certificate"]
    assert ending.alarms() == ["renewal_failed"] and ending.good() == 1
    assert ending.look(timedelta(minutes=61)) == ["renew_certificate"] * 2


def test_nothing_is_sent_as_long_as_a_broker_cannot_be_told(ending: Desk) -> None:
    ending.look()
    ending.end("succeeded", csr=ending.request().decode())
    nowhere = Renewals(ending.authority, [ending.broker.parent])
    assert ending.look(renewals=nowhere) == ["renew_certificate"]
    assert ending.good() == 1
    assert ending.look() == ["renew_certificate", "install_certificate"]


@pytest.mark.parametrize(("days", "raised"), [(240, []), (250, ["renewal_needed"])])
def test_without_an_authority_there_is_only_an_alarm(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, days: float, raised: list[str]
) -> None:
    desk.enrol(days, monkeypatch)
    for _ in range(2):
        assert desk.look(renewals=Renewals(None, [])) == []
    assert desk.alarms() == raised


def test_that_alarm_ends_once_the_terminal_is_connected_with_another_certificate(ending: Desk) -> None:
    ending.look(renewals=Renewals(None, []))
    assert ending.alarms() == ["renewal_needed"]
    ending.connected_with(ending.authority.issue_terminal(TERMINAL, ending.request()))
    ending.look(renewals=Renewals(None, []))
    assert ending.alarms() == []


def test_a_renewal_that_an_operator_orders_is_carried_through(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.enrol(1, monkeypatch)
    order_command(desk.connection, TERMINAL, "renew_certificate", {}, 300)
    desk.end("succeeded", csr=desk.request().decode())
    assert desk.look() == ["renew_certificate", "install_certificate"]
