"""Whose signature a made-up terminal takes for the backend's."""

from cryptography.exceptions import InvalidSignature

from agent.keys.key_set import ACTIVE
from provisioning.keys import SigningKey


class BackendKeys:
    """See `agent.binding.ports.Keys`: the one `key`; without it any signature counts, and is not looked at."""

    version = 0

    def __init__(self, key: SigningKey | None) -> None:
        self._id = key.id if key else ""
        self._public = key.private.public_key() if key else None

    def verify(self, role: str, key_id: str, signature: bytes, data: bytes) -> bool | None:  # noqa: ARG002 - of a port
        """Whether `signature` over `data` is the key's; None for another key."""
        if self._public is None:
            return True
        if key_id != self._id:
            return None
        try:
            self._public.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def standing(self, role: str, key_id: str) -> str:  # noqa: ARG002 - of a port
        """ACTIVE."""
        return ACTIVE
