"""What the lights come back to after a sale, and that reader and acquirer are had again without one."""

import asyncio

from agent import messages, signals
from agent.binding.record import parse
from agent.compat import monotonic_ms, since_ms
from agent.errors import AcquirerUnreachableError, JournalError, ReaderError, RequestError, SignOnRefusedError
from agent.inputs import HELP
from agent.lifecycle import ACTIVE, LOCKED, TAMPERED
from agent.messages import Message
from agent.readiness import READER_FAILED
from agent.sale import kinds, outcome
from agent.terminal import HELP_WANTED
from tests.portable.helpers import fails, finish, until
from tests.portable.ports.acquirer import declines, says, silent
from tests.portable.ports.binding import OTHER_MID, TID, document
from tests.portable.shop import Shop, off, running, sale_at_the_acquirer, sale_at_the_card

SHOWN_MS = 30
JUMPS = says({messages.MID: OTHER_MID})
AWAY = AcquirerUnreachableError("acquirer: no route")


def quick() -> Shop:
    """A shop whose lights and looks do not take their time."""
    shop = Shop()
    shop.display.shown_ms = SHOWN_MS
    shop.terminal.readiness.look_ms = 5
    return shop


async def until_shown(shop: Shop, state: str) -> None:
    await until(lambda: shop.lights.shown[-1] == state)


async def until_looked(shop: Shop) -> None:
    """Wait for two more looks at what a sale would find."""
    read = shop.store.reads
    await until(lambda: shop.store.reads >= read + 4)


async def past_its_time() -> None:
    """Wait longer than an outcome is shown."""
    start = monotonic_ms()
    await until(lambda: since_ms(start) > 2 * SHOWN_MS)


def test_every_outcome_is_followed_by_ready() -> None:
    async def scenario() -> None:
        shop = await running(quick())
        for number, (script, shown) in enumerate(
            (
                (says({}), signals.APPROVED),
                (declines("51"), signals.DECLINED),
                (JUMPS, signals.JUMP),
                (silent, signals.FAULT),
            )
        ):
            shop.acquirer.script = [script]
            await shop.sell("till/{}".format(number))
            assert shop.lights.shown[-3:] == [signals.PRESENT_CARD, signals.READING, shown]
            await until_shown(shop, signals.READY)
            assert shop.lights.shown[-2:] == [shown, signals.READY]
        await shop.sell("till/5", amount=100_001)
        assert shop.lights.shown[-1] == signals.REFUSED
        await until_shown(shop, signals.READY)
        await off(shop)

    finish(scenario())


def test_a_new_sale_cuts_an_outcome_short_and_no_look_disturbs_it() -> None:
    async def scenario() -> None:
        shop = await running(quick())
        shop.display.shown_ms = 60_000
        shop.acquirer.script = [declines("51")]
        await shop.sell()
        selling = await sale_at_the_card(shop, "till/2")
        assert shop.lights.shown[-2:] == [signals.DECLINED, signals.PRESENT_CARD]
        shop.display.shown_ms = 0
        await until_looked(shop)
        assert shop.lights.shown[-1] == signals.PRESENT_CARD
        shop.reader.present()
        assert (await selling).result == outcome.APPROVED
        await off(shop)

    finish(scenario())


def test_a_terminal_that_may_not_sell_any_more_goes_on_to_fault() -> None:
    async def scenario() -> None:
        shop = quick()
        shop.store.put(dict(document(), jump_policy="reverse_and_lock"), shop.keys)
        await running(shop)
        shop.acquirer.script = [JUMPS]
        await shop.sell()
        assert shop.lifecycle.state == LOCKED
        await until_shown(shop, signals.FAULT)
        assert shop.lights.shown[-2:] == [signals.JUMP, signals.FAULT]
        await shop.sell("till/2")
        await until_shown(shop, signals.FAULT)
        assert shop.lights.shown[-3:] == [signals.FAULT, signals.REFUSED, signals.FAULT]
        await off(shop)

    finish(scenario())


def test_what_ends_and_comes_back_without_a_sale_is_noticed() -> None:
    async def scenario() -> None:
        shop = await running(quick())
        now, free = shop.clock.now, shop.disk.free
        shop.clock.now = "2027-11-23T03:04:05.678Z"
        await until_shown(shop, signals.FAULT)
        shop.clock.now = now
        await until_shown(shop, signals.READY)
        shop.disk.free = 0
        await until_shown(shop, signals.FAULT)
        shop.disk.free = free
        await until_shown(shop, signals.READY)
        await shop.lifecycle.become(LOCKED, "by the fleet")
        await until_shown(shop, signals.FAULT)
        await shop.lifecycle.become(ACTIVE, "by the fleet")
        await until_shown(shop, signals.READY)
        assert len(shop.acquirer.signed_on) == 1
        await off(shop)

    finish(scenario())


def test_a_binding_on_trial_is_no_fault_and_its_refusal_does_not_count_for_the_old_one() -> None:
    async def scenario() -> None:
        shop = await running(quick())
        shop.gate.on_trial = True
        await until_shown(shop, signals.STARTING)
        shop.acquirer.sign_ons = [SignOnRefusedError("97", "refused with 97")]
        await shop.sign_on.ensure(parse(document()), "another file")
        shop.gate.on_trial = False
        await until_shown(shop, signals.READY)
        assert signals.FAULT not in shop.lights.shown
        assert len(shop.acquirer.signed_on) == 3
        await off(shop)

    finish(scenario())


def test_an_acquirer_that_stays_away_is_asked_ever_more_seldom() -> None:
    async def scenario() -> None:
        shop = quick()
        shop.acquirer.sign_ons = [AWAY] * 60
        await running(shop)
        await until(lambda: shop.store.reads >= 60)
        asked = len(shop.acquirer.signed_on)
        assert 2 * asked < shop.store.reads - asked, "each look reads once more when it asks"
        await off(shop)

    finish(scenario())


def test_a_reader_that_comes_back_makes_it_ready_and_is_told_once_while_it_is_away() -> None:
    async def scenario() -> None:
        shop = quick()
        shop.reader.faults["start"] = [ReaderError("reader: no answer")] * 3
        await running(shop)
        await until_shown(shop, signals.READY)
        assert shop.lights.shown == [signals.STARTING, signals.FAULT, signals.READY]
        assert len(shop.journal.of(READER_FAILED)) == 1
        shop.reader.faults["wait"] = [ReaderError("reader: hung up")]
        assert (await shop.sell()).code == outcome.READER_UNAVAILABLE
        await until_shown(shop, signals.READY)
        assert shop.reader.is_open
        assert len(shop.journal.of(READER_FAILED)) == 1
        await off(shop)

    finish(scenario())


def test_an_acquirer_that_was_away_at_the_start_makes_it_ready_once_it_signs_on() -> None:
    async def scenario() -> None:
        shop = quick()
        shop.acquirer.sign_ons = [AWAY] * 3
        await running(shop)
        await until_shown(shop, signals.READY)
        assert shop.lights.shown == [signals.STARTING, signals.FAULT, signals.READY]
        assert len(shop.acquirer.signed_on) == 4
        assert (await shop.sell()).result == outcome.APPROVED
        await off(shop)

    finish(scenario())


def test_an_acquirer_that_is_lost_in_a_sale_is_asked_to_sign_on_until_it_answers() -> None:
    async def scenario() -> None:
        shop = await running(quick())
        shop.acquirer.send_problems = [AWAY]
        shop.acquirer.sign_ons = [AWAY] * 2
        assert (await shop.sell()).code == outcome.ACQUIRER_UNREACHABLE
        assert shop.lights.shown[-1] == signals.FAULT
        await until_shown(shop, signals.READY)
        assert len(shop.acquirer.signed_on) == 4
        await off(shop)

    finish(scenario())


def test_an_acquirer_that_did_not_answer_is_a_fault_until_it_does() -> None:
    async def scenario() -> None:
        shop = quick()
        shop.terminal.readiness.look_ms = 60_000
        await running(shop)
        shop.acquirer.send_problems = [AWAY]
        await shop.sell()
        await past_its_time()
        assert shop.lights.shown[-1] == signals.FAULT
        assert (await shop.sell("till/2")).result == outcome.APPROVED
        await until_shown(shop, signals.READY)
        await off(shop)

    finish(scenario())


def test_a_conversation_that_is_under_way_is_waited_for() -> None:
    async def scenario() -> None:
        shop = await running(quick())
        shop.sign_on.forget()
        shop.acquirer.held = asyncio.Event()
        shop.acquirer.asked.clear()
        selling = asyncio.create_task(shop.sell())
        shop.display.show(signals.APPROVED)
        await shop.acquirer.asked.wait()
        await past_its_time()
        assert shop.lights.shown[-1] == signals.APPROVED
        shop.acquirer.held.set()
        assert (await selling).result == outcome.APPROVED
        await off(shop)

    finish(scenario())


def test_a_reversal_that_gets_through_makes_it_ready() -> None:
    async def scenario() -> None:
        shop = quick()
        shop.terminal.readiness.look_ms = 60_000
        await running(shop)
        shop.acquirer.script = [silent, silent, says({})]
        assert (await shop.sell()).code == outcome.NO_ANSWER
        await until(lambda: bool(shop.journal.of(kinds.REVERSAL_SETTLED)))
        await until_shown(shop, signals.READY)
        assert shop.acquirer.types() == ["0200", "0400", "0400"]
        assert len(shop.acquirer.signed_on) == 1
        await off(shop)

    finish(scenario())


def test_an_acquirer_that_says_no_is_not_asked_again_until_a_sale_does() -> None:
    async def scenario() -> None:
        for refusal in (
            SignOnRefusedError("97", "refused with 97"),
            Message(messages.SIGN_ON_ANSWER, {messages.TID: TID, messages.MID: OTHER_MID}),
        ):
            shop = quick()
            shop.acquirer.sign_ons = [refusal]
            await running(shop)
            await until_looked(shop)
            assert len(shop.acquirer.signed_on) == 1
            assert shop.lights.shown[-1] == signals.FAULT
            assert (await shop.sell()).result == outcome.APPROVED
            await until_shown(shop, signals.READY)
            await off(shop)

    finish(scenario())


def test_tamper_stays_whatever_else_comes() -> None:
    async def scenario() -> None:
        shop = await running(quick())
        selling = await sale_at_the_acquirer(shop)
        shop.case.move(True)
        await until(lambda: shop.lifecycle.state == TAMPERED)
        assert shop.acquirer.held is not None
        shop.acquirer.held.set()
        assert (await selling).result == outcome.APPROVED
        shop.case.move(False)
        await shop.sell("till/2")
        await past_its_time()
        assert shop.lights.shown[-1] == signals.TAMPERED
        assert shop.lights.shown.count(signals.TAMPERED) == 1
        await off(shop)
        again = quick()
        again.journal.entries = shop.journal.entries
        again.reader.slow_start = asyncio.Event()
        await running(again)
        await again.sell("till/3")
        assert again.lights.shown == [signals.STARTING, signals.TAMPERED]
        again.reader.slow_start.set()
        await past_its_time()
        assert again.lights.shown == [signals.STARTING, signals.TAMPERED]
        await off(again)

    finish(scenario())


def test_a_sale_that_outlives_the_end_lights_nothing_up() -> None:
    async def scenario() -> None:
        shop = await running(quick())
        selling = await sale_at_the_acquirer(shop)
        await shop.terminal.stop(20)
        assert shop.acquirer.held is not None
        shop.acquirer.held.set()
        assert (await selling).result == outcome.APPROVED
        assert shop.lights.shown[-1] == signals.STOPPED

    finish(scenario())


def test_a_sale_that_cannot_be_written_down_is_a_fault_and_a_mistake_of_the_till_is_none() -> None:
    async def scenario() -> None:
        shop = await running(quick())
        shop.display.shown_ms = 60_000
        await shop.sell()
        await fails(RequestError, shop.sell(amount=1))
        assert shop.lights.shown[-1] == signals.APPROVED
        shop.journal.full.add(kinds.SALE_AUTHORISING)
        await fails(JournalError, shop.sell("till/2"))
        assert shop.lights.shown[-2:] == [signals.READING, signals.FAULT]
        await off(shop)

    finish(scenario())


def test_a_call_for_help_is_acknowledged_once_it_is_written_down() -> None:
    async def scenario() -> None:
        shop = await running(quick())
        shop.journal.full.add(HELP_WANTED)
        shop.case.press(HELP)
        await until(lambda: shop.terminal.supervisor.restarts["help"] == 1)
        assert signals.HELP not in shop.lights.shown
        shop.journal.full.clear()
        shop.case.press(HELP)
        await until_shown(shop, signals.HELP)
        assert len(shop.journal.of(HELP_WANTED)) == 1
        await off(shop)

    finish(scenario())


def test_why_it_cannot_sell_is_told_once_for_each_change() -> None:
    async def scenario() -> None:
        shop = quick()
        told: "list[tuple[str, str]]" = []
        shop.terminal.readiness.on_change(lambda why: told.append((shop.lifecycle.state, why)))
        shop.reader.faults["start"] = [ReaderError("reader: no answer")]
        shop.acquirer.sign_ons = [AWAY]
        await running(shop)
        await until(lambda: told[-1:] == [(ACTIVE, "")])
        await until_looked(shop)
        assert told == [(ACTIVE, outcome.READER_UNAVAILABLE), (ACTIVE, "")]
        assert shop.terminal.readiness.why == ""
        shop.disk.free = 0
        assert shop.terminal.readiness.why == "JOURNAL_SPACE", "who asks hears it before the next look"
        async with shop.counter.conversation:
            assert shop.terminal.readiness.why == "", "what the last look found"
        await until(lambda: told[-1] == (ACTIVE, "JOURNAL_SPACE"))
        await shop.lifecycle.become(LOCKED, "by the fleet")
        await until(lambda: told[-1] == (LOCKED, "LIFECYCLE_LOCKED"))
        assert len(told) == 4
        await off(shop)

    finish(scenario())


def test_an_acquirer_that_says_no_is_told_apart_from_one_that_is_away() -> None:
    async def scenario() -> None:
        for problem, why in (
            (AWAY, outcome.ACQUIRER_UNREACHABLE),
            (SignOnRefusedError("97", "refused with 97"), outcome.SIGN_ON_REFUSED),
        ):
            shop = quick()
            shop.terminal.readiness.look_ms = 60_000
            shop.acquirer.sign_ons = [problem]
            told: "list[str]" = []
            shop.terminal.readiness.on_change(lambda why: told.append(why))  # noqa: B023
            await running(shop)
            await until(lambda: bool(told))  # noqa: B023
            assert told == [why]
            await off(shop)

    finish(scenario())
