"""All made-up terminals of a process: brings them on line, has things happen at a rate, waits for the last word."""

import asyncio
import heapq
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, count

from tools.fleet.load.connection import Connection
from tools.fleet.load.outages import Outage, planned
from tools.fleet.load.terminal import Terminal
from tools.fleet.load.who import Who, chance
from tools.fleet.load.world import World

_TURN_S = 0.02
# Each terminal is looked at once in so many turns, so that no turn is long.
_SLICES = 50
_DIALS_AT_ONCE = 100
_DIAL_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Broker:
    """Where it listens; `context` gives what the connection of a terminal is encrypted with, None for none."""

    host: str
    port: int
    context: Callable[[str], ssl.SSLContext | None]


@dataclass(frozen=True, slots=True)
class Pace:
    """Terminals that come on line a second, then entries a second for `seconds`, then the longest wait for the rest."""

    connects: float
    events: float
    seconds: float
    drain_s: float


class Crowd:
    """The terminals `known` in `world`, on the event loop that runs `run`."""

    def __init__(self, known: list[Who], world: World, broker: Broker, pace: Pace) -> None:
        self.world = world
        self._broker = broker
        self._pace = pace
        self._heap: list[tuple[float, int, Terminal]] = []
        self._ties = count()
        self._dials: set[asyncio.Task[None]] = set()
        self._gate = asyncio.Semaphore(_DIALS_AT_ONCE)
        self._turn = 0
        self.terminals = [Terminal(who, world, self._schedule) for who in known]
        self._busy = list(accumulate(who.busy for who in known))
        self._draw = chance(world.seed, "crowd")
        self._outages = planned(known, pace.seconds, chance(world.seed, "outages"))

    @property
    def waiting(self) -> int:
        """How many events are not acknowledged."""
        return sum(len(terminal.outgoing) for terminal in self.terminals)

    @property
    def up(self) -> int:
        """How many terminals are connected."""
        return sum(terminal.is_up for terminal in self.terminals)

    async def run(self) -> None:
        """Bring all on line, have things happen, wait until all is acknowledged, and leave."""
        await self._come()
        await self._live()
        self._heap.clear()  # what is half told stays so, as at a power cut
        await self._until(lambda: not self.waiting, self._pace.drain_s)
        for terminal in self.terminals:
            terminal.dials_at = None
            terminal.leave()
        for dial in self._dials:
            dial.cancel()
        await asyncio.gather(*self._dials, return_exceptions=True)

    async def _come(self) -> None:
        begin = self.world.loop.time()
        for terminal in self.terminals:
            terminal.dials_at = begin + terminal.who.number / self._pace.connects
            self._schedule(terminal, terminal.dials_at)
        last = len(self.terminals) / self._pace.connects
        await self._until(lambda: self.up == len(self.terminals), last + self._pace.drain_s)

    async def _live(self) -> None:
        begin, made = self.world.loop.time(), 0
        outages = list(self._outages)
        while (elapsed := self.world.loop.time() - begin) < self._pace.seconds:
            while made < elapsed * self._pace.events:
                made += self._go_on()
            while outages and outages[0].at_s <= elapsed:
                self._cut(outages.pop(0))
            await self._take_turn()

    def _go_on(self) -> int:
        """Something happens next to a terminal, more often to a busy one; how many entries it writes."""
        (terminal,) = self._draw.choices(self.terminals, cum_weights=self._busy)
        idle = not terminal.machine.story
        entries = terminal.machine.go_on()
        if idle:
            self._schedule(terminal)
        return max(1, entries)

    def _cut(self, outage: Outage) -> None:
        for number in outage.numbers:
            self.terminals[number].cut(self.world.draw.uniform(0.5, 1.0) * outage.away_s)

    async def _until(self, over: Callable[[], bool], within_s: float) -> None:
        end = self.world.loop.time() + within_s
        while self.world.loop.time() < end and not (self._turn % _SLICES == 0 and over()):
            await self._take_turn()

    async def _take_turn(self) -> None:
        now = self.world.loop.time()
        while self._heap and self._heap[0][0] <= now:
            _, _, terminal = heapq.heappop(self._heap)
            after_s = terminal.step()
            if after_s is not None:
                self._schedule(terminal, now + after_s)
        for terminal in self.terminals[self._turn % _SLICES :: _SLICES]:
            terminal.look(now)
            if terminal.dials_at is not None and terminal.dials_at <= now:
                self._dial(terminal)
        self._turn += 1
        await asyncio.sleep(max(0.0, now + _TURN_S - self.world.loop.time()))

    def _schedule(self, terminal: Terminal, at: float | None = None) -> None:
        """The next step of `terminal` happens `at`, or after its own pause."""
        if at is None:
            at = self.world.loop.time() + terminal.machine.story[0].after_s
        heapq.heappush(self._heap, (at, next(self._ties), terminal))

    def _dial(self, terminal: Terminal) -> None:
        dial = self.world.loop.create_task(self._connect(terminal, terminal.new_connection()))
        self._dials.add(dial)
        dial.add_done_callback(self._dials.discard)

    async def _connect(self, terminal: Terminal, connection: Connection) -> None:
        broker = self._broker
        try:
            async with self._gate, asyncio.timeout(_DIAL_WITHIN_S):
                context = broker.context(terminal.who.serial)
                name = broker.host if context is not None else None
                await self.world.loop.create_connection(
                    lambda: connection, broker.host, broker.port, ssl=context, server_hostname=name
                )
        except (OSError, TimeoutError) as error:
            terminal.down(connection, type(error).__name__)
