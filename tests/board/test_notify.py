"""What the service manager is told, on the wire."""

import logging
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from board.notify import READY, Notify, service_manager
from tests.board.manager import Manager, managed


@pytest.fixture
def manager(short_dir: Path) -> Iterator[Manager]:
    with managed(short_dir) as manager:
        yield manager


def test_a_socket_of_a_path_is_told_one_datagram_each(manager: Manager) -> None:
    notify = Notify(manager.address)
    notify.say(READY)
    notify.say_status("ready")
    assert [manager.next(), manager.next()] == ["READY=1", "STATUS=ready"]


def test_an_abstract_socket_is_told_too() -> None:
    manager = Manager(f"@jumpguard-{uuid.uuid4()}")
    Notify(manager.address).say(READY)
    assert manager.next() == "READY=1"
    manager.socket.close()


@pytest.mark.parametrize("text", ["locked: x\nMAINPID=1", "locked: x\r\n  MAINPID=1", "locked:\u2028x MAINPID=1"])
def test_a_status_stays_one_line_so_that_nobody_speaks_through_it(manager: Manager, text: str) -> None:
    Notify(manager.address).say_status(text)
    assert manager.next() == "STATUS=locked: x MAINPID=1"


def test_a_manager_that_is_gone_is_logged_once_and_nothing_is_raised(
    short_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notify = Notify(str(short_dir / "nobody"))
    with caplog.at_level(logging.WARNING):
        notify.say(READY)
        notify.say(READY)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_without_a_manager_nobody_is_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    nobody = service_manager()
    nobody.say(READY)
    assert (nobody.address, nobody.watchdog_s, caplog.records) == ("", 0, [])


@pytest.mark.parametrize(
    ("period", "process", "watchdog_s"),
    [
        ("30000000", None, 30),
        ("30000000", "ours", 30),
        ("30000000", "1", 0),
        ("0", None, 0),
        ("-1", None, 0),
        ("30s", None, 0),
        ("٣", None, 0),
        ("", None, 0),
    ],
)
def test_the_watchdog_is_that_of_this_process_only(
    monkeypatch: pytest.MonkeyPatch, period: str, process: str | None, watchdog_s: float
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", period)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    if process == "ours":
        process = str(os.getpid())  # not among the parameters: each worker of the test run has another one
    if process is not None:
        monkeypatch.setenv("WATCHDOG_PID", process)
    assert service_manager().watchdog_s == watchdog_s
