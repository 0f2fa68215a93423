"""A whole counter on real secured brokers: its certificate nears its end, and the fleet renews it over the link."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from agent.adapters.paho_link import PahoLink
from agent.errors import LinkError
from board.device_key import new_key, signing_request
from board.identity import RENEWED, TRIAL, WAITING, Identity, Pair
from board.link_tls import LinkTls
from tests.conftest import wait_until_prepared
from tests.tools.brokers.secured import SET_CLOCK, connected, topic
from tools.brokers.reload import refresh
from tools.brokers.setup import Engine
from tools.cli.fleet import app
from tools.demo.scene import Scene
from tools.fleet.desk import Desk
from tools.fleet.rows import Command
from tools.rig.files import FLEET, SERIAL, RigFiles
from tools.rig.rig import Rig

WITHIN_S = 60.0


@pytest.fixture(params=list(Engine), ids=[engine.value for engine in Engine])
def engine(request: pytest.FixtureRequest) -> Engine:
    """The broker's program."""
    engine: Engine = request.param
    return engine


@pytest.fixture
def fresh(engine: Engine, short_dir: Path) -> Iterator[Rig]:
    """A counter whose certificate is a new one."""
    with Rig(short_dir, secure=engine) as rig:
        wait_until_prepared(rig)
        rig.wait_until(lambda: reported_end(rig) != "", "the terminal to report")
        yield rig


@pytest.fixture
def ending(engine: Engine, short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A counter whose certificates were issued 300 days ago."""
    long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=300)
    make = RigFiles.create_certificates

    def made_long_ago(files: RigFiles, workers: int, *, blank: bool) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("provisioning.certificates._now", lambda: long_ago)
            make(files, workers, blank=blank)

    monkeypatch.setattr(RigFiles, "create_certificates", made_long_ago)
    with Rig(short_dir, secure=engine) as rig:
        yield rig


def sell(rig: Rig, name: str) -> None:
    Scene(rig, "").sell(name, "12.50", "unionpay")
    last = rig.journal()[-1]
    assert (last.kind, last.body["result"]) == ("sale.finished", "approved")


def commands(rig: Rig, kind: str) -> list[Command]:
    with closing(rig.reader()) as reader:
        return [each for each in reader.commands(SERIAL) if each.type == kind]


def reported_end(rig: Rig) -> str:
    """When the certificate ends that the terminal is connected with, as it told the backend last."""
    with closing(rig.reader()) as reader:
        told = [each.info for each in reader.terminals() if each.terminal == SERIAL and each.info]
    return str(json.loads(told[0])["certificate_expiry"]) if told else ""


def end_of(certificate: Path) -> str:
    return f"{x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"


def is_renewed(rig: Rig) -> bool:
    """Whether the terminal is connected with a certificate that it asked for, and has no other good one."""
    renewed = rig.files.state / RENEWED
    return (
        renewed.exists()
        and reported_end(rig) == end_of(renewed)
        and len(rig.files.authority.register.good()[SERIAL]) == 1
    )


def link(rig: Rig, pair: Pair) -> PahoLink:
    """Somebody who has `pair` of the terminal's."""
    tls = LinkTls(rig.files.authority.servers_file, Identity(FLEET, SERIAL, pair, rig.directory), SET_CLOCK, 1)
    return PahoLink("127.0.0.1", rig.processes["broker"].ready["port"], "JG-DEMO-THIEF", 30, 5.0, tls)


async def is_refused(link: PahoLink) -> bool:
    link.client_id = SERIAL
    try:
        async with connected(link, topic(SERIAL, "state")):
            return False
    except LinkError:
        return True


async def test_a_certificate_near_its_end_is_renewed_and_the_old_one_is_refused_afterwards(ending: Rig) -> None:
    old, key = ending.files.link
    keys_before = key.read_bytes()
    ending.wait_until(lambda: is_renewed(ending), "the certificate to be renewed", WITHIN_S)
    assert (key.read_bytes(), ending.alarms()) == (keys_before, [])
    assert not (ending.files.state / WAITING).exists() and not (ending.files.state / TRIAL).exists()
    sell(ending, "after")
    ending.wait_until_stored()
    assert [each.state for each in commands(ending, "renew_certificate")] == ["succeeded"]
    assert [each.state for each in commands(ending, "install_certificate")] == ["succeeded"]
    told = json.dumps([each.result + each.args for each in commands(ending, "renew_certificate")])
    assert "PRIVATE" not in told
    assert await is_refused(link(ending, Pair(old, key)))
    ending.processes["agent"].stop()
    renewed = ending.files.state / RENEWED
    assert not await is_refused(link(ending, Pair(renewed, renewed)))


def ended(rig: Rig, command: str) -> Command:
    with closing(rig.reader()) as reader:
        (found,) = (each for each in reader.commands(SERIAL) if each.id == command)
    return found


def is_over(rig: Rig, command: str) -> bool:
    return ended(rig, command).state in ("succeeded", "failed")


def test_a_wrong_certificate_changes_nothing_and_is_told(fresh: Rig) -> None:
    before = reported_end(fresh)
    wrong = fresh.files.authority.issue_terminal(SERIAL, signing_request(new_key(), FLEET, SERIAL))
    Identity(FLEET, SERIAL, fresh.files.link, fresh.files.state).renewal_request()
    desk = Desk(fresh.directory / "fleet")
    command = desk.command(SERIAL, "install_certificate", {"certificate": wrong.decode()})
    fresh.wait_until(lambda: is_over(fresh, command), "the terminal to answer")
    assert (ended(fresh, command).state, ended(fresh, command).code) == ("failed", "CERTIFICATE_OTHER_KEY")
    fresh.wait_until(lambda: fresh.alarms() == ["renewal_failed"], "the alarm")
    assert len(fresh.files.authority.register.good()[SERIAL]) == 1
    assert not (fresh.files.state / TRIAL).exists()
    assert reported_end(fresh) == before
    sell(fresh, "after")
    fresh.wait_until_stored()


def test_a_certificate_that_no_broker_takes_gives_way_to_the_old_one(fresh: Rig) -> None:
    """It fits the terminal, and is revoked before the terminal connects with it."""
    before = reported_end(fresh)
    authority = fresh.files.authority
    (kept,) = authority.register.good()[SERIAL]
    identity = Identity(FLEET, SERIAL, fresh.files.link, fresh.files.state)
    made = authority.issue_terminal(SERIAL, identity.renewal_request(), 300)
    others = [life.serial for life in authority.register.good()[SERIAL] if life != kept]
    authority.register.revoke_each(others)
    authority.write_revoked()
    if fresh.secure is Engine.MOSQUITTO:
        refresh(authority, fresh.broker_folder)
    command = Desk(fresh.directory / "fleet").command(SERIAL, "install_certificate", {"certificate": made.decode()})
    fresh.wait_until(lambda: is_over(fresh, command), "the terminal to answer")
    fresh.wait_until(lambda: b"certificate" in fresh.agent.log.read_bytes(), "the broker to refuse the new one")
    sell(fresh, "after")
    fresh.wait_until_stored()
    assert reported_end(fresh) == before
    assert (fresh.files.state / TRIAL).exists()


STEPS: dict[str, Callable[[Rig], bool]] = {
    "asked": lambda rig: commands(rig, "renew_certificate") != [],
    "waiting": lambda rig: (rig.files.state / WAITING).exists(),
    "sent": lambda rig: commands(rig, "install_certificate") != [],
    "on trial": lambda rig: (rig.files.state / TRIAL).exists() or (rig.files.state / RENEWED).exists(),
    "in use": lambda rig: (rig.files.state / RENEWED).exists(),
}
_SAMPLED = ("waiting", "in use")


@pytest.mark.parametrize("engine", [Engine.NATS])
@pytest.mark.parametrize(
    "step", [step if step in _SAMPLED else pytest.param(step, marks=pytest.mark.sweep) for step in STEPS]
)
def test_a_kill_at_a_step_costs_time_only(ending: Rig, step: str) -> None:
    ending.wait_until(lambda: STEPS[step](ending), f"the certificate to be {step}", WITHIN_S)
    ending.agent.kill()
    ending.start_agent()
    ending.wait_until(lambda: is_renewed(ending), "the certificate to be renewed", WITHIN_S)
    sell(ending, "after")
    ending.wait_until_stored()


@pytest.mark.parametrize("engine", [Engine.NATS])
def test_a_backend_that_is_killed_goes_on_where_it_was(ending: Rig) -> None:
    ending.wait_until(lambda: commands(ending, "renew_certificate") != [], "the renewal to begin", WITHIN_S)
    ending.processes["backend"].kill()
    ending.start_backend()
    ending.wait_until(lambda: is_renewed(ending), "the certificate to be renewed", WITHIN_S)


def test_an_operator_has_a_certificate_renewed_now(fresh: Rig) -> None:
    before = reported_end(fresh)
    done = CliRunner().invoke(app, ["renew", SERIAL, "--dir", str(fresh.directory / "fleet")])
    assert done.exit_code == 0, done.output
    fresh.wait_until(lambda: is_renewed(fresh), "the certificate to be renewed", WITHIN_S)
    assert reported_end(fresh) > before
