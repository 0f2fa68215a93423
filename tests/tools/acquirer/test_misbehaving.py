import time

import pyDes  # type: ignore[import-untyped]
import pytest

from tests.tools.acquirer.till import NAMED, NAMELESS, Process, Till

JUMPED = {"acquirer": "102", "mid": "102581083986056", "tid": "77777777", "name": "别家商店"}


def booked(process: Process) -> list[tuple[object, ...]]:
    return [(row["trace"], row["state"], row["response_code"]) for row in process.control.ledger()]


def test_decline_answers_and_books_the_code(process: Process, till: Till) -> None:
    process.control.behave("decline", code="51", times=2)
    codes = [till.sale().text(39) for _ in range(3)]
    assert codes == ["51", "51", "00"]
    assert [row[1:] for row in booked(process)] == [("declined", "51")] * 2 + [("approved", "00")]


def test_a_declined_reversal_reverses_nothing_and_a_declined_sign_on_gives_no_keys(
    process: Process, till: Till
) -> None:
    process.control.behave("decline", code="96", mti="0400")
    process.control.behave("decline", code="58", mti="0800")
    trace = till.sale().text(11)
    assert till.reverse(trace).text(39) == "96"
    assert booked(process)[0][1] == "approved"
    answer = till.sign_on()
    assert (answer.text(39), 62 in answer.fields) == ("58", False)


def test_a_host_request_is_in_the_header_of_the_answers_it_was_ordered_for(process: Process, till: Till) -> None:
    process.control.behave("host_request", request=6)
    process.control.behave("host_request", request=3, mti="0400")
    headers = []
    for send in (till.send_sale, till.send_sale, lambda: till.send_reversal("000002")):
        send()
        headers.append(till.receive_frame()[5:11].hex())
    assert headers == ["603106310000", "603100310000", "603103310000"]
    assert [row[1] for row in booked(process)] == ["reversed", "approved"]


def test_a_standing_order_lasts_until_it_is_replaced(process: Process, till: Till) -> None:
    process.control.behave("decline", code="05", times="always")
    assert [till.sale().text(39) for _ in range(3)] == ["05"] * 3
    process.control.behave("approve", times="always")
    assert till.sale().text(39) == "00"


def test_a_delayed_answer_lets_others_pass(process: Process, till: Till) -> None:
    process.control.behave("delay", ms=200)
    began = time.monotonic()
    first, second = till.send_sale(), till.send_sale()
    assert till.receive().text(11) == second
    assert till.receive().text(11) == first
    assert time.monotonic() - began >= 0.2
    assert [row[0] for row in booked(process)] == [first, second]


def test_drop_books_and_drop_request_does_not_and_neither_answers(process: Process, till: Till) -> None:
    process.control.behave("drop")
    process.control.behave("drop_request")
    dropped, _lost, third = till.send_sale(), till.send_sale(), till.send_sale()
    assert till.receive().text(11) == third
    assert till.is_silent()
    assert [row[0] for row in booked(process)] == [dropped, third]


@pytest.mark.parametrize(("when", "count"), [("before_booking", 0), ("after_booking", 1)])
def test_cut_closes_the_connection_before_or_after_booking(process: Process, till: Till, when: str, count: int) -> None:
    process.control.behave("cut", when=when)
    till.send_sale()
    assert till.receive_frame() == b""
    assert len(booked(process)) == count
    again = till.reconnect()
    assert again.sale(de11="000500").text(39) == "00"
    again.close()


def test_answer_as_books_under_and_answers_with_another_merchant(process: Process, till: Till) -> None:
    process.control.behave("answer_as", **JUMPED)
    answer = till.sale(4200)
    named = (answer.text(32), answer.text(42), answer.text(41), answer.text(43))
    assert named == (JUMPED["acquirer"], JUMPED["mid"], JUMPED["tid"], JUMPED["name"])
    assert (answer.text(39), answer.text(4), answer.text(11)) == ("00", "000000004200", "000002")
    (row,) = process.control.ledger()
    assert (row["acquirer"], row["mid"], row["tid"]) == (JUMPED["acquirer"], JUMPED["mid"], JUMPED["tid"])
    assert row["terminal"] == NAMED.tid
    # The terminal reverses a jump under its own name.
    assert till.reverse(answer.text(11), 4200).text(39) == "00"
    assert process.control.ledger()[0]["state"] == "reversed"


@pytest.mark.parametrize(("name", "number"), [("acquirer", 32), ("mid", 42), ("tid", 41), ("name", 43)])
def test_answer_as_can_change_one_thing_alone(process: Process, till: Till, name: str, number: int) -> None:
    right = till.sale().fields
    process.control.behave("answer_as", **{name: JUMPED[name]})
    jumped = till.sale().fields
    differing = {element for element in (32, 41, 42, 43) if right[element] != jumped[element]}
    assert differing == {number}


def test_bad_mac_spoils_the_answers_mac_only(process: Process, till: Till) -> None:
    process.control.behave("bad_mac")
    till.send_sale()
    answer, is_authentic = till.receive_any()
    assert (answer.text(39), is_authentic) == ("00", False)
    assert till.sale().text(39) == "00"


def test_bad_keys_have_a_check_value_that_does_not_fit(process: Process, till: Till) -> None:
    good = till.sign_on().fields[62]
    process.control.behave("bad_keys")
    block = till.sign_on().fields[62]
    assert isinstance(block, bytes) and isinstance(good, bytes) and len(block) == len(good)
    assert block[36:] != pyDes.triple_des(till.mak).encrypt(bytes(8))[:4]


def test_elements_are_left_out_and_the_sale_is_booked(process: Process, till: Till) -> None:
    process.control.behave("leave_out", elements="39,42")
    process.control.behave("leave_out", elements="64")
    without = till.sale().fields.keys()
    assert not without & {39, 42} and without >= {4, 11, 41, 64}
    till.send_sale()
    assert 64 not in till.receive_any()[0].fields
    assert len(process.control.ledger()) == 2


def test_another_currency_is_answered_and_the_right_one_booked(process: Process, till: Till) -> None:
    process.control.behave("answer_as", currency="840")
    assert till.sale().text(49) == "840"
    assert process.control.ledger()[-1]["currency"] == "156"


def test_wrong_trace_and_wrong_amount_are_answered_but_not_booked(process: Process, till: Till) -> None:
    process.control.behave("wrong_trace")
    process.control.behave("wrong_amount")
    assert till.sale(de11="999999").text(11) == "000001"
    assert till.sale(1000).text(4) == "000000001001"
    rows = process.control.ledger()
    assert [(row["trace"], row["amount"]) for row in rows] == [("999999", 1000), ("000003", 1000)]


def test_duplicate_answers_twice_and_books_once(process: Process, till: Till) -> None:
    process.control.behave("duplicate")
    trace = till.send_sale()
    assert till.receive().fields == till.receive().fields
    assert [row[0] for row in booked(process)] == [trace]


def test_a_late_answer_comes_after_the_next_one_and_not_before_its_time(process: Process, till: Till) -> None:
    process.control.behave("late", ms=200)
    began = time.monotonic()
    first, second = till.send_sale(), till.send_sale()
    assert [till.receive().text(11), till.receive().text(11)] == [second, first]
    assert time.monotonic() - began >= 0.2


def test_a_late_answer_follows_its_terminal_to_a_new_connection_and_no_other_terminals(
    process: Process, till: Till
) -> None:
    process.control.behave("late")
    first = till.send_sale()
    other = Till(process, NAMELESS)
    other.sign_on()
    again = till.reconnect()
    second = again.send_sale()
    assert [again.receive().text(11), again.receive().text(11)] == [second, first]
    other.sale()
    assert other.is_silent()
    other.close()
    again.close()


def test_expired_keys_open_nothing_until_the_next_sign_on(process: Process, till: Till) -> None:
    trace = till.sale().text(11)
    process.control.behave("expire_keys")
    assert [till.sale().text(39), till.sale().text(39), till.reverse(trace).text(39)] == ["A0", "A0", "A0"]
    assert NAMED.tid not in str(process.control.status()["signed_on"])
    till.sign_on()
    assert till.sale().text(39) == "00"
    assert till.reverse(trace).text(39) == "00"


@pytest.mark.parametrize("mti", ["0200", "0400", "0800"])
def test_an_order_waits_for_its_message_type(process: Process, till: Till, mti: str) -> None:
    process.control.behave("duplicate", mti=mti)
    asked = [till.send_sale()]
    till.send_reversal(asked[0])
    till.send("0800", {60: "00000001003", 63: "01 "})
    answers = [till.receive_any()[0].mti for _ in range(4)]
    expected = [answer for asked_mti, answer in (("0200", "0210"), ("0400", "0410"), ("0800", "0810"))
                for _ in range(2 if asked_mti == mti else 1)]  # fmt: skip
    assert answers == expected
