"""What to make of an authentic answer: the match comes before the response code, and what is not clear is reversed."""

from agent.binding.record import Binding
from agent.journal.entry import Record
from agent.jump.diagnosis import causes
from agent.jump.match import ABSENT, MID, TID, Match, match
from agent.messages import APPROVAL_CODE, LOCAL_DATE, LOCAL_TIME, REFERENCE, RESPONSE_CODE, Message
from agent.sale import kinds, outcome

APPROVED_CODE = "00"
# Approvals with a condition attached (partial, VIP, with identification, "success with a defect"): no clear approval.
_CONDITIONAL_CODES = ("08", "10", "11", "16", "A2", "A4", "A5", "A6")
# "Duplicate": our trace numbers never repeat, so the network repeated the message, and this is not the answer to it.
_DUPLICATE_CODE = "94"


class Judgement:
    """`result` and `code` as in `outcome`, whether the charge must be reversed, and the match it rests on."""

    def __init__(self, result: str, code: str, reverses: bool, found: Match) -> None:
        self.result = result
        self.code = code
        self.reverses = reverses
        self.match = found


def judge(binding: Binding, answer: Message) -> Judgement:
    """Decide about `answer`, which is authentic and ours."""
    found = match(binding, answer)
    code = answer.text(RESPONSE_CODE)
    if found.reverses:
        return Judgement(outcome.JUMPED, outcome.MERCHANT_JUMP, True, found)
    if code == APPROVED_CODE:
        if ABSENT in (found.result[MID], found.result[TID]):
            return Judgement(outcome.UNPROVEN, outcome.MERCHANT_UNPROVEN, True, found)
        return Judgement(outcome.APPROVED, code, False, found)
    if code in ("", _DUPLICATE_CODE) or code in _CONDITIONAL_CODES or answer.text(APPROVAL_CODE):
        return Judgement(outcome.UNPROVEN, outcome.ANSWER_CONTRADICTORY, True, found)
    return Judgement(outcome.DECLINED, code, False, found)


def answered(sale: str, judgement: Judgement, answer: Message) -> Record:
    """The entry that writes the answer down, without card data."""
    return Record(
        kinds.SALE_ANSWERED,
        {
            "sale": sale,
            "judgement": judgement.result,
            "judgement_code": judgement.code,
            "response_code": answer.text(RESPONSE_CODE),
            "approval_code": answer.text(APPROVAL_CODE),
            "reference": answer.text(REFERENCE),
            "host_time": answer.text(LOCAL_DATE) + answer.text(LOCAL_TIME),
            "match": dict(judgement.match.result),
            "observed": dict(judgement.match.observed),
        },
    )


def jump_detected(sale: str, stage: str, found: Match) -> Record:
    """The entry that names a jump: what was expected, what was seen, at which stage, and the ranked causes."""
    different = found.different
    return Record(
        kinds.JUMP_DETECTED,
        {
            "sale": sale,
            "stage": stage,
            "fields": different,
            "expected": {field: found.expected[field] for field in different},
            "observed": {field: found.observed[field] for field in different},
            "reverses": found.reverses,
            "causes": causes(found),
        },
    )
