"""Cards' answers as trees: the same as the core reads, named, explained and masked, as far as they go."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.card import tlv as core
from agent.errors import TlvError
from tests.tools.decode.samples import EXPIRY, PAN, PANS, SECRETS, answers, everything_shown
from tools.decode.parts import Part
from tools.decode.tag_names import LISTS, TAGS
from tools.decode.tlv import decode
from tools.decode.walk import Node, walk

PPSE = "6F2E840E325041592E5359532E4444463031A51CBF0C196117" + "4F08A000000333010101" + "5008554E494F4E504159" + "870101"


def shown(text: str) -> dict[str, Part]:
    """All parts of a decoded answer by their tags."""
    found: dict[str, Part] = {}

    def take(parts: tuple[Part, ...]) -> None:
        for part in parts:
            found[part.key] = part
            take(part.parts)

    take(tuple(decode(bytes.fromhex(text)).parts))
    return found


def tree(objects: list[core.Tlv] | list[Node]) -> list[object]:
    """Tags, values and what lies in them, whoever parsed them."""
    return [(one.tag, bytes(one.value), tree(one.children)) for one in objects]


OBJECTS = st.recursive(
    st.builds(core.encode, st.sampled_from([0x50, 0x57, 0x5A, 0x82, 0x94, 0x9F02, 0xDF01]), st.binary(max_size=20)),
    lambda inner: st.builds(
        lambda tag, pieces: core.encode(tag, b"".join(pieces)),
        st.sampled_from([0x61, 0x6F, 0x70, 0x77, 0xA5, 0xBF0C]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=60), OBJECTS, st.builds(lambda a, b: a + b, OBJECTS, st.binary(max_size=8))))
def test_it_reads_what_the_core_reads_and_refuses_what_it_refuses(data: bytes) -> None:
    walked = walk(data)
    try:
        expected = core.parse(data)
    except TlvError:
        assert walked.problem
    else:
        assert walked.problem is None
        assert tree(walked.nodes) == tree(expected)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=100), OBJECTS))
def test_any_bytes_give_a_tree_or_a_problem_and_nothing_else(data: bytes) -> None:
    decoded = decode(data)
    assert everything_shown(decoded)
    covered = b"".join(bytes.fromhex(part.raw.replace("*", "0")) for part in decoded.parts)
    assert len(covered) <= len(data)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(PANS).flatmap(answers), st.data())
def test_no_card_number_is_shown_however_the_answer_is_damaged(answer: bytes, data: st.DataObject) -> None:
    assert SECRETS.find(everything_shown(decode(answer + b"\x90\x00"))) == []
    damaged = bytearray(answer)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    assert SECRETS.find(everything_shown(decode(cut))) == []


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        (f"57 11 {PAN}D{EXPIRY}2011234567890", "57" + "11" + "621234******1232D" + "*" * 17),
        (f"9F6B 0B {PAN}D{EXPIRY}2", "9F6B" + "0B" + "621234******1232D*****"),
        (f"57 08 {PAN}", "5708" + "*" * 16),
        (f"5A 08 {PAN}", "5A08621234******1232"),
        (f"5A 0A {PAN}123F", "5A0A621234*********2123F"),
        ("5F24 03 291231", "5F2403******"),
        ("5F20 02 4142", "5F2002****"),
        ("56 02 4142", "5602****"),
        ("9F1F 02 4142", "9F1F02****"),
        ("9F20 02 1234", "9F2002****"),
        (f"70 0A 5A 08 {PAN}", "700A5A08621234******1232"),
        (f"DF01 08 {PAN}", "DF0108621234******1232"),
        (f"DF01 08 {PAN[:-1]}3", f"DF0108{PAN[:-1]}3"),
        (f"9F26 08 {PAN}", f"9F2608{PAN}"),
        (f"77 15 9F26 08 {PAN} 5A 08 {PAN}", "77159F2608621234******12325A08621234******1232"),
        ("50 02 4142", "50024142"),
    ],
)
def test_card_data_is_hidden_in_the_bytes_too(text: str, raw: str) -> None:
    (part,) = decode(bytes.fromhex(text)).parts
    assert part.raw == raw.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "key", "meaning"),
    [
        (PPSE, "4F", "UnionPay debit"),
        (PPSE, "50", '"UNIONPAY"'),
        (PPSE, "87", "priority 1, 1 is the first"),
        ("870180", "87", "no priority: comes last; the cardholder must confirm"),
        ("4F05A000000999", "4F", "not an application known here"),
        ("82021980", "82", "cardholder verification; terminal risk management; combined"),
        ("82020000", "82", "no bit set"),
        ("82020001", "82", "byte 2 b1 (reserved)"),
        ("94080801010010010201", "94", "file 1: record 1; file 2: records 1 to 2 (1 signed)"),
        ("940408010005", "94", ""),
        ("940409010100", "94", ""),
        ("9F660422800000", "9F66", "EMV mode (qVSDC, qPBOC); signature; online cryptogram required"),
        ("9F270140", "9F27", "TC: approved offline"),
        ("9F270100", "9F27", "AAC: declined"),
        ("9F34033F0000", "9F34", "no verification performed: unknown"),
        ("9F3403020302", "9F34", "online PIN: successful"),
        ("8E0E 00000000 00000000 4203 1E03 1F00", "8E", "online PIN if the terminal can, else next; sign"),
        ("8E020000", "8E", ""),
        ("5F2A020156", "5F2A", "CNY"),
        ("9F1A020156", "9F1A", "China"),
        ("9F1A020999", "9F1A", "not a code known here"),
        ("9A03261123", "9A", "2026-11-23"),
        ("9A0326112F", "9A", ""),
        ("9F0206000000012345", "9F02", "123.45"),
        ("9F350122", "9F35", "run by a merchant; attended, offline with online"),
        ("9F36020017", "9F36", "23"),
        ("95058000000000", "95", "offline data authentication not performed"),
        ("8A023030", "8A", "approved"),
    ],
)  # fmt: skip
def test_common_tags_are_explained(text: str, key: str, meaning: str) -> None:
    said = shown(text)[key].meaning
    assert said.startswith(meaning) and bool(said) == bool(meaning)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("8006 1980 08010100", ["82", "94"]),
        ("800B 80 0017 1122334455667788", ["9F27", "9F36", "9F26"]),
        ("8012 80 0017 1122334455667788 07010103A00000", ["9F27", "9F36", "9F26", "9F10"]),
        ("8003 800017", []),
        ("9F38 06 9F0206 9F3704", ["9F02", "9F37"]),
    ],
)
def test_values_without_tags_and_lists_are_taken_apart(text: str, tags: list[str]) -> None:
    (part,) = decode(bytes.fromhex(text)).parts
    assert [one.key for one in part.parts] == tags


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (f"{PPSE}9000", "success"),
        ("6A82", "file or application not found"),
        ("6110", "16 more bytes wait for GET RESPONSE"),
        ("6C13", "wrong Le: 19 is right"),
        ("63C2", "2 tries left"),
        ("6FFF", "warning or error"),
        (PPSE, None),
        ("9C0100", None),
    ],
)
def test_a_status_word_is_told_from_data(text: str, status: str | None) -> None:
    found = shown(text).get("SW")
    assert (found is None) if status is None else (found is not None and found.meaning.startswith(status))


@pytest.mark.parametrize(
    ("text", "tags", "problem"),
    [
        ("9F27 01 80 9F", ["9F27"], "tag at byte 4: the tag is cut off"),
        ("9F2701809F36", ["9F27"], "9F36 at byte 4: its length is missing"),
        ("9F270180 9F36 02 00", ["9F27"], "9F36 at byte 4: its length says 2, the data ends 1 short"),
        ("70 09 9F270180 9F36 02 00", ["70"], "70 at byte 0: its length says 9, the data ends 1 short"),
        ("70 03 9F2702", ["70"], "9F27 at byte 2: its length says 2, the data ends 2 short"),
        ("50 80 00", [], "50 at byte 0: its length is missing, cut off or of a form"),
        ("50 83 000001 41", [], "50 at byte 0: its length is missing, cut off or of a form"),
        ("1F818101 00", [], "tag at byte 0: the tag is cut off or longer"),
        ("7012 7010 700E 700C 700A 7008 7006 7004 5002 4142", ["70"], "tag at byte 16: nested deeper than 8"),
    ],
)
def test_what_was_understood_is_shown_up_to_the_fault(text: str, tags: list[str], problem: str) -> None:
    decoded = decode(bytes.fromhex(text))
    assert [part.key for part in decoded.parts] == tags
    assert str(decoded.problem).startswith(problem)


def test_behind_a_fault_nothing_is_shown() -> None:
    (part,) = decode(bytes.fromhex("700F 9F270180 5F20 0A 494E56454E544544")).parts
    assert part.raw == "700F9F270180" + "*" * 22
    assert [one.key for one in part.parts] == ["9F27"]


def test_a_number_whose_beginning_passes_for_a_tag_is_hidden() -> None:
    """What damage can make of a number in a tag: its own first digits become tag and length."""
    decoded = decode(bytes.fromhex("7016 DE0108 4111111111111111" + "A0" * 11))
    assert [one.key for one in decoded.parts[0].parts] == ["DE", "41"]
    assert SECRETS.find(everything_shown(decoded)) == []


def test_lists_are_tags_with_a_name() -> None:
    assert set(TAGS) > LISTS
