"""The fields that the contract's document describes, and those that a payload has.

A field is named by its path in the payload, such as `data.body.match.mid`; an array's items share their array's path.
"""

import functools
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin

from tools.contract.document import Schema, schema_at

_COMPOSED = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("if", "then", "else")

# A schema, and the file that its references are relative to.
_Part = tuple[Schema, str]


def described(address: str) -> frozenset[str]:
    """Every field that the schema at `address` describes, whatever the branch of the schema that it stands in."""
    return frozenset(_described(_parts(address), ""))


def of_field(address: str, name: str) -> list[Schema]:
    """What the schema at `address` says of its field `name`, with references and compositions taken apart."""
    return [schema for schema, _ in _below(_parts(address), name)]


def told(address: str, payload: object) -> tuple[set[str], set[str]]:
    """The fields of `payload` that the schema at `address` describes, and those that it has beyond them."""
    known: set[str] = set()
    beyond: set[str] = set()
    _compare(_parts(address), payload, "", known, beyond)
    return known, beyond


@functools.cache
def _parts(address: str) -> tuple[_Part, ...]:
    schema, found_at = schema_at(address)
    return tuple(_expanded(schema, urldefrag(found_at)[0]))


def _expanded(schema: Schema, base: str) -> Iterator[_Part]:
    """The schema with all those that it is composed of."""
    if "$ref" in schema:
        yield from _parts(urljoin(base, schema["$ref"]))
        return
    yield schema, base
    for keyword in _COMPOSED:
        for part in schema.get(keyword, ()):
            yield from _expanded(part, base)
    for keyword in _BRANCHES:
        if keyword in schema:
            yield from _expanded(schema[keyword], base)


def _below(parts: tuple[_Part, ...], name: str) -> tuple[_Part, ...]:
    """What the parts say of their property `name`."""
    return tuple(
        below
        for schema, base in parts
        if name in schema.get("properties", ())
        for below in _expanded(schema["properties"][name], base)
    )


def _items(parts: tuple[_Part, ...]) -> tuple[_Part, ...]:
    return tuple(below for schema, base in parts if "items" in schema for below in _expanded(schema["items"], base))


def _names(parts: tuple[_Part, ...]) -> set[str]:
    return {name for schema, _ in parts for name in schema.get("properties", ())}


def _described(parts: tuple[_Part, ...], path: str) -> Iterator[str]:
    for name in _names(parts):
        yield path + name
        yield from _described(_below(parts, name), f"{path}{name}.")


def _compare(parts: tuple[_Part, ...], value: object, path: str, known: set[str], beyond: set[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _compare(_items(parts), item, path, known, beyond)
    elif isinstance(value, dict) and any("properties" in schema for schema, _ in parts):
        for name, member in value.items():
            below = _below(parts, name)
            (known if below else beyond).add(path + name)
            _compare(below, member, f"{path}{name}.", known, beyond)
