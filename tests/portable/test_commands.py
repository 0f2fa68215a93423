"""Commands from the fleet: who may give them, that each runs once, and what becomes of one at every moment."""

import asyncio
import json

from agent.command.commands import ENDED, FLOOR, TAKEN
from agent.command.types import TYPES
from agent.errors import JournalError, RefusedMessageError
from agent.journal.disowned import DISOWNED
from agent.journal.entry import Record
from agent.lifecycle import ACTIVE, LOCKED, TAMPERED
from agent.sale import outcome
from tests.portable.helpers import end, fails, finish, settle, until
from tests.portable.ports.backend import COUNTED, Backend
from tests.portable.ports.journal import MemoryJournal
from tests.portable.shop import Shop, opened, sale_at_the_acquirer, sale_at_the_card, told


class Desk:
    """A backend and a shop whose commands run; `said` is every status that was told, oldest first."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.backend = Backend(shop.keys)
        self.said: "list[dict[str, object]]" = []
        shop.commands.say = self._say
        self.running: "asyncio.Task[None] | None" = None

    async def _say(self, name: str, payload: bytes, retain: bool) -> None:
        status = json.loads(payload)
        assert name == "cmd/{}/{}/status".format(status["type"], status["id"]) and not retain
        self.said.append(status)

    async def start(self) -> "Desk":
        await self.shop.commands.start()
        self.running = asyncio.create_task(self.shop.commands.run())
        await settle()
        return self

    async def stop(self) -> None:
        if self.running is not None:
            await end(self.running)

    async def send(
        self, kind: str, name: str = "c1", number: int = 1, args: "dict[str, object] | None" = None, **changes: object
    ) -> None:
        await self.shop.commands.heard(*self.backend.command(kind, name, number, args, **changes))

    async def done(self, kind: str, args: "dict[str, object] | None" = None, counter: int = 1) -> "dict[str, object]":
        """Send a command and return its last status."""
        name = "c{}".format(counter)
        await self.send(kind, name, counter, args)
        await until(lambda: self.ended(name))
        return self.said[-1]

    def ended(self, name: str) -> bool:
        return any(status["id"] == name and status["state"] in ("succeeded", "failed") for status in self.said)

    def told(self) -> "list[tuple[object, object]]":
        return [(status["state"], status["code"]) for status in self.said]


async def _result(task: "asyncio.Task[None]") -> None:
    await task


async def _until_ended(at: Desk) -> None:
    await until(lambda: at.ended("c1"))


async def desk(journal: "MemoryJournal | None" = None) -> Desk:
    return await Desk(await opened(journal)).start()


def test_a_command_is_journaled_before_it_runs_and_told_at_each_step() -> None:
    async def scenario() -> None:
        at = await desk()
        assert (await at.done("ping"))["result"] == {}
        assert at.told() == [("accepted", ""), ("running", ""), ("succeeded", "")]
        taken, ended = at.shop.journal.body(TAKEN), at.shop.journal.body(ENDED)
        assert (taken["id"], taken["type"], taken["counter"]) == ("c1", "ping", COUNTED + 1)
        assert (ended["id"], ended["state"], ended["result"]) == ("c1", "succeeded", {})
        await at.stop()

    finish(scenario())


def test_a_repeated_command_runs_once_and_is_answered_from_what_is_stored() -> None:
    async def scenario() -> None:
        at = await desk()
        await at.done("lock", {"reason": "stolen"})
        first = at.said[-1]
        await at.send("lock", "c1", 1, {"reason": "stolen"})
        await settle()
        assert at.said[-1] == first and len(at.said) == 4
        assert len(at.shop.journal.of(TAKEN)) == 1
        await at.stop()
        again = await desk(at.shop.journal)
        await again.send("lock", "c1", 1, {"reason": "stolen"})
        assert again.said == [first], "after a restart as well"
        assert len(again.shop.journal.of(TAKEN)) == 1
        await again.stop()

    finish(scenario())


def test_a_forged_command_or_one_for_another_changes_nothing() -> None:
    async def scenario() -> None:
        at = await desk()
        name, payload = at.backend.command("lock", "c1", 1, {"reason": "x"})
        forged = json.loads(payload)
        forged["counter"] += 1
        refusals = []
        others: "list[tuple[str, bytes]]" = [
            (name, json.dumps(forged).encode()),
            (name, payload[:-1]),
            ("cmd/lock/c2", payload),
            ("cmd/unlock/c1", payload),
            at.backend.command("lock", "c1", 1, {"reason": "x"}, terminal="JG-DEMO-0002"),
            at.backend.command("lock", "c1", 1, {"reason": "x"}, fleet="other"),
            at.backend.command("lock", "c1", 1, {"reason": "x"}, format="jumpguard.command/2"),
            at.backend.command("lock", "c1", 1, {"reason": "x"}, counter=0),
            at.backend.command("lock", "c1", 1, {"reason": "x"}, deadline="2026-11-23T03:04:00Z"),
            at.backend.command("lock", "c1", 1, {"reason": "x"}, deadline="soon"),
        ]
        for topic, message in others:
            refusals.append(str(await fails(RefusedMessageError, at.shop.commands.heard(topic, message))))
        await settle()
        assert at.said == [] and at.shop.journal.of(TAKEN) == [] and at.shop.lifecycle.state == ACTIVE
        assert "not signed by a backend key" in refusals[0]
        assert refusals[2] == refusals[3] == "command: not the one that its topic names"
        assert "another terminal" in refusals[4] and "its format is not" in refusals[6]
        await at.stop()

    finish(scenario())


def test_a_command_whose_counter_is_not_above_the_last_ones_is_old() -> None:
    async def scenario() -> None:
        at = await desk()
        await at.done("ping", None, 7)
        for counter in (1, 6, 7):
            error = await fails(RefusedMessageError, at.send("lock", "other{}".format(counter), counter))
            assert str(error) == "command: its counter is not above the last one's"
            assert at.told()[-1] == ("failed", "COUNTER_OLD")
        await at.stop()
        again = await desk(at.shop.journal)
        await fails(RefusedMessageError, again.send("lock", "more", 7, {"reason": "x"}))
        assert again.shop.lifecycle.state == ACTIVE, "after a restart as well"
        await again.stop()

    finish(scenario())


def test_a_new_journal_takes_nothing_that_was_ordered_before_it() -> None:
    async def scenario() -> None:
        at = await desk()
        assert at.shop.journal.body(FLOOR) == {"counter": COUNTED}
        for number in (-1_000_000, -1, 0):
            await fails(RefusedMessageError, at.send("lock", "old", number, {"reason": "played again"}))
            assert at.told()[-1] == ("failed", "COUNTER_OLD")
        assert (await at.done("ping", None, 1))["state"] == "succeeded"
        await at.stop()
        again = Desk(await opened(at.shop.journal.cut(at.shop.journal.of(FLOOR)[0].sequence)))
        again.shop.clock.now = "2026-11-23T09:00:00.000Z"
        await again.start()
        await again.send("lock", "c1", 2, {"reason": "ordered while it was off"}, deadline="2026-11-24T00:00:00Z")
        await _until_ended(again)
        assert again.told()[-1] == ("succeeded", "")
        assert len(again.shop.journal.of(FLOOR)) == 1, "the floor stays where it was"
        await again.stop()

    finish(scenario())


def test_a_new_journal_takes_nothing_before_a_clock_tells_the_time() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.clock.synced = False
        shop.clock.now = "2026-11-20T00:00:00.000Z"
        shop.commands.look_ms = 1
        at = await Desk(shop).start()
        for number in (-1, 1):
            error = await fails(RefusedMessageError, at.send("lock", "early", number, {"reason": "x"}))
            assert str(error) == "command: no clock tells yet whether its counter is old"
            assert at.told()[-1] == ("failed", "COUNTER_UNKNOWN")
        assert shop.journal.of(FLOOR) == [] and shop.lifecycle.state == ACTIVE
        shop.clock.synced = True
        shop.clock.now = "2026-11-23T03:04:05.678Z"
        await until(lambda: bool(shop.journal.of(FLOOR)))
        assert shop.journal.body(FLOOR) == {"counter": COUNTED}
        await settle()
        await fails(RefusedMessageError, at.send("lock", "old", 0, {"reason": "played again"}))
        assert at.told()[-1] == ("failed", "COUNTER_OLD")
        shop.clock.synced = False
        assert (await at.done("ping", None, 1))["state"] == "succeeded", "what is known stays known"
        await at.stop()

    finish(scenario())


def test_a_deadline_that_has_passed_runs_nothing() -> None:
    async def scenario() -> None:
        at = await desk()
        at.shop.clock.now = "2026-11-23T03:05:00.000Z"
        await at.send("lock", "c1", 1, {"reason": "x"})
        await until(lambda: at.told() == [("failed", "EXPIRED")])
        assert at.shop.lifecycle.state == ACTIVE and at.shop.journal.of(TAKEN) == []
        await at.stop()

    finish(scenario())


def test_without_a_clock_the_deadline_is_a_time_to_live() -> None:
    async def scenario() -> None:
        at = await desk()
        at.shop.clock.synced = False
        at.shop.clock.now = "2026-11-25T00:00:00.000Z"
        assert (await at.done("ping"))["state"] == "succeeded"
        async with at.shop.counter.conversation:
            await at.send("sign_on", "c2", 2)  # waits for the conversation, and the next one for it
            await at.send("lock", "c3", 3, {"reason": "x"}, deadline="2026-11-23T03:04:01Z")
            await asyncio.sleep(1.1)
        await until(lambda: at.told()[-1] == ("failed", "EXPIRED"))
        assert at.shop.lifecycle.state == ACTIVE
        await at.stop()

    finish(scenario())


def test_what_this_terminal_cannot_do_is_said() -> None:
    async def scenario() -> None:
        at = await desk()
        assert (await at.done("explode"))["code"] == "TYPE_UNKNOWN"
        wrong: "list[tuple[str, dict[str, object]]]" = [
            ("lock", {}), ("lock", {"reason": ""}), ("lock", {"reason": 7}), ("lock", {"reason": "x", "more": 1}),
            ("lock", {"reason": "x" * 201}), ("unlock", {}), ("ping", {"x": 1}), ("diagnosis", {"x": 1}),
            ("diagnostics", {"x": 1}), ("sign_on", {"x": 1}), ("restart", {"x": 1}), ("set_vitals_period", {}),
            ("set_vitals_period", {"seconds": 4}), ("set_vitals_period", {"seconds": True}),
            ("set_vitals_period", {"seconds": 86_401}), ("set_vitals_period", {"seconds": "60"}),
        ]  # fmt: skip
        for number, (kind, args) in enumerate(wrong):
            status = await at.done(kind, args, number + 2)
            assert (status["state"], status["code"]) == ("failed", "ARGS_INVALID"), (kind, args)
            assert status["result"] == {}
        assert at.shop.lifecycle.state == ACTIVE and not at.shop.actions.restart_wanted.is_set()
        await at.stop()

    finish(scenario())


def test_every_type_that_is_told_can_be_done() -> None:
    async def scenario() -> None:
        shop = await opened()
        assert sorted(shop.actions.handlers()) == sorted(TYPES)

    finish(scenario())


def test_lock_and_unlock_keep_to_the_lifecycle() -> None:
    async def scenario() -> None:
        at = await desk()
        selling = await sale_at_the_card(at.shop)
        assert (await at.done("lock", {"reason": "stolen"}, 1))["state"] == "succeeded"
        assert told(await selling) == (outcome.FAILED, outcome.CANCELLED)
        assert at.shop.lifecycle.state == LOCKED
        assert told(await at.shop.sell("till/2")) == (outcome.REFUSED, "LIFECYCLE_LOCKED")
        assert (await at.done("lock", {"reason": "again"}, 2))["state"] == "succeeded"
        assert (await at.done("unlock", {"reason": "found"}, 3))["state"] == "succeeded"
        assert at.shop.lifecycle.state == ACTIVE
        assert (await at.done("unlock", {"reason": "why not"}, 4))["code"] == "NOT_ALLOWED"
        await at.shop.lifecycle.become(TAMPERED, "test")
        assert (await at.done("unlock", {"reason": "please"}, 5))["code"] == "NOT_ALLOWED"
        assert (await at.done("lock", {"reason": "please"}, 6))["code"] == "NOT_ALLOWED"
        assert at.shop.lifecycle.state == TAMPERED
        await at.stop()

    finish(scenario())


def test_a_disowned_journal_keeps_the_terminal_locked_and_says_so() -> None:
    async def scenario() -> None:
        at = await desk()
        await at.done("lock", {"reason": "stolen"}, 1)
        anchor: "dict[str, object]" = {
            "sequence": 99, "head_hash": "ab" * 32, "counter": 1, "key_id": "backend-1", "signature": "ab" * 64,
        }  # fmt: skip
        await at.shop.journal.append(Record(DISOWNED, anchor))
        assert (await at.done("unlock", {"reason": "why not"}, 2))["code"] == "JOURNAL_DISOWNED"
        assert (await at.done("unlock", {}, 3))["code"] == "ARGS_INVALID"
        assert at.shop.lifecycle.state == LOCKED
        found = (await at.done("diagnosis", None, 4))["result"]
        assert found == {"codes": ["LIFECYCLE_LOCKED", "JOURNAL_DISOWNED"], "detail": ""}
        assert (await at.done("lock", {"reason": "still"}, 5))["state"] == "succeeded"
        await at.stop()

    finish(scenario())


def test_a_lock_during_the_acquirers_answer_lets_that_sale_end() -> None:
    async def scenario() -> None:
        at = await desk()
        selling = await sale_at_the_acquirer(at.shop)
        assert (await at.done("lock", {"reason": "stolen"}))["state"] == "succeeded"
        assert at.shop.acquirer.held is not None
        at.shop.acquirer.held.set()
        assert told(await selling) == (outcome.APPROVED, "00")
        assert told(await at.shop.sell("till/2")) == (outcome.REFUSED, "LIFECYCLE_LOCKED")
        await at.stop()

    finish(scenario())


def test_sign_on_says_what_the_acquirer_said() -> None:
    async def scenario() -> None:
        at = await desk()
        assert (await at.done("sign_on", None, 1))["state"] == "succeeded"
        before = len(at.shop.journal.of("acquirer.signing_on"))
        assert (await at.done("sign_on", None, 2))["state"] == "succeeded"
        assert len(at.shop.journal.of("acquirer.signing_on")) == before + 1
        at.shop.store.stored = None
        assert (await at.done("sign_on", None, 3))["code"] == "BINDING_MISSING"
        await at.stop()

    finish(scenario())


def test_the_period_of_the_vitals_changes_at_once() -> None:
    async def scenario() -> None:
        at = await desk()
        assert (await at.done("set_vitals_period", {"seconds": 5}))["state"] == "succeeded"
        assert at.shop.vitals.period_ms == 5_000
        await at.stop()

    finish(scenario())


def test_a_diagnosis_names_what_keeps_it_from_selling() -> None:
    async def scenario() -> None:
        at = await desk()
        assert (await at.done("diagnosis", None, 1))["result"] == {"codes": [], "detail": ""}
        await at.shop.lifecycle.become(LOCKED, "test")
        at.shop.store.stored = None
        found = (await at.done("diagnosis", None, 2))["result"]
        assert found == {"codes": ["BINDING_MISSING", "LIFECYCLE_LOCKED"], "detail": ""}
        await at.stop()

    finish(scenario())


def test_a_bundle_holds_the_latest_entries_without_card_data_and_no_bundle_of_before() -> None:
    async def scenario() -> None:
        at = await desk()
        await at.shop.sell()
        first = (await at.done("diagnostics", None, 1))["result"]
        second = (await at.done("diagnostics", None, 2))["result"]
        assert isinstance(first, dict) and isinstance(second, dict)
        kinds = [entry["kind"] for entry in second["entries"]]
        assert "sale.finished" in kinds and ENDED not in kinds
        assert second["settings"] == {"link": {"port": 1883}}
        assert abs(len(json.dumps(second)) - len(json.dumps(first))) < 2_000, "bundles do not hold one another"
        at.shop.assert_no_card_data(first, second)
        await at.stop()

    finish(scenario())


def test_a_bundle_stays_small_however_much_there_is() -> None:
    async def scenario() -> None:
        at = await desk()
        for _ in range(50):
            await at.shop.journal.append(Record("test.happened", {"text": "x" * 1500}))
        result = (await at.done("diagnostics"))["result"]
        assert isinstance(result, dict) and 3 < len(result["entries"]) < 12
        assert len(json.dumps(result)) < 24_000
        await at.stop()

    finish(scenario())


def test_a_restart_is_done_once_the_terminal_runs_again() -> None:
    async def scenario() -> None:
        at = await desk()
        await at.send("restart")
        await at.shop.actions.restart_wanted.wait()
        assert at.told() == [("accepted", ""), ("running", "")]
        await at.stop()
        again = await desk(at.shop.journal)
        assert again.told() == [("succeeded", "")]
        assert not again.shop.actions.restart_wanted.is_set()
        await again.send("restart")
        await settle()
        assert again.told() == [("succeeded", ""), ("succeeded", "")]
        assert not again.shop.actions.restart_wanted.is_set(), "a repeated one does not restart it again"
        await again.stop()

    finish(scenario())


def test_a_power_cut_at_any_entry_ends_the_command_and_never_runs_it_twice() -> None:
    async def scenario() -> None:
        at = await desk()
        await at.done("lock", {"reason": "stolen"})
        journal = at.shop.journal
        await at.stop()
        taken = journal.of(TAKEN)[0].sequence
        for length in range(taken - 1, len(journal.entries) + 1):
            again = await Desk(Shop(journal.cut(length))).start()
            await again.shop.lifecycle.start()
            locked = again.shop.lifecycle.state == LOCKED
            await again.send("lock", "c1", 1, {"reason": "stolen"})
            await _until_ended(again)
            if length < taken:
                assert again.told()[-1] == ("succeeded", "") and again.shop.lifecycle.state == LOCKED
            elif length < len(journal.entries):
                assert again.told()[-1] == ("failed", "INTERRUPTED")
                assert (again.shop.lifecycle.state == LOCKED) == locked, "it did not run again"
            else:
                assert again.told()[-1] == ("succeeded", "")
            assert len(again.shop.journal.of(TAKEN)) == 1 and len(again.shop.journal.of(ENDED)) == 1
            await again.stop()

    finish(scenario())


def test_what_cannot_be_written_down_does_not_run_and_is_tried_again() -> None:
    async def scenario() -> None:
        at = await desk()
        at.shop.journal.full = {TAKEN}
        await at.send("lock", "c1", 1, {"reason": "x"})
        assert at.running is not None
        await fails(JournalError, _result(at.running))
        assert at.said == [] and at.shop.lifecycle.state == ACTIVE
        at.shop.journal.full = set()
        at.running = asyncio.create_task(at.shop.commands.run())
        await until(lambda: at.told()[-1:] == [("succeeded", "")])
        assert at.shop.lifecycle.state == LOCKED
        await at.stop()

    finish(scenario())


def test_commands_run_in_the_order_of_their_counters_and_a_flood_of_them_waits_at_the_backend() -> None:
    async def scenario() -> None:
        shop = await opened()
        at = Desk(shop)
        await shop.commands.start()
        for counter in [3, 1, 2] + list(range(4, 20)):  # noqa: RUF005 - MicroPython has no other way
            await at.send("ping", "c{}".format(counter), counter)
        at.running = asyncio.create_task(shop.commands.run())
        await until(lambda: len(shop.journal.of(ENDED)) == 8)
        await settle()
        counters = [entry.body["counter"] for entry in shop.journal.of(ENDED)]
        assert counters == list(range(COUNTED + 1, COUNTED + 9))
        await at.stop()

    finish(scenario())
