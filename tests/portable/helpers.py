"""What portable tests need and MicroPython has not: `pytest.raises` and waiting, as both interpreters run it."""

import asyncio

from agent.compat import monotonic_ms, since_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_PATIENCE_MS = 40_000


def raises(error_class: "type[BaseException]", call: "Callable[..., object]", *arguments: object) -> BaseException:
    """Call `call(*arguments)` and return the `error_class` that it raises.

    Raises AssertionError when the call returns; an error of another class goes through.
    """
    try:
        result = call(*arguments)
    except error_class as error:
        return error
    raise AssertionError("{} was expected, the call returned {!r}".format(error_class.__name__, result))


async def fails(error_class: "type[BaseException]", coroutine: "Coroutine[object, object, object]") -> BaseException:
    """As `raises`, for a coroutine inside a scenario."""
    try:
        result = await coroutine
    except error_class as error:
        return error
    raise AssertionError("{} was expected, the coroutine returned {!r}".format(error_class.__name__, result))


def finish(coroutine: "Coroutine[object, object, None]") -> None:
    """Run `coroutine` to its end; one that hangs fails after a while instead of holding the run."""

    async def bounded() -> None:
        await asyncio.wait_for(coroutine, _PATIENCE_MS / 1000)

    asyncio.run(bounded())


async def until(holds: "Callable[[], bool]") -> None:
    """Let the other tasks run until `holds()`. Raises AssertionError when that does not come true in time."""
    start = monotonic_ms()
    while not holds():
        if since_ms(start) > _PATIENCE_MS // 2:
            raise AssertionError("what was waited for did not come")
        await asyncio.sleep(0.001)


async def settle() -> None:
    """Let every task that can go on do so, for a test that asserts that nothing more happens."""
    for _ in range(50):
        await asyncio.sleep(0)


async def end(task: "asyncio.Task[None]") -> None:
    """Cancel `task` and wait until it is gone."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
