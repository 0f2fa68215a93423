"""Failed log-ins, and how long each makes the next one wait: guessing gets slow, and nobody is locked out for long.

Failures are counted of the name and of the address, so that neither many passwords for one name nor one for many
names come fast. A name waits for seconds only, since anybody can fail under it. Who has logged in from an address
before is counted there alone: others cannot keep that one out. A restart of the backend forgets all of it.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from tools.fleet.errors import TooManyTriesError

# So many mistakes are free: people mistype.
FREE = 5
# How long a wait can get, in seconds.
NAME_WAITS = 4.0
ADDRESS_WAITS = 60.0
# How long without a failure until all are forgotten, in seconds.
FORGOTTEN_AFTER = 900.0
MOST_KEPT = 10_000

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Key:
    """Whose failures: of a name wherever it is tried, of an address, or of a name at an address where it got in."""

    name: str | None
    address: str | None

    @property
    def most(self) -> float:
        return NAME_WAITS if self.address is None else ADDRESS_WAITS


@dataclass(slots=True)
class _Failures:
    times: int
    last: float


class Attempts:
    """Counts tries; several threads may use it. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures: OrderedDict[_Key, _Failures] = OrderedDict()
        self._known: OrderedDict[_Key, None] = OrderedDict()

    def begin(self, name: str, address: str) -> None:
        """Count a try of `name` at `address` as failed, until it succeeds: else many could be made at the same time.

        Raises TooManyTriesError when it has to wait. To ask too early does not lengthen the wait.
        """
        with self._lock:
            keys = self._keys(name, address)
            left = max(self._left(key) for key in keys)
            if left > 0:
                raise TooManyTriesError(math.ceil(left))
            for key in keys:
                before = self._failures.get(key)
                times = 0 if before is None or self._is_over(before) else before.times
                _put(self._failures, key, _Failures(times + 1, self._clock()))

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of `name`; at `address` it is counted apart from now on.

        The address's are kept: else a guesser with an account of his own would begin anew with each log-in.
        """
        with self._lock:
            of_address = self._failures.get(_Key(None, address))
            if of_address is not None and _Key(name, address) not in self._known:
                of_address.times -= 1
            for key in (_Key(name, None), _Key(name, address)):
                self._failures.pop(key, None)
            _put(self._known, _Key(name, address), None)

    def _keys(self, name: str, address: str) -> list[_Key]:
        pair = _Key(name, address)
        return [pair] if pair in self._known else [_Key(name, None), _Key(None, address)]

    def _left(self, key: _Key) -> float:
        found = self._failures.get(key)
        if found is None or found.times < FREE or self._is_over(found):
            return 0.0
        return found.last + min(key.most, 2.0 ** min(found.times - FREE, 16)) - self._clock()

    def _is_over(self, found: _Failures) -> bool:
        return self._clock() - found.last > FORGOTTEN_AFTER


def _put(kept: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Put it at the end, and let the oldest go: names and addresses are whatever a stranger sends."""
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > MOST_KEPT:
        kept.popitem(last=False)
