"""The configuration that the fleet wants this terminal to have, as the backend signed it."""

from agent.binding.ports import Keys
from agent.canonical import encode, sha256_hex
from agent.report.signed import read_signed
from agent.report.topics import Topics

FORMAT = "jumpguard.config/1"
CONFIGURATION = "configuration"

BINDING = "binding"
SETTINGS = "settings"


class Desired:
    """Version `version` of the configuration; `digest` names its content. A part that is absent stays as it is."""

    def __init__(self, version: int, document: "dict[str, object]") -> None:
        self.version = version
        self.document = document
        self.digest = sha256_hex(encode(document))

    @property
    def unknown_parts(self) -> "list[str]":
        """The parts that this software does not know."""
        return sorted(name for name in self.document if name not in (BINDING, SETTINGS))


def read_desired(payload: bytes, topics: Topics, keys: Keys) -> Desired:
    """Return the configuration in `payload`, once form, addressee and signature are right.

    Raises RefusedMessageError.
    """
    document = read_signed(CONFIGURATION, FORMAT, payload, topics, keys, ("issued",), ("version",), ("document",))
    version, content = document["version"], document["document"]
    assert isinstance(version, int) and isinstance(content, dict)
    return Desired(version, content)
