"""The machine: its system, clock, supply, heat, memory and disk."""

from agent.binding.reasons import CLOCK_UNSYNCED, CLOCK_UNTRUSTED, JOURNAL_SPACE
from agent.clock import NEVER, is_before
from agent.report.alarms import CLOCK_UNSET, DISK_LOW, MEMORY_LOW, TEMPERATURE_HIGH, UNDERVOLTAGE
from agent.report.ports import UNKNOWN
from board.vitals import UNDER_VOLTAGE
from provisioning.doctor import codes
from provisioning.doctor.account import is_read_only
from provisioning.doctor.finding import Finding, ok, problem, unknown, warning
from provisioning.doctor.patient import Patient
from provisioning.doctor.service import unit
from provisioning.errors import SetupError
from provisioning.pi.changes import changes
from provisioning.pi.models import detect

# Any of them sets the clock and makes the mark that the settings name, or is told to.
TIME_SERVICES = ("systemd-timesyncd.service", "chrony.service", "ntpsec.service")


async def system(patient: Patient) -> Finding:
    """Nothing is left of what `jumpguard setup` would change: UART, console, watchdog, swap, logs, users."""
    try:
        left = changes(patient.root, detect(patient.root))
    except SetupError as error:
        return unknown(codes.SYSTEM_OTHER, why=str(error))
    return warning(codes.SYSTEM_NOT_SET_UP, files=", ".join(one.path for one in left)) if left else ok()


async def clock(patient: Patient) -> Finding:
    """A time source has set the clock since boot, lately, and it is not behind what the terminal has seen."""
    found, floor = patient.state.clock, patient.gate.history.floor
    now, since_s = found.utc(), found.synced_s()
    if floor and is_before(now, floor):
        return problem(CLOCK_UNTRUSTED, now=now, seen=floor)
    if since_s == NEVER:
        running = [name for name in TIME_SERVICES if (await unit(patient.root, name)).get("ActiveState") == "active"]
        code = CLOCK_UNSYNCED if running else codes.TIME_SERVICE_OFF
        return problem(code, now=now, mark=str(found.mark), time_service=", ".join(running))
    if since_s >= patient.settings.alarms.clock_unsynced_s:
        return warning(CLOCK_UNSET, now=now, set_before_s=since_s)
    return ok(now=now, set_before_s=since_s)


async def supply(patient: Patient) -> Finding:
    """The supply holds its voltage, and did so since boot; nothing slows the processor down."""
    readings = patient.state.machine_vitals.read()
    now, since_boot = int(readings["throttled_now"]), int(readings["throttled_since_boot"])
    if UNKNOWN in (now, since_boot):
        return unknown(codes.NOT_TOLD)
    facts = {"bits_now": now, "bits_since_boot": since_boot}
    if now & UNDER_VOLTAGE:
        return problem(UNDERVOLTAGE, **facts)
    if now:
        return warning(codes.SUPPLY_THROTTLED, **facts)
    return warning(codes.SUPPLY_WAS_WEAK, **facts) if since_boot & UNDER_VOLTAGE else ok(**facts)


async def heat(patient: Patient) -> Finding:
    """The processor is cooler than where it slows itself down."""
    found = int(patient.state.machine_vitals.read()["cpu_temperature_milli_c"])
    if found == UNKNOWN:
        return unknown(codes.NOT_TOLD)
    celsius, most = found // 1000, patient.settings.alarms.temperature_c
    return ok(celsius=celsius) if celsius < most else problem(TEMPERATURE_HIGH, celsius=celsius, most=most)


async def memory(patient: Patient) -> Finding:
    """Enough of it is available, and none of it goes to a disk."""
    swap_kib = patient.state.machine_vitals.swap_kib()
    available_kib = int(patient.state.machine_vitals.read()["memory_available_kib"])
    if swap_kib == UNKNOWN or available_kib == UNKNOWN:
        return unknown(codes.NOT_TOLD)
    facts = {"available_mib": available_kib // 1024, "swap_mib": swap_kib // 1024}
    if swap_kib:
        return problem(codes.SWAP_ON, **facts)
    low = facts["available_mib"] < patient.settings.alarms.memory_available_mib
    return warning(MEMORY_LOW, **facts) if low else ok(**facts)


async def disk(patient: Patient) -> Finding:
    """The journal's disk can be written to and has room."""
    folder, settings = patient.settings.terminal.state_dir, patient.settings
    if is_read_only(folder):
        return problem(codes.DISK_READ_ONLY, folder=str(folder))
    free_kib = patient.state.machine_vitals.free_kib()
    free_mib = free_kib // 1024
    if free_kib < settings.gate.reserve_kib:
        return problem(JOURNAL_SPACE, folder=str(folder), free_mib=free_mib)
    low = free_mib < settings.alarms.disk_free_mib
    return warning(DISK_LOW, folder=str(folder), free_mib=free_mib) if low else ok(free_mib=free_mib)
