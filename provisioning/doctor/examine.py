"""All checks in their order, and the examination of a terminal by them."""

from collections.abc import AsyncIterator, Collection

from provisioning.doctor import codes, configuration, devices, machine, network, record, service, trust
from provisioning.doctor.check import Check, carried_out
from provisioning.doctor.finding import Finding, Level, ok, problem, unknown
from provisioning.doctor.patient import Patient

# A journal of years, on a memory card.
_LONG_S = 60.0


async def ready(patient: Patient) -> Finding:
    """The running terminal could take the next sale; where it cannot, no other check found the cause."""
    if not patient.health:
        return unknown(codes.NOT_RUNNING)
    why = str(patient.health["not_ready"])
    if not why:
        return ok()
    cause = next((found.check for found in patient.findings if found.level is Level.PROBLEM), "")
    return unknown(codes.NOT_EXAMINED, because=cause) if cause else problem(why)


CHECKS = (
    Check("settings", configuration.settings),
    Check("files", configuration.files, ("settings",)),
    Check("service", service.service, ("settings",)),
    Check("local_api", service.local_api, ("settings",)),
    Check("dumps", service.dumps, ("settings",)),
    Check("journal", record.journal, ("settings",), _LONG_S),
    Check("lifecycle", record.lifecycle, ("journal",)),
    Check("software", service.software, ("journal",)),
    Check("keys", trust.keys, ("settings",)),
    Check("binding", trust.binding, ("keys", "journal")),
    Check("certificate", trust.certificate, ("settings",)),
    Check("reader", devices.reader, ("settings",), 30.0),
    Check("lines", devices.lines, ("settings",)),
    Check("system", machine.system),
    Check("clock", machine.clock, ("settings",)),
    Check("supply", machine.supply, ("settings",)),
    Check("heat", machine.heat, ("settings",)),
    Check("memory", machine.memory, ("settings",)),
    Check("disk", machine.disk, ("settings",)),
    Check("names", network.names, ("settings",)),
    Check("brokers", network.brokers, ("names", "certificate"), network.PATIENCE_S),
    Check("acquirer", network.acquirer, ("names",)),
    Check("reporting", record.reporting, ("journal", "brokers")),
    Check("reversals", record.reversals, ("journal",)),
    Check("ready", ready, ("settings",)),
)
NAMES = tuple(check.name for check in CHECKS)


async def examine(patient: Patient, only: Collection[str] = NAMES) -> AsyncIterator[Finding]:
    """What each check of `only` finds, one after the other; those that they need are carried out, too, unsaid."""
    wanted = _with_needs(only)
    try:
        for check in (one for one in CHECKS if one.name in wanted):
            found = await _examined(check, patient)
            patient.findings.append(found)
            if check.name in only:
                yield found
    finally:
        await patient.leave()


async def _examined(check: Check, patient: Patient) -> Finding:
    unwell = [found.check for found in patient.findings if found.level in (Level.PROBLEM, Level.UNKNOWN)]
    because = next((need for need in check.needs if need in unwell), "")
    found = unknown(codes.NOT_EXAMINED, because=because) if because else await carried_out(check, patient)
    return found._replace(check=check.name)


def _with_needs(names: Collection[str]) -> set[str]:
    wanted = set(names)
    for check in reversed(CHECKS):  # a need comes before what needs it
        if check.name in wanted:
            wanted.update(check.needs)
    return wanted
