"""Tasks that are kept running."""

import asyncio

from agent.errors import JournalError
from agent.supervise import Supervisor
from tests.portable.helpers import finish, settle, until


class Told:
    """Who is told of failures; `problem` keeps the telling from working."""

    def __init__(self) -> None:
        self.failures: "list[tuple[str, str, int]]" = []
        self.problem: "Exception | None" = None

    async def __call__(self, name: str, error: Exception, times: int) -> None:
        if self.problem is not None:
            raise self.problem
        self.failures.append((name, str(error), times))


def test_a_task_that_fails_is_told_counted_and_started_again() -> None:
    async def scenario() -> None:
        told = Told()
        supervisor = Supervisor(told)
        runs: "list[str]" = []

        async def fragile() -> None:
            runs.append("run")
            if len(runs) < 4:
                raise ValueError("failure {}".format(len(runs)))
            await asyncio.sleep(60)

        supervisor.start("fragile", fragile)
        await until(lambda: len(runs) == 4)
        assert told.failures == [("fragile", "failure {}".format(n), n) for n in (1, 2, 3)]
        assert supervisor.restarts == {"fragile": 3}
        await supervisor.stop()

    finish(scenario())


def test_a_task_that_is_done_is_left_alone() -> None:
    async def scenario() -> None:
        supervisor = Supervisor(Told())
        runs: "list[str]" = []

        async def once() -> None:
            runs.append("run")

        supervisor.start("once", once)
        await settle()
        assert (runs, supervisor.restarts) == (["run"], {"once": 0})
        await supervisor.stop()

    finish(scenario())


def test_one_that_fails_does_not_touch_the_others() -> None:
    async def scenario() -> None:
        supervisor = Supervisor(Told())
        steps: "list[str]" = []

        async def failing() -> None:
            raise ValueError("always")

        async def steady() -> None:
            while True:
                steps.append("step")
                await asyncio.sleep(0)

        supervisor.start("failing", failing)
        supervisor.start("steady", steady)
        await until(lambda: len(steps) > 100)
        assert supervisor.restarts["steady"] == 0
        assert supervisor.restarts["failing"] >= 1
        await supervisor.stop()

    finish(scenario())


def test_a_failure_that_cannot_be_told_still_starts_the_task_again() -> None:
    async def scenario() -> None:
        told = Told()
        told.problem = JournalError("journal: the disk is full")
        supervisor = Supervisor(told)
        runs: "list[str]" = []

        async def fragile() -> None:
            runs.append("run")
            if len(runs) < 3:
                raise ValueError("failure")
            await asyncio.sleep(60)

        supervisor.start("fragile", fragile)
        await until(lambda: len(runs) == 3)
        assert (supervisor.restarts["fragile"], supervisor.untold) == (2, 2)
        await supervisor.stop()

    finish(scenario())


def test_stop_ends_every_task_before_it_returns() -> None:
    async def scenario() -> None:
        supervisor = Supervisor(Told())
        ended: "list[str]" = []

        async def waiting() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                ended.append("ended")

        for name in ("one", "two", "three"):
            supervisor.start(name, waiting)
        await settle()
        await supervisor.stop()
        assert ended == ["ended"] * 3
        assert sum(supervisor.restarts.values()) == 0
        await supervisor.stop()

    finish(scenario())
