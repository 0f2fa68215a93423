"""Canonical bytes: one value, one sequence of bytes, so that a hash or a signature means the value.

RFC 8785 (JSON Canonicalization Scheme), restricted to strings, integers below 2^53 in magnitude, booleans, arrays and
objects with ASCII keys. The restriction leaves nothing to interpret: no floats, no null, no key order beyond bytes.
Written here because MicroPython's `json` neither sorts keys nor escapes as RFC 8785 does.
"""

import binascii
import hashlib

from agent.errors import CanonicalError

LARGEST_INTEGER = 2**53 - 1
_SHORT_ESCAPES = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def encode(value: object) -> bytes:
    """Return the canonical UTF-8 bytes of `value`.

    Raises CanonicalError for a type, an integer or a key outside the restriction, naming where it stands, and for what
    is nested deeper than the interpreter follows.
    """
    parts: list[str] = []
    try:
        _write(value, parts, "$")
    except RuntimeError:
        raise CanonicalError("$: nested too deeply")
    return "".join(parts).encode()


def sha256_hex(data: bytes) -> str:
    """SHA-256 of `data` as 64 lower-case hexadecimal digits."""
    return binascii.hexlify(hashlib.sha256(data).digest()).decode()


def _write(value: object, parts: list[str], where: str) -> None:
    # bool first: it is an int on CPython and is not one on MicroPython.
    if value is True or value is False:
        parts.append("true" if value else "false")
    elif isinstance(value, int):
        if not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            raise CanonicalError("{}: the integer is outside +-(2^53 - 1)".format(where))
        parts.append(str(value))
    elif isinstance(value, str):
        parts.append(_quoted(value, where))
    elif isinstance(value, (list, tuple)):
        _write_array(value, parts, where)
    elif isinstance(value, dict):
        _write_object(value, parts, where)
    else:
        raise CanonicalError("{}: {} has no canonical form".format(where, type(value).__name__))


def _write_array(value: "list[object] | tuple[object, ...]", parts: list[str], where: str) -> None:
    parts.append("[")
    for index, item in enumerate(value):
        if index:
            parts.append(",")
        _write(item, parts, "{}[{}]".format(where, index))
    parts.append("]")


def _write_object(value: "dict[object, object]", parts: list[str], where: str) -> None:
    for key in value:
        if not isinstance(key, str) or (key and max(key) > "~"):
            raise CanonicalError("{}: a key is not an ASCII string".format(where))
    parts.append("{")
    for index, key in enumerate(sorted(value)):  # type: ignore[type-var]
        if index:
            parts.append(",")
        parts.append(_quoted(str(key), where))
        parts.append(":")
        _write(value[key], parts, "{}.{}".format(where, key))
    parts.append("}")


def _quoted(text: str, where: str) -> str:
    if _is_plain(text):
        return '"' + text + '"'
    out = ['"']
    for character in text:
        code = ord(character)
        if code in _SHORT_ESCAPES:
            out.append(_SHORT_ESCAPES[code])
        elif code < 32:
            out.append("\\u{:04x}".format(code))
        elif 0xD800 <= code <= 0xDFFF:
            raise CanonicalError("{}: the text holds half of a surrogate pair".format(where))
        else:
            out.append(character)
    out.append('"')
    return "".join(out)


def _is_plain(text: str) -> bool:
    """Whether `text` is printable ASCII without anything to escape: most texts are, and need no look at each sign."""
    if '"' in text or "\\" in text:
        return False
    return text == "" or (min(text) >= " " and max(text) < "\x7f")
