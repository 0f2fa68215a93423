"""Reporting to the fleet: births and wills, every event in order, and what the backend says it holds."""

import asyncio
import json

from agent.compat import monotonic_ms, since_ms
from agent.errors import JournalError
from agent.journal.device import NoDevice
from agent.journal.entry import GENESIS
from agent.journal.pruning import AGE
from agent.lifecycle import ACTIVE, LOCKED
from agent.report.delivery import PUT_BACK, WINDOW
from agent.report.topics import EVENT, EVENT_ACK, INFO, STATE, VITALS
from tests.portable.desk import COUNTER, TOPICS, Desk, state
from tests.portable.helpers import end, finish, settle, until
from tests.portable.ports.journal import MemoryJournal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_connection_begins_with_its_will_its_birth_and_what_it_is() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        topic, will = desk.link.wills[0]
        assert (topic, json.loads(will)) == (TOPICS.of(STATE), state("lost", 1))
        assert desk.link.topics == [TOPICS.of(EVENT_ACK), TOPICS.of(STATE)]
        assert desk.said(STATE) == [state("online", 1)]
        (info,) = desk.said(INFO)
        assert (info["software"], info["commands"], info["binding_version"]) == ("0.1.0", ["lock", "ping"], 0)
        desk.history.version = 3
        await desk.happen()
        await settle()
        assert [told["binding_version"] for told in desk.said(INFO)] == [0, 3], "said again when it has changed"
        assert desk.said(VITALS) == [{"uptime_s": 1}]
        retained = {topic for topic, _, retain in desk.link.published if retain}
        assert retained == {TOPICS.of(STATE), TOPICS.of(INFO)}
        await desk.stop()

    finish(scenario())


def test_each_connection_has_a_session_of_its_own() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        desk.link.break_off()
        await until(lambda: len(desk.link.wills) == 2)
        await until(lambda: state("online", 2) in desk.said(STATE))
        assert [json.loads(will)["session"] for _, will in desk.link.wills] == [1, 2]
        await desk.stop()

    finish(scenario())


def test_a_clock_that_is_set_ends_a_long_wait_for_the_next_connection() -> None:
    async def scenario() -> None:
        for now in ("2026-11-22T03:04:05.000Z", "2026-11-24T03:04:06.000Z", "2036-11-23T03:04:05.000Z"):
            desk = await Desk().start()
            desk.reporter.look_ms = 1
            desk.backoff.base_ms, desk.backoff.cap_ms = 1, 100_000_000
            desk.backoff.failures = 20
            desk.link.break_off()
            await until(lambda: desk.backoff.failures == 21)  # noqa: B023
            desk.clock.now = now
            await until(lambda: len(desk.link.wills) == 2)  # noqa: B023
            await desk.stop()

    finish(scenario())


def test_events_are_sent_in_order_once_and_as_they_happen() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(3)
        await desk.start()
        assert desk.sequences() == [1, 2, 3]
        await desk.happen(2)
        await settle()
        assert desk.sequences() == [1, 2, 3, 4, 5]
        assert desk.said(EVENT)[4]["data"] == desk.journal.entries[4].fields
        await desk.stop()

    finish(scenario())


def test_no_more_is_sent_ahead_than_the_window_until_it_is_acknowledged() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(WINDOW + 70)
        await desk.start()
        assert desk.sequences() == list(range(1, WINDOW + 1))
        desk.acknowledge(20)
        await settle()
        assert desk.sequences() == list(range(1, WINDOW + 21))
        desk.acknowledge(70)
        await settle()
        assert desk.sequences() == list(range(1, WINDOW + 71))
        assert desk.journal.anchored == 70
        await desk.stop()

    finish(scenario())


def test_a_new_connection_sends_again_what_was_not_acknowledged() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(5)
        await desk.start()
        desk.acknowledge(2)
        await settle()
        desk.link.break_off()
        await until(lambda: len(desk.sequences()) == 8)
        await settle()
        assert desk.sequences() == [1, 2, 3, 4, 5, 3, 4, 5]
        await desk.stop()

    finish(scenario())


def test_a_new_start_goes_on_from_the_last_acknowledgement() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(5)
        desk.journal.anchored = 3
        await desk.start()
        assert desk.sequences() == [4, 5]
        await desk.stop()

    finish(scenario())


def test_an_acknowledgement_that_overtakes_the_sending_stops_nothing() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(10)
        desk.link.slow = asyncio.Event()
        await desk.start()
        # The backend stored these from an earlier connection and says so while the first is being sent again.
        desk.acknowledge(7)
        await settle()
        desk.link.slow.set()
        await desk.happen(2)
        await until(lambda: 12 in desk.sequences())
        assert desk.sequences() == [1, 8, 9, 10, 11, 12]
        assert len(desk.link.wills) == 1
        await desk.stop()

    finish(scenario())


def test_a_backend_that_stays_silent_is_sent_the_events_again() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.reporter.delivery.first_resend_ms = desk.reporter.delivery.resend_ms = 30
        await desk.happen(3)
        await desk.start()
        await until(lambda: len(desk.sequences()) >= 9)
        assert desk.sequences()[:9] == [1, 2, 3] * 3
        desk.acknowledge(3)
        await settle()
        sent = len(desk.sequences())
        await asyncio.sleep(0.1)  # three times the limit: what is acknowledged is not sent again
        assert len(desk.sequences()) == sent
        await desk.stop()

    finish(scenario())


def test_a_backend_that_is_away_is_sent_the_events_less_and_less_often() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.reporter.delivery.first_resend_ms = desk.reporter.delivery.resend_ms = 10
        desk.reporter.delivery.resend_cap_ms = 80
        await desk.happen(3)
        start = monotonic_ms()
        await desk.start()
        await until(lambda: len(desk.sequences()) >= 3 * 8)
        # After 10, 20, 40 and then each 80 ms, at the least: so often at the most.
        assert len(desk.sequences()) // 3 - 1 <= 3 + (since_ms(start) - 70) // 80
        assert desk.sequences()[: 3 * 8] == [1, 2, 3] * 8
        await desk.stop()

    finish(scenario())


def test_a_backend_that_is_back_need_not_wait_for_the_rest() -> None:
    async def scenario(returns: "Callable[[Desk], None]") -> None:
        desk = Desk()
        delivery = desk.reporter.delivery
        delivery.first_resend_ms = delivery.resend_ms = 20
        await desk.happen(2)
        await desk.start()
        desk.acknowledge(2)
        await settle()
        delivery.silence_ms = 100_000_000
        sent = len(desk.sequences())
        await desk.happen(3)
        await asyncio.sleep(0.1)  # five times the wait that a new connection begins with
        assert desk.sequences()[sent:] == [3, 4, 5]
        returns(desk)
        await until(lambda: desk.sequences()[sent:] == [3, 4, 5] * 3)
        await desk.stop()

    finish(scenario(lambda desk: desk.acknowledge(2)))
    finish(scenario(lambda desk: desk.link.break_off()))


def test_what_the_backend_says_it_held_before_does_not_put_off_the_rest() -> None:
    async def scenario() -> None:
        desk = Desk()
        delivery = desk.reporter.delivery
        delivery.first_resend_ms, delivery.resend_ms = 20, 100_000_000
        await desk.happen(2)
        await desk.start()
        desk.acknowledge(2)
        await settle()
        desk.link.break_off()
        await until(lambda: len(desk.link.wills) == 2)
        await desk.happen(1)
        await settle()
        desk.acknowledge(2)
        await until(lambda: desk.sequences().count(3) >= 2)
        desk.acknowledge(3)
        await settle()
        assert delivery.silence_ms == 100_000_000
        await desk.stop()

    finish(scenario())


def test_a_busy_terminal_does_not_forget_to_send_again() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.reporter.delivery.first_resend_ms = desk.reporter.delivery.resend_ms = 40
        await desk.happen(1)
        await desk.start()

        async def again() -> None:
            while desk.sequences().count(1) < 3:
                await desk.happen()
                await asyncio.sleep(0.005)

        await asyncio.wait_for(again(), 5)
        await desk.stop()

    finish(scenario())


def test_acknowledgements_that_are_not_ours_change_nothing_and_are_told_once() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(5)
        await desk.start()
        for _ in range(5):
            desk.acknowledge(3, {"journal_id": "0" * 32})
            desk.link.say(TOPICS.of(EVENT_ACK), b"nonsense")
        await settle()
        assert desk.refusals() == [
            "acknowledgement: for another journal",
            "acknowledgement: not JSON",
        ]
        assert desk.journal.anchored == 0
        assert len(desk.link.wills) == 1
        desk.link.break_off()
        await until(lambda: len(desk.link.wills) == 2)
        await settle()
        desk.link.say(TOPICS.of(EVENT_ACK), b"nonsense")
        await until(lambda: len(desk.refusals()) == 3)
        await desk.stop()

    finish(scenario())


def test_a_backend_whose_store_was_put_back_is_sent_what_it_lost() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(5)
        await desk.start()
        desk.acknowledge(5)
        desk.acknowledge(5)
        await settle()
        assert desk.sequences() == [1, 2, 3, 4, 5]
        desk.acknowledge(2)
        desk.acknowledge(2)
        await settle()
        assert desk.sequences() == [1, 2, 3, 4, 5, 3, 4, 5, 6]
        assert desk.journal.body(PUT_BACK) == {"acknowledged": 5, "held": 2}
        desk.acknowledge(6)
        await settle()
        assert desk.journal.anchored == 6
        await desk.journal.prune(3, AGE, (), NoDevice())
        desk.acknowledge(1)
        await settle()
        # 1 to 3 are nowhere any more; 7 is the checkpoint, which comes first and again in its turn.
        assert desk.sequences()[9:] == [7, 7, 4, 5, 6, 7, 8]
        assert desk.journal.of(PUT_BACK)[1].body == {"acknowledged": 6, "held": 1}
        assert desk.refusals() == []
        await desk.stop()

    finish(scenario())


def test_a_backend_that_holds_nothing_any_more_is_sent_everything_once() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(5)
        await desk.start()
        desk.acknowledge(5)
        await settle()
        for _ in range(3):
            desk.acknowledge(0, {"head_hash": GENESIS})
        await settle()
        assert desk.sequences()[5:] == [1, 2, 3, 4, 5, 6]
        assert desk.journal.body(PUT_BACK) == {"acknowledged": 5, "held": 0}
        assert (desk.journal.anchored, desk.lifecycle.state) == (0, "unprovisioned")
        desk.acknowledge(6)
        await settle()
        assert desk.journal.anchored == 6
        await desk.stop()

    finish(scenario())


def test_a_backend_that_lost_what_was_pruned_sees_the_checkpoint_first_however_far_behind_it_is() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(300)
        desk.journal.anchored = 300
        whole = list(range(21, 121))  # what the window has room for
        whole.insert(0, 301)
        await desk.journal.prune(20, AGE, (), NoDevice())
        await desk.start()
        desk.acknowledge(301)
        await settle()
        for _ in range(3):
            desk.acknowledge(0, {"head_hash": GENESIS})
        await settle()
        assert desk.sequences()[0] == 301 and desk.sequences()[1:] == whole
        await desk.stop()
        # The same from a new start on, and when nobody answers.
        later = Desk()
        later.journal = later.reporter.journal = later.reporter.delivery.journal = desk.journal
        later.reporter.delivery.first_resend_ms = later.reporter.delivery.resend_ms = 20
        await later.start()
        assert later.sequences()[:101] == whole
        await until(lambda: later.sequences()[101:202] == whole)
        later.acknowledge(20, {"counter": COUNTER + 10, "head_hash": "ab" * 32})
        later.acknowledge(60, {"counter": COUNTER + 11})
        await until(lambda: 160 in later.sequences())
        await later.stop()

    finish(scenario())


def test_an_old_acknowledgement_that_is_played_again_changes_nothing_and_is_told() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(15)
        await desk.start()
        desk.acknowledge(3, {"counter": COUNTER})
        desk.acknowledge(15, {"counter": COUNTER + 60_001})
        await settle()
        assert desk.reporter.delivery.outbox.acknowledged == 15
        for _ in range(20):
            desk.acknowledge(3, {"counter": COUNTER})
            desk.acknowledge(3, {"counter": COUNTER, "head_hash": "ab" * 32})
        await settle()
        assert desk.sequences() == list(range(1, 17)), "nothing again; 16 is the refusal"
        assert desk.journal.of(PUT_BACK) == []
        assert desk.refusals() == ["acknowledgement: much older than the latest one"]
        assert (desk.journal.anchored, desk.journal.counted) == (15, COUNTER + 60_001)
        assert desk.said(STATE) == [state("online", 1)]
        await desk.stop()

    finish(scenario())


def test_an_acknowledgement_that_another_overtook_changes_nothing_and_is_no_news() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.happen(15)
        await desk.start()
        desk.acknowledge(15, {"counter": COUNTER + 60_000})
        desk.acknowledge(3, {"counter": COUNTER})
        desk.acknowledge(15, {"counter": COUNTER + 60_000})
        desk.acknowledge(14, {"counter": COUNTER + 59_999})
        await settle()
        assert desk.sequences() == list(range(1, 16))
        assert desk.refusals() == []
        assert (desk.journal.anchored, desk.journal.counted) == (15, COUNTER + 60_000)
        await desk.stop()

    finish(scenario())


def test_no_other_acknowledgement_locks_the_terminal() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.lifecycle.become(ACTIVE, "test")
        await desk.happen(9)
        await desk.start()
        for sequence in (4, 2, 10, 10):
            desk.acknowledge(sequence)
        await settle()
        await desk.journal.prune(6, AGE, (), NoDevice())
        desk.acknowledge(4, {"head_hash": "ab" * 32})  # pruned: the backend held it before
        desk.acknowledge(99, {"journal_id": "0" * 32})
        desk.acknowledge(99, {"terminal": "JG-OTHER-0001"})
        desk.link.say(TOPICS.of(EVENT_ACK), b"nonsense")
        await settle()
        assert desk.lifecycle.state == ACTIVE
        assert desk.said(STATE)[-1] == state("online", 1, ACTIVE)
        assert desk.journal.anchored == 4
        await desk.stop()

    finish(scenario())


def test_a_flood_of_different_forgeries_does_not_fill_the_journal() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        for n in range(200):
            desk.acknowledge(1, {"format": "forged/{}".format(n), "terminal": "T{}".format(n)})
            desk.acknowledge(1, {"terminal": "JG-DEMO-{}".format(n)})
        await settle()
        await settle()
        assert 1 <= len(desk.refusals()) <= 8
        await desk.stop()

    finish(scenario())


def test_the_state_is_said_again_when_the_lifecycle_changes_and_only_then() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        await desk.happen(3)
        await desk.lifecycle.become(ACTIVE, "test")
        await until(lambda: len(desk.said(STATE)) == 2)
        await desk.lifecycle.become(LOCKED, "test")
        await until(lambda: len(desk.said(STATE)) == 3)
        await desk.happen(3)
        await settle()
        assert desk.said(STATE) == [state("online", 1), state("online", 1, ACTIVE), state("online", 1, LOCKED)]
        await desk.stop()

    finish(scenario())


def test_the_will_of_an_older_connection_is_corrected() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        desk.link.break_off(will=False)
        await until(lambda: state("online", 2) in desk.said(STATE))
        await settle()
        for payload in (
            json.dumps(state("lost", 1)).encode(),
            b"nonsense",
            b"[]",
            json.dumps(state("lost", 2)).encode(),
        ):
            before = len(desk.said(STATE))
            desk.reporter.delivery.resend_ms = 10  # the rounds in which a correction that came too soon is made up for
            desk.link.say(TOPICS.of(STATE), payload)
            await settle()
            await desk.happen()
            await until(lambda before=before: len(desk.said(STATE)) > before)  # type: ignore[misc]
            assert desk.said(STATE)[-1] == state("online", 2)
        await desk.stop()

    finish(scenario())


def test_its_own_state_is_not_answered() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        for _ in range(5):
            desk.link.say(TOPICS.of(STATE), json.dumps(state("online", 1)).encode())
        await settle()
        await desk.happen()
        await settle()
        assert len(desk.said(STATE)) == 1
        await desk.stop()

    finish(scenario())


def test_each_reading_is_sent_and_the_latest_one_again_on_a_new_connection() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        desk.reporter.report_vitals({"uptime_s": 2})
        await until(lambda: len(desk.said(VITALS)) == 2)
        desk.link.break_off()
        await until(lambda: len(desk.said(VITALS)) == 3)
        await settle()
        assert desk.said(VITALS) == [{"uptime_s": 1}, {"uptime_s": 2}, {"uptime_s": 2}]
        assert desk.reporter.connections == 2
        await desk.stop()

    finish(scenario())


def test_vitals_give_way_on_a_slow_link_and_only_the_latest_follow() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.reporter.vitals.give_way_ms = 5
        await desk.start()
        desk.link.unconfirmed = 21
        for uptime in (2, 3, 4):
            desk.reporter.report_vitals({"uptime_s": uptime})
            await settle()
        await desk.happen(3)
        await until(lambda: desk.sequences() == [1, 2, 3])
        await asyncio.sleep(0.05)  # ten times the wait: the events went, the vitals did not
        assert desk.said(VITALS) == [{"uptime_s": 1}]
        desk.link.unconfirmed = 20
        await until(lambda: len(desk.said(VITALS)) == 2)
        await settle()
        assert desk.said(VITALS) == [{"uptime_s": 1}, {"uptime_s": 4}]
        await desk.stop()

    finish(scenario())


def test_a_broker_that_refuses_is_asked_again() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.link.refusals = 5
        await desk.happen(2)
        await desk.start()
        assert desk.backoff.failures == 5
        assert desk.sequences() == [1, 2]
        assert desk.said(STATE) == [state("online", 6)]
        await desk.stop()

    finish(scenario())


def test_a_journal_that_cannot_be_read_ends_the_reporting_and_is_not_hidden() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        desk.journal.full.add("read")
        await desk.happen()
        assert desk.running is not None
        try:
            await asyncio.wait_for(desk.running, 5)
            raise AssertionError("it went on without sending events")
        except JournalError:
            pass
        desk.journal.full.clear()
        await desk.start()
        await until(lambda: desk.sequences() == [1])
        await desk.stop()

    finish(scenario())


def test_a_stop_says_goodbye_on_a_living_connection_only() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        await desk.stop()
        await desk.reporter.stop()
        assert desk.said(STATE)[-1] == state("offline", 1)
        assert not desk.link.is_up
        await desk.reporter.stop()
        never = Desk()
        await never.reporter.stop()
        assert never.link.published == []

    finish(scenario())


async def goes_round(desk: Desk) -> bool:
    """Whether a turn of the reporter ends soon."""
    turn = asyncio.create_task(desk.reporter.turn())
    await settle()
    done = turn.done()
    await end(turn)
    return done


def test_an_outbox_with_nothing_to_send_goes_round_when_it_is_asked() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        assert await goes_round(desk)
        assert await goes_round(desk)
        desk.link.slow = asyncio.Event()
        await desk.happen()
        await settle()
        assert not await goes_round(desk), "it hangs in the middle of sending"
        desk.link.slow.set()
        await settle()
        assert await goes_round(desk)
        await desk.stop()

    finish(scenario())


def test_a_reporter_that_waits_for_a_broker_is_not_stuck() -> None:
    async def scenario() -> None:
        desk = Desk(backoff_ms=100_000_000)
        desk.reporter.look_ms = 1
        desk.backoff.failures = 20
        await desk.start()
        desk.link.break_off()
        await until(lambda: not desk.reporter.connected)
        turn = asyncio.create_task(desk.reporter.turn())
        await until(turn.done)
        await desk.stop()

    finish(scenario())


def test_a_reporter_that_a_broker_keeps_waiting_is_not_stuck() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.link.answers = asyncio.Event()
        desk.running = asyncio.create_task(desk.reporter.run())
        turn = asyncio.create_task(desk.reporter.turn())
        await until(lambda: turn.done())
        assert await goes_round(desk)
        assert desk.link.wills == [], "it still connects"
        await desk.stop()

    finish(scenario())


class UnreadableJournal(MemoryJournal):
    """A journal that does not tell how far the backend holds it."""

    async def acknowledged(self) -> int:
        raise JournalError("journal: it cannot be read")


def test_a_reporter_that_fails_is_not_stuck_since_it_is_started_again() -> None:
    async def scenario() -> None:
        desk = Desk(journal=UnreadableJournal())
        turn = asyncio.create_task(desk.reporter.turn())
        await settle()
        assert not turn.done()
        try:
            await desk.reporter.run()
            raise AssertionError("it runs")
        except JournalError:
            pass
        await settle()
        assert turn.done()

    finish(scenario())
