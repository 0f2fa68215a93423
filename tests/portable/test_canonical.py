"""Canonical bytes: RFC 8785 within the restriction, and what is refused."""

from agent.canonical import LARGEST_INTEGER, encode, sha256_hex
from agent.errors import CanonicalError
from tests.portable.helpers import raises

# RFC 8785, 3.2.2: the string of the sample, which holds every kind of escape but the other control characters.
RFC_STRING = '\u20ac$\x0f\nA\'B"\\\\"/'
RFC_STRING_CANONICAL = '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'

# An entry as the journal writes it. Bytes and hash were computed with Node.js (its JSON.stringify escapes as RFC
# 8785 does), keys sorted, not with this project.
ENTRY = {
    "sequence": 1,
    "kind": "sale.approved",
    "body": {"amount": 1234, "display_name": "\u7532\u5e97", "offline": False, "fields": ["41", "42"], "empty": {}},
    "previous": "0" * 64,
    "clock": "synced",
}
ENTRY_CANONICAL = (
    '{"body":{"amount":1234,"display_name":"\u7532\u5e97","empty":{},"fields":["41","42"],"offline":false},'
    '"clock":"synced","kind":"sale.approved","previous":"' + "0" * 64 + '","sequence":1}'
)
ENTRY_HASH = "4659616093806cbb029613b279f775c88f2a0d725cdfdea19e2dadcef1c5834e"


def test_the_string_of_the_rfc_is_written_as_the_rfc_writes_it() -> None:
    assert encode(RFC_STRING) == RFC_STRING_CANONICAL.encode()


def test_every_control_character_has_its_one_escape() -> None:
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
    for code in range(32):
        escape = short.get(code, "\\u00{:02x}".format(code))
        assert encode(chr(code)) == ('"' + escape + '"').encode(), code


def test_characters_that_need_no_escape_stay() -> None:
    for text in ("/", "\x7f", "\u0080", "\u2028", "\u4e2d\u6587", "\U0001f600", ""):
        assert encode(text) == ('"' + text + '"').encode()


def test_whole_numbers_are_plain_up_to_the_largest_and_refused_beyond() -> None:
    for number in (0, 1, -1, 100_000_000_000_000, LARGEST_INTEGER, -LARGEST_INTEGER):
        assert encode(number) == str(number).encode()
    assert LARGEST_INTEGER == 9007199254740991
    for number in (LARGEST_INTEGER + 1, -LARGEST_INTEGER - 1, 10**30):
        raises(CanonicalError, encode, number)


def test_booleans_are_words_and_not_the_numbers_they_equal() -> None:
    assert encode([True, 1, False, 0]) == b"[true,1,false,0]"


def test_arrays_keep_their_order_and_nest() -> None:
    assert encode([]) == b"[]"
    assert encode([3, [1, []], "2"]) == b'[3,[1,[]],"2"]'
    assert encode((3, 1)) == encode([3, 1])


def test_keys_are_sorted_by_their_characters_at_every_depth() -> None:
    value = {"b": 1, "a": {"z": 1, "Z": 2, "10": 3, "9": 4, "_": 5}, "": 0, "aa": 2}
    assert encode(value) == b'{"":0,"a":{"10":3,"9":4,"Z":2,"_":5,"z":1},"aa":2,"b":1}'


def test_the_order_of_insertion_leaves_no_trace() -> None:
    names = ["kind", "time", "body", "clock", "sequence", "previous"]
    forward: "dict[str, object]" = {}
    backward: "dict[str, object]" = {}
    for name in names:
        forward[name] = name
    for name in reversed(names):
        backward[name] = name
    assert encode(forward) == encode(backward)


def test_keys_are_escaped_like_texts() -> None:
    assert encode({'"': 1, "\n": 2, "\\": 3}) == b'{"\\n":2,"\\"":1,"\\\\":3}'


def test_a_type_outside_the_restriction_is_refused_with_its_place() -> None:
    for value, type_name in ((None, "NoneType"), (1.0, "float"), (b"1", "bytes"), ({1}, "set"), (object(), "object")):
        error = raises(CanonicalError, encode, {"body": [0, value]})
        assert str(error) == "$.body[1]: {} has no canonical form".format(type_name)


def test_a_key_that_is_no_ascii_text_is_refused_with_its_place() -> None:
    assert encode({"body": {"amount~": 1}}) == b'{"body":{"amount~":1}}'
    for key in ("\u91d1\u989d", "\x80", 1, b"amount", None, True):
        error = raises(CanonicalError, encode, {"body": {key: 1}})
        assert str(error) == "$.body: a key is not an ASCII string"


def test_half_of_a_surrogate_pair_is_refused() -> None:
    assert encode("\U0001f600") == b'"\xf0\x9f\x98\x80"'
    raises(CanonicalError, encode, {"name": chr(0xD83D)})


def test_what_is_nested_deeper_than_the_interpreter_follows_is_refused() -> None:
    nested: "list[object]" = []
    for _ in range(3000):
        nested = [nested]
    assert str(raises(CanonicalError, encode, nested)) == "$: nested too deeply"


def test_an_error_does_not_repeat_the_value() -> None:
    for value in (4761739001010010.5, b"4761739001010010", 4761739001010010 * 10):
        assert "4761739001010010" not in str(raises(CanonicalError, encode, [value]))


def test_an_entry_has_the_bytes_and_the_hash_that_another_implementation_computed() -> None:
    assert encode(ENTRY) == ENTRY_CANONICAL.encode()
    assert sha256_hex(encode(ENTRY)) == ENTRY_HASH


def test_the_hash_is_sha_256_in_lower_case() -> None:
    # FIPS 180-4, the example for "abc"
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
