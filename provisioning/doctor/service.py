"""The service that the terminal runs as: what systemd says of it, what it says itself, what its process gives up."""

import asyncio
import platform
from pathlib import Path

from agent.lifecycle import STARTED
from board.slots.state import read_slots
from provisioning.doctor import codes
from provisioning.doctor.check import aside
from provisioning.doctor.finding import Finding, ok, problem, unknown, warning
from provisioning.doctor.patient import Patient
from provisioning.errors import TillError
from provisioning.till import Till
from provisioning.update.places import Places
from provisioning.update.settle import in_force

SYSTEMCTL = "usr/bin/systemctl"
UNIT = "jumpguard.service"
# The fleet and technicians restart a terminal now and then, too.
FEW_RESTARTS = 5
_ASKED = (
    *("LoadState", "UnitFileState", "ActiveState", "NRestarts"),
    *("StatusText", "WatchdogUSec", "MainPID", "LimitCORE"),
)
# A diagnosis asks nothing of anybody else; a Zero 2 W that is busy with a card takes a moment.
ANSWER_WITHIN_S = 5
_UNAUTHORIZED = 401
_NO_WATCHDOG = ("0", "infinity")


async def service(patient: Patient) -> Finding:
    """systemd starts the terminal with the machine, it runs, does not start again and again, and is watched."""
    told = patient.service = await unit(patient.root, UNIT)
    runs = patient.runs
    if not told:
        return unknown(codes.SERVICE_UNMANAGED) if runs else problem(codes.SERVICE_STOPPED)
    if told["LoadState"] != "loaded":
        return problem(codes.SERVICE_MISSING, unit=UNIT)
    facts = {"state": told["ActiveState"], "status": told["StatusText"]}
    if not runs or told["ActiveState"] not in ("active", "reloading"):
        return problem(codes.SERVICE_STOPPED, **facts)
    if told["UnitFileState"] != "enabled":
        return problem(codes.SERVICE_DISABLED, **facts)
    if told["WatchdogUSec"] in _NO_WATCHDOG:
        return problem(codes.SERVICE_UNWATCHED, **facts)
    restarts = int(told["NRestarts"])
    if restarts > FEW_RESTARTS:
        return warning(codes.SERVICE_RESTARTS, restarts=restarts, **facts)
    return ok(restarts=restarts, **facts)


async def unit(root: Path, name: str) -> dict[str, str]:
    """What `systemctl show` of the terminal below `root` says of the unit `name`; empty where no systemd answers."""
    command = [str(root / SYSTEMCTL), "show", name, f"--property={','.join(_ASKED)}"]
    try:
        child = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except FileNotFoundError:
        return {}
    try:
        said, _ = await child.communicate()
    except asyncio.CancelledError:
        child.kill()
        raise
    told = dict(line.split("=", 1) for line in said.decode(errors="replace").splitlines() if "=" in line)
    return told if child.returncode == 0 and set(_ASKED) <= set(told) else {}


async def local_api(patient: Patient) -> Finding:
    """The running terminal answers a till that shows the token."""
    if not patient.runs:
        return unknown(codes.NOT_RUNNING)
    api = patient.settings.api
    if api.port == 0:
        return unknown(codes.API_PORT_OPEN_TO_CHANCE)
    host = f"[{api.host}]" if ":" in api.host else api.host
    try:
        token = api.token_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return unknown(codes.NOT_EXAMINED, because="files")
    # The terminal's own certificate is all that vouches for it here.
    till = Till(f"{host}:{api.port}", token, ca=api.certificate_file)
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            patient.health = await aside(till.health)
    except TimeoutError:
        return problem(codes.API_SILENT, address=till.address, seconds=ANSWER_WITHIN_S)
    except TillError as error:
        refused = error.status == _UNAUTHORIZED
        return problem(codes.API_REFUSES_TOKEN if refused else codes.API_SILENT, why=str(error))
    return ok(address=till.address)


async def software(patient: Patient) -> Finding:
    """The release that is in force, the package's or a later one in a slot, is the one that runs."""
    slots = read_slots(Places(patient.root).slots)
    installed, slot = in_force(slots), slots.version
    facts = {"installed": installed, "slot": slot, "python": platform.python_version()}
    begun = await patient.state.journal.last(STARTED)
    if begun is None or not patient.runs:
        return ok(**facts)
    running = str(begun.body["software"])
    return ok(**facts) if running == installed else warning(codes.RESTART_DUE, running=running, **facts)


async def dumps(patient: Patient) -> Finding:
    """The kernel writes the memory of the terminal's process, where card data are, to no file."""
    pid = patient.service.get("MainPID", "0")
    limit = _core_limit(pid) if pid != "0" else patient.service.get("LimitCORE", "")
    if not limit:
        return unknown(codes.NOT_TOLD)
    return ok(limit=limit) if limit == "0" else problem(codes.DUMPS_ALLOWED, limit=limit)


def _core_limit(pid: str) -> str:
    """The hard limit of core files of the process `pid` (proc(5)), "" where there is none."""
    try:
        limits = Path("/proc", pid, "limits").read_text(encoding="ascii").splitlines()
    except OSError:
        return ""
    return next((line.split()[5] for line in limits if line.startswith("Max core file size")), "")
