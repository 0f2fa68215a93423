"""Reading whole cards: what each scheme's card says, in hex, and every way in which it can go wrong."""

import asyncio
from binascii import hexlify, unhexlify

from agent.card.flow import CardRead, read_card
from agent.card.terminal_values import TerminalValues
from agent.errors import CardError, CardGoneError
from tests.portable.helpers import raises

CODES = (
    "CARD_NO_PPSE", "CARD_NO_APPLICATION", "CARD_BLOCKED", "CARD_MALFORMED", "CARD_TRACK2", "CARD_DECLINED_OFFLINE",
    "CARD_EXPIRED",
)  # fmt: skip

# 123.45 on 23 November 2026
SALE = TerminalValues(12345, "156", "261123", unhexlify("A1B2C3D4"), "JG-DEMO-0001", 42)
PDOL = "9F66049F02069F03069F1A0295055F2A029A039C019F3704"
PDOL_ANSWER = "2280000000000001234500000000000001560000000000015626112300A1B2C3D4"

PPSE = "00A404000E325041592E5359532E444446303100"
GPO = "80A80000238321" + PDOL_ANSWER + "00"
GPO_NOTHING = "80A8000002830000"
RECORD_1 = "00B2010C00"  # record 1 of file 1
RECORD_2 = "00B2020C00"

UNIONPAY = "A000000333010101"
VISA = "A0000000031010"
MASTERCARD = "A0000000041010"
SELECT_UNIONPAY = "00A4040008" + UNIONPAY + "00"
SELECT_VISA = "00A4040007" + VISA + "00"
SELECT_MASTERCARD = "00A4040007" + MASTERCARD + "00"

UNIONPAY_TRACK2 = "6212345678901232D29122010000012300000F"
VISA_TRACK2 = "4761739001010010D2912201"
UNIONPAY_ISSUER = "07010103A00000010A010000000000"
VISA_ISSUER = "06010A03A00000"


def t(tag: str, *values: str) -> str:
    """One data object in hex; `values` are hex."""
    value = "".join(values)
    size = len(value) // 2
    assert size < 256
    return tag + ("{:02X}" if size < 128 else "81{:02X}").format(size) + value


def directory(*applications: str) -> str:
    """The answer to SELECT PPSE that lists `applications`, with priorities 1, 2, ... in that order."""
    entries = [t("61", t("4F", aid), t("87", "{:02X}".format(n + 1))) for n, aid in enumerate(applications)]
    return t("6F", t("84", "325041592E5359532E4444463031"), t("A5", t("BF0C", *entries))) + "9000"


def selected(aid: str, pdol: str = PDOL) -> str:
    """The answer to SELECT of an application that asks for `pdol`."""
    return t("6F", t("84", aid), t("A5", t("50", "43415244"), t("9F38", pdol) if pdol else "")) + "9000"


def unionpay() -> "dict[str, str]":
    """A UnionPay card as most are: cryptogram in GET PROCESSING OPTIONS without 9F27, track 2 in a record."""
    options = t("77", t("82", "7C00"), t("94", "08010201"), t("9F36", "0102"), t("9F26", "1122334455667788"),
                t("9F10", UNIONPAY_ISSUER))  # fmt: skip
    return {
        PPSE: directory(UNIONPAY),
        SELECT_UNIONPAY: selected(UNIONPAY),
        GPO: options + "9000",
        RECORD_1: t("70", t("57", UNIONPAY_TRACK2), t("5A", "6212345678901232"), t("5F20", "43415244")) + "9000",
        RECORD_2: t("70", t("5F24", "291231"), t("5F34", "01")) + "9000",
    }


def visa() -> "dict[str, str]":
    """A Visa card that says all of it in GET PROCESSING OPTIONS and has no records to read."""
    options = t("77", t("82", "2000"), t("57", VISA_TRACK2), t("9F36", "0001"), t("5F34", "00"),
                t("9F26", "8877665544332211"), t("9F10", VISA_ISSUER), t("9F6C", "0000"))  # fmt: skip
    return {PPSE: directory(VISA), SELECT_VISA: selected(VISA), GPO: options + "9000"}


# CDOL1: 9F02 06, 9F37 04, 9F34 03
GENERATE_AC = "80AE80000D" + "000000012345" + "A1B2C3D4" + "3F0000" + "00"


def mastercard() -> "dict[str, str]":
    """A Mastercard without PDOL, all answers in format 80: the cryptogram comes from GENERATE AC."""
    record = t("70", t("57", "5413330089020011D29122010123456789"), t("8C", "9F02069F37049F3403"))
    return {
        PPSE: directory(MASTERCARD),
        SELECT_MASTERCARD: selected(MASTERCARD, ""),
        GPO_NOTHING: "8006" + "1980" + "08010100" + "9000",
        RECORD_1: record + "9000",
        GENERATE_AC: "801D" + "80" + "0007" + "0102030405060708" + "0110A00003220000000000000000000000FF" + "9000",
    }


class ScriptedCard:
    """A card that knows the answers to some commands; any other is 6D00, an unknown instruction."""

    def __init__(self, answers: "dict[str, str]") -> None:
        self.answers = {unhexlify(command): unhexlify(answer) for command, answer in answers.items()}
        self.asked: "list[str]" = []

    async def transceive(self, apdu: bytes) -> bytes:
        self.asked.append(hexlify(apdu).decode().upper())
        return self.answers.get(apdu, b"\x6d\x00")


def read(answers: "dict[str, str]", sale: TerminalValues = SALE) -> CardRead:
    return asyncio.run(read_card(ScriptedCard(answers).transceive, sale))


def refusal(answers: "dict[str, str]", sale: TerminalValues = SALE) -> CardError:
    error = raises(CardError, read, answers, sale)
    assert isinstance(error, CardError)
    return error


def changed(answers: "dict[str, str]", command: str, answer: str) -> "dict[str, str]":
    assert command in answers, "the card was never asked that"
    answers[command] = answer
    return answers


def edited(answers: "dict[str, str]", command: str, old: str, new: str) -> "dict[str, str]":
    """The card with `old` replaced in its answer to `command`; both are of one length."""
    assert len(old) == len(new)
    assert old in answers[command]
    return changed(answers, command, answers[command].replace(old, new))


def options(*objects: str) -> "dict[str, str]":
    """The Visa card with its GET PROCESSING OPTIONS answered by `objects` instead."""
    return changed(visa(), GPO, t("77", *objects) + "9000")


def test_a_unionpay_card_is_read() -> None:
    card = read(unionpay())
    assert card.track2.reveal() == "6212345678901232D29122010000012300000"
    assert card.pan.masked == "621234******1232"
    assert (card.aid, card.scheme, card.label, card.sequence) == (UNIONPAY, "UnionPay", "UnionPay debit", "001")
    assert hexlify(card.icc_data).decode().upper() == (
        "9F2608" "1122334455667788" "9F2701" "80" "9F100F" + UNIONPAY_ISSUER + "9F3704" "A1B2C3D4"
        "9F3602" "0102" "9505" "0000000000" "9A03" "261123" "9C01" "00" "9F0206" "000000012345" "5F2A02" "0156"
        "8202" "7C00" "9F1A02" "0156" "9F0306" "000000000000" "9F3303" "002800" "9F3501" "22"
        "9F1E08" "44454D4F30303031" "8408" "A000000333010101" "9F0902" "0020" "9F4104" "00000042"
    )  # fmt: skip


def test_each_command_is_sent_once_and_in_order() -> None:
    card = ScriptedCard(unionpay())
    asyncio.run(read_card(card.transceive, SALE))
    assert card.asked == [PPSE, SELECT_UNIONPAY, GPO, RECORD_1, RECORD_2]


def test_a_visa_card_without_file_locator_is_read() -> None:
    card = ScriptedCard(visa())
    found = asyncio.run(read_card(card.transceive, SALE))
    assert card.asked == [PPSE, SELECT_VISA, GPO]
    assert found.track2.reveal() == "4761739001010010D2912201"
    assert (found.aid, found.scheme, found.label, found.sequence) == (VISA, "Visa", "Visa", "000")
    assert unhexlify("9F270180" + "9F1007" + VISA_ISSUER) in found.icc_data


def test_a_mastercard_in_format_80_is_asked_for_its_cryptogram() -> None:
    card = ScriptedCard(mastercard())
    found = asyncio.run(read_card(card.transceive, SALE))
    assert card.asked == [PPSE, SELECT_MASTERCARD, GPO_NOTHING, RECORD_1, GENERATE_AC]
    assert found.track2.reveal() == "5413330089020011D29122010123456789"
    assert (found.scheme, found.sequence) == ("Mastercard", "")
    for held in ("9F2608" "0102030405060708", "9F2701" "80", "9F3602" "0007", "8202" "1980",
                 "9F1012" "0110A00003220000000000000000000000FF"):  # fmt: skip
        assert unhexlify(held) in found.icc_data, held


def test_a_cryptogram_in_format_77_is_read_too() -> None:
    answer = t("77", t("9F27", "80"), t("9F36", "0007"), t("9F26", "0102030405060708"), t("9F10", "0110A0")) + "9000"
    found = read(changed(mastercard(), GENERATE_AC, answer))
    assert unhexlify("9F26080102030405060708" + "9F270180" + "9F10030110A0") in found.icc_data


def test_a_card_that_gave_its_cryptogram_is_not_asked_for_another() -> None:
    answers = changed(unionpay(), RECORD_2, t("70", t("8C", "9F02069F37049F3403"), t("5F34", "01")) + "9000")
    assert read(answers).sequence == "001"


def both(first: str, second: str) -> "dict[str, str]":
    """A card with both applications. They tell themselves apart by what they want to know."""
    answers = visa()
    answers.update(unionpay())
    answers[PPSE] = directory(first, second)
    answers[SELECT_VISA] = selected(VISA, "9C01")
    answers["80A800000383010000"] = visa()[GPO]
    return answers


def test_of_two_applications_the_card_prefers_one() -> None:
    assert read(both(UNIONPAY, VISA)).scheme == "UnionPay"
    assert read(both(VISA, UNIONPAY)).scheme == "Visa"


def test_an_application_that_refuses_gives_way_to_the_next() -> None:
    for status in ("6985", "6A81", "6A82", "6283", "6F00"):
        assert read(changed(both(UNIONPAY, VISA), SELECT_UNIONPAY, status)).scheme == "Visa", status
    for status in ("6985", "6A80", "6A82", "6A8F"):
        assert read(changed(both(UNIONPAY, VISA), GPO, status)).scheme == "Visa", status


def test_an_application_that_fails_does_not_give_way() -> None:
    for status in ("6986", "6A90", "6F00", "6300"):
        error = refusal(changed(both(UNIONPAY, VISA), GPO, status))
        assert (error.code, str(error)) == ("CARD_MALFORMED", "GET PROCESSING OPTIONS was answered " + status)


def test_a_card_that_is_no_payment_card_says_so() -> None:
    for status in ("6A82", "6D00", "6F00"):
        error = refusal(changed(unionpay(), PPSE, status))
        assert error.code == "CARD_NO_PPSE"
        assert status in str(error)


def test_a_card_without_an_application_for_us_says_so() -> None:
    assert refusal(changed(unionpay(), PPSE, directory())).code == "CARD_NO_APPLICATION"
    assert refusal(changed(unionpay(), PPSE, directory("A00000063201010601"))).code == "CARD_NO_APPLICATION"
    assert refusal(changed(unionpay(), SELECT_UNIONPAY, "6A82")).code == "CARD_NO_APPLICATION"
    assert refusal(changed(unionpay(), GPO, "6985")).code == "CARD_NO_APPLICATION"


def test_a_blocked_card_or_application_is_refused() -> None:
    for command in (PPSE, SELECT_UNIONPAY):
        for answer in ("6A81", "6283", unionpay()[command][:-4] + "6283"):
            assert refusal(changed(unionpay(), command, answer)).code == "CARD_BLOCKED", command


def test_a_card_that_declines_is_declined() -> None:
    declined = edited(unionpay(), GPO, UNIONPAY_ISSUER, "0701010380" + UNIONPAY_ISSUER[10:])
    assert refusal(declined).code == "CARD_DECLINED_OFFLINE"
    del declined[RECORD_1]
    declined[GPO] = t("77", t("82", "7C00"), t("9F27", "00"), t("9F36", "0102"), t("9F26", "1122334455667788")) + "9000"
    assert refusal(declined).code == "CARD_DECLINED_OFFLINE"
    assert refusal(edited(mastercard(), GENERATE_AC, "801D80", "801D00")).code == "CARD_DECLINED_OFFLINE"


def test_a_card_that_approves_by_itself_is_refused() -> None:
    error = refusal(edited(mastercard(), GENERATE_AC, "801D80", "801D40"))
    assert error.code == "CARD_MALFORMED"
    assert "online" in str(error)


def test_an_expired_card_is_refused_and_one_in_its_last_month_taken() -> None:
    for date, good in (("291130", True), ("291231", True), ("300101", False)):
        sale = TerminalValues(1, "156", date, bytes(4), "X", 1)
        answers = unionpay()
        answers["80A80000238321" + "22800000" "000000000001" "000000000000" "0156" "0000000000" "0156" + date
                + "00" "00000000" "00"] = answers[GPO]  # fmt: skip
        if good:
            assert read(answers, sale).scheme == "UnionPay"
        else:
            assert refusal(answers, sale).code == "CARD_EXPIRED"


def test_a_card_without_a_usable_track_2_is_refused() -> None:
    without = changed(unionpay(), RECORD_1, t("70", t("5A", "6212345678901232"), t("5F24", "291231")) + "9000")
    assert refusal(without).code == "CARD_TRACK2"
    assert refusal(edited(unionpay(), RECORD_1, "1232D", "1223D")).code == "CARD_TRACK2"
    assert refusal(edited(unionpay(), RECORD_1, "1232D2912", "1232D2913")).code == "CARD_TRACK2"
    assert refusal(changed(unionpay(), RECORD_1, "7002" + "5700" + "9000")).code == "CARD_TRACK2"


def test_each_missing_part_of_the_cryptogram_is_refused() -> None:
    parts = {"82": "2000", "57": "4761739001010010D2912201", "9F36": "0001", "9F26": "8877665544332211",
             "9F10": VISA_ISSUER}  # fmt: skip
    assert read(options(*[t(tag, value) for tag, value in parts.items()])).sequence == ""
    for missing in ("82", "9F36", "9F26", "9F10"):
        error = refusal(options(*[t(tag, value) for tag, value in parts.items() if tag != missing]))
        assert error.code == "CARD_MALFORMED"
        assert missing in str(error)


def test_a_malformed_file_locator_is_refused() -> None:
    for locator in ("00010100", "58010100", "09010100", "08000100", "08020100", "08010102", "080101"):
        answers = edited(unionpay(), GPO, "940408010201", "9404" + locator) if len(locator) == 8 else unionpay()
        if len(locator) != 8:
            answers[GPO] = t("77", t("82", "7C00"), t("94", locator)) + "9000"
        error = refusal(answers)
        assert error.code == "CARD_MALFORMED"
        assert "file locator (94)" in str(error), locator


def test_more_records_than_any_card_has_are_refused() -> None:
    error = refusal(edited(unionpay(), GPO, "08010201", "08011F00"))
    assert str(error) == "the file locator (94) names more than 30 records"
    assert refusal(edited(unionpay(), GPO, "08010201", "08011E00")).code == "CARD_MALFORMED"


def test_a_record_that_cannot_be_read_is_refused() -> None:
    error = refusal(changed(unionpay(), RECORD_2, "6A83"))
    assert (error.code, str(error)) == ("CARD_MALFORMED", "READ RECORD 2 of file 1 was answered 6A83")
    error = refusal(changed(unionpay(), RECORD_2, t("77", t("5F34", "01")) + "9000"))
    assert str(error) == "the answer to READ RECORD 2 of file 1 is not one template 70"
    assert refusal(changed(unionpay(), RECORD_2, "7000" + "7000" + "9000")).code == "CARD_MALFORMED"


def test_what_is_said_twice_is_refused() -> None:
    error = refusal(changed(unionpay(), RECORD_2, t("70", t("57", UNIONPAY_TRACK2)) + "9000"))
    assert (error.code, str(error)) == ("CARD_MALFORMED", "the card gave tag 57 twice")


def test_another_application_than_the_selected_one_is_refused() -> None:
    assert refusal(changed(unionpay(), SELECT_UNIONPAY, selected(VISA))).code == "CARD_MALFORMED"
    assert (
        refusal(changed(unionpay(), SELECT_UNIONPAY, t("6F", t("A5", t("50", "41"))) + "9000")).code == "CARD_MALFORMED"
    )
    assert refusal(changed(unionpay(), SELECT_UNIONPAY, "9000")).code == "CARD_MALFORMED"


def test_a_list_of_more_than_a_command_carries_is_refused() -> None:
    error = refusal(changed(unionpay(), SELECT_UNIONPAY, selected(UNIONPAY, "9F7AFD")))
    assert (error.code, str(error)) == (
        "CARD_MALFORMED",
        "data object list: 253 bytes are asked for, a command carries 252",
    )


def test_the_longest_list_fills_one_command() -> None:
    answers = changed(unionpay(), SELECT_UNIONPAY, selected(UNIONPAY, "9F7AFC"))
    answers["80A80000FF" + "8381FC" + "00" * 252 + "00"] = answers[GPO]
    assert read(answers).scheme == "UnionPay"


def test_a_malformed_card_sequence_is_refused() -> None:
    for value in ("1A", "0001"):
        error = refusal(changed(unionpay(), RECORD_2, t("70", t("5F34", value)) + "9000"))
        assert (error.code, str(error)) == ("CARD_MALFORMED", "the card sequence number (5F34) is not two digits")


def test_answers_in_pieces_are_fetched() -> None:
    whole = unionpay()[GPO]
    answers = changed(unionpay(), GPO, "6110")
    answers["00C0000010"] = whole[:32] + "6105"
    answers["00C0000005"] = whole[32:42] + "6100"
    answers["00C0000000"] = whole[42:]
    card = ScriptedCard(answers)
    assert asyncio.run(read_card(card.transceive, SALE)).scheme == "UnionPay"
    assert card.asked[2:6] == [GPO, "00C0000010", "00C0000005", "00C0000000"]


def test_a_command_is_sent_again_with_the_length_that_the_card_wants() -> None:
    answers = changed(unionpay(), RECORD_1, "6C2A")
    answers["00B2010C2A"] = unionpay()[RECORD_1]
    card = ScriptedCard(answers)
    assert asyncio.run(read_card(card.transceive, SALE)).scheme == "UnionPay"
    assert card.asked[3:5] == [RECORD_1, "00B2010C2A"]
    answers["00B2010C2A"] = "6C2A"
    assert str(refusal(answers)) == "READ RECORD 1 of file 1 was answered 6C2A"


def test_a_card_that_never_ends_is_left_after_40_commands() -> None:
    answers = changed(unionpay(), RECORD_1, "6100")
    answers["00C0000000"] = "6100"
    card = ScriptedCard(answers)
    error = raises(CardError, asyncio.run, read_card(card.transceive, SALE))
    assert str(error) == "the card was not done after 40 commands"
    assert len(card.asked) == 40


def test_more_than_a_card_may_answer_is_refused() -> None:
    error = refusal(changed(unionpay(), RECORD_1, "00" * 1025 + "9000"))
    assert (error.code, str(error)) == ("CARD_MALFORMED", "1025 bytes are more than the 1024 that a card may answer")


def test_an_answer_without_a_status_word_shows_none_of_its_bytes() -> None:
    for answer in ("", "90", "6212345678901232"):
        error = refusal(changed(unionpay(), RECORD_1, answer))
        size = len(answer) // 2
        assert str(error) == "the card answered {} bytes without a status word".format(size)
        assert error.code == "CARD_MALFORMED"


def test_a_card_that_leaves_is_the_readers_error() -> None:
    async def transceive(apdu: bytes) -> bytes:
        raise CardGoneError("the card left during {:02X}".format(apdu[1]))

    error = raises(CardGoneError, asyncio.run, read_card(transceive, SALE))
    assert isinstance(error, CardError)
    assert (error.code, str(error)) == ("CARD_REMOVED", "the card left during A4")


def test_what_was_read_prints_masked() -> None:
    card = read(unionpay())
    assert repr(card) == str(card) == "<CardRead UnionPay 621234******1232>"
    assert card.pan is card.track2.pan


async def outcome(answers: "dict[bytes, bytes]") -> str:
    """The code of the refusal, "" when the card was read. Anything but a CardError goes through."""
    card = ScriptedCard({})
    card.answers = answers
    try:
        await read_card(card.transceive, SALE)
    except CardError as error:
        assert error.code in CODES, error.code
        assert "345678" not in str(error)
        assert "173900101" not in str(error)
        return error.code
    return ""


def test_every_truncation_of_every_answer_is_refused() -> None:
    async def scenario() -> None:
        for script in (unionpay(), visa(), mastercard()):
            answers = ScriptedCard(script).answers
            assert await outcome(answers) == ""
            for command, answer in list(answers.items()):
                for length in range(len(answer)):
                    answers[command] = answer[:length]
                    assert await outcome(answers) != "", "cut to {} bytes".format(length)
                    if length < len(answer) - 2:
                        answers[command] = answer[:length] + b"\x90\x00"
                        assert await outcome(answers) != "", "cut to {} bytes and 9000".format(length)
                answers[command] = answer

    asyncio.run(scenario())


def test_every_altered_byte_is_refused_as_a_card_error_or_read() -> None:
    async def scenario() -> None:
        for script in (unionpay(), visa(), mastercard()):
            answers = ScriptedCard(script).answers
            for command, answer in list(answers.items()):
                for at in range(len(answer)):
                    for flip in (0x01, 0x20, 0x80, 0xFF):
                        altered = bytes([answer[at] ^ flip])
                        answers[command] = answer[:at] + altered + answer[at + 1 :]
                        await outcome(answers)
                answers[command] = answer
            assert await outcome(answers) == ""

    asyncio.run(scenario())
