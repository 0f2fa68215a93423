"""The terminal's side of TLS on the link: which of its certificates is shown, and when the clock allows it."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from agent.clock import SYNCED, Clock
from agent.compat import monotonic_ms, since_ms
from board.certificate import Certificate
from board.encryption import Encryption
from board.errors import IdentityError
from board.identity import Identity
from board.tls import context, explained

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 0.5


class LinkTls:
    """How the terminal's link is encrypted: `agent.adapters.link_tls.Tls`.

    The pair issued last is tried first; what a broker refused comes later. `clock_wait_s` is how long after the start
    a clock that was not set is waited for, since it is by the clock that certificates are valid.
    """

    def __init__(self, ca_file: Path, identity: Identity, clock: Clock, clock_wait_s: float) -> None:
        self.ca_file = ca_file
        self.identity = identity
        self.clock = clock
        self.clock_wait_s = clock_wait_s
        self._pair = identity.first
        self._turn = 0
        self._start: int | None = None
        self._waited = False

    async def ready(self) -> None:
        """Wait for the clock to be set; once in the life of the process, and no longer than `clock_wait_s`."""
        if self._start is None:
            self._start = monotonic_ms()
        while not self._waited and self.clock.state() != SYNCED:
            if since_ms(self._start) >= self.clock_wait_s * 1000:
                self._waited = True
                log.warning("the clock was not set in time; certificates are checked by it as it is")
            else:
                await asyncio.sleep(min(_LOOK_AGAIN_S, self.clock_wait_s))

    def encryption(self) -> Encryption:
        """The encryption of the next connection. Raises IdentityError."""
        pairs = self.identity.pairs()
        self._pair = pairs[self._turn % len(pairs)]
        try:
            return Encryption(context(self.ca_file, self._pair))
        except IdentityError:
            self.refused()  # by ourselves: it must not be in the way of a pair that works
            raise

    def accepted(self) -> None:
        """The connection that `encryption` was for stands: the broker has taken the certificate."""
        self._turn = 0
        with suppress(OSError):  # it stays on trial then, which changes nothing but that this is tried again
            self._pair = self.identity.proven(self._pair)

    def refused(self) -> None:
        """It was refused: the next connection is tried with the next certificate, if there is another."""
        self._turn += 1

    def explained(self, error: OSError) -> str:
        """See `explained`."""
        return explained(error)

    def expiry(self) -> datetime | None:
        """When the certificate that was used last ends, UTC; None when it cannot be read."""
        return Certificate(self._pair.certificate).expiry()
