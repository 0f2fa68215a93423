"""Asking for a card: it comes, it does not, it is called off, or the reader fails."""

import asyncio

from agent import signals
from agent.card.flow import CardRead
from agent.card.session import CANCELLED, CARD_TIMEOUT, CardSession
from agent.errors import CardError, CardGoneError, ReaderError
from tests.portable.helpers import end, fails, finish, settle
from tests.portable.ports.machine import ManualClock, RecordingSignals
from tests.portable.ports.reader import SECRETS, ScriptedReader, no_payment_card


class Desk:
    def __init__(self) -> None:
        self.reader = ScriptedReader()
        self.lights = RecordingSignals()
        self.clock = ManualClock()
        self.session = CardSession(self.reader, self.lights, self.clock, "JG-DEMO-0001", 60_000)

    async def read(self) -> CardRead:
        return await self.session.read(1880, "156", "000042", "Asia/Urumqi")

    async def refusal(self) -> str:
        error = await fails(CardError, self.read())
        assert isinstance(error, CardError)
        for secret in SECRETS:
            assert secret not in str(error)
        return error.code


def test_a_card_is_asked_for_read_and_let_go() -> None:
    async def scenario() -> None:
        desk = Desk()
        card = await desk.read()
        assert card.pan.masked == "621234******1232"
        assert desk.lights.shown == [signals.PRESENT_CARD, signals.READING]
        assert desk.reader.calls == ["start", "wait"] + ["transceive"] * 5 + ["release"]
        assert desk.clock.zones == ["Asia/Urumqi"]
        assert b"\x9a\x03\x26\x11\x23" in card.icc_data
        assert b"\x9f\x41\x04\x00\x00\x00\x42" in card.icc_data

    finish(scenario())


def test_each_card_sees_a_new_unpredictable_number() -> None:
    async def scenario() -> None:
        desk = Desk()
        numbers = []
        for _ in range(3):
            data = (await desk.read()).icc_data
            at = data.index(b"\x9f\x37\x04")
            numbers.append(data[at + 3 : at + 7])
        assert len(set(numbers)) == 3

    finish(scenario())


def test_the_reader_is_opened_once() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.session.start()
        await desk.session.start()
        await desk.read()
        assert desk.reader.calls.count("start") == 1

    finish(scenario())


def test_a_sale_that_comes_while_the_reader_is_opened_waits_for_it() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.reader.slow_start = asyncio.Event()
        opening = asyncio.create_task(desk.session.start())
        reading = asyncio.create_task(desk.read())
        await settle()
        desk.reader.slow_start.set()
        await opening
        assert (await reading).scheme == "UnionPay"
        assert desk.reader.calls.count("start") == 1

    finish(scenario())


def test_a_reader_that_is_being_closed_is_opened_behind_that() -> None:
    async def scenario() -> None:
        desk = Desk()
        await desk.session.start()
        desk.reader.slow_stop = asyncio.Event()
        closing = asyncio.create_task(desk.session.stop())
        opening = asyncio.create_task(desk.session.start())
        await settle()
        assert not opening.done()
        desk.reader.slow_stop.set()
        await closing
        await opening
        assert desk.reader.is_open and desk.session.is_open
        assert desk.reader.calls == ["start", "stop", "start"]

    finish(scenario())


def test_no_card_in_time_is_a_time_out() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.reader.in_time = False
        assert await desk.refusal() == CARD_TIMEOUT
        assert desk.reader.apdus() == 0

    finish(scenario())


def test_the_wait_can_be_called_off_and_another_begun() -> None:
    async def scenario() -> None:
        desk = Desk()
        assert not desk.session.cancel()
        desk.reader.card = None
        reading = asyncio.create_task(desk.refusal())
        await desk.reader.waiting.wait()
        assert desk.session.cancel()
        assert await reading == CANCELLED
        assert not desk.session.cancel()
        desk.reader.present()
        assert (await desk.read()).scheme == "UnionPay"

    finish(scenario())


def test_it_can_be_called_off_while_the_reader_is_still_opened() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.reader.slow_start = asyncio.Event()
        reading = asyncio.create_task(desk.refusal())
        await settle()
        assert desk.session.cancel()
        desk.reader.slow_start.set()
        assert await reading == CANCELLED
        assert "wait" not in desk.reader.calls
        assert desk.lights.shown == []

    finish(scenario())


def test_called_off_in_the_moment_in_which_the_card_comes_it_is_not_read() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.reader.card = None
        reading = asyncio.create_task(desk.refusal())
        await desk.reader.waiting.wait()
        desk.reader.present()
        for _ in range(20):
            if desk.session.cancel():
                break
            await asyncio.sleep(0)
        assert await reading == CANCELLED
        assert desk.reader.apdus() == 0

    finish(scenario())


def test_every_moment_of_calling_off_either_holds_or_is_refused() -> None:
    async def scenario() -> None:
        outcomes = []
        for moment in range(40):
            desk = Desk()
            reading = asyncio.create_task(desk.read())
            for _ in range(moment):
                await asyncio.sleep(0)
            held = desk.session.cancel()
            try:
                await reading
                assert not held, "called off, and read all the same ({})".format(moment)
                outcomes.append("read")
            except CardError as error:
                assert held
                assert error.code == CANCELLED
                assert desk.reader.apdus() == 0
                outcomes.append("called off")
        assert "read" in outcomes
        assert "called off" in outcomes

    finish(scenario())


def test_a_task_that_is_cancelled_from_outside_ends_cancelled() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.reader.card = None
        ended = []

        async def read() -> None:
            try:
                await desk.read()
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        reading = asyncio.create_task(read())
        await desk.reader.waiting.wait()
        await end(reading)
        assert ended == ["cancelled"]
        assert not desk.session.cancel()

    finish(scenario())


def test_the_card_is_let_go_when_reading_fails() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.reader.faults["transceive"] = [CardGoneError("the card left the field")]
        assert await desk.refusal() == "CARD_REMOVED"
        assert desk.reader.calls[-1] == "release"
        assert "stop" not in desk.reader.calls

    finish(scenario())


def test_a_card_that_is_none_is_refused_and_the_reader_stays_open() -> None:
    async def scenario() -> None:
        desk = Desk()
        desk.reader.faults["wait"] = [no_payment_card()]
        assert await desk.refusal() == "CARD_NO_PPSE"
        assert (await desk.read()).scheme == "UnionPay"
        assert desk.reader.calls.count("start") == 1

    finish(scenario())


def test_a_reader_that_fails_is_closed_and_opened_anew_for_the_next_card() -> None:
    async def scenario() -> None:
        for call in ("start", "wait", "transceive"):
            desk = Desk()
            desk.reader.faults[call] = [ReaderError("reader: no answer; check its cable")]
            error = await fails(ReaderError, desk.read())
            assert str(error) == "reader: no answer; check its cable"
            assert desk.reader.calls[-1] == "stop"
            assert (await desk.read()).scheme == "UnionPay"
            assert desk.reader.calls.count("start") == 2

    finish(scenario())
