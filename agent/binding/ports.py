"""What the core needs to prove a binding: its store, the high-water mark, the keys and a signature check."""

from agent.compat import Protocol


class Stored:
    """The signed record as it lies in the store; `digest` names the very bytes of the file it came from."""

    def __init__(self, document: object, key_id: str, signature: bytes, digest: str) -> None:
        self.document = document
        self.key_id = key_id
        self.signature = signature
        self.digest = digest


class BindingStore(Protocol):
    """The local store of the merchant record."""

    def read(self) -> "Stored | None":
        """Read the file anew and return the record, None where there is no file or no record in it.

        Raises StoreError with one of the gate's STORE_ codes when the file is unreadable, empty, truncated or altered.
        """

    def write(self, document: "dict[str, object]", key_id: str, signature: bytes) -> None:
        """Replace the record; a power cut leaves the old one or the new one. Raises StoreError."""


class HighWater(Protocol):
    """The highest binding version that was ever committed here, kept apart from the store. It never falls."""

    def read(self) -> "int | None":
        """The mark, None when it is missing. Raises StoreError(HIGH_WATER_ALTERED) when it does not check."""

    def advance(self, version: int) -> None:
        """Raise the mark to `version`; a lower one changes nothing. Raises StoreError."""


class Keys(Protocol):
    """The public keys that the operator root vouches for."""

    @property
    def version(self) -> int:
        """The version of the key set that is trusted, 0 when none is. Another one may be at any time."""

    def verify(self, role: str, key_id: str, signature: bytes, data: bytes) -> "bool | None":
        """Whether `signature` over `data` is by the key `key_id` in `role`; None when no such key is trusted.

        A revoked key is not. A retired one is: whoever is about to take something new asks for its standing.
        """

    def standing(self, role: str, key_id: str) -> str:
        """ACTIVE, RETIRED or REVOKED of `agent.keys.key_set`; "" when no such key is known."""


class Space(Protocol):
    """The room on the disk that the journal writes to."""

    def free_kib(self) -> int:
        """Free KiB for this user, -1 when that cannot be found out."""


class Host(Protocol):
    """What the acquirer's host asked of this terminal in the header of its last message."""

    host_request: int


class Tamper(Protocol):
    """The case's tamper switch."""

    @property
    def tampered(self) -> bool:
        """Whether the case is open now, or the switch cannot be read."""
