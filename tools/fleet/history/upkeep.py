"""What is done to history beside the writer: made anew where it is stale, rolled up, and deleted when it is old.

In small transactions with a pause behind each, so that the writer never waits for long.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from sqlalchemy import Connection

from tools.fleet.history import retention, rollups, stale
from tools.fleet.store import Store
from tools.fleet.times import utc_now

LOOK_S = 2.0
_PAUSE_S = 0.03
_DELETE_S = 3600.0


class Upkeep:
    """Works on `store`, which is its own, in a thread of its own; calls `on_end` when that ends, whatever ended it.

    `keep` says for how many days what is kept (`retention.DAYS`).
    """

    def __init__(self, store: Store, keep: Mapping[str, int], on_end: Callable[[], None]) -> None:
        self._store = store
        self._keep = {**retention.DAYS, **keep}
        self._on_end = on_end
        self._next_deletion = 0.0
        self._stopped = threading.Event()
        self._executor = ThreadPoolExecutor(1, "fleet-upkeep")
        self._working: Future[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._working = self._executor.submit(self._work)

    def stop(self) -> None:
        """End; harmless when it never began. Raises whatever ended it before."""
        self._stopped.set()
        self._executor.shutdown()
        if self._working is not None:
            self._working.result()

    def _work(self) -> None:
        try:
            while not self._stopped.is_set():
                self._stopped.wait(_PAUSE_S if self.step() else LOOK_S)
        finally:
            self._on_end()

    def step(self) -> bool:
        """Do the next bit; False when nothing is to be done now. Raises StoreError."""
        return self._store.upkeep(stale.step) or self._store.upkeep(self._roll_up) or self._delete()

    def _roll_up(self, connection: Connection) -> bool:
        return rollups.step(connection, utc_now())

    def _delete(self) -> bool:
        if time.monotonic() < self._next_deletion:
            return False
        if self._store.upkeep(lambda connection: retention.step(connection, self._keep, utc_now())):
            return True
        self._next_deletion = time.monotonic() + _DELETE_S
        return False
