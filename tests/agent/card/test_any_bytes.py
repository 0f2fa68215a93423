"""Whatever bytes a card answers: TLV, data object lists and track 2 end in a value or in the named error, and no error
shows card data.
"""

from hypothesis import example, given
from hypothesis import strategies as st

from agent.card import dol, tags, tlv
from agent.card.track2 import Track2
from agent.errors import CardError, TlvError
from tests.leaks.cards import PANS, TRACKS
from tests.leaks.strategies import CARD_BYTES, damaged, shows_no_card

TAGS = st.sampled_from([0x57, 0x5A, 0x6F, 0x77, 0x9F10, 0x9F36, 0xBF0C, 0xDF8101])
OBJECTS = st.recursive(
    st.tuples(TAGS, st.binary(max_size=20) | CARD_BYTES),
    lambda inner: st.tuples(st.sampled_from([0x61, 0x70, 0xA5, 0xBF0C]), st.lists(inner, max_size=3)),
    max_leaves=6,
)


def encoded(item: "tuple[int, object]") -> bytes:
    tag, value = item
    return tlv.encode(tag, value if isinstance(value, bytes) else b"".join(map(encoded, value)))  # type: ignore[call-overload]


DATA = OBJECTS.map(encoded)
ANY = st.binary(max_size=300) | DATA | DATA.flatmap(damaged) | st.tuples(DATA, CARD_BYTES).map(b"".join)


@given(ANY)
@example(b"\xff" * 1025)
@example(b"\x70\x02" * 600)
def test_any_bytes_are_tlv_or_a_tlv_error_without_card_data(data: bytes) -> None:
    try:
        objects = tlv.parse(data)
    except TlvError as error:
        assert shows_no_card(error)
        return
    assert shows_no_card(objects)
    assert sum(len(tlv.encode(each.tag, each.value)) for each in objects) <= len(data)


@given(st.lists(st.tuples(TAGS.filter(lambda tag: not tlv.tag_bytes(tag)[0] & 0x20), st.binary(max_size=200))))
def test_what_was_encoded_is_what_is_parsed(items: "list[tuple[int, bytes]]") -> None:
    data = b"".join(encoded(item) for item in items)
    if len(data) <= tlv.LARGEST:
        assert [(each.tag, each.value) for each in tlv.parse(data)] == items


PDOL = bytes.fromhex("9F66049F02069F03069F1A0295055F2A029A039C019F3704")
VALUES = {tags.AMOUNT_AUTHORISED: bytes.fromhex("000000012345"), tags.UNPREDICTABLE_NUMBER: b"\xa1\xb2\xc3\xd4"}


@given(st.binary(max_size=80) | damaged(PDOL) | CARD_BYTES)
def test_any_bytes_are_a_list_that_is_filled_or_a_tlv_error(data: bytes) -> None:
    try:
        entries = dol.parse(data)
    except TlvError as error:
        assert shows_no_card(error)
        return
    filled = dol.fill(data, VALUES)
    assert len(filled) == sum(length for _, length in entries) <= dol.LARGEST


TRACK2 = [bytes.fromhex(track + "F" * (len(track) % 2)) for track in TRACKS]
# A right card number, and behind it any nibbles.
NIBBLES = st.text("0123456789ABCDEF", min_size=15, max_size=15).map(lambda rest: bytes.fromhex(f"{PANS[0]}D{rest}"))


@given(
    st.binary(max_size=25) | st.sampled_from(TRACK2).flatmap(damaged) | NIBBLES, st.integers(0, 99), st.integers(1, 12)
)
def test_any_bytes_are_track_2_or_a_card_error_and_neither_shows_it(data: bytes, year: int, month: int) -> None:
    try:
        track2 = Track2(data)
    except CardError as error:
        assert error.code == "CARD_TRACK2" and shows_no_card(error)
        return
    assert shows_no_card(track2) and shows_no_card(track2.pan)
    assert track2.reveal().startswith(track2.pan.reveal() + "D")
    assert track2.is_expired(f"{year:02}{month:02}") in (True, False)
