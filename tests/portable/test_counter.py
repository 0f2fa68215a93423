"""The counter: what becomes of a sale, what the till hears, and what the acquirer and the card never see."""

import asyncio

from agent import messages, signals
from agent.binding import reasons
from agent.errors import (
    AcquirerLostError,
    AcquirerTimeoutError,
    AcquirerUnreachableError,
    MessageError,
    ReaderError,
)
from agent.lifecycle import ACTIVE, LOCKED, TAMPERED
from agent.sale import kinds, outcome
from tests.portable.helpers import end, finish, settle, until
from tests.portable.ports.acquirer import answer, declines, fails_with, says, silent
from tests.portable.ports.binding import MID, NAME, OTHER_MID, TID, altered
from tests.portable.shop import AMOUNT, Shop, opened, sale_at_the_acquirer, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

JUMPS = says({messages.MID: OTHER_MID})


def test_a_sale_is_approved() -> None:
    async def scenario() -> None:
        shop = await opened()
        found = await shop.sell()
        assert told(found) == (outcome.APPROVED, "00")
        assert shop.steps() == [kinds.SALE_AUTHORISING, kinds.SALE_ANSWERED, kinds.SALE_FINISHED]
        sent = shop.acquirer.sent[0]
        assert (sent.text(messages.MID), sent.text(messages.TID)) == (MID, TID)
        assert sent.text(messages.AMOUNT) == "000000001880"
        assert sent.text(messages.TRACK2) == "6212345678901232D29122010000012300000"
        assert shop.lights.shown == [signals.PRESENT_CARD, signals.READING, signals.APPROVED]
        for name, value in (
            ("amount", AMOUNT), ("mid", MID), ("merchant", NAME), ("card", "621234******1232"), ("trace", "000002"),
            ("approval_code", "A12345"), ("reference", "000000000042"), ("local_time", "20261123110405"),
            ("scheme", "UnionPay"), ("binding_version", 3),
        ):  # fmt: skip
            assert found.details[name] == value, name
        shop.assert_no_card_data(found.details)

    finish(scenario())


def test_the_intent_is_on_disk_before_the_message_leaves() -> None:
    async def scenario() -> None:
        shop = await opened()
        seen: "list[list[str]]" = []
        send = shop.acquirer.send

        async def watched(message: messages.Message) -> None:
            seen.append(shop.steps())
            await send(message)

        shop.acquirer.send = watched  # type: ignore[method-assign]
        await shop.sell()
        assert seen == [[kinds.SALE_AUTHORISING]]

    finish(scenario())


def test_a_sale_is_declined() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [declines("51")]
        assert told(await shop.sell()) == (outcome.DECLINED, "51")
        assert shop.lights.shown[-1] == signals.DECLINED
        assert shop.journal.of(kinds.REVERSAL_QUEUED) == []

    finish(scenario())


def test_a_sale_whose_mac_is_refused_signs_on_again_and_tries_once_more() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [declines("A0")]
        assert told(await shop.sell()) == (outcome.APPROVED, "00")
        first, second = shop.acquirer.sent
        assert first.text(messages.TRACE) != second.text(messages.TRACE)
        assert [entry.body["result"] for entry in shop.journal.of(kinds.SALE_FINISHED)] == ["declined", "approved"]
        assert len(shop.journal.of(kinds.SIGNED_ON)) == 2
        again = await shop.counter.status("till/1")
        assert told(again) == (outcome.APPROVED, "00")

    finish(scenario())


def test_a_mac_that_is_refused_twice_is_a_decline() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [declines("A0"), declines("A0")]
        assert told(await shop.sell()) == (outcome.DECLINED, "A0")
        assert shop.acquirer.types() == ["0200", "0200"]

    finish(scenario())


def test_a_case_opened_before_the_second_try_keeps_it_back() -> None:
    async def scenario() -> None:
        shop = await opened()

        def refuses_and_is_opened(message: messages.Message) -> "Sequence[messages.Message | Exception]":
            shop.case.is_open = True
            return declines("A0")(message)

        shop.acquirer.script = [refuses_and_is_opened]
        assert told(await shop.sell()) == (outcome.REFUSED, reasons.TAMPER_OPEN)
        assert shop.acquirer.types() == ["0200"]

    finish(scenario())


def test_a_host_that_asks_for_parameters_is_asked_again_before_a_sale_is_refused() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.host_request = 6
        assert told(await shop.sell("till/1")) == (outcome.REFUSED, reasons.PARAMETERS_DUE)
        assert (len(shop.acquirer.signed_on), shop.acquirer.sent, shop.reader.calls) == (1, [], [])
        sign_on = shop.acquirer.sign_on

        async def says_nothing_of_it(trace: str, batch: str, tid: str, mid: str, timeout_ms: int) -> messages.Message:
            shop.acquirer.host_request = 0
            return await sign_on(trace, batch, tid, mid, timeout_ms)

        shop.acquirer.sign_on = says_nothing_of_it  # type: ignore[method-assign]
        assert told(await shop.sell("till/2")) == (outcome.APPROVED, "00")

    finish(scenario())


def test_a_jump_is_told_and_reversed() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [JUMPS]
        assert told(await shop.sell()) == (outcome.JUMPED, outcome.MERCHANT_JUMP)
        assert shop.lights.shown[-1] == signals.JUMP
        assert shop.steps() == [
            kinds.SALE_AUTHORISING, kinds.SALE_ANSWERED, kinds.JUMP_DETECTED, kinds.REVERSAL_QUEUED,
            kinds.SALE_FINISHED,
        ]  # fmt: skip
        jump = shop.journal.body(kinds.JUMP_DETECTED)
        assert (jump["stage"], jump["expected"], jump["observed"]) == ("answer", {"mid": MID}, {"mid": OTHER_MID})
        assert shop.journal.body(kinds.REVERSAL_QUEUED)["reason"] == "06"
        assert shop.lifecycle.state == ACTIVE
        await shop.work_off()
        assert shop.acquirer.types() == ["0200", "0400"]
        assert told(await shop.sell("till/2")) == (outcome.APPROVED, "00")

    finish(scenario())


def test_a_charge_in_another_currency_is_told_and_reversed() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [says({messages.CURRENCY: "344"})]
        assert told(await shop.sell()) == (outcome.JUMPED, outcome.MERCHANT_JUMP)
        jump = shop.journal.body(kinds.JUMP_DETECTED)
        assert (jump["expected"], jump["observed"]) == ({"currency": "156"}, {"currency": "344"})
        assert jump["causes"] == ["CURRENCY_CONFIGURED_WRONG"]
        assert len(shop.journal.of(kinds.REVERSAL_QUEUED)) == 1

    finish(scenario())


def test_with_the_lock_policy_a_jump_locks_the_terminal() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.store.put(altered({"jump_policy": "reverse_and_lock"}), shop.keys)
        await shop.open()
        shop.acquirer.script = [says({messages.MERCHANT_NAME: "别家商店"}), JUMPS]
        assert told(await shop.sell("till/1")) == (outcome.APPROVED, "00")
        assert len(shop.journal.of(kinds.JUMP_DETECTED)) == 1
        assert shop.lifecycle.state == ACTIVE, "another name moves no money"
        assert told(await shop.sell("till/2")) == (outcome.JUMPED, outcome.MERCHANT_JUMP)
        assert shop.lifecycle.state == LOCKED
        assert told(await shop.sell("till/3")) == (outcome.REFUSED, reasons.LIFECYCLE_LOCKED)
        await shop.work_off()
        assert shop.acquirer.types() == ["0200", "0200", "0400"]

    finish(scenario())


def test_a_jump_on_a_terminal_that_was_locked_meanwhile_is_written_down_all_the_same() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.store.put(altered({"jump_policy": "reverse_and_lock"}), shop.keys)
        await shop.open()
        shop.acquirer.script = [JUMPS]
        selling = await sale_at_the_acquirer(shop)
        await shop.lifecycle.become(TAMPERED, "test")
        assert shop.acquirer.held is not None
        shop.acquirer.held.set()
        assert told(await selling) == (outcome.JUMPED, outcome.MERCHANT_JUMP)
        assert len(shop.journal.of(kinds.REVERSAL_QUEUED)) == 1
        assert shop.lifecycle.state == TAMPERED

    finish(scenario())


def test_an_approval_for_nobody_is_reversed() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [says({messages.MID: None})]
        assert told(await shop.sell()) == (outcome.UNPROVEN, outcome.MERCHANT_UNPROVEN)
        assert shop.unreversed() == 1
        assert shop.journal.of(kinds.JUMP_DETECTED) == []
        assert shop.lights.shown[-1] == signals.JUMP

    finish(scenario())


def test_no_answer_is_unknown_and_reversed() -> None:
    async def scenario() -> None:
        for script in (
            silent,
            fails_with(AcquirerTimeoutError("too long")),
            fails_with(AcquirerLostError("broke off")),
            lambda request: [answer(request, authenticated=False)],
            lambda request: [MessageError("DE 4 is malformed")],
        ):
            shop = await opened()
            shop.acquirer.script = [script]
            assert told(await shop.sell()) == (outcome.UNKNOWN, outcome.NO_ANSWER)
            assert shop.lights.shown[-1] == signals.FAULT
            assert shop.unreversed() == 1
            assert shop.journal.body(kinds.REVERSAL_QUEUED)["reason"] == "98"
            assert len(shop.journal.of(kinds.SALE_UNKNOWN)) == 1

    finish(scenario())


def test_what_never_left_has_failed_and_is_not_reversed() -> None:
    async def scenario() -> None:
        for problem in (AcquirerUnreachableError("no route"), MessageError("DE 4 has no wire form")):
            shop = await opened()
            shop.acquirer.send_problems = [problem]
            assert told(await shop.sell()) == (outcome.FAILED, outcome.ACQUIRER_UNREACHABLE)
            assert shop.steps() == [kinds.SALE_AUTHORISING, kinds.SALE_FINISHED]
            assert told(await shop.sell("till/2")) == (outcome.APPROVED, "00")

    finish(scenario())


def test_what_may_have_left_is_reversed() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.send_problems = [AcquirerLostError("broke off")]
        assert told(await shop.sell()) == (outcome.UNKNOWN, outcome.NO_ANSWER)
        assert shop.unreversed() == 1

    finish(scenario())


def test_a_card_that_does_not_come_fails_the_sale() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.reader.in_time = False
        assert told(await shop.sell()) == (outcome.FAILED, outcome.CARD_TIMEOUT)
        assert shop.acquirer.sent == []

    finish(scenario())


def test_a_card_that_fails_is_named_without_its_data() -> None:
    async def scenario() -> None:
        shop = await opened()
        assert shop.reader.card is not None
        record = b"\x00\xb2\x01\x0c\x00"
        shop.reader.card.answers[record] = shop.reader.card.answers[record].replace(b"\x12\x32\xd2", b"\x12\x23\xd2")
        found = await shop.sell()
        assert told(found) == (outcome.FAILED, "CARD_TRACK2")
        assert shop.acquirer.sent == []
        shop.assert_no_card_data(found.details)

    finish(scenario())


def test_after_a_fault_of_the_reader_the_next_sale_works() -> None:
    async def scenario() -> None:
        for call in ("start", "wait", "transceive"):
            shop = await opened()
            shop.reader.faults[call] = [ReaderError("reader: no answer; check its cable")]
            found = await shop.sell("till/1")
            assert told(found) == (outcome.FAILED, outcome.READER_UNAVAILABLE)
            assert found.details["detail"] == "reader: no answer; check its cable"
            assert told(await shop.sell("till/2")) == (outcome.APPROVED, "00")

    finish(scenario())


def test_a_sale_and_a_reversal_never_talk_at_the_same_time() -> None:
    async def scenario() -> None:
        shop = await opened()
        shop.acquirer.script = [silent]
        await shop.sell("till/1")
        shop.acquirer.held = asyncio.Event()
        worker = asyncio.create_task(shop.counter.reversal_worker.run())
        await until(lambda: shop.acquirer.types() == ["0200", "0400"])
        selling = asyncio.create_task(shop.sell("till/2"))
        await settle()
        assert shop.acquirer.types() == ["0200", "0400"]
        shop.acquirer.held.set()
        assert told(await selling) == (outcome.APPROVED, "00")
        assert shop.acquirer.types() == ["0200", "0400", "0200"]
        await end(worker)

    finish(scenario())


def test_trace_numbers_are_never_used_twice() -> None:
    async def scenario() -> None:
        shop = await opened()
        for n in range(3):
            await shop.sell("till/{}".format(n))
        again = await opened(shop.journal.cut(len(shop.journal.entries)))
        await again.sell("till/3")
        used = again.journal.of(kinds.SALE_AUTHORISING) + again.journal.of(kinds.SIGNING_ON)
        assert len({(entry.body["batch"], entry.body["trace"]) for entry in used}) == len(used) == 6

    finish(scenario())
