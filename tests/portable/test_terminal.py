"""The terminal as a whole: what it does at its start and its end, and what the case and the buttons do to it."""

import asyncio

from agent import signals
from agent.binding import reasons
from agent.binding.history import TAKEN_UP
from agent.binding.take_up import HIGH_WATER_FAILED
from agent.command.commands import FLOOR
from agent.errors import AcquirerUnreachableError, LinkError, ReaderError
from agent.inputs import CANCEL, HELP
from agent.keys.rotation import TAKEN as KEYS_TAKEN
from agent.lifecycle import ACTIVE, CHANGED, STARTED, TAMPERED, UNPROVISIONED
from agent.readiness import READER_FAILED
from agent.report.topics import EVENT, STATE, Topics
from agent.sale import kinds, outcome
from agent.terminal import HELP_WANTED, STOPPED, TASK_FAILED
from tests.portable.helpers import finish, settle, until
from tests.portable.ports.acquirer import silent
from tests.portable.ports.binding import SERIAL
from tests.portable.ports.journal import MemoryJournal
from tests.portable.shop import Shop, off, opened, running

TOPICS = Topics("demo", SERIAL)


def test_a_start_with_a_proven_binding_makes_it_active_and_ready() -> None:
    async def scenario() -> None:
        shop = await running()
        assert shop.lifecycle.state == ACTIVE
        assert shop.lights.shown == [signals.STARTING, signals.READY]
        assert shop.journal.kinds() == [
            STARTED, KEYS_TAKEN, TAKEN_UP, CHANGED, FLOOR, kinds.SIGNING_ON, kinds.SIGNED_ON,
        ]  # fmt: skip
        assert shop.journal.body(CHANGED) == {"from": UNPROVISIONED, "to": ACTIVE, "reason": "binding_proven"}
        assert shop.journal.body(STARTED) == {"software": "0.1.0", "clock_floor": ""}
        assert (shop.case.starts, shop.reader.is_open) == (1, True)
        assert (await shop.sell()).result == outcome.APPROVED
        await off(shop)

    finish(scenario())


def test_it_starts_without_a_binding_a_reader_an_acquirer_and_a_broker() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.store.stored = None
        shop.reader.faults["start"] = [ReaderError("reader: not there; check its cable")]
        shop.link.refusals = 3
        await running(shop)
        assert shop.lifecycle.state == UNPROVISIONED
        assert shop.journal.body(READER_FAILED) == {"why": "reader: not there; check its cable"}
        assert signals.READY not in shop.lights.shown
        assert (await shop.sell()).code == reasons.LIFECYCLE_UNPROVISIONED
        await off(shop)
        shop = Shop()
        shop.acquirer.sign_ons = [AcquirerUnreachableError("no route")]
        await running(shop)
        assert shop.lifecycle.state == ACTIVE
        assert (await shop.sell()).result == outcome.APPROVED
        await off(shop)

    finish(scenario())


def test_the_mark_catches_up_at_the_start() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.mark.mark = 2
        await running(shop)
        assert shop.mark.mark == 3
        await off(shop)
        shop = Shop()
        shop.mark.mark = 2
        shop.mark.full = True
        await running(shop)
        assert "disk is full" in str(shop.journal.body(HIGH_WATER_FAILED)["why"])
        assert (await shop.sell()).warnings == [reasons.HIGH_WATER_BEHIND]
        await off(shop)

    finish(scenario())


def test_a_start_finishes_what_the_last_run_left_open() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [silent]
        await shop.sell()
        at = shop.journal.of(kinds.SALE_AUTHORISING)[0].sequence
        again = await running(Shop(shop.journal.cut(at)))
        await until(lambda: bool(again.journal.of(kinds.REVERSAL_SETTLED)))
        assert again.journal.body(kinds.SALE_FINISHED)["result"] == outcome.UNKNOWN
        assert again.acquirer.types() == ["0400"]
        await off(again)

    finish(scenario())


def test_a_clock_that_went_back_is_doubted_over_restarts_until_it_is_set() -> None:
    async def scenario() -> None:
        journal = (await opened()).journal
        for day, synced, code in (
            (20, False, reasons.CLOCK_UNTRUSTED), (20, False, reasons.CLOCK_UNTRUSTED), (23, True, "00"),
        ):  # fmt: skip
            shop = Shop(journal)
            journal.clock = shop.clock
            shop.clock.now, shop.clock.synced = "2026-11-{}T03:04:05.678Z".format(day), synced
            await running(shop)
            assert (await shop.sell("till/{}".format(len(journal.entries)))).code == code
            await off(shop)

    finish(scenario())


def test_opening_the_case_latches_and_calls_off_the_sale_under_way() -> None:
    async def scenario() -> None:
        shop = await running()
        shop.reader.card = None
        shop.reader.waiting.clear()
        selling = asyncio.create_task(shop.sell())
        await shop.reader.waiting.wait()
        shop.case.move(True)
        found = await selling
        assert (found.result, found.code) == (outcome.FAILED, outcome.CANCELLED)
        await until(lambda: shop.lifecycle.state == TAMPERED)
        assert shop.journal.entries[-1].kind in (CHANGED, kinds.SALE_FAILED)
        assert signals.TAMPERED in shop.lights.shown
        shop.case.move(False)
        await settle()
        assert (await shop.sell("till/2")).code == reasons.LIFECYCLE_TAMPERED
        assert shop.acquirer.sent == []
        await off(shop)
        again = await running(Shop(shop.journal.cut(len(shop.journal.entries))))
        assert again.lifecycle.state == TAMPERED
        assert again.lights.shown[-1] == signals.TAMPERED
        assert (await again.sell("till/3")).code == reasons.LIFECYCLE_TAMPERED
        await off(again)

    finish(scenario())


def test_a_case_that_is_open_at_the_start_latches() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.case.is_open = True
        await running(shop)
        await until(lambda: shop.lifecycle.state == TAMPERED)
        assert (await shop.sell()).code == reasons.LIFECYCLE_TAMPERED
        assert shop.reader.apdus() == 0
        await off(shop)

    finish(scenario())


def test_the_start_waits_until_the_switch_was_read_or_could_not_be() -> None:
    async def scenario() -> None:
        for problems in ([], [LinkError("gpio 17: in use; stop the other program")]):
            shop = Shop()
            shop.case.problems = list(problems)
            shop.case.slow_start = asyncio.Event()
            starting = asyncio.create_task(shop.terminal.start())
            await settle()
            assert not starting.done()
            shop.case.slow_start.set()
            await starting
            await off(shop)

    finish(scenario())


def test_the_latch_holds_although_it_could_not_be_written_down_at_first() -> None:
    async def scenario() -> None:
        shop = await running()
        shop.journal.full.add("*")
        shop.case.move(True)
        await until(lambda: shop.terminal.supervisor.restarts["tamper"] >= 1)
        shop.case.move(False)
        shop.journal.full.clear()
        await until(lambda: shop.lifecycle.state == TAMPERED)
        assert shop.journal.of(CHANGED)[-1].body["to"] == TAMPERED
        await off(shop)

    finish(scenario())


def test_a_switch_that_cannot_be_had_is_tried_again_and_told() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.case.problems = [LinkError("gpio 17: in use; stop the other program")]
        await running(shop)
        await until(lambda: shop.case.starts == 2)
        assert shop.journal.body(TASK_FAILED) == {
            "task": "inputs", "error": "LinkError", "times": 1, "detail": "gpio 17: in use; stop the other program",
        }  # fmt: skip
        await off(shop)

    finish(scenario())


def test_a_failing_task_is_told_at_its_1st_2nd_4th_time_and_a_foreign_error_by_its_type() -> None:
    async def scenario() -> None:
        shop = await running()
        for times in range(1, 9):
            await shop.terminal.supervisor.on_failure("reader", ValueError("6212345678901232"), times)
        bodies = [entry.body for entry in shop.journal.of(TASK_FAILED)]
        assert [body["times"] for body in bodies] == [1, 2, 4, 8]
        assert [(body["error"], body["detail"]) for body in bodies] == [("ValueError", "")] * 4
        shop.assert_no_card_data()
        await off(shop)

    finish(scenario())


def test_the_cancel_button_calls_off_the_wait_for_a_card() -> None:
    async def scenario() -> None:
        shop = await running()
        shop.case.press(CANCEL)
        shop.reader.card = None
        shop.reader.waiting.clear()
        selling = asyncio.create_task(shop.sell())
        await shop.reader.waiting.wait()
        shop.case.press(CANCEL)
        assert (await selling).code == outcome.CANCELLED
        assert shop.journal.of(HELP_WANTED) == []
        await off(shop)

    finish(scenario())


def test_the_help_button_calls_for_help_and_disturbs_no_sale() -> None:
    async def scenario() -> None:
        shop = await running()
        shop.reader.card = None
        shop.reader.waiting.clear()
        selling = asyncio.create_task(shop.sell())
        await shop.reader.waiting.wait()
        for presses in (1, 2):
            shop.case.press(HELP)
            await until(lambda presses=presses: len(shop.journal.of(HELP_WANTED)) == presses)  # type: ignore[misc]
        shop.reader.present()
        assert (await selling).result == outcome.APPROVED
        await off(shop)

    finish(scenario())


def test_everything_that_happens_is_reported() -> None:
    async def scenario() -> None:
        shop = await running()
        await shop.sell()
        await until(lambda: len(shop.link.of(TOPICS.of(EVENT))) == len(shop.journal.entries))
        shop.assert_no_card_data(shop.link.published)
        await off(shop)

    finish(scenario())


def test_a_stop_waits_for_the_sale_and_takes_leave_in_order() -> None:
    async def scenario() -> None:
        shop = await running()
        shop.acquirer.held = asyncio.Event()
        selling = asyncio.create_task(shop.sell())
        await until(lambda: bool(shop.acquirer.sent))
        stopping = asyncio.create_task(shop.terminal.stop(5000))
        await settle()
        assert not stopping.done()
        shop.acquirer.held.set()
        assert (await selling).result == outcome.APPROVED
        await stopping
        assert shop.journal.entries[-1].kind == STOPPED
        assert shop.lights.shown[-1] == signals.STOPPED
        assert not shop.reader.is_open
        assert shop.case.stops == 1
        assert b'"state":"offline"' in shop.link.of(TOPICS.of(STATE))[-1]
        entries = len(shop.journal.entries)
        await settle()
        assert len(shop.journal.entries) == entries

    finish(scenario())


def test_a_stop_calls_off_the_wait_for_a_card_and_does_not_wait_for_ever() -> None:
    async def scenario() -> None:
        shop = await running()
        shop.reader.card = None
        shop.reader.waiting.clear()
        selling = asyncio.create_task(shop.sell())
        await shop.reader.waiting.wait()
        await shop.terminal.stop(1000)
        assert (await selling).code == outcome.CANCELLED
        shop = await running(Shop(MemoryJournal()))
        shop.acquirer.held = asyncio.Event()
        selling = asyncio.create_task(shop.sell())
        await until(lambda: bool(shop.acquirer.sent))
        await shop.terminal.stop(50)
        assert shop.counter.busy
        shop.acquirer.held.set()
        await selling

    finish(scenario())
