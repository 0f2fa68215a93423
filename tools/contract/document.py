"""The contract's document, read: its channels by topic, and where the schema of each message stands."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import yaml
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

PATH = Path(__file__).parent / "asyncapi.yaml"
ROOT = PATH.as_uri()

# What a terminal does on a channel (AsyncAPI 3.0, Operation Object).
SEND = "send"
RECEIVE = "receive"

Schema = dict[str, Any]
_IN_PAYLOAD = "$message.payload#/"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a channel. `schema` is the address of its payload's schema."""

    key: str
    schema: str


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: `actions` of the terminal on it, whether what it sends is `retained`, and its messages by key.

    `locations` says which field of the payload repeats which parameter of the topic.
    """

    key: str
    actions: frozenset[str]
    retained: bool
    messages: dict[str, Message]
    locations: dict[str, str]
    pattern: re.Pattern[str]

    def parameters(self, topic: str) -> dict[str, str] | None:
        """The parameters in `topic`, None when it is not of this channel."""
        found = self.pattern.fullmatch(topic)
        return found.groupdict() if found else None


@functools.cache
def read(uri: str) -> Any:
    """The YAML file at the file address `uri`, parsed."""
    return yaml.safe_load(Path(unquote(urlsplit(uri).path)).read_text(encoding="utf-8"))


@functools.cache
def registry() -> "Registry[Any]":
    """Resolves `$ref` between the document's files; a schema of AsyncAPI 3.0 is one of draft 7 and a little more."""
    addresses = [path.as_uri() for path in PATH.parent.rglob("*.yaml")]
    resources = [Resource.from_contents(read(address), default_specification=DRAFT7) for address in addresses]
    return Registry().with_resources(zip(addresses, resources, strict=True))


def schema_at(address: str) -> tuple[Any, str]:
    """What stands at `address`, and the address that its own references are relative to; `$ref` itself is followed."""
    base, pointer = urldefrag(address)
    found = read(base)
    for step in pointer.split("/")[1:]:
        found = found[step]
    if isinstance(found, dict) and "$ref" in found:
        return schema_at(urljoin(base, found["$ref"]))
    return found, address


@functools.cache
def channels() -> tuple[Channel, ...]:
    """The channels of the document, in its order."""
    document = read(ROOT)
    return tuple(_channel(document, key, described) for key, described in document["channels"].items())


def _channel(document: dict[str, Any], key: str, described: dict[str, Any]) -> Channel:
    operations = [
        operation for operation in document["operations"].values() if operation["channel"]["$ref"].endswith(f"/{key}")
    ]
    parameters = {name: schema_at(urljoin(ROOT, where["$ref"]))[0] for name, where in described["parameters"].items()}
    return Channel(
        key,
        frozenset(operation["action"] for operation in operations),
        any(operation["bindings"]["mqtt"].get("retain", False) for operation in operations),
        {name: Message(name, _payload(urljoin(ROOT, where["$ref"]))) for name, where in described["messages"].items()},
        {
            name: parameter["location"].removeprefix(_IN_PAYLOAD)
            for name, parameter in parameters.items()
            if "location" in parameter
        },
        _pattern(described["address"], parameters),
    )


def _pattern(address: str, parameters: dict[str, Any]) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", address)
    parts[1::2] = [f"(?P<{name}>{parameters[name]['x-pattern']})" for name in parts[1::2]]
    return re.compile("".join(parts))


def _payload(message: str) -> str:
    _, address = schema_at(message)
    return f"{address}/payload"
