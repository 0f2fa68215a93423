"""From one release to the next: asked for, fetched by root, tried without a sale in the way, kept or given up."""

import asyncio

from agent.journal.entry import Record
from agent.lifecycle import LOCKED
from agent.sale import kinds
from agent.sale.reversals import queued
from agent.update.codes import (
    UPDATE_FORGED,
    UPDATE_NO_ANSWER,
    UPDATE_NOT_ACKNOWLEDGED,
    UPDATE_NOT_NEWER,
    UPDATE_NOT_SIGNED_ON,
    UPDATE_NOT_STARTED,
    UPDATE_UNDER_WAY,
)
from agent.update.ports import SIGNED_ON, STARTED
from agent.update.trial import TRIED
from agent.update.updates import ASKED, COMMITTED, FAILED
from agent.update.version import is_newer, numbers
from tests.portable.helpers import end, finish, settle, until
from tests.portable.ports.journal import MemoryJournal
from tests.portable.ports.slots import TRIAL, MemorySlots, name_of
from tests.portable.shop import Shop, sale_at_the_card
from tests.portable.test_commands import Desk

SALE = "sa1b2c3d4e5f60718"


async def shop(slots: "MemorySlots | None" = None, journal: "MemoryJournal | None" = None) -> Shop:
    """A shop that is open, whose updates look without a pause."""
    at = Shop(journal, slots=slots)
    at.updates.look_ms = at.updates.trial.look_ms = 1
    return await at.open()


class Running:
    """The updates of `at`, running."""

    def __init__(self, at: Shop) -> None:
        self.task = asyncio.create_task(at.updates.run())

    async def stop(self) -> None:
        await end(self.task)


def ended(at: Shop) -> "list[object]":
    return [entry.body["code"] for entry in at.journal.of(FAILED)]


def test_versions_are_three_numbers_and_compared_as_such() -> None:
    assert numbers("0.10.3") == (0, 10, 3)
    for wrong in (
        "",
        "1.2",
        "1.2.3.4",
        "1.2.x",
        "01.2.3",
        "1.2.-3",
        "1. 2.3",
        "1.2.3\n",
        "1.2.1000000",
        None,
        3,
        "１.2.3",
    ):
        assert numbers(wrong) is None, wrong
    for version, than in (("0.10.0", "0.9.9"), ("1.0.0", "0.99.99"), ("0.0.1", "0.0.0"), ("0.0.0", "")):
        assert is_newer(version, than) and not is_newer(than, version)
    assert not is_newer("0.2.0", "0.2.0") and not is_newer("x", "0.1.0")


def test_what_may_not_be_asked_for_is_refused() -> None:
    async def scenario() -> None:
        desk = await Desk(await shop()).start()
        args: "list[dict[str, object]]" = [{}, {"version": "2"}, {"version": 2}, {"version": "0.2.0", "x": 1}]
        for number, given in enumerate(args):
            assert (await desk.done("update", given, number + 1))["code"] == "ARGS_INVALID"
        assert (await desk.done("update", {"version": "0.1.0"}, 11))["code"] == UPDATE_NOT_NEWER
        await desk.shop.lifecycle.become(LOCKED, "test")
        assert (await desk.done("update", {"version": "0.2.0"}, 12))["code"] == "NOT_ALLOWED"
        await desk.stop()
        without = await Desk(await shop(MemorySlots(present=False))).start()
        assert (await without.done("update", {"version": "0.2.0"}, 1))["code"] == "NOT_ALLOWED"
        await without.shop.updates.run()
        assert without.shop.journal.of(ASKED) == []
        await without.stop()

    finish(scenario())


def test_it_is_written_down_asked_of_root_and_tried_after_a_restart() -> None:
    async def scenario() -> None:
        at = await shop()
        assert [await at.updates.ask("0.2.0"), await at.updates.ask("0.2.0")] == ["", ""]
        assert await at.updates.ask("0.3.0") == UPDATE_UNDER_WAY
        assert [entry.body for entry in at.journal.of(ASKED)] == [{"version": "0.2.0"}]
        running = Running(at)
        await until(lambda: at.slots.requests == ["0.2.0"])
        await settle()
        assert not at.updates.restart_wanted.is_set()
        at.slots.stage("0.2.0")
        at.slots.outcomes[name_of(1)] = ("", "")
        await at.updates.restart_wanted.wait()
        await running.stop()
        assert at.slots.requests == ["0.2.0"] and ended(at) == []

    finish(scenario())


def test_what_was_asked_for_outlives_a_power_cut() -> None:
    async def scenario() -> None:
        at = await shop()
        await at.updates.ask("0.2.0")
        again = await shop(journal=at.journal)
        running = Running(again)
        await until(lambda: again.slots.requests == ["0.2.0"])
        again.slots.outcomes[name_of(1)] = (UPDATE_FORGED, "why")
        await until(lambda: ended(again) == [UPDATE_FORGED])
        assert again.journal.body(FAILED)["detail"] == "why"
        await running.stop()
        third = await shop(journal=again.journal)
        running = Running(third)
        await settle()
        assert third.slots.requests == [] and not third.updates.restart_wanted.is_set()
        await running.stop()

    finish(scenario())


def test_a_request_that_root_may_not_have_seen_is_made_once_more_and_not_another_one() -> None:
    async def scenario() -> None:
        at = await shop()
        at.updates.repeat_ms = 5
        await at.updates.ask("0.2.0")
        running = Running(at)
        await until(lambda: len(at.slots.repeated) > 1)
        at.slots.outcomes[name_of(1)] = (UPDATE_FORGED, "")
        await until(lambda: ended(at) == [UPDATE_FORGED])
        assert (at.slots.requests, set(at.slots.repeated)) == (["0.2.0"], {name_of(1)})
        await running.stop()

    finish(scenario())


def test_root_that_does_not_answer_is_given_up_on() -> None:
    async def scenario() -> None:
        at = await shop()
        at.updates.answer_within_ms = 5
        await at.updates.ask("0.2.0")
        running = Running(at)
        await until(lambda: ended(at) == [UPDATE_NO_ANSWER])
        assert await at.updates.ask("0.3.0") == ""
        await running.stop()

    finish(scenario())


def test_nothing_is_asked_for_during_a_sale_or_an_open_reversal() -> None:
    finish(waits(False))


def test_nothing_is_tried_during_a_sale_or_an_open_reversal() -> None:
    finish(waits(True))


async def waits(staged: bool) -> None:
    at = await shop()
    selling = await sale_at_the_card(at)
    await at.updates.ask("0.2.0")
    running = Running(at)
    await settle()
    if staged:
        at.slots.stage("0.2.0")
    await asyncio.sleep(0.02)
    assert not begun(at), "a sale is under way"
    await at.journal.append(queued(SALE, "06"))
    at.counter.abort()
    await selling
    await asyncio.sleep(0.02)
    assert not begun(at), "a reversal is open"
    await at.journal.append(_settled(SALE))
    await until(lambda: begun(at))
    if staged:
        await at.updates.restart_wanted.wait()
    await running.stop()


def begun(at: Shop) -> bool:
    return bool(at.slots.requests) or at.updates.restart_wanted.is_set()


def _settled(sale: str) -> Record:
    return Record(kinds.REVERSAL_SETTLED, {"sale": sale, "response_code": "00", "attempt": 1})


async def on_trial(trial_ms: int = 60_000, journal: "MemoryJournal | None" = None) -> Shop:
    """A shop that runs release 0.2.0 for the first time."""
    slots = MemorySlots()
    slots.stage("0.2.0")
    slots.begin(trial_ms)
    return await shop(slots, journal)


async def sign_on(at: Shop) -> None:
    verdict = at.gate.prove()
    assert verdict.binding is not None
    assert await at.sign_on.ensure(verdict.binding, verdict.digest) == ""


def test_a_trial_counts_once_it_is_ready_signed_on_and_acknowledged_in_this_order() -> None:
    async def scenario() -> None:
        at = await on_trial()
        running = Running(at)
        await until(lambda: bool(at.journal.of(TRIED)))
        trial = at.slots.trial
        assert trial is not None
        await sign_on(at)
        await asyncio.sleep(0.02)
        assert trial.reached == ""
        at.sign_on.forget()
        at.updates.trial.ready.set()
        await until(lambda: trial.reached == STARTED)
        await asyncio.sleep(0.02)
        assert trial.reached == STARTED
        await sign_on(at)
        await until(lambda: trial.reached == SIGNED_ON)
        at.journal.anchored = at.journal.of(TRIED)[0].sequence - 1
        await asyncio.sleep(0.02)
        assert not trial.proven and await at.updates.ask("0.3.0") == UPDATE_UNDER_WAY
        at.journal.anchored += 1
        await until(lambda: trial.told)
        assert trial.proven and at.journal.body(COMMITTED) == {"id": TRIAL, "version": "0.2.0"}
        await settle()
        assert not at.updates.restart_wanted.is_set() and await at.updates.ask("0.3.0") == ""
        await running.stop()

    finish(scenario())


def test_a_trial_that_is_not_ready_in_its_time_ends_and_the_release_before_says_so() -> None:
    finish(gives_up(False, False, UPDATE_NOT_STARTED))


def test_a_trial_that_cannot_sign_on_in_its_time_ends_and_the_release_before_says_so() -> None:
    finish(gives_up(True, False, UPDATE_NOT_SIGNED_ON))


def test_a_trial_that_is_not_acknowledged_in_its_time_ends_and_the_release_before_says_so() -> None:
    finish(gives_up(True, True, UPDATE_NOT_ACKNOWLEDGED))


async def gives_up(ready: bool, signed_on: bool, code: str) -> None:
    at = await on_trial(250)
    if ready:
        at.updates.trial.ready.set()
    if signed_on:
        await sign_on(at)
    running = Running(at)
    await at.updates.restart_wanted.wait()
    await running.stop()
    assert ended(at) == [], "that is for the release before to tell"
    at.slots.end()
    before = await shop(at.slots, at.journal)
    running = Running(before)
    await until(lambda: ended(before) == [code])
    await settle()
    assert not before.updates.restart_wanted.is_set(), "it is not tried again"
    await running.stop()
    again = await shop(at.slots, at.journal)
    running = Running(again)
    await settle()
    assert ended(again) == [code], "it is told once"
    await running.stop()


def test_a_power_cut_behind_the_proof_is_told_as_committed_by_the_next_run() -> None:
    async def scenario() -> None:
        at = await on_trial()
        assert at.slots.trial is not None
        at.slots.trial.proven = True
        at.slots.on_trial = ""
        again = await shop(at.slots, at.journal)
        running = Running(again)
        await until(lambda: bool(again.journal.of(COMMITTED)))
        await settle()
        assert ended(again) == [] and len(again.journal.of(COMMITTED)) == 1
        await running.stop()

    finish(scenario())


def test_a_trial_that_the_chooser_did_not_begin_is_told_and_not_waited_for_again() -> None:
    async def scenario() -> None:
        slots = MemorySlots()
        slots.stage("0.2.0")
        slots.declined = TRIAL
        at = await shop(slots)
        running = Running(at)
        await until(lambda: ended(at) == [UPDATE_NOT_STARTED])
        await settle()
        assert not at.updates.restart_wanted.is_set()
        await running.stop()

    finish(scenario())


def test_a_trial_that_root_stages_while_the_terminal_starts_is_begun_by_the_next_start() -> None:
    async def scenario() -> None:
        slots = MemorySlots()
        slots.stage("0.2.0")
        at = await shop(slots)
        running = Running(at)
        await at.updates.restart_wanted.wait()
        assert ended(at) == []
        await running.stop()

    finish(scenario())


def test_a_power_cut_between_journal_and_mark_does_not_tell_the_end_twice() -> None:
    async def scenario() -> None:
        at = await on_trial()
        assert at.slots.trial is not None
        at.slots.trial.proven = True
        await at.journal.append(Record(COMMITTED, {"id": TRIAL, "version": "0.2.0"}))
        at.slots.on_trial = ""
        again = await shop(at.slots, at.journal)
        running = Running(again)
        await until(lambda: at.slots.trial is not None and at.slots.trial.told)
        assert len(again.journal.of(COMMITTED)) == 1
        await running.stop()

    finish(scenario())
