"""The match, what it speaks for, and what is made of an answer: the match comes before the code."""

from agent import messages
from agent.binding.record import parse
from agent.jump import diagnosis
from agent.jump.match import ABSENT, ACQUIRER, CURRENCY, DIFFERENT, MID, NAME, SAME, TID, Match, match
from agent.messages import Message
from agent.sale import kinds, outcome
from agent.sale.judge import Judgement, answered, judge, jump_detected
from tests.portable.ports import binding as bound
from tests.portable.ports.acquirer import answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.portable.ports.acquirer import Changes

BINDING = parse(bound.document())
SALE = Message(
    messages.SALE,
    {
        messages.AMOUNT: "000000001880",
        messages.TRACE: "000042",
        messages.TID: bound.TID,
        messages.MID: bound.MID,
        messages.TRACK2: "6212345678901232D29122010000012300000",
    },
)
# Field, its data element, another value than the bound one, and whether that moves the money.
FIELDS = (
    (ACQUIRER, messages.ACQUIRER, "102", True),
    (MID, messages.MID, bound.OTHER_MID, True),
    (TID, messages.TID, "99999999", True),
    (CURRENCY, messages.CURRENCY, "840", True),
    (NAME, messages.MERCHANT_NAME, "别家商店", False),
)


def matched(changes: "Changes") -> Match:
    return match(BINDING, answer(SALE, changes))


def judged(changes: "Changes") -> Judgement:
    return judge(BINDING, answer(SALE, changes))


def verdict(changes: "Changes") -> "tuple[str, str, bool]":
    found = judged(changes)
    return found.result, found.code, found.reverses


def test_an_answer_in_our_name_matches_in_every_field() -> None:
    found = matched({messages.MERCHANT_NAME: bound.NAME})
    assert found.result == {ACQUIRER: SAME, MID: SAME, TID: SAME, CURRENCY: SAME, NAME: SAME}
    assert found.observed == found.expected
    assert (found.different, found.jumped, found.reverses) == ([], False, False)


def test_padding_means_nothing_and_everything_else_does() -> None:
    assert matched({messages.MERCHANT_NAME: bound.NAME + " " * 30}).result[NAME] == SAME
    assert matched({messages.MERCHANT_NAME: " " + bound.NAME}).result[NAME] == DIFFERENT
    assert matched({messages.MERCHANT_NAME: bound.NAME + "\u3000"}).result[NAME] == DIFFERENT
    assert matched({messages.TID: bound.TID[:7] + " "}).result[TID] == DIFFERENT


def test_each_field_that_differs_is_a_jump() -> None:
    for field, number, other, moves in FIELDS:
        found = matched({number: other})
        assert found.different == [field]
        assert (found.jumped, found.reverses) == (True, moves), field
        assert found.observed[field] == other


def test_what_is_absent_neither_matches_nor_jumps() -> None:
    for field, number, _, _ in FIELDS:
        for nothing in ("", "   ") if number == messages.MERCHANT_NAME else (None, "", "   "):
            found = matched({number: nothing})
            assert found.result[field] == ABSENT
            assert field not in found.observed
            assert (found.jumped, found.reverses) == (False, False), field


def test_several_jumps_are_named_in_one_order() -> None:
    found = matched({number: other for _, number, other, _ in FIELDS})
    assert found.different == [ACQUIRER, MID, TID, CURRENCY, NAME]


def causes(*fields: str) -> "list[str]":
    return diagnosis.causes(matched({number: other for field, number, other, _ in FIELDS if field in fields}))


def test_the_causes_are_ranked_by_what_differs() -> None:
    assert causes() == []
    assert causes(ACQUIRER) == [diagnosis.ROUTED_TO_OTHER_ACQUIRER]
    assert causes(TID) == [diagnosis.HOST_ANSWERED_FOR_OTHER_TERMINAL]
    assert causes(MID) == [diagnosis.HOST_MAPS_TERMINAL_TO_OTHER_MERCHANT, diagnosis.MERCHANT_POOL_SWITCHING]
    assert causes(CURRENCY) == [diagnosis.CURRENCY_CONFIGURED_WRONG]
    assert causes(NAME) == [diagnosis.MERCHANT_RENAMED_AT_HOST]
    assert causes(ACQUIRER, MID) == [
        diagnosis.ROUTED_TO_OTHER_ACQUIRER, diagnosis.HOST_MAPS_TERMINAL_TO_OTHER_MERCHANT,
    ]  # fmt: skip
    assert diagnosis.MERCHANT_RENAMED_AT_HOST not in causes(MID, NAME)
    assert causes(ACQUIRER, MID, TID, CURRENCY, NAME) == [
        diagnosis.ROUTED_TO_OTHER_ACQUIRER, diagnosis.HOST_ANSWERED_FOR_OTHER_TERMINAL,
        diagnosis.HOST_MAPS_TERMINAL_TO_OTHER_MERCHANT, diagnosis.CURRENCY_CONFIGURED_WRONG,
    ]  # fmt: skip


def test_a_clear_approval_and_a_clear_decline() -> None:
    assert verdict({}) == (outcome.APPROVED, "00", False)
    for code in ("05", "51", "54", "03", "96", "A0", "01", "1", "000"):
        assert verdict({messages.RESPONSE_CODE: code, messages.APPROVAL_CODE: None}) == (outcome.DECLINED, code, False)


def test_the_match_comes_before_the_code() -> None:
    for code in ("00", "05", "51", "08", "11", "A0", ""):
        for _, number, other, moves in FIELDS:
            found = verdict({messages.RESPONSE_CODE: code, messages.APPROVAL_CODE: None, number: other})
            assert (found == (outcome.JUMPED, outcome.MERCHANT_JUMP, True)) == moves, (code, number)


def test_another_name_is_told_and_changes_nothing() -> None:
    found = judged({messages.MERCHANT_NAME: "别家商店"})
    assert (found.result, found.reverses, found.match.jumped) == (outcome.APPROVED, False, True)


def test_a_card_number_in_the_place_of_a_name_is_not_written_down() -> None:
    for name, kept in (
        ("6212345678901232", "621234******1232"),
        ("6212 3456 7890 1232 SHOP", "6212 34** **** 1232 SHOP"),
        ("６２１２３４５６７８９０１２３２", "６２１２３４******１２３２"),
        ("Shop 12345678901", "Shop 12345678901"),
    ):
        assert matched({messages.MERCHANT_NAME: name}).observed[NAME] == kept


def test_an_approval_that_does_not_say_for_whom_is_not_proven() -> None:
    for number in (messages.MID, messages.TID):
        for nothing in (None, " "):
            assert verdict({number: nothing}) == (outcome.UNPROVEN, outcome.MERCHANT_UNPROVEN, True)
    assert verdict({messages.ACQUIRER: None, messages.CURRENCY: None}) == (outcome.APPROVED, "00", False)
    assert verdict({messages.MID: None, messages.RESPONSE_CODE: "05", messages.APPROVAL_CODE: None}) == (
        outcome.DECLINED, "05", False,
    )  # fmt: skip


def test_what_is_no_clear_answer_is_reversed() -> None:
    unclear = (outcome.UNPROVEN, outcome.ANSWER_CONTRADICTORY, True)
    for code in ("08", "10", "11", "16", "A2", "A4", "A5", "A6", "94"):
        assert verdict({messages.RESPONSE_CODE: code, messages.APPROVAL_CODE: None}) == unclear, code
    assert verdict({messages.RESPONSE_CODE: None, messages.APPROVAL_CODE: None}) == unclear
    assert verdict({messages.RESPONSE_CODE: "05"}) == unclear


def test_the_entries_say_what_was_seen() -> None:
    said = answer(SALE, {messages.MID: bound.OTHER_MID, messages.MERCHANT_NAME: "别家商店"})
    found = judge(BINDING, said)
    record = answered("sale-1", found, said)
    assert (record.kind, record.body["judgement"]) == (kinds.SALE_ANSWERED, outcome.JUMPED)
    assert record.body["host_time"] == "1123110406"
    assert record.body["approval_code"] == "A12345"
    told = jump_detected("sale-1", "answer", found.match)
    assert told.kind == kinds.JUMP_DETECTED
    assert told.body["fields"] == [MID, NAME]
    assert told.body["expected"] == {MID: bound.MID, NAME: bound.NAME}
    assert told.body["observed"] == {MID: bound.OTHER_MID, NAME: "别家商店"}
    assert told.body["reverses"] is True
    assert told.body["causes"] == [diagnosis.HOST_MAPS_TERMINAL_TO_OTHER_MERCHANT, diagnosis.MERCHANT_POOL_SWITCHING]
