"""A till that asks without end while the parts behind it are killed: numbered events, and where they end.

What it asks for is refused by the gate (it is another merchant's), which is a journal entry with the till's number and
takes no card. A till that got no answer asks again under the same number: the terminal knows it.
"""

import json
import random
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from queue import SimpleQueue

from agent.binding import reasons
from agent.sale import kinds
from provisioning.errors import TillError
from tests.soak.soak_rig import SoakRig
from tools.rig.files import OTHER_MID

_RETRY_S = 0.02
# About as long as an ask takes, or a few.
_WITHIN_S = 0.05
_ANSWERED_WITHIN_S = 60.0
_STEPS = 10
_TOGETHER = 1 / 3


class Soak:
    """`events` numbered events on `rig`; each of `kills` is killed at least so often, when `seed` draws it."""

    def __init__(self, rig: SoakRig, events: int, kills: Mapping[str, int], seed: int) -> None:
        self.rig = rig
        self.events = events
        self._chance = random.Random(seed)
        self.victims = _drawn(self._chance, events, kills)
        self._due: SimpleQueue[list[str] | None] = SimpleQueue()
        self._all_run = threading.Event()
        self._all_run.set()
        self._given_up = False

    def run(self) -> None:
        """Return when every number was answered. Raises TillError when one was not, ProcessError, AssertionError."""
        with ThreadPoolExecutor(1) as executor:
            # The till on the other thread: the kernel ends a process with the thread that started it.
            asking = executor.submit(self._ask_all)
            try:
                while (victims := self._due.get()) is not None:
                    time.sleep(self._chance.uniform(0, _WITHIN_S))  # they shall be hit at any step of a later ask
                    self.rig.kill_and_restart(*victims)
                    self._all_run.set()
            except BaseException:
                self._given_up = True
                self._all_run.set()
                raise
            asking.result()

    def arrived(self) -> list[int]:
        """The numbers in the backend's store, in the order of the journal."""
        refused = [event for event in self.rig.stored_events() if event.kind == kinds.GATE_REFUSED]
        return [int(json.loads(event.entry)["body"]["till"].rpartition("N")[2]) for event in refused]

    def _ask_all(self) -> None:
        began = time.monotonic()
        try:
            for number in range(1, self.events + 1):
                self._ask(number)
                if number in self.victims:
                    self._all_run.wait()
                    self._all_run.clear()
                    self._due.put(self.victims[number])
                if number % max(1, self.events // _STEPS) == 0:
                    print(f"  {number} of {self.events} after {time.monotonic() - began:.0f} s", flush=True)
            self._all_run.wait()
        finally:
            self._due.put(None)

    def _ask(self, number: int) -> None:
        deadline = time.monotonic() + _ANSWERED_WITHIN_S
        while True:
            try:
                answer = self.rig.till.pay(f"N{number}", "1.00", merchant=OTHER_MID)
            except TillError:
                if self._given_up or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_S)  # nobody tells a till when the terminal is there again
            else:
                assert reasons.MERCHANT_OTHER in answer["Response"]["AdditionalResponse"], answer
                return


def _drawn(chance: random.Random, events: int, kills: Mapping[str, int]) -> dict[int, list[str]]:
    """Who is killed behind which number; never behind the last, so that something follows every kill.

    Every third time another one is killed at the same moment.
    """
    drawn: dict[int, list[str]] = {}
    for name, times in kills.items():
        numbers = (number for number in iter(lambda: chance.randint(1, events - 1), 0) if number not in drawn)
        for number in islice(numbers, times):
            others = [other for other in kills if other != name]
            drawn[number] = [name] if chance.random() > _TOGETHER else [name, chance.choice(others)]
    return drawn
