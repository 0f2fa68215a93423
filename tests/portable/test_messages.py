"""Messages print what may be shown; what a sale and its reversal send; which answer belongs to which question."""

from agent import messages
from agent.errors import MessageError
from agent.messages import Message
from agent.sale.correlate import OTHER_AMOUNT, OTHER_DAY, OTHER_TRACE, OTHER_TYPE, UNAUTHENTICATED, stray
from agent.sale.requests import reversal_request
from tests.portable.helpers import raises
from tests.portable.ports.acquirer import answer

SALE = Message(
    messages.SALE,
    {
        messages.PAN: "6212345678901232",
        messages.AMOUNT: "000000001880",
        messages.TRACE: "000042",
        messages.TRACK2: "6212345678901232D29122010000012300000",
        messages.TID: "50012345",
        messages.MID: "898210154110002",
        messages.ICC_DATA: b"\x9f\x26",
        messages.MAC: bytes(8),
    },
)
DAYS = ["1122", "1123", "1124"]


def test_a_message_prints_no_card_data() -> None:
    assert repr(SALE) == (
        "<Message 0200 2=<16 long> 4='000000001880' 11='000042' 35=<37 long> 41='50012345' 42='898210154110002' "
        "55=<2 long> 64=<8 long>>"
    )
    assert str(SALE) == repr(SALE)
    for number in (2, 14, 35, 36, 44, 45, 52, 53, 54, 55, 62):
        assert "6212345678901232" not in repr(Message("0210", {number: "6212345678901232"})), number


def test_text_is_given_as_text_and_nothing_as_empty() -> None:
    assert SALE.text(messages.TRACE) == "000042"
    assert SALE.text(messages.RESPONSE_CODE) == ""
    error = raises(MessageError, SALE.text, messages.ICC_DATA)
    assert str(error) == "DE 55 of 0200 is binary, text was asked for"


def test_the_answer_of_a_good_host_is_no_stray() -> None:
    assert stray(SALE, answer(SALE), messages.SALE_ANSWER, DAYS) == ""
    for day in DAYS:
        assert stray(SALE, answer(SALE, {messages.LOCAL_DATE: day}), messages.SALE_ANSWER, DAYS) == ""
    assert stray(SALE, answer(SALE, {messages.LOCAL_DATE: None}), messages.SALE_ANSWER, DAYS) == ""
    assert stray(SALE, answer(SALE, {messages.TID: "99999999"}), messages.SALE_ANSWER, DAYS) == ""


def test_each_reason_to_ignore_an_answer() -> None:
    for changes, why in (
        ({messages.TRACE: "000041"}, OTHER_TRACE),
        ({messages.TRACE: None}, OTHER_TRACE),
        ({messages.AMOUNT: "000000001881"}, OTHER_AMOUNT),
        ({messages.AMOUNT: None}, OTHER_AMOUNT),
        ({messages.LOCAL_DATE: "1125"}, OTHER_DAY),
        ({messages.LOCAL_DATE: "1121"}, OTHER_DAY),
    ):
        assert stray(SALE, answer(SALE, changes), messages.SALE_ANSWER, DAYS) == why
    assert stray(SALE, answer(SALE), messages.REVERSAL_ANSWER, DAYS) == OTHER_TYPE
    assert stray(SALE, answer(SALE, authenticated=False), messages.SALE_ANSWER, DAYS) == UNAUTHENTICATED


def test_authentication_comes_before_everything_else() -> None:
    forged = answer(SALE, {messages.TRACE: "000041", messages.AMOUNT: "1"}, authenticated=False)
    assert stray(SALE, forged, messages.REVERSAL_ANSWER, DAYS) == UNAUTHENTICATED


def test_a_reversal_names_the_sale_and_not_the_card() -> None:
    body: "dict[str, object]" = {
        "trace": "000042", "batch": "000001", "amount": 1880, "tid": "50012345", "mid": "898210154110002",
        "currency": "156", "local_time": "20261123110405", "card": "621234******1232",
    }  # fmt: skip
    reversal = reversal_request(body, "98")
    assert reversal.mti == messages.REVERSAL
    assert reversal.text(messages.AMOUNT) == "000000001880"
    assert reversal.text(messages.TRACE) == "000042"
    assert reversal.text(messages.RESPONSE_CODE) == "98"
    assert reversal.text(messages.ORIGINAL) == "000001" + "000042" + "1123"
    assert reversal.text(messages.PRIVATE_60) == "22" + "000001" + "000"
    for number in (messages.PAN, messages.TRACK2, messages.ICC_DATA, messages.CARD_SEQUENCE):
        assert number not in reversal.fields
