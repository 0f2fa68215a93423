"""Commands from the fleet: each is journaled before it runs, runs once, and its result can be had again.

They run one after the other, in the order of their counters. The backend sends an open command again until it hears how
it ended, so a lost message of either side only costs time, and a repeated one is answered from what is stored.

Counters follow the clock. So a new journal, which knows of no command, writes down the time as a floor: whatever was
ordered before it may have run already, and is old. Until a clock says what time it is, every command is refused.
"""

import asyncio

from agent.binding.ports import Keys
from agent.clock import SYNCED, Clock, is_before, milliseconds
from agent.command.order import COMMAND, Order, read_order
from agent.command.status import (
    ACCEPTED,
    COUNTER_OLD,
    COUNTER_UNKNOWN,
    EXPIRED,
    FAILED,
    INTERRUPTED,
    NOT_ALLOWED,
    RUNNING,
    SUCCEEDED,
    TYPE_UNKNOWN,
    Status,
)
from agent.command.types import RESTART
from agent.compat import Protocol, monotonic_ms, since_ms
from agent.errors import JumpGuardError, RefusedMessageError
from agent.journal.entry import Entry, Record
from agent.journal.ports import Journal
from agent.report.ports import Say
from agent.report.topics import Topics

# Kinds of entries.
FLOOR = "command.floor"
TAKEN = "command.accepted"
ENDED = "command.ended"
# The latest of each tells how far the counters went, and whether the last command ended.
KINDS = (FLOOR, TAKEN, ENDED)

# Results that are kept at hand for a backend that asks again; it asks for the latest ones.
_KEPT = 32
# The backend sends the next one when it has heard of the last: more than a few at once are not its doing.
_MOST_WAITING = 8
_LOOK_MS = 1_000


class Handler(Protocol):
    """Does what one type of command asks for."""

    async def __call__(self, args: "dict[str, object]") -> "tuple[str, dict[str, object]]":
        """Do it and return ("", result), or (code, result) when it failed. A JumpGuardError fails it as well."""


class _Waiting:
    """A command that has its turn still to come, and when it was heard."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.heard_ms = monotonic_ms()


class Commands:
    """Hears commands (an `agent.report.ports.Receiver`) and carries them out by the `handlers` of their types."""

    subscription = "cmd/+/+"

    def __init__(
        self, journal: Journal, topics: Topics, keys: Keys, clock: Clock, handlers: "dict[str, Handler]", say: Say
    ) -> None:
        self.journal = journal
        self.topics = topics
        self.keys = keys
        self.clock = clock
        self.handlers = handlers
        self.say = say
        self.look_ms = _LOOK_MS
        # The highest one that is known, 0 when none is.
        self._counter = 0
        self._known: dict[str, Status] = {}
        self._waiting: list[_Waiting] = []
        self._woken = asyncio.Event()

    async def start(self) -> None:
        """Find the counter and the latest results. Raises JournalError."""
        for entry in reversed(await self.journal.recent(ENDED, _KEPT)):
            self._remember(_status(entry))
        taken = await self.journal.last(TAKEN)
        if taken is not None:
            self._counter = max(self._counter, _order(taken).counter)
        floor = await self.journal.last(FLOOR)
        if floor is not None:
            self._counter = max(self._counter, int(str(floor.body["counter"])))
        await self._find_floor()

    def birth(self) -> "list[tuple[str, bytes]]":
        """Nothing: the backend asks for what it misses."""
        return []

    async def heard(self, name: str, payload: bytes) -> None:
        """See `agent.report.ports.Receiver.heard`."""
        order = read_order(name, payload, self.topics, self.keys)
        if order.id in self._known:
            await self._tell(self._known[order.id])
        elif any(order.id == waiting.order.id for waiting in self._waiting):
            return
        elif self._counter == 0:
            await self._tell(Status(order, FAILED, COUNTER_UNKNOWN))
            raise RefusedMessageError("{}: no clock tells yet whether its counter is old".format(COMMAND))
        elif order.counter <= self._counter:
            await self._tell(Status(order, FAILED, COUNTER_OLD))
            raise RefusedMessageError("{}: its counter is not above the last one's".format(COMMAND))
        elif len(self._waiting) < _MOST_WAITING:
            self._waiting.append(_Waiting(order))
            self._waiting.sort(key=lambda waiting: waiting.order.counter)
            self._woken.set()

    async def run(self) -> None:
        """Carry out what comes, for ever. What the last run, or a fault, left without an end is ended first."""
        await self._end_interrupted()
        while self._counter == 0:
            await asyncio.sleep(self.look_ms / 1000)
            await self._find_floor()
        while True:
            while self._waiting:
                await self._carry_out(self._waiting[0])
            self._woken.clear()
            await self._woken.wait()

    async def _find_floor(self) -> None:
        if self._counter == 0 and self.clock.state() == SYNCED:
            floor = milliseconds(self.clock.utc())
            await self.journal.append(Record(FLOOR, {"counter": floor}))
            self._counter = floor

    async def _carry_out(self, waiting: _Waiting) -> None:
        """It waits until something of it is in the journal: what could not be written down is tried again."""
        order = waiting.order
        if order.type not in self.handlers:
            await self._end(Status(order, FAILED, TYPE_UNKNOWN))
        elif self._is_late(waiting):
            await self._end(Status(order, FAILED, EXPIRED))
        else:
            await self.journal.append(Record(TAKEN, named(order)))
            await self._tell(Status(order, ACCEPTED))
            self._remember(Status(order, RUNNING))
            await self._tell(self._known[order.id])
            self._waiting.remove(waiting)
            await self._end(await self._done(order))
            return
        self._waiting.remove(waiting)

    async def _done(self, order: Order) -> Status:
        try:
            code, result = await self.handlers[order.type](order.args)
        except JumpGuardError as error:
            code, result = NOT_ALLOWED, {"detail": str(error)}
        return Status(order, FAILED if code else SUCCEEDED, code, result)

    def _is_late(self, waiting: _Waiting) -> bool:
        """A deadline means nothing to a clock that nobody has set: it counts as a time to live then."""
        order = waiting.order
        if self.clock.state() == SYNCED:
            return not is_before(self.clock.utc(), order.deadline)
        return since_ms(waiting.heard_ms) >= order.lasts_s * 1000

    async def _end(self, status: Status) -> None:
        body = named(status.order)
        body.update({"state": status.state, "code": status.code, "result": status.result})
        await self.journal.append(Record(ENDED, body))
        self._remember(status)
        await self._tell(status)

    async def _end_interrupted(self) -> None:
        taken = await self.journal.last(TAKEN)
        if taken is None:
            return
        order = _order(taken)
        ended = await self.journal.last(ENDED)
        if ended is not None and ended.sequence > taken.sequence:
            return
        # A restart is done once the terminal runs again.
        done = order.type == RESTART
        await self._end(Status(order, SUCCEEDED if done else FAILED, "" if done else INTERRUPTED))

    def _remember(self, status: Status) -> None:
        self._counter = max(self._counter, status.order.counter)
        self._known[status.order.id] = status
        ended = [name for name, known in self._known.items() if known.ended]
        if len(ended) > _KEPT:
            oldest = min(ended, key=lambda name: self._known[name].order.counter)
            del self._known[oldest]

    async def _tell(self, status: Status) -> None:
        await self.say(status.order.status_topic, status.payload(), False)


def named(order: Order) -> "dict[str, object]":
    """What the journal says of any step of `order`: which it is."""
    return {
        "id": order.id,
        "type": order.type,
        "counter": order.counter,
        "issued": order.issued,
        "deadline": order.deadline,
        "key_id": order.key_id,
    }


def _order(entry: Entry) -> Order:
    body = entry.body
    texts = [str(body[name]) for name in ("type", "id", "issued", "deadline", "key_id")]
    return Order(texts[0], texts[1], int(str(body["counter"])), texts[2], texts[3], {}, texts[4])


def _status(entry: Entry) -> Status:
    result = entry.body["result"]
    assert isinstance(result, dict)
    return Status(_order(entry), str(entry.body["state"]), str(entry.body["code"]), result)
