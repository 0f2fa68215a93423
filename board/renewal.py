"""Renewing the link's certificate as the fleet orders it: `agent.command.certificates.Certificates`."""

import asyncio
from datetime import UTC, datetime

from agent.clock import SYNCED, Clock
from agent.command.certificates import KEY_UNUSABLE
from agent.errors import CertificateError
from board.errors import IdentityError
from board.identity import Identity


class Renewal:
    """Has `identity` ask for a certificate and take one; validity is judged by `clock` once it is set."""

    def __init__(self, identity: Identity, clock: Clock) -> None:
        self.identity = identity
        self.clock = clock

    async def request(self) -> str:
        """See `agent.command.certificates.Certificates.request`."""
        try:
            return (await asyncio.to_thread(self.identity.renewal_request)).decode()
        except IdentityError as error:
            raise CertificateError(error.code or KEY_UNUSABLE, str(error)) from error

    async def install(self, certificate: str) -> None:
        """See `agent.command.certificates.Certificates.install`."""
        now = datetime.now(UTC) if self.clock.state() == SYNCED else None
        try:
            await asyncio.to_thread(self.identity.take, certificate.encode(), now)
        except IdentityError as error:
            raise CertificateError(error.code or KEY_UNUSABLE, str(error)) from error
