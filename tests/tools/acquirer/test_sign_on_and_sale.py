from collections.abc import Iterator

import pytest

from tests.tools.acquirer.till import ACQUIRER, NAMED, NAMELESS, TRACK2, Card, Process, Till, today
from tools.acquirer.host import masked_pan
from tools.acquirer.wire import Value


def states(process: Process) -> list[tuple[object, object]]:
    return [(row["trace"], row["state"]) for row in process.control.ledger()]


@pytest.fixture
def stranger(process: Process) -> Iterator[Till]:
    """A terminal that the acquirer does not know."""
    till = Till(process, Card("99999999", NAMED.mid, "", NAMED.tmk))
    yield till
    till.close()


def test_a_sign_on_gives_new_keys_and_names_the_acquirer(till: Till) -> None:
    first = till.mak
    answer = till.sign_on()
    assert answer.mti == "0810"
    assert sorted(answer.fields) == [11, 12, 13, 32, 37, 39, 41, 42, 60, 62]
    assert (answer.text(39), answer.text(32), answer.text(13)) == ("00", ACQUIRER, today())
    assert till.mak != first
    assert till.sale().text(39) == "00"


SIGN_ONS: list[tuple[dict[int, Value], str]] = [
    ({60: "00000001003"}, "00"),
    ({60: "00000001001"}, "30"),
    ({60: "22000001003"}, "30"),
    ({60: "00000001"}, "30"),
    ({42: NAMELESS.mid}, "03"),
    ({41: "99999999"}, "97"),
]


@pytest.mark.parametrize(("fields", "code"), SIGN_ONS)
def test_keys_are_only_for_a_known_terminal_that_asks_for_two(
    process: Process, fields: dict[int, Value], code: str
) -> None:
    till = Till(process)
    answer = till.ask("0800", {60: "00000001003", 63: "01 ", **fields})
    assert answer.text(39) == code
    assert (62 in answer.fields) == (code == "00")
    till.close()


def test_a_sale_is_approved_with_the_echo_and_booked_under_its_merchant(process: Process, till: Till) -> None:
    answer = till.sale(12345)
    assert answer.mti == "0210"
    assert sorted(answer.fields) == [3, 4, 11, 12, 13, 32, 37, 38, 39, 41, 42, 43, 49, 60, 64]
    echo = {3: "000000", 4: "000000012345", 11: "000002", 41: NAMED.tid, 42: NAMED.mid, 49: "156", 60: "22000001000"}
    assert {number: answer.fields[number] for number in echo} == echo
    assert (answer.text(39), answer.text(32), answer.text(43)) == ("00", ACQUIRER, NAMED.name)
    (row,) = process.control.ledger()
    del row["id"], row["at"]
    assert row == {
        "terminal": NAMED.tid, "acquirer": ACQUIRER, "mid": NAMED.mid, "tid": NAMED.tid, "batch": "000001",
        "trace": "000002", "amount": 12345, "currency": "156", "card": "621234******1232", "rrn": answer.text(37),
        "approval": answer.text(38), "response_code": "00", "state": "approved",
    }  # fmt: skip


def test_a_terminal_without_a_name_gets_none(process: Process) -> None:
    till = Till(process, NAMELESS)
    till.sign_on()
    answer = till.sale()
    assert answer.text(39) == "00" and 43 not in answer.fields
    till.close()


SALES: list[tuple[dict[str, Value | None], str]] = [
    ({}, "00"),
    ({"de23": None}, "00"),
    ({"de35": "6212345678901232D"}, "00"),
    ({"de35": "6212345678901232"}, "14"),
    ({"de35": "D30122010000000000"}, "14"),
    ({"de4": "000000000000"}, "13"),
    ({"de3": "200000"}, "12"),
    ({"de42": NAMELESS.mid}, "03"),
    ({"de55": None}, "30"),
    ({"de35": None}, "30"),
    ({"de60": "22000001"}, "30"),
    ({"de64": b"00000000"}, "A0"),
]


@pytest.mark.parametrize(("changes", "code"), SALES)
def test_a_sale_is_refused_with_the_code_that_says_why(
    process: Process, till: Till, changes: dict[str, Value | None], code: str
) -> None:
    answer = till.sale(1000, **changes)
    assert answer.text(39) == code
    assert (38 in answer.fields) == (code == "00")
    assert len(process.control.ledger()) == (1 if code == "00" else 0)


def test_a_sale_of_a_terminal_without_keys_is_not_booked_and_its_answer_has_no_mac(
    process: Process, stranger: Till
) -> None:
    stranger.send_sale()
    answer, is_authentic = stranger.receive_any()
    assert (answer.text(39), 64 in answer.fields, is_authentic) == ("97", False, False)
    assert process.control.ledger() == []


def test_a_mac_of_another_terminal_is_wrong(process: Process, till: Till) -> None:
    other = Till(process, NAMELESS)
    other.sign_on()
    other.mak = till.mak
    other.send_sale()
    answer, is_authentic = other.receive_any()
    assert (answer.text(39), is_authentic) == ("A0", False)
    other.close()


def test_a_trace_counts_once_a_batch(process: Process, till: Till) -> None:
    assert till.sale(de11="000777").text(39) == "00"
    assert till.sale(de11="000777").text(39) == "94"
    assert till.sale(de11="000777", de60="22000002000").text(39) == "00"
    assert states(process) == [("000777", "approved")] * 2


TRACKS = [
    (TRACK2, "621234******1232"),
    ("4111111111111111D", "411111******1111"),
    ("411111111111D3012", ""),
    ("41111111111111114111D3012", ""),
    ("4111111111111111", ""),
    ("", ""),
]


@pytest.mark.parametrize(("track2", "masked"), TRACKS)
def test_only_first_six_and_last_four_of_a_pan_are_kept(track2: str, masked: str) -> None:
    assert masked_pan(track2) == masked


def test_no_card_data_is_written_anywhere(process: Process, till: Till) -> None:
    till.sale()
    till.sale(de2="6212345678901232", de14="3012")
    till.send_raw(b"\x00\x30" + TRACK2.encode())
    till.receive_frame()
    summaries = [str(row["summary"]) for row in process.control.messages() if row["mti"] == "0200"]
    assert [text.partition(" with ")[2] for text in summaries] == ["11,23,35,41,55,64", "2,11,14,23,35,41,55,64"]
    written = b"".join(path.read_bytes() for path in process.directory.iterdir() if path.is_file())
    assert b"621234******1232" in written
    for secret in (b"6212345678901232", bytes.fromhex("6212345678901232"), b"D3012", b"3012201"):
        assert secret not in written
