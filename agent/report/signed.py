"""Signed messages that come down from the backend: form, addressee and signature come before anything that they say.

Their signature is over the canonical bytes (RFC 8785) of everything but itself. A refusal is in words of our own only,
so that nothing of a hostile message gets into the journal.
"""

import binascii
import json

from agent.binding.ports import Keys
from agent.canonical import encode
from agent.errors import CanonicalError, RefusedMessageError
from agent.keys.key_set import ACTIVE, BACKEND
from agent.report.topics import Topics

_TEXTS = ("format", "fleet", "terminal", "key_id", "signature")


def read_signed(
    what: str,
    form: str,
    payload: bytes,
    topics: Topics,
    keys: Keys,
    texts: "tuple[str, ...]",
    numbers: "tuple[str, ...]" = (),
    objects: "tuple[str, ...]" = (),
    counts: "tuple[str, ...]" = (),
) -> "dict[str, object]":
    """Return the document in `payload`, for the terminal that `topics` names, of the format `form`.

    `texts`, `numbers` (whole, from 1), `objects` and `counts` (whole, from 0) are the fields that it must have; a
    refusal calls it `what`. Raises RefusedMessageError; such a message changes nothing.
    """
    document = parsed(what, payload)
    for name in _TEXTS + texts:
        if not isinstance(document.get(name), str):
            raise RefusedMessageError("{}: a field is missing or no text".format(what))
    for name in numbers + counts:
        value, least = document.get(name), 0 if name in counts else 1
        if value is True or value is False or not isinstance(value, int) or value < least:
            raise RefusedMessageError("{}: the {} is no whole number from {}".format(what, name, least))
    for name in objects:
        if not isinstance(document.get(name), dict):
            raise RefusedMessageError("{}: the {} is no object".format(what, name))
    if document["format"] != form:
        raise RefusedMessageError("{}: its format is not {!r}".format(what, form))
    if (document["fleet"], document["terminal"]) != (topics.fleet, topics.terminal):
        raise RefusedMessageError("{}: for another terminal".format(what))
    _check_signature(what, document, keys)
    return document


def parsed(what: str, payload: bytes) -> "dict[str, object]":
    """The JSON object in `payload`; a refusal calls it `what`. Raises RefusedMessageError."""
    try:
        document = json.loads(payload)
    except (ValueError, RuntimeError):  # the latter for what is nested too deep
        raise RefusedMessageError("{}: not JSON".format(what))
    if not isinstance(document, dict):
        raise RefusedMessageError("{}: a field is missing or no text".format(what))
    return document


def _check_signature(what: str, document: "dict[str, object]", keys: Keys) -> None:
    signed = {name: value for name, value in document.items() if name != "signature"}
    try:
        signature = binascii.unhexlify(str(document["signature"]))
        right = keys.verify(BACKEND, str(document["key_id"]), signature, encode(signed))
    except (ValueError, CanonicalError):
        raise RefusedMessageError("{}: the signature is not hexadecimal, or the content not canonical".format(what))
    if not right or keys.standing(BACKEND, str(document["key_id"])) != ACTIVE:
        raise RefusedMessageError("{}: not signed by a backend key that the operator vouches for".format(what))
