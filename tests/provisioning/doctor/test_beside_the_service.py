"""The doctor and the service: what the running one is asked, what the devices are asked where none runs."""

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.binding import reasons
from agent.lifecycle import TAMPERED
from agent.report.alarms import OUTBOX_OLD
from agent.sale.outcome import READER_UNAVAILABLE, SIGN_ON_REFUSED
from provisioning.doctor import codes, network, service
from provisioning.doctor.check import Check, carried_out
from provisioning.doctor.finding import Finding, Level
from provisioning.doctor.patient import Patient
from provisioning.doctor.service import UNIT
from provisioning.mqtt_packets import ACCEPTED
from tests.provisioning.doctor.clinic import Clinic
from tests.provisioning.doctor.faults import no_broker, slot_in_force


@contextmanager
def stopped(clinic: Clinic, *, cleared: bool = False) -> Iterator[None]:
    """The service does not run meanwhile, and sells again afterwards."""
    clinic.rig.agent.stop()
    clinic.tell(UNIT, ActiveState="inactive")
    try:
        yield
    finally:
        if cleared:
            clinic.rig.clear("looked into: a test")
        clinic.rig.start_agent()
        clinic.tell(UNIT)
    clinic.rig.wait_until(lambda: clinic.unwell() == {}, "the counter is well again")


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` but the virtual board's own, and what the acquirer and the backend keep."""
    ours = [folder / "state", folder / "root", *folder.glob("*.*")]
    files = [path for one in ours for path in (one, *one.rglob("*")) if path.is_file()]
    return {str(path): path.read_bytes() for path in files}


def test_where_no_service_runs_the_devices_are_asked_and_nothing_is_changed(clinic: Clinic) -> None:
    with stopped(clinic):
        before, seen = tree(clinic.rig.directory), clinic.rig.board.history()[-1]["n"]
        found = clinic.findings()
        assert tree(clinic.rig.directory) == before
        assert {one["what"] for one in clinic.rig.board.history(seen)} <= {"line", "reset"}
    assert {name: one.code for name, one in found.items() if one.level is Level.PROBLEM} == {
        "service": codes.SERVICE_STOPPED
    }
    assert {name for name, one in found.items() if one.level is Level.UNKNOWN} == {"local_api", "reporting", "ready"}
    assert found["reader"].facts["firmware"] == "PN532v1.6"
    assert found["lines"].level is Level.OK


def test_an_examination_beside_the_running_service_writes_nothing_and_pays_nothing(clinic: Clinic) -> None:
    journal, ledger = clinic.rig.journal()[-1], clinic.rig.acquirer.ledger()
    before = {path: raw for path, raw in tree(clinic.rig.directory).items() if not path.endswith("-shm")}
    assert clinic.unwell() == {}
    assert (clinic.rig.journal()[-1], clinic.rig.acquirer.ledger()) == (journal, ledger)
    assert {path: raw for path, raw in tree(clinic.rig.directory).items() if not path.endswith("-shm")} == before


def test_devices_that_fail_while_no_service_runs_are_found(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    only = ("reader", "lines")
    with stopped(clinic):
        clinic.rig.board.chip("hung")
        assert clinic.unwell(None, only) == {"reader": (Level.PROBLEM, READER_UNAVAILABLE)}
        clinic.rig.board.chip(None)
        clinic.rig.board.tamper("open")
        assert clinic.unwell(None, only) == {"lines": (Level.PROBLEM, reasons.TAMPER_OPEN)}
        clinic.rig.board.tamper("closed")
        with monkeypatch.context() as patch:
            patch.setenv("JUMPGUARD_VIRTUAL_GPIO", str(clinic.rig.directory / "nowhere"))
            assert clinic.unwell(None, only) == {"lines": (Level.PROBLEM, codes.GPIO_UNUSABLE)}
        assert clinic.unwell(None, only) == {}


def test_a_case_that_is_opened_and_the_latch_that_it_leaves_are_two_findings(clinic: Clinic) -> None:
    rig = clinic.rig
    rig.board.tamper("open")
    rig.wait_until(lambda: rig.journal()[-1].body.get("to") == TAMPERED, "the latch")
    latched = {"lifecycle": (Level.PROBLEM, reasons.LIFECYCLE_TAMPERED)}
    assert clinic.unwell() == {**latched, "lines": (Level.PROBLEM, reasons.TAMPER_OPEN)}
    rig.board.tamper("closed")
    rig.wait_until(lambda: clinic.unwell() == latched, "the switch is seen closed")
    with stopped(clinic, cleared=True):
        pass


def test_a_reader_that_failed_in_the_running_service_is_found(clinic: Clinic) -> None:
    rig = clinic.rig
    rig.board.chip("hung")
    assert rig.till.pay("HUNG-1", "1.00")["Response"]["Result"] == "Failure"
    assert clinic.unwell() == {"reader": (Level.PROBLEM, READER_UNAVAILABLE)}
    rig.board.chip(None)
    with stopped(clinic):
        pass


def test_what_no_other_check_explains_is_told_by_the_terminal_itself(clinic: Clinic) -> None:
    with stopped(clinic):
        clinic.rig.acquirer.behave("decline", mti="0800", times="always", code="97")
        clinic.rig.start_agent()
        clinic.tell(UNIT)
        told = {"ready": (Level.PROBLEM, SIGN_ON_REFUSED)}
        clinic.rig.wait_until(lambda: clinic.unwell() == told, "the refusal is told")
        clinic.rig.acquirer.reset()
        clinic.rig.agent.stop()


def test_a_slot_that_the_package_has_overtaken_is_not_what_should_run(clinic: Clinic) -> None:
    with slot_in_force(clinic, "0.0.1"):
        assert clinic.findings(only=("settings", "service", "journal", "software"))["software"].level is Level.OK


def test_events_that_wait_for_the_backend_are_found(clinic: Clinic) -> None:
    rig = clinic.rig
    rig.processes["backend"].stop()
    rig.board.press("help")
    with clinic.changed("alarms", outbox_age_s=1) as settings:
        old = {"reporting": (Level.PROBLEM, OUTBOX_OLD)}
        rig.wait_until(lambda: clinic.unwell(settings) == old, "the event gets old")
    rig.start_backend()
    rig.wait_until_stored()
    rig.wait_until(lambda: clinic.unwell() == {}, "the event is acknowledged")


def test_a_service_that_is_stuck_holds_nobody_up(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "ANSWER_WITHIN_S", 1)
    os.kill(clinic.rig.agent.pid, signal.SIGSTOP)
    try:
        assert clinic.unwell() == {"local_api": (Level.PROBLEM, codes.API_SILENT)}
    finally:
        os.kill(clinic.rig.agent.pid, signal.SIGCONT)
    clinic.rig.wait_until(lambda: clinic.unwell() == {}, "it goes on")


def test_a_broker_that_never_answers_holds_nobody_up(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "WITHIN_S", 0.2)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with clinic.changed("link", others=[address]) as settings:
            found = clinic.findings(settings)["brokers"]
    assert (found.level, found.code) == (Level.WARNING, codes.BROKER_NODE_CLOSED)
    assert found.facts["why"] == f"{address}: no answer in time"


def test_a_name_service_that_never_answers_holds_nobody_up(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "WITHIN_S", 0.2)
    never = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: never.wait(60))
    begin = time.monotonic()
    with clinic.changed("acquirer", host="acquirer.example") as settings:
        found = clinic.findings(settings, ("names",))["names"]
    never.set()
    assert (found.code, found.facts["why"]) == (codes.NAMES_UNRESOLVED, "acquirer.example: no answer in time")
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("answer", "level", "why"),
    [
        (ACCEPTED, Level.OK, ""),
        (b"\x20\x02\x00\x05", Level.PROBLEM, "it does not let this terminal in (20020005)"),
        (b"HTTP", Level.PROBLEM, "it does not let this terminal in (48545450)"),
        (b"", Level.PROBLEM, "it does not let this terminal in (it hung up)"),
    ],
)
def test_what_a_broker_answers_says_whether_it_lets_the_terminal_in(
    clinic: Clinic, answer: bytes, level: Level, why: str
) -> None:
    with answering(answer) as port:
        plain = {"ca_file": None, "certificate_file": None, "key_file": None}
        with clinic.changed("link", host="127.0.0.1", port=port, **plain) as settings:
            found = clinic.findings(settings, ("certificate", "brokers"))
    assert (found["certificate"].level, found["certificate"].code) == (Level.WARNING, codes.LINK_NOT_ENCRYPTED)
    assert found["brokers"].level is level
    assert found["brokers"].facts.get("why", "") == (f"127.0.0.1:{port}: {why}" if why else "")


def test_a_link_that_is_down_although_a_broker_answers_is_found(clinic: Clinic) -> None:
    plain = {"ca_file": None, "certificate_file": None, "key_file": None}
    with no_broker(clinic), answering(ACCEPTED) as port:
        clinic.rig.wait_until(lambda: not clinic.rig.till.health()["link_connected"], "the terminal notices")
        with clinic.changed("link", host="127.0.0.1", port=port, **plain) as settings:
            seen = clinic.unwell(settings)
    assert seen == {
        "certificate": (Level.WARNING, codes.LINK_NOT_ENCRYPTED),
        "reporting": (Level.PROBLEM, codes.LINK_DOWN),
    }


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """The port of one that gives `answer` to the first who says something, and hangs up."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            connection = server.accept()[0]
            with closing(connection):
                connection.recv(1024)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("error", "code"), [(None, codes.TOO_SLOW), (OSError("the disk fails"), codes.EXAMINATION_FAILED)]
)
def test_a_check_that_hangs_or_fails_is_a_finding(error: OSError | None, code: str, tmp_path: Path) -> None:
    async def look(patient: Patient) -> Finding:
        if error:
            raise error
        await asyncio.Event().wait()
        raise AssertionError

    found = asyncio.run(carried_out(Check("any", look, patience_s=0.05), Patient(tmp_path / "t.toml")))
    assert (found.level, found.code) == (Level.PROBLEM, code)
