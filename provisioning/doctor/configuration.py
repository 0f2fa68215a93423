"""Settings and the files that they name: in order, there, and in the right hands."""

import stat
from collections.abc import Iterator
from pathlib import Path

from board.errors import SettingsError
from board.settings.file import load
from board.settings.kinds import Lies
from provisioning.doctor import codes
from provisioning.doctor.account import READ, WRITE, Account, described, is_read_only
from provisioning.doctor.bare import bare
from provisioning.doctor.finding import Finding, ok, problem
from provisioning.doctor.patient import Patient
from provisioning.settings.check import fault_at, problems
from provisioning.settings.keys import KEYS

_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


async def settings(patient: Patient) -> Finding:
    """The settings file is there, is TOML, and every key in it is right."""
    path = patient.settings_file
    if not path.exists():
        patient.take(bare(patient.root))
        return problem(codes.NOT_INSTALLED, file=str(path))
    try:
        faults = problems(path, files=False)
        if not faults:
            patient.take(load(path))
    except SettingsError as error:
        faults = [str(error)]
    if faults:
        return problem(codes.SETTINGS_FAULTY, file=str(path), why="; ".join(faults))
    terminal = patient.settings.terminal
    return ok(file=str(path), serial=terminal.serial, fleet=terminal.fleet)


async def files(patient: Patient) -> Finding:
    """What the settings name is there, the terminal's user may use it, and secrets are nobody else's."""
    account = patient.account
    named = list(_named(patient))
    exposed = [described(path) for path, lies in named if _is_exposed(path, lies)]
    if exposed:
        return problem(codes.FILES_EXPOSED, user=account.name, files="; ".join(exposed))
    wrong = [text for path, lies in named if (text := _fault(path, lies, account))]
    if wrong:
        return problem(codes.FILES_UNUSABLE, user=account.name, why="; ".join(wrong))
    return ok(user=account.name, checked=len(named))


def _named(patient: Patient) -> Iterator[tuple[Path, Lies]]:
    """The settings file and all that it names, but for the reader's port, which is a check of its own."""
    yield patient.settings_file, Lies.FILE
    for key in KEYS:
        value = getattr(getattr(patient.settings, key.section), key.name)
        if value is not None and key.lies not in (None, Lies.DEVICE):
            yield Path(value), key.lies


def _is_exposed(path: Path, lies: Lies) -> bool:
    """Others may read a secret, or write what the terminal goes by."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return bool(mode & (_OF_OTHERS if lies in (Lies.SECRET, Lies.MADE) else stat.S_IWOTH))


def _fault(path: Path, lies: Lies, account: Account) -> str:
    wrong = fault_at(path, lies)
    return wrong if wrong or account.may(path, _wanted(path, lies)) else described(path)


def _wanted(path: Path, lies: Lies) -> int:
    """What the terminal has to be able to do there; that a whole disk is read-only is another check's to find."""
    return READ | WRITE if lies is Lies.MADE and not is_read_only(path) else READ
