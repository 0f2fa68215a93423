"""Whether a message from the acquirer answers the one that was sent: first authentic, then ours, and only then matched.

The TID is left to the match: an authentic answer to our trace and amount that names another terminal is no stray
message but a jump. Trace numbers are unique within a batch and the working keys are this terminal's alone.
"""

from agent.messages import AMOUNT, LOCAL_DATE, TRACE, Message

UNAUTHENTICATED = "unauthenticated"
MALFORMED = "malformed"
OTHER_TYPE = "other_type"
OTHER_TRACE = "other_trace"
OTHER_AMOUNT = "other_amount"
OTHER_DAY = "other_day"


def stray(request: Message, answer: Message, answer_mti: str, days: "list[str]") -> str:
    """Return why `answer` does not answer `request`, "" when it does.

    `answer_mti` is the type that answers it; `days` are the local dates (MMDD) it may bear; none: not known.
    """
    if not answer.authenticated:
        return UNAUTHENTICATED
    if answer.mti != answer_mti:
        return OTHER_TYPE
    if answer.text(TRACE) != request.text(TRACE):
        return OTHER_TRACE
    if answer.text(AMOUNT) != request.text(AMOUNT):
        return OTHER_AMOUNT
    if days and answer.text(LOCAL_DATE) and answer.text(LOCAL_DATE) not in days:
        return OTHER_DAY
    return ""
