"""Log-ins at the identity provider that are under way: which browser was sent out with what."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from tools.fleet.access import secret
from tools.fleet.access.oidc import Begun

LASTS_S = 600.0
MOST = 1_000


class Underway:
    """Keeps each for a while; several threads may use it. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[float, str, Begun]] = OrderedDict()

    def put(self, begun: Begun) -> str:
        """Keep `begun`; returns what the browser has to bring along, so that no other one can finish it."""
        drawn = secret.drawn()
        with self._lock:
            self._kept[begun.state] = (self._clock() + LASTS_S, secret.hash_of(drawn), begun)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return drawn

    def take(self, state: str, drawn: str) -> Begun | None:
        """What was sent out as `state` with the browser that brings `drawn`; once, and not too late."""
        with self._lock:
            until, wanted, begun = self._kept.get(state, (0.0, "", None))
            if begun is None or not secrets.compare_digest(wanted, secret.hash_of(drawn)):
                return None
            del self._kept[state]
        return begun if self._clock() < until else None
