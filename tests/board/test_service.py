"""The agent as a service: real processes tell a manager that they are ready, alive, how they are, and that they end."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.board.manager import Manager, managed
from tests.contract.heard_rig import HeardRig
from tools.rig.files import RigFiles
from tools.rig.process import Process
from tools.rig.rig import Rig

ROOT = Path(__file__).parents[2]
WATCHDOG_S = 2.0
ALIVE, READY, STOPPING = "WATCHDOG=1", "READY=1", "STOPPING=1"
UNUSABLE = 2


def variables(manager: Manager) -> dict[str, str]:
    return {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": str(int(WATCHDOG_S * 1_000_000))}


@pytest.fixture(scope="module")
def counter() -> Iterator[Rig]:
    """One counter for the tests of this file, whose agent each of them starts for itself."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with HeardRig(directory) as rig:
        rig.agent.stop()
        yield rig
    shutil.rmtree(directory)


@pytest.fixture
def manager(short_dir: Path) -> Iterator[Manager]:
    with managed(short_dir) as manager:
        yield manager


def is_fed(manager: Manager) -> bool:
    """Whether the watchdog goes on being fed: three times from now on, each before its time is over."""
    manager.forget()
    return all(ALIVE in manager.until(ALIVE, within_s=WATCHDOG_S) for _ in range(3))


def test_it_is_ready_alive_while_it_waits_for_a_card_or_a_broker_and_says_that_it_ends(
    counter: Rig, manager: Manager
) -> None:
    counter.start_agent(**variables(manager))
    assert manager.next() == "STATUS=starting"
    manager.until(READY, "STATUS=ready")
    assert is_fed(manager)

    till = counter.till
    paying = threading.Thread(target=lambda: till.pay("P-1", "1.00"))
    paying.start()
    counter.wait_until(lambda: till.diagnosis()["POIStatus"]["GlobalStatus"] == "Busy", "the payment to begin")
    assert is_fed(manager), "it waits for a card"
    till.abort("P-1")
    paying.join(20)

    counter.processes["broker"].stop()
    assert is_fed(manager), "it waits for a broker"
    counter.start_broker()

    manager.forget()
    os.kill(counter.agent.pid, signal.SIGTERM)
    heard = manager.until(STOPPING)
    assert counter.agent.wait() == 0
    assert heard[-1] == STOPPING
    assert manager.is_silent(0.1, 1)


@pytest.mark.parametrize(
    "part", ["loop", *(pytest.param(part, marks=pytest.mark.sweep) for part in ("reader", "outbox"))]
)
def test_a_part_that_is_stuck_ends_the_feeding(
    counter: Rig, manager: Manager, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # where the agent that gets stuck is found
    counter.start_agent("tests.board.stuck_agent", "--stuck", part, **variables(manager))
    try:
        manager.until(READY, "STATUS=ready")
        assert is_fed(manager)
        os.kill(counter.agent.pid, signal.SIGUSR1)
        assert manager.is_silent(1.5 * WATCHDOG_S, 20)
        told = f"stuck, so that the watchdog is not fed: {part}" in counter.agent.log.read_text()
        assert told is (part != "loop"), "a loop that is stuck cannot even say so"
    finally:
        counter.agent.kill()


def test_it_is_ready_without_binding_reader_broker_and_acquirer(tmp_path: Path, manager: Manager) -> None:
    files = RigFiles(tmp_path)
    files.create()
    files.write_settings(("127.0.0.1", 9), ("127.0.0.1", 9))
    agent = Process("agent", "board", ["--settings", str(files.settings)], tmp_path, variables(manager))
    agent.start()
    try:
        manager.until(READY)
        assert is_fed(manager)
        manager.forget()
    finally:
        agent.stop()
    assert STOPPING in manager.until(STOPPING)


def test_a_tampered_terminal_is_ready_for_the_manager_and_its_status_says_what_it_is(
    counter: Rig, manager: Manager
) -> None:
    counter.board.tamper("open")
    counter.start_agent(**variables(manager))
    try:
        manager.until(READY, "STATUS=tampered: tamper switch")
        assert is_fed(manager)
    finally:
        counter.agent.stop()
        counter.board.tamper("closed")
        counter.clear("looked into: nothing found")


def test_settings_that_cannot_be_used_are_the_last_status(tmp_path: Path, manager: Manager) -> None:
    settings = tmp_path / "terminal.toml"
    settings.write_text("[")
    agent = Process("agent", "board", ["--settings", str(settings)], tmp_path, variables(manager))
    with pytest.raises(Exception, match=f"ended with {UNUSABLE} before it was ready"):
        agent.start()
    assert manager.next().startswith(f"STATUS={settings}: not TOML")
    assert manager.is_silent(0.1, 1)
