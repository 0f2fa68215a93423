"""A release on trial, with all parts real: it stays once it has proven itself; else the one before comes back."""

import os
import shutil
import signal
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.update import codes
from tests.update import made_up
from tests.update.keeper import TRIAL_S, Keeper
from tools.rig.files import SERIAL

# For a trial that is to run out of time: shorter, as nothing is waited for then.
BRIEF_S = 4
# Where a release on trial is killed: its marks are renamed, its journal's commits are synced.
STRACE = "exec strace -D -f -qq --signal=none -o /dev/null -e trace={call} -e inject={call}:signal=KILL:when={number} "
ON_TRIAL_ONLY = '[ -n "$JUMPGUARD_TRIAL" ] || exec {python} "$@"\n'
CRASHES = ("exec /nowhere/python", "kill -SEGV $$")


@pytest.fixture(scope="module")
def keeper() -> Iterator[Keeper]:
    """One terminal for the tests of this file; each takes a release of its own."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    with Keeper(directory) as keeper:
        yield keeper
    shutil.rmtree(directory)


@pytest.fixture
def version(keeper: Keeper) -> str:
    """A version that was never published, later than all before; its trial has time."""
    keeper.trial_s = TRIAL_S
    return keeper.next_version()


def form(keeper: Keeper) -> object:
    """The form of the terminal's journal."""
    with closing(sqlite3.connect(keeper.files.journal_file)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def assert_nothing_lost(keeper: Keeper, before: list[str]) -> None:
    """The journal goes on from the entries with the hashes `before`, and all of it reaches the backend."""
    now = hashes(keeper)
    assert now[: len(before)] == before
    keeper.until(
        lambda: any(event.hash == now[-1] for event in keeper.stored_events()), "the backend to have all of it"
    )
    assert [event.hash for event in sorted(keeper.stored_events(), key=lambda event: event.sequence)][: len(now)] == now


def hashes(keeper: Keeper) -> list[str]:
    return [entry.hash for entry in keeper.journal()]


def test_a_good_release_stays_and_the_fleet_sees_its_version(keeper: Keeper, version: str) -> None:
    keeper.publisher.publish(version)
    before = hashes(keeper)
    name = keeper.order(version)
    keeper.until(lambda: bool(keeper.told("update.committed", version)), "the release to be committed")
    keeper.until(lambda: keeper.in_force() == version, "root to have heard of it")
    keeper.wait_until(lambda: keeper.command(name).state == "succeeded", "the command's end")
    keeper.wait_until(lambda: keeper.known_version() == version, "the fleet to know the version")
    assert_nothing_lost(keeper, before)
    keeper.agent.kill()
    keeper.look()
    assert keeper.running() == version
    keeper.wait_until_stored()
    assert len(keeper.told("update.committed", version)) == 1, "it is told once"


def assert_failed(keeper: Keeper, version: str, code: str, before: list[str], was: str) -> None:
    keeper.until(lambda: bool(keeper.told("update.failed", version)), "the failure to be told")
    assert [body["code"] for body in keeper.told("update.failed", version)] == [code]
    assert (keeper.running(), keeper.told("update.committed", version)) == (was, [])
    assert_nothing_lost(keeper, before)


@pytest.mark.parametrize("does", [made_up.ENDS, *(pytest.param(does, marks=pytest.mark.sweep) for does in CRASHES)])
def test_a_release_that_does_not_start_gives_way(keeper: Keeper, version: str, does: str) -> None:
    keeper.publisher.publish(version, does)
    before, was = hashes(keeper), keeper.running()
    keeper.order(version)
    assert_failed(keeper, version, codes.UPDATE_NOT_STARTED, before, was)


@pytest.mark.sweep
def test_a_release_that_hangs_is_ended_by_the_kernel_and_gives_way(keeper: Keeper, version: str) -> None:
    keeper.publisher.publish(version, made_up.HANGS)
    before, was = hashes(keeper), keeper.running()
    keeper.trial_s = 1
    keeper.order(version)
    assert_failed(keeper, version, codes.UPDATE_NOT_STARTED, before, was)


@pytest.mark.parametrize(
    ("part", "start", "code"),
    [
        pytest.param("acquirer", Keeper.start_acquirer, codes.UPDATE_NOT_SIGNED_ON, marks=pytest.mark.sweep),
        ("backend", Keeper.start_backend, codes.UPDATE_NOT_ACKNOWLEDGED),
    ],
)
def test_a_release_that_cannot_prove_itself_gives_way_and_hands_the_journal_back(
    keeper: Keeper, version: str, part: str, start: Callable[[Keeper], None], code: str
) -> None:
    keeper.publisher.publish(version, new_form=True)
    before, was = hashes(keeper), keeper.running()
    keeper.trial_s = BRIEF_S
    keeper.order(version)
    keeper.until(lambda: bool(keeper.told("update.asked", version)), "the order to be written down")
    keeper.processes[part].stop()
    try:
        keeper.until(lambda: bool(keeper.told("update.tried", version)), "the trial to begin")
        assert form(keeper) == 1
        keeper.until(lambda: keeper.running() == was, "the release before to come back")
        assert form(keeper) == 0
    finally:
        start(keeper)
    assert_failed(keeper, version, code, before, was)


def ends_on_one_release(keeper: Keeper, version: str, call: str, number: int) -> bool:
    """Have a release on trial killed at its `number`-th `call`; whether it is in force once all is told."""
    does = ON_TRIAL_ONLY + STRACE.replace("{call}", call).replace("{number}", str(number)) + '{python} "$@"'
    keeper.publisher.publish(version, does, new_form=True)
    keeper.agent.kill()  # the one before may still be traced, and would be killed while it takes the order
    keeper.look()
    before, was = hashes(keeper), keeper.running()
    keeper.order(version)
    keeper.until(lambda: bool(keeper.ends(version)), "the end of the trial to be told")
    keeper.until(lambda: keeper.agent.alive, "the terminal to run")
    proven = bool(keeper.told("update.committed", version))
    assert keeper.running() == (version if proven else was)
    assert_nothing_lost(keeper, before)
    keeper.until(
        lambda: keeper.places.marks.first("told") == keeper.ends(version)[0]["id"], "the mark that it was told"
    )
    assert len(keeper.ends(version)) == 1
    return proven


# The third mark is the proof; the fourth says that it was told.
@pytest.mark.sweep
@pytest.mark.parametrize(("number", "proven"), [(3, False), (4, True)])
def test_a_release_that_is_killed_around_its_proof_is_gone_or_in_force(
    keeper: Keeper, version: str, number: int, proven: bool
) -> None:
    assert ends_on_one_release(keeper, version, "rename", number) is proven


@pytest.mark.sweep
@pytest.mark.timeout(900)
@pytest.mark.parametrize("call", ["rename", "fdatasync", "fsync"])
def test_a_release_that_is_killed_at_any_step_is_gone_or_in_force(keeper: Keeper, call: str) -> None:
    keeper.trial_s = TRIAL_S
    number, version = 1, keeper.next_version()
    while not ends_on_one_release(keeper, version, call, number) or keeper.starts(version) > 1:
        number, version = number + 1, keeper.next_version()
    print(f"{call}: killed at {number - 1} points")
    assert number > 2


def test_an_update_waits_for_the_end_of_a_sale(keeper: Keeper, version: str) -> None:
    keeper.publisher.publish(version)
    till, was = keeper.till, keeper.running()
    results: list[str] = []
    paying = threading.Thread(target=lambda: results.append(till.pay(f"P-{version}", "1.00")["Response"]["Result"]))
    paying.start()
    keeper.wait_until(lambda: till.diagnosis()["POIStatus"]["GlobalStatus"] == "Busy", "the payment to begin")
    keeper.order(version)
    keeper.until(lambda: bool(keeper.told("update.asked", version)), "the order to be written down")
    asked = keeper.places.marks.read("request")
    keeper.wait_until_stored()
    assert keeper.places.marks.read("request") == asked and keeper.running() == was and keeper.agent.alive
    keeper.board.tap("unionpay")
    paying.join(20)
    assert results == ["Success"]
    keeper.until(lambda: bool(keeper.told("update.committed", version)), "the release to be committed")


def test_what_is_forged_or_expired_is_told_to_the_fleet(keeper: Keeper, version: str) -> None:
    package = keeper.publisher.publish(version)
    content = package.read_bytes()
    made_up.damaged(package)
    was = keeper.running()
    keeper.order(version)
    keeper.until(lambda: bool(keeper.told("update.failed", version)), "the refusal to be told")
    package.write_bytes(content)
    keeper.publisher.repository().refresh({"timestamp": -1})
    keeper.order(version)
    keeper.until(lambda: len(keeper.told("update.failed", version)) == 2, "the refusal to be told")
    keeper.publisher.repository().refresh()
    told = [body["code"] for body in keeper.told("update.failed", version)]
    assert told == [codes.UPDATE_FORGED, codes.UPDATE_EXPIRED]
    assert keeper.running() == was
    keeper.wait_until_stored()
    alarms = [alarm.detail for alarm in keeper.reader().alarms(SERIAL) if alarm.kind == "update.failed"]
    assert any(f"release {version}: UPDATE_FORGED" in detail for detail in alarms)


@pytest.mark.sweep
def test_a_terminal_that_is_ended_before_its_release_is_fetched_asks_again(keeper: Keeper, version: str) -> None:
    keeper.publisher.publish(version)
    keeper.look()
    keeper.order(version)
    keeper.wait_until(lambda: bool(keeper.told("update.asked", version)), "the order to be written down", 60)
    os.kill(keeper.agent.pid, signal.SIGKILL)
    keeper.until(lambda: bool(keeper.told("update.committed", version)), "the release to be committed")
