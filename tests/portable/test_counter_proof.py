"""What is proven when: the gate, the sign-on and the case, between the till's request and the message."""

import asyncio

from agent import messages, signals
from agent.binding import reasons
from agent.errors import (
    AcquirerUnreachableError,
    SignOnRefusedError,
    StoreError,
)
from agent.lifecycle import ACTIVE, LOCKED
from agent.sale import kinds, outcome
from tests.portable.helpers import finish, settle, until
from tests.portable.ports.acquirer import answer
from tests.portable.ports.binding import MID, OTHER_MID, TID, altered
from tests.portable.shop import Shop, opened, sale_at_the_card, told


def test_a_gate_that_refuses_lets_nothing_reach_card_and_acquirer() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.case.is_open = True
        found = await shop.sell("till/1")
        assert told(found) == (outcome.REFUSED, reasons.TAMPER_OPEN)
        shop.case.is_open = False
        assert told(await shop.sell("till/2", merchant=OTHER_MID)) == (outcome.REFUSED, reasons.MERCHANT_OTHER)
        assert told(await shop.sell("till/3", amount=100_001)) == (outcome.REFUSED, reasons.AMOUNT_OVER_LIMIT)
        shop.store.stored = None
        assert told(await shop.sell("till/4")) == (outcome.REFUSED, reasons.BINDING_MISSING)
        assert shop.reader.calls == []
        assert (shop.acquirer.sent, shop.acquirer.signed_on) == ([], [])
        assert shop.lights.shown == [signals.REFUSED] * 4
        assert shop.journal.kinds("lifecycle") == [kinds.GATE_REFUSED] * 4

    finish(scenario())


def test_warnings_reach_the_till_and_the_journal() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.clock.synced = False
        assert (await shop.sell("till/1")).warnings == [reasons.CLOCK_UNSYNCED]
        assert shop.journal.body(kinds.SALE_AUTHORISING)["warnings"] == [reasons.CLOCK_UNSYNCED]
        refused = await shop.sell("till/2", amount=100_001)
        assert refused.warnings == [reasons.CLOCK_UNSYNCED]

    finish(scenario())


def test_what_was_proven_before_the_card_came_is_proven_again_before_anything_is_sent() -> None:
    async def scenario() -> None:
        for spoil, code in (
            (lambda shop: shop.case.move(True), reasons.TAMPER_OPEN),
            (lambda shop: setattr(shop.clock, "now", "2027-01-01T00:00:00.000Z"), reasons.BINDING_EXPIRED),
            (lambda shop: setattr(shop.mark, "mark", 4), reasons.BINDING_VERSION_OLDER),
            (
                lambda shop: setattr(shop.store, "problem", StoreError("STORE_ALTERED", "altered")),
                reasons.STORE_ALTERED,
            ),
            (lambda shop: setattr(shop.lifecycle, "state", LOCKED), reasons.LIFECYCLE_LOCKED),
        ):
            shop = await opened()
            selling = await sale_at_the_card(shop)
            spoil(shop)
            shop.reader.present()
            assert told(await selling) == (outcome.REFUSED, code)
            assert shop.acquirer.sent == []
            assert shop.steps() == [kinds.GATE_REFUSED]
            shop.assert_no_card_data()

    finish(scenario())


def test_it_is_proven_again_after_waiting_for_a_reversal() -> None:
    async def scenario() -> None:
        shop = await opened()
        selling = await sale_at_the_card(shop)
        async with shop.counter.conversation:
            shop.reader.present()
            await until(lambda: "release" in shop.reader.calls)
            await settle()
            shop.case.is_open = True
        assert told(await selling) == (outcome.REFUSED, reasons.TAMPER_OPEN)
        assert shop.acquirer.sent == []

    finish(scenario())


def test_a_binding_that_came_while_the_card_was_awaited_is_signed_on_under_first() -> None:
    async def scenario() -> None:
        shop = await opened()
        selling = await sale_at_the_card(shop)
        shop.store.put(altered({"version": 4, "mid": OTHER_MID}), shop.keys)
        shop.acquirer.sign_ons = [
            messages.Message(messages.SIGN_ON_ANSWER, {messages.MID: OTHER_MID, messages.TID: TID})
        ]
        shop.reader.present()
        assert told(await selling) == (outcome.APPROVED, "00")
        assert [mid for _, _, _, mid in shop.acquirer.signed_on] == [MID, OTHER_MID]
        assert shop.acquirer.sent[0].text(messages.MID) == OTHER_MID

    finish(scenario())


def test_a_case_that_is_opened_during_the_sign_on_keeps_the_card_out() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.held = asyncio.Event()
        selling = asyncio.create_task(shop.sell())
        await shop.acquirer.asked.wait()
        shop.case.is_open = True
        shop.acquirer.held.set()
        assert told(await selling) == (outcome.REFUSED, reasons.TAMPER_OPEN)
        assert shop.reader.calls == []

    finish(scenario())


def test_a_terminal_that_is_set_up_while_it_runs_becomes_active_with_its_first_sale() -> None:
    async def scenario() -> None:
        shop = Shop()
        await shop.lifecycle.start()
        await shop.counter.start()
        assert told(await shop.sell()) == (outcome.APPROVED, "00")
        assert shop.lifecycle.state == ACTIVE
        assert shop.journal.kinds("acquirer")[0] == "lifecycle.changed"

    finish(scenario())


def test_a_sign_on_that_fails_fails_the_sale_before_the_card() -> None:
    async def scenario() -> None:
        for given, code in (
            (SignOnRefusedError("97", "refused"), outcome.SIGN_ON_REFUSED),
            (AcquirerUnreachableError("no route"), outcome.ACQUIRER_UNREACHABLE),
            (
                messages.Message(messages.SIGN_ON_ANSWER, {messages.MID: OTHER_MID, messages.TID: TID}),
                outcome.SIGN_ON_OTHER_MERCHANT,
            ),
        ):
            shop = await opened()
            shop.acquirer.sign_ons = [given]
            assert told(await shop.sell("till/1")) == (outcome.FAILED, code)
            assert shop.reader.calls == []
            assert told(await shop.sell("till/2")) == (outcome.APPROVED, "00")

    finish(scenario())


def test_keys_that_only_an_unproven_answer_refuses_are_fetched_anew_for_the_next_sale() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [lambda request: [answer(request, authenticated=False)]]
        await shop.sell("till/1")
        assert len(shop.acquirer.signed_on) == 1
        await shop.sell("till/2")
        await shop.sell("till/3")
        assert len(shop.acquirer.signed_on) == 2

    finish(scenario())


def test_a_refusal_does_not_wait_for_a_reversal() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.case.is_open = True
        async with shop.counter.conversation:
            assert told(await shop.sell()) == (outcome.REFUSED, reasons.TAMPER_OPEN)

    finish(scenario())
