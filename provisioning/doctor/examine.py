"""All checks in their order, and the examination of a terminal by them."""

from collections.abc import AsyncIterator, Collection

from agent.binding.reasons import LIFECYCLE_RETIRED
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
    Check("journal", record.journal, ("settings",), _LONG_S),
    Check("lifecycle", record.lifecycle, ("journal",)),
    Check("files", configuration.files, ("settings",)),
    Check("service", service.service, ("settings",)),
    Check("local_api", service.local_api, ("settings",)),
    Check("dumps", service.dumps, ("settings",)),
    Check("software", service.software, ("journal",)),
    Check("keys", trust.keys, ("settings",)),
    Check("binding", trust.binding, ("keys", "journal")),
    Check("certificate", trust.certificate, ("settings",)),
    Check("reader", devices.reader, ("settings",), 30.0),
    Check("lines", devices.lines, ("settings",)),
    Check("system", machine.system, of_machine=True),
    Check("clock", machine.clock, ("settings",), of_machine=True),
    Check("supply", machine.supply, ("settings",), of_machine=True),
    Check("heat", machine.heat, ("settings",), of_machine=True),
    Check("memory", machine.memory, ("settings",), of_machine=True),
    Check("disk", machine.disk, ("settings",), of_machine=True),
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
    because = _hindrance(check, patient)
    found = unknown(codes.NOT_EXAMINED, because=because) if because else await carried_out(check, patient)
    return found._replace(check=check.name)


def _hindrance(check: Check, patient: Patient) -> str:
    """The check that makes `check` pointless by what it found, "" where none does."""
    unwell = {found.check: found.code for found in patient.findings if found.level in (Level.PROBLEM, Level.UNKNOWN)}
    if check.of_machine:
        return "" if unwell.get("settings") == codes.NOT_INSTALLED else _first(check.needs, unwell)
    # Keys, token and binding are gone on purpose there, and nothing is to be put back.
    return "lifecycle" if unwell.get("lifecycle") == LIFECYCLE_RETIRED else _first(check.needs, unwell)


def _first(needs: tuple[str, ...], unwell: Collection[str]) -> str:
    return next((need for need in needs if need in unwell), "")


def _with_needs(names: Collection[str]) -> set[str]:
    wanted = set(names)
    for check in reversed(CHECKS):  # a need comes before what needs it
        if check.name in wanted:
            wanted.update(check.needs)
    return wanted
