"""How bad each kind of alert is, which is fixed: nobody has to rate what comes in at night."""

from agent.binding.reasons import LIFECYCLE_TAMPERED, TAMPER_OPEN
from agent.report import alarms
from agent.report.delivery import PUT_BACK
from agent.report.guarded_link import KEPT_BACK
from agent.report.reporter import REFUSED
from agent.sale.kinds import JUMP_DETECTED
from agent.update.updates import FAILED as UPDATE_FAILED
from tools.fleet import answers, checkpoints, expiry, gaps, journals, key_sets, line, refusals, renewals, tails
from tools.fleet.alerts.absence import TERMINAL_LOST, TERMINAL_SILENT
from tools.fleet.alerts.outage import BROKER_DOWN
from tools.fleet.alerts.words import CRITICAL, INFO, WARNING

# Money goes astray, evidence is at stake, somebody attacks, or nothing is heard any more.
_CRITICAL = (
    JUMP_DETECTED,
    KEPT_BACK,
    LIFECYCLE_TAMPERED,
    TAMPER_OPEN,
    journals.FORK,
    journals.RESTORED,
    journals.CLONED,
    line.CHAIN_BREAK,
    line.ENTRIES_LOST,
    tails.MISSING_TAIL,
    checkpoints.CHECKPOINT_UNPROVEN,
    answers.CONFIG_ROLLED_BACK,
    key_sets.KEYS_ROLLED_BACK,
    BROKER_DOWN,
)
# Sales fail, or will if nobody acts.
_WARNING = (
    PUT_BACK,
    REFUSED,
    UPDATE_FAILED,
    alarms.TEMPERATURE_HIGH,
    alarms.DISK_LOW,
    alarms.UNDERVOLTAGE,
    alarms.OUTBOX_OLD,
    alarms.CLOCK_UNSET,
    alarms.READER_FAILING,
    alarms.CERTIFICATE_ENDING,
    refusals.EVENT_REFUSED,
    gaps.GAP,
    journals.NEW_JOURNAL,
    renewals.RENEWAL_NEEDED,
    renewals.RENEWAL_FAILED,
    renewals.RENEWAL_UNUSED,
    expiry.BACKEND_CERTIFICATE_ENDING,
    expiry.BROKER_CERTIFICATE_ENDING,
    TERMINAL_LOST,
)
# Worth a look some day.
_INFO = (alarms.MEMORY_LOW, refusals.REPORT_REFUSED, TERMINAL_SILENT)

SEVERITY = {
    **dict.fromkeys(_CRITICAL, CRITICAL),
    **dict.fromkeys(_WARNING, WARNING),
    **dict.fromkeys(_INFO, INFO),
}


def severity(kind: str) -> str:
    """How bad an alert of `kind` is; of a kind that only another version knows it is a warning."""
    return SEVERITY.get(kind, WARNING)
