"""Acknowledgements: only the backend's own word for this terminal counts."""

import binascii
import json

from agent.canonical import encode
from agent.errors import RefusedMessageError
from agent.keys.key_set import RETIRED, REVOKED
from agent.report.acks import Ack, read_ack
from agent.report.topics import Topics
from tests.portable.helpers import raises
from tests.portable.ports.binding import BACKEND_KEY, SERIAL, SIGNER, KnownKeys
from tests.portable.ports.journal import JOURNAL_ID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = KnownKeys()
TOPICS = Topics("demo", SERIAL)


def signed(
    changes: "Mapping[str, object] | None" = None, role: str = "backend", key_id: str = BACKEND_KEY
) -> "dict[str, object]":
    """An acknowledgement as the backend signs it, with `changes` before it is signed."""
    document: "dict[str, object]" = {
        "format": "jumpguard.ack/1", "fleet": "demo", "terminal": SERIAL, "journal_id": JOURNAL_ID, "sequence": 7,
        "counter": 1_795_402_800_000, "head_hash": "ab" * 32, "key_id": BACKEND_KEY,
    }  # fmt: skip
    document.update(changes or {})
    document["signature"] = binascii.hexlify(KEYS.sign(role, key_id, encode(document))).decode()
    return document


def read(document: object) -> Ack:
    return read_ack(json.dumps(document).encode(), TOPICS, KEYS)


def refusal(document: object) -> str:
    return str(raises(RefusedMessageError, read, document))


def test_an_acknowledgement_of_the_backend_is_read() -> None:
    ack = read(signed())
    right = {name: signed()[name] for name in ("sequence", "head_hash", "counter", "key_id", "signature")}
    assert (ack.journal_id, ack.anchor.fields()) == (JOURNAL_ID, right)
    assert read(signed({"sequence": 0})).anchor.sequence == 0


def test_one_by_a_key_that_was_retired_or_revoked_is_refused() -> None:
    keys, payload = KnownKeys(), json.dumps(signed()).encode()
    assert read_ack(payload, TOPICS, keys).anchor.sequence == 7
    for standing in (RETIRED, REVOKED):
        keys.standings[("backend", BACKEND_KEY)] = standing
        error = raises(RefusedMessageError, read_ack, payload, TOPICS, keys)
        assert str(error) == "acknowledgement: not signed by a backend key that the operator vouches for"


def test_a_forged_one_is_refused() -> None:
    told = "acknowledgement: not signed by a backend key that the operator vouches for"
    for name, value in (
        ("sequence", 8),
        ("counter", 9),
        ("head_hash", "cd" * 32),
        ("journal_id", "0" * 32),
        ("key_id", SIGNER),
    ):
        forged = signed()
        forged[name] = value
        assert refusal(forged) == told, name
    more = signed()
    more["note"] = "x"
    assert refusal(more) == told
    assert refusal(signed({"key_id": SIGNER}, "binding", SIGNER)) == told, "the key is known, in another role"
    for signature in ("", "00" * 32):
        forged = signed()
        forged["signature"] = signature
        assert refusal(forged) == told


def test_one_for_another_terminal_or_format_is_refused() -> None:
    for changes in ({"terminal": "JG-DEMO-0002"}, {"fleet": "other"}):
        assert refusal(signed(changes)) == "acknowledgement: for another terminal"
    assert refusal(signed({"format": "jumpguard.ack/2"})) == "acknowledgement: its format is not 'jumpguard.ack/1'"


def test_malformed_ones_are_refused() -> None:
    for payload in (b"", b"\xff\xfe", b"{", b"nonsense", b"[1", b"[" * 100_000):
        assert str(raises(RefusedMessageError, read_ack, payload, TOPICS, KEYS)) == "acknowledgement: not JSON"
    others: "list[object]" = [[], 1, None, "x", {}]
    no_texts: "list[object]" = [[], 1, None, True, ["x"]]
    for other in others:
        assert refusal(other) == "acknowledgement: a field is missing or no text"
    for name in ("format", "fleet", "terminal", "journal_id", "head_hash", "key_id", "signature"):
        for value in no_texts:
            document = signed()
            document[name] = value
            assert refusal(document) == "acknowledgement: a field is missing or no text", name
    numbers: "list[object]" = [None, -1, True, False, "7", [7]]
    for name, least, more in (("sequence", 0, ()), ("counter", 1, (0,))):
        for value in numbers + list(more):
            document = signed()
            document[name] = value
            assert refusal(document) == "acknowledgement: the {} is no whole number from {}".format(name, least)
    for signature in ("zz", "abc", "星河"):
        document = signed()
        document["signature"] = signature
        assert "the signature is not hexadecimal" in refusal(document)


def test_what_has_no_canonical_form_is_refused() -> None:
    for value in (1.5, None, 2**53):
        document = signed()
        document["note"] = value
        assert "the content not canonical" in refusal(document)
    document = signed()
    document["sequence"] = 2**53
    assert "the content not canonical" in refusal(document)


def test_a_refusal_repeats_nothing_of_what_was_sent() -> None:
    for name in ("format", "fleet", "terminal", "journal_id", "head_hash", "key_id", "signature"):
        document = signed()
        document[name] = "6212345678901232"
        assert "62123456" not in refusal(document)
