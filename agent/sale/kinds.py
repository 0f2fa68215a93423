"""The kinds of journal entries that a sale leaves, in the order in which they can follow each other."""

from agent.journal.pruning import Pending

GATE_REFUSED = "gate.refused"
SALE_FAILED = "sale.failed"
SALE_AUTHORISING = "sale.authorising"
ANSWER_IGNORED = "answer.ignored"
SALE_ANSWERED = "sale.answered"
SALE_UNKNOWN = "sale.unknown"
JUMP_DETECTED = "jump.detected"
REVERSAL_QUEUED = "reversal.queued"
SALE_FINISHED = "sale.finished"
REVERSAL_REPEATED = "reversal.repeated"
REVERSAL_SETTLED = "reversal.settled"
REVERSAL_UNRESOLVED = "reversal.unresolved"
REVERSAL_CLEARED = "reversal.cleared"

SIGNING_ON = "acquirer.signing_on"
SIGNED_ON = "acquirer.signed_on"
SIGN_ON_FAILED = "acquirer.sign_on_failed"

# A sale that recovery has to finish, and one whose reversal is due or unresolved: both stay in the journal for good.
PENDING = (
    Pending(SALE_AUTHORISING, (SALE_FINISHED,)),
    Pending(REVERSAL_QUEUED, (REVERSAL_SETTLED, REVERSAL_CLEARED)),
)
