"""What both interpreters must offer alike: the queue between tasks, the monotonic clock, the time-out."""

import asyncio
import time

from agent.compat import TIMEOUT, Protocol, Queue, monotonic_ms, since_ms
from tests.portable.helpers import finish, raises


def test_a_queue_gives_back_in_the_order_of_putting() -> None:
    async def scenario() -> None:
        queue = Queue(3)
        for item in ("first", "second", "third"):
            queue.put(item)
        assert len(queue) == 3
        assert [await queue.get(), await queue.get()] == ["first", "second"]
        assert len(queue) == 1

    finish(scenario())


def test_a_full_queue_refuses_and_keeps_what_it_holds() -> None:
    async def scenario() -> None:
        queue = Queue(2)
        queue.put(1)
        queue.put(2)
        error = raises(OverflowError, queue.put, 3)
        assert str(error) == "queue is full with 2 items"
        assert await queue.get() == 1
        queue.put(3)
        assert [await queue.get(), await queue.get()] == [2, 3]

    finish(scenario())


def test_get_waits_until_something_is_put() -> None:
    async def scenario() -> None:
        queue = Queue(1)
        order: "list[str]" = []
        started = asyncio.Event()

        async def consume() -> None:
            order.append("waiting")
            started.set()
            order.append(str(await queue.get()))

        consumer = asyncio.create_task(consume())
        await started.wait()
        assert order == ["waiting"]
        queue.put("item")
        await consumer
        assert order == ["waiting", "item"]
        assert len(queue) == 0

    finish(scenario())


def test_get_waits_again_after_the_queue_was_emptied() -> None:
    async def scenario() -> None:
        queue = Queue(1)
        queue.put("before")
        assert await queue.get() == "before"
        assert await gets_nothing(queue)
        queue.put("after")
        assert await queue.get() == "after"

    finish(scenario())


def test_each_item_reaches_exactly_one_of_several_waiting_tasks() -> None:
    async def scenario() -> None:
        queue = Queue(4)
        taken: "list[object]" = []

        async def consume() -> None:
            taken.append(await queue.get())

        consumers = [asyncio.create_task(consume()) for _ in range(4)]
        await asyncio.sleep(0)
        for item in range(4):
            queue.put(item)
        for consumer in consumers:
            await consumer
        assert sorted(taken) == [0, 1, 2, 3]  # type: ignore[type-var]

    finish(scenario())


def test_a_cancelled_get_takes_nothing() -> None:
    async def scenario() -> None:
        queue = Queue(1)

        async def consume() -> None:
            await queue.get()

        consumer = asyncio.create_task(consume())
        await asyncio.sleep(0)
        consumer.cancel()
        try:
            await consumer
            raise AssertionError("the cancelled task returned")
        except asyncio.CancelledError:
            pass
        queue.put("kept")
        assert await queue.get() == "kept"

    finish(scenario())


def test_the_monotonic_clock_measures_milliseconds() -> None:
    started = monotonic_ms()
    time.sleep(0.03)  # the interval that is measured, not a wait for something
    elapsed = since_ms(started)
    assert isinstance(started, int)
    assert 29 <= elapsed < 5_000


def test_the_monotonic_clock_never_steps_back() -> None:
    started = monotonic_ms()
    readings = [since_ms(started) for _ in range(200)]
    assert readings == sorted(readings)
    assert readings[0] >= 0


def test_a_wait_that_is_too_long_ends_with_the_time_out_that_both_share() -> None:
    async def scenario() -> None:
        assert await gets_nothing(Queue(1))

    finish(scenario())


def test_a_port_is_a_plain_class_that_an_unrelated_one_can_serve() -> None:
    class Port(Protocol):
        def answer(self) -> int:
            """A number."""

    class Served:
        def answer(self) -> int:
            return 42

    port: Port = Served()
    assert port.answer() == 42


async def gets_nothing(queue: Queue) -> bool:
    """Whether `get` is still waiting after a moment."""
    try:
        await asyncio.wait_for(queue.get(), 0.01)
    except TIMEOUT:
        return True
    return False
