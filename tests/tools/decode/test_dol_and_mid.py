"""Data object lists and merchant numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.card import dol as core
from agent.errors import TlvError
from tests.tools.decode.samples import everything_shown
from tools.decode import dol, mid
from tools.decode.errors import DecodeError

PDOL = "9F66049F02069F03069F1A0295055F2A029A039C019F3704"


def test_a_list_names_tag_length_total_and_who_provides_it() -> None:
    decoded = dol.decode(bytes.fromhex(PDOL))
    assert decoded.title == "data object list, 9 entries, 33 bytes asked for"
    assert [(part.key, part.value) for part in decoded.parts][:2] == [("9F66", "4"), ("9F02", "6")]
    assert decoded.parts[0].name == "Terminal Transaction Qualifiers"
    assert {part.meaning for part in decoded.parts} == {"provided by: terminal"}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("DF0103", "zeros, since nobody knows it"), ("8A02", "provided by: issuer"), ("5A08", "provided by: card")],
)
def test_who_provides_a_value(text: str, meaning: str) -> None:
    (part,) = dol.decode(bytes.fromhex(text)).parts
    assert part.meaning == meaning


@pytest.mark.parametrize(
    ("text", "understood", "problem"),
    [
        (PDOL, 9, "None"),
        ("9F02069F37", 1, "9F37 at byte 3: it has no length"),
        ("9F02069F", 1, "tag at byte 3: 00, cut off or longer"),
        ("9F020600", 1, "tag at byte 3: 00, cut off or longer"),
        ("9F02FF", 1, "end at byte 3: 255 bytes are asked for, a command carries 252"),
    ],
)
def test_a_list_is_shown_up_to_the_fault(text: str, understood: int, problem: str) -> None:
    decoded = dol.decode(bytes.fromhex(text))
    assert len(decoded.parts) == understood
    assert str(decoded.problem).startswith(problem)


@given(st.binary(max_size=40))
def test_a_list_is_read_as_the_core_reads_it(data: bytes) -> None:
    decoded = dol.decode(data)
    assert everything_shown(decoded)
    try:
        expected = core.parse(data)
    except TlvError:
        assert decoded.problem
    else:
        assert decoded.problem is None
        assert [(part.key, part.value) for part in decoded.parts] == [(f"{tag:02X}", str(n)) for tag, n in expected]


@pytest.mark.parametrize(
    ("number", "meanings"),
    [
        ("898350154110001", ("China UMS", "福建省 福州市 by GB/T 2260", "Groceries and supermarkets (ISO 18245)")),
        (
            "102581083986056",
            ("Industrial and Commercial Bank", "none of GB/T 2260; it may be UnionPay's", "Charitable"),
        ),
        ("850100082410002", ("not an acquirer known here", "none of GB/T 2260", "Correspondence schools")),
        ("898440199990001", ("China UMS", "广东省 广州市 by GB/T", "no category of ISO 18245")),
        ("A98O50B541X000Z", ("not an acquirer known here", "letters: no region", "letters: no category")),
        ("898110154110001", ("China UMS", "北京市 ", "Groceries")),
    ],
)
def test_a_merchant_number_is_read_by_the_pattern_with_its_doubts(number: str, meanings: tuple[str, ...]) -> None:
    decoded = mid.decode(number)
    assert "".join(part.value for part in decoded.parts) == number
    for part, meaning in zip(decoded.parts, meanings, strict=False):
        assert part.meaning.startswith(meaning)
    assert "no check digit" in decoded.parts[3].meaning
    assert "not a standard" in decoded.notes[0]


@pytest.mark.parametrize("number", ["", "89835015411000", "8983501541100011", "89835015411000a", "８98350154110001"])
def test_what_is_no_merchant_number_is_refused(number: str) -> None:
    with pytest.raises(DecodeError, match="15 capital letters and digits"):
        mid.decode(number)


@given(st.text(st.sampled_from("0123456789AZ"), min_size=15, max_size=15))
def test_any_fifteen_characters_are_read(number: str) -> None:
    assert everything_shown(mid.decode(number))
