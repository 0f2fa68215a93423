"""What the operator ordered, sent when it is due: looked at now and then, and whenever a terminal says hello."""

import time
from collections.abc import Iterable

from tools.fleet.alerts.watch import Lookout
from tools.fleet.letter import Letter
from tools.fleet.post import Post
from tools.fleet.renewals import Renewals
from tools.fleet.signers import Signers
from tools.fleet.store import Store

# How soon an order is looked for after it was given.
LOOK_SECONDS = 0.5


class Dispatch:
    """Looks into `store` for what is due to terminals of `fleet`, and has it signed by `signers`."""

    def __init__(self, store: Store, fleet: str, signers: Signers, renewals: Renewals, lookout: Lookout) -> None:
        self._store = store
        self._fleet = fleet
        self._signers = signers
        self._post = Post(fleet, signers)
        self._renewals = renewals
        self._lookout = lookout
        self._looked = self._watched = 0.0

    def due(self, now: str, greeted: Iterable[str]) -> list[Letter]:
        """What to send now (UTC `now`); the terminals `greeted` have begun a new session. Raises StoreError."""
        if not greeted and time.monotonic() - self._looked < LOOK_SECONDS:
            return []
        self._looked = time.monotonic()
        letters = self._store.due(self._post, now, greeted)
        # Behind it: a broker that was told of a new certificate has until the next look to read that.
        self._store.renew(self._renewals, now)
        self._store.look_for_gaps(now)
        self._store.look_at_jumps(self._fleet, self._signers)
        self._store.roll_out(now)
        return letters

    def watch(self, now: str) -> None:
        """Look after the alerts, with or without a connection (UTC `now`). Raises StoreError."""
        if time.monotonic() - self._watched >= LOOK_SECONDS:
            self._watched = time.monotonic()
            self._store.look_at_alerts(self._lookout, now)
