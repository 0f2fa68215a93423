"""The terminal's own record: the journal, the state that it tells, reversals, and what the backend holds of it."""

from agent.binding import reasons
from agent.errors import JournalError
from agent.journal.disowned import JOURNAL_DISOWNED, disowned
from agent.lifecycle import ACTIVE, LOCKED, RETIRED, SUSPENDED, TAMPERED, UNPROVISIONED, Lifecycle
from agent.report.alarms import OUTBOX_OLD
from agent.sale import kinds
from agent.sale.outcome import REVERSALS_UNRESOLVED
from agent.sale.unresolved import Unresolved
from provisioning.doctor import codes
from provisioning.doctor.finding import Fact, Finding, ok, problem, unknown, warning
from provisioning.doctor.patient import Patient

# An event is acknowledged within a second or two; a line that is slow or was away for a moment takes longer.
SOON_S = 120
_STATES = {
    UNPROVISIONED: reasons.LIFECYCLE_UNPROVISIONED,
    SUSPENDED: reasons.LIFECYCLE_SUSPENDED,
    LOCKED: reasons.LIFECYCLE_LOCKED,
    TAMPERED: reasons.LIFECYCLE_TAMPERED,
    RETIRED: reasons.LIFECYCLE_RETIRED,
}


async def journal(patient: Patient) -> Finding:
    """The journal's file is whole, and its chain leads to what the backend has countersigned."""
    found = patient.state.journal
    if not found.path.exists():
        gone = patient.runs
        return problem(codes.JOURNAL_GONE, file=str(found.path)) if gone else unknown(codes.JOURNAL_NONE)
    try:
        await found.look()
    except JournalError as error:
        return problem(codes.JOURNAL_DAMAGED, why=str(error))
    await patient.gate.history.start()
    return ok(entries=await found.head(), size_kib=await found.size_kib())


async def lifecycle(patient: Patient) -> Finding:
    """The terminal is in the state in which it takes payments."""
    found = Lifecycle(patient.state.journal)
    await found.start()
    if found.state == ACTIVE:
        return ok(state=found.state)
    held = await disowned(patient.state.journal)
    if held:
        return problem(JOURNAL_DISOWNED, reason=found.reason, entry=held)
    return problem(_STATES[found.state], reason=found.reason)


async def reversals(patient: Patient) -> Finding:
    """No charge is in doubt."""
    journal = patient.state.journal
    unresolved = await Unresolved(journal).sales()
    waiting = await journal.open_sales(kinds.REVERSAL_QUEUED, (kinds.REVERSAL_SETTLED, kinds.REVERSAL_UNRESOLVED))
    facts: dict[str, Fact] = {"unresolved": len(unresolved), "waiting": len(waiting)}
    if unresolved:
        return problem(REVERSALS_UNRESOLVED, sales=", ".join(unresolved), **facts)
    return warning(codes.REVERSALS_WAIT, sales=", ".join(waiting), **facts) if waiting else ok(**facts)


async def reporting(patient: Patient) -> Finding:
    """The backend has what happened here, or gets it now."""
    health, journal = patient.health, patient.state.journal
    if not health:
        head, held = await journal.head(), await journal.acknowledged()
        return unknown(codes.NOT_RUNNING, acknowledged=held, waiting=head - held)
    age_s, waiting = int(str(health["outbox_age_s"])), int(str(health["outbox_depth"]))
    facts: dict[str, Fact] = {
        "acknowledged": int(str(health["acknowledged"])),
        "waiting": waiting,
        "oldest_s": age_s,
        "connections": int(str(health["link_connections"])),
    }
    if not health["link_connected"]:
        return problem(codes.LINK_DOWN, **facts)
    if age_s >= patient.settings.alarms.outbox_age_s:
        return problem(OUTBOX_OLD, **facts)
    return warning(codes.OUTBOX_WAITS, **facts) if age_s >= SOON_S else ok(**facts)
