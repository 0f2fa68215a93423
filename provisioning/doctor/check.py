"""A check, and how one is carried out: within its time, and whatever fails in it is a finding as well."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import NamedTuple, TypeVar

from agent.errors import JumpGuardError
from board.errors import BoardError
from provisioning.doctor import codes
from provisioning.doctor.finding import Finding, problem
from provisioning.doctor.patient import Patient

Result = TypeVar("Result")

USUAL_PATIENCE_S = 10.0


class Check(NamedTuple):
    """`look` finds out about one thing. It is pointless where one of the checks named in `needs` did not go well.

    One `of_machine` is worth it whatever is installed: nothing yet, or a terminal that was retired.
    """

    name: str
    look: Callable[[Patient], Awaitable[Finding]]
    needs: tuple[str, ...] = ()
    patience_s: float = USUAL_PATIENCE_S
    of_machine: bool = False


async def carried_out(check: Check, patient: Patient) -> Finding:
    """What `check` finds, or that it took too long, or that something could not be read."""
    try:
        async with asyncio.timeout(check.patience_s):
            return await check.look(patient)
    except TimeoutError:
        return problem(codes.TOO_SLOW, seconds=int(check.patience_s))
    except (OSError, JumpGuardError, BoardError) as error:
        return problem(codes.EXAMINATION_FAILED, why=str(error))


async def aside(work: Callable[[], Result]) -> Result:
    """What `work` returns or raises, on a thread of its own, which ends with the process when nobody waits any more."""
    future: Future[Result] = Future()
    future.set_running_or_notify_cancel()  # from here on nobody's impatience changes it

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again, where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return await asyncio.wrap_future(future)
