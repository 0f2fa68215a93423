"""Whatever an acquirer answers in the layout: stray or judged, approved only under our merchant, and what is written
down of it has a canonical form and holds no card data.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.binding.record import parse
from agent.canonical import encode
from agent.jump.match import MID, SAME, TID
from agent.messages import MERCHANT_NAME, RESPONSE_CODE, SALE_ANSWER, Message
from agent.sale import correlate, outcome
from agent.sale.judge import APPROVED_CODE, answered, judge, jump_detected
from tests.agent.adapters.iso8583.test_codec import VALUES
from tests.leaks.cards import PANS, TRACKS
from tests.leaks.strategies import shows_no_card
from tests.portable.ports import binding as bound
from tests.portable.ports.acquirer import answer
from tests.portable.test_judge import SALE

BINDING = parse(bound.document())
REASONS = ("", correlate.UNAUTHENTICATED, correlate.OTHER_TYPE, correlate.OTHER_TRACE, correlate.OTHER_AMOUNT)
RESULTS = (outcome.APPROVED, outcome.DECLINED, outcome.JUMPED, outcome.UNPROVEN)
CARDS = [*PANS, *(track[:40] for track in TRACKS)]
CHANGED: dict[int, st.SearchStrategy[Any]] = {
    **VALUES,
    MERCHANT_NAME: st.one_of(st.sampled_from(CARDS), VALUES[MERCHANT_NAME]),
    RESPONSE_CODE: st.sampled_from([APPROVED_CODE, "51", "94", "A0", ""]),
}


@st.composite
def answers(draw: st.DrawFn) -> Message:
    """The right answer with some elements changed and some left out, under any MAC."""
    fields = answer(SALE).fields | draw(st.fixed_dictionaries({}, optional=CHANGED))
    gone = draw(st.sets(st.sampled_from(sorted(fields)), max_size=4))
    mti = draw(st.sampled_from([SALE_ANSWER, SALE_ANSWER, "0410", "9999"]))
    return Message(mti, {number: fields[number] for number in fields if number not in gone}, draw(st.booleans()))


@given(answers())
@settings(max_examples=300)
def test_any_answer_is_stray_or_judged_and_leaves_no_card_data(heard: Message) -> None:
    why = correlate.stray(SALE, heard, SALE_ANSWER, [])
    assert why in REASONS and (why == "" or why == correlate.UNAUTHENTICATED or heard.authenticated)
    judgement = judge(BINDING, heard)
    assert judgement.result in RESULTS
    if judgement.result == outcome.APPROVED:
        assert heard.text(RESPONSE_CODE) == APPROVED_CODE and not judgement.reverses
        assert (judgement.match.result[MID], judgement.match.result[TID]) == (SAME, SAME)
    for record in (answered("sale", judgement, heard), jump_detected("sale", "answer", judgement.match)):
        assert shows_no_card(encode(record.body).decode())
    assert shows_no_card(heard)
