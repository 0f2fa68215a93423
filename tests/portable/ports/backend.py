"""The fleet's backend as a terminal hears it: it signs what it sends down."""

import binascii
import json

from agent.canonical import encode
from tests.portable.ports.binding import BACKEND_KEY, SERIAL, SIGNER, KnownKeys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

FLEET = "demo"
# What its counters begin behind: the time at which a `ManualClock` stands, in milliseconds since 1970.
COUNTED = 1_795_403_045_678


class Backend:
    """Signs with the key that `keys` know."""

    def __init__(self, keys: KnownKeys) -> None:
        self.keys = keys

    def signed(self, document: "dict[str, object]", changes: "Mapping[str, object] | None" = None) -> bytes:
        """`document` for this terminal, with `changes` before it is signed."""
        whole: "dict[str, object]" = {"fleet": FLEET, "terminal": SERIAL, "key_id": BACKEND_KEY}
        whole.update(document)
        whole.update(changes or {})
        signature = self.keys.sign("backend", BACKEND_KEY, encode(whole))
        whole["signature"] = binascii.hexlify(signature).decode()
        return json.dumps(whole).encode()

    def command(
        self, kind: str, name: str, number: int, args: "dict[str, object] | None" = None, **changes: object
    ) -> "tuple[str, bytes]":
        """Topic below the terminal's own and payload of a command that lasts a minute from 03:04:00, the `number`th."""
        document: "dict[str, object]" = {
            "format": "jumpguard.command/1", "type": kind, "id": name, "counter": COUNTED + number, "args": args or {},
            "issued": "2026-11-23T03:04:00Z", "deadline": "2026-11-23T03:05:00Z",
        }  # fmt: skip
        return "cmd/{}/{}".format(kind, name), self.signed(document, changes)

    def configuration(self, version: int, content: "dict[str, object]", **changes: object) -> bytes:
        """The payload of a desired configuration."""
        document: "dict[str, object]" = {
            "format": "jumpguard.config/1", "version": version, "issued": "2026-11-23T03:04:00Z", "document": content,
        }  # fmt: skip
        return self.signed(document, changes)

    def binding(self, document: "dict[str, object]") -> "dict[str, object]":
        """`document` as its signer, who is not the backend, signed it."""
        signature = self.keys.sign("binding", SIGNER, encode(document))
        return {"document": document, "key_id": SIGNER, "signature": binascii.hexlify(signature).decode()}
