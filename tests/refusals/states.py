"""Causes in the terminal's own state and in what is around it: lifecycle, case, clock, acquirer, reader."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.adapters.sqlite_journal import SqliteJournal
from agent.journal.entry import Record
from agent.lifecycle import CHANGED, TAMPERED, Lifecycle
from tests.refusals.counter import Cause, Counter, assert_sold
from tools.fleet.desk import Desk
from tools.rig.files import MID, OTHER_MID, SERIAL, utc_in
from tools.rig.process import ProcessError
from tools.rig.rig import Rig


@contextmanager
def nothing_wrong(_counter: Counter) -> Iterator[None]:
    """It is what the till asks for that is refused."""
    yield


def put_into(state: str, undo: Callable[[Counter], object]) -> Cause:
    """The real lifecycle wrote down `state`, which no running part of the terminal brings about yet."""

    async def become(journal: SqliteJournal) -> None:
        lifecycle = Lifecycle(journal)
        await lifecycle.start()
        assert await lifecycle.become(state, "test")

    @contextmanager
    def cause(counter: Counter) -> Iterator[None]:
        with counter.stopped():
            counter.write_down(become)
        try:
            yield
        finally:
            undo(counter)

    return cause


def clear(counter: Counter) -> None:
    """A technician inspects the terminal and clears it."""
    with counter.stopped():
        counter.rig.clear("test: inspected")


def replace(counter: Counter) -> None:
    """A technician cannot clear the terminal: another one takes its place."""
    with counter.stopped():
        with pytest.raises(ProcessError, match="only tampered, locked, suspended can be cleared"):
            counter.rig.clear("test: inspected")
        counter.forget_everything()
        counter.install()


@contextmanager
def opened_and_closed_case(counter: Counter) -> Iterator[None]:
    """Somebody opened the case and closed it again."""
    counter.rig.board.tamper("open")
    try:
        counter.rig.wait_until(lambda: _lifecycle(counter.rig) == TAMPERED, "the tamper latch")
    finally:
        counter.rig.board.tamper("closed")
    try:
        yield
    finally:
        clear(counter)


@contextmanager
def jumped_and_locked(counter: Counter) -> Iterator[None]:
    """The acquirer booked a sale under another merchant, and the binding wants the terminal locked for that."""
    rig = counter.rig
    with counter.bound(jump_policy="reverse_and_lock"):
        rig.acquirer.behave("answer_as", mid=OTHER_MID)
        jumped = counter.sell()
        assert jumped.response["AdditionalResponse"] == "MERCHANT_JUMP"
        counter.wait_for_entry("reversal.settled", jumped.entries[0].sequence)
        try:
            yield
        finally:
            clear(counter)


@contextmanager
def binding_on_trial(counter: Counter) -> Iterator[None]:
    """The fleet wants a new binding, and the acquirer takes its time over the sign-on under it. Then the fleet wants
    nothing of the terminal any more."""
    rig, head = counter.rig, counter.rig.journal()[-1].sequence
    desk = Desk(rig.directory / "fleet")
    rig.acquirer.behave("delay", ms=60_000, mti="0800", times="always")
    counter.issue()
    desk.configure(SERIAL, {"binding": json.loads(rig.files.binding.read_text())})
    counter.wait_for_entry("config.trial", head)
    try:
        yield
    finally:
        with counter.stopped():
            rig.acquirer.reset()
            desk.configure(SERIAL, {"settings": {}})
        counter.wait_for_entry("config.committed", head)


@contextmanager
def never_set_up(counter: Counter) -> Iterator[None]:
    """The terminal is new; setting it up needs no restart."""
    with counter.stopped():
        counter.forget_everything()
    try:
        yield
    finally:
        counter.install()


@contextmanager
def unreadable_switch(counter: Counter) -> Iterator[None]:
    """The GPIO chip is not there when the agent starts, so that nobody knows whether the case is open."""
    chip = counter.rig.files.board / "gpio.sock"
    try:
        with _moved_away(chip):
            counter.restart()
            yield
    finally:
        counter.restart()


@contextmanager
def clock_behind_the_journal(counter: Counter) -> Iterator[None]:
    """The journal's newest entry is of tomorrow, and nobody has set the clock since boot."""
    mark = counter.rig.files.clock_mark
    try:
        with counter.stopped():
            counter.write_down(lambda journal: journal.append(Record("test.noted", {})), days=1)
            mark.unlink()
        yield
    finally:
        mark.touch()


@contextmanager
def clock_too_coarse(counter: Counter) -> Iterator[None]:
    """The binding ends within a day, and nobody has set the clock since boot."""
    with counter.bound(valid_to=utc_in(0.5)), _moved_away(counter.rig.files.clock_mark):
        yield


@contextmanager
def frequent_switches(counter: Counter) -> Iterator[None]:
    """The merchant was changed four times. A month of waiting ends it; here a new terminal does.

    The acquirer knows the terminal under one of the two merchants only: until the fourth change a sale under the other
    one gets past the gate, and no further than the sign-on.
    """
    try:
        for mid in (OTHER_MID, MID, OTHER_MID):
            counter.install(mid=mid)
            if mid == MID:
                assert_sold(counter.sell())
            else:
                assert counter.sell().response["AdditionalResponse"] == "SIGN_ON_REFUSED"
        counter.install(mid=MID)
        yield
    finally:
        counter.set_up_anew()


@contextmanager
def host_wants_parameters(counter: Counter) -> Iterator[None]:
    """The host asks for parameters in the header of its answers, also of that to the sign-on that asks it again."""
    acquirer = counter.rig.acquirer
    acquirer.behave("host_request", request=6, mti="0800", times="always")
    acquirer.behave("host_request", request=6)
    assert_sold(counter.sell())
    try:
        yield
    finally:
        acquirer.reset()


def sign_on_met_by(behaviour: str, **options: str) -> Cause:
    """The acquirer meets sign-ons with `behaviour`, and a new binding makes one due."""

    @contextmanager
    def cause(counter: Counter) -> Iterator[None]:
        counter.rig.acquirer.behave(behaviour, mti="0800", times="always", **options)
        counter.install()
        try:
            yield
        finally:
            counter.rig.acquirer.reset()

    return cause


def reader_with(fault: str) -> Cause:
    """The reader's chip has `fault`."""

    @contextmanager
    def cause(counter: Counter) -> Iterator[None]:
        counter.rig.board.chip(fault)
        try:
            yield
        finally:
            counter.rig.board.chip(None)

    return cause


def settings(**sections: dict[str, object]) -> Cause:
    """The terminal was started with other settings."""

    @contextmanager
    def cause(counter: Counter) -> Iterator[None]:
        try:
            with counter.stopped():
                counter.rig.write_settings(**sections)
            yield
        finally:
            with counter.stopped():
                counter.rig.write_settings()

    return cause


def _lifecycle(rig: Rig) -> object:
    changes = [entry.body["to"] for entry in rig.journal() if entry.kind == CHANGED]
    return changes[-1] if changes else ""


@contextmanager
def _moved_away(path: Path) -> Iterator[None]:
    aside = path.with_name(path.name + ".aside")
    path.rename(aside)
    try:
        yield
    finally:
        aside.rename(path)
