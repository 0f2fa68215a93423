"""Takes a release: looked up, checked against this terminal, fetched, unpacked, and due to be tried."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.update import codes
from agent.update.version import is_newer, numbers
from board.errors import SettingsError
from board.slots.state import Slots, Trial, write_slots
from provisioning.errors import UpdateError
from provisioning.update.places import Places
from provisioning.update.repository import LARGEST, Release, Repository, this_machine
from provisioning.update.settle import in_force, is_under_way, settle
from provisioning.update.unpack import UNFINISHED, tidy, unpack

TRIAL_S = 300
# What has to stay free for the journal, whatever the package needs.
_SPARE = 64 * 1024 * 1024


def offered(places: Places, version: str = "", address: str = "") -> Release:
    """Release `version`, by default the latest, of those that the repository offers this machine; installed or not.

    `address` is a URL or a folder, by default what the installation says. Raises UpdateError.
    """
    with locked(places.slots):
        return _chosen(_repository(places, address).releases(), version)


def take(places: Places, version: str = "", address: str = "", name: str = "", trial_s: int = TRIAL_S) -> str:
    """Have release `version`, by default the latest, in a slot, due to be tried as `name` for `trial_s` seconds.

    Returns the version. Raises UpdateError; the terminal stays as it was then.
    """
    with locked(places.slots):
        slots = settle(places)
        if is_under_way(places, slots):
            raise UpdateError(
                codes.UPDATE_UNDER_WAY, f"release {_version_of(slots.trial)} is on trial; wait for its end"
            )
        repository = _repository(places, address)
        release = _chosen(repository.releases(), version)
        if not is_newer(release.version, in_force(slots)):
            raise older(release.version, in_force(slots))
        _check_size(release, places.slots)
        _put(places, slots, repository, release)
        write_slots(places.slots, slots._replace(trial=Trial(name or secrets.token_hex(8), release.version, trial_s)))
    return release.version


def older(version: str, installed: str) -> UpdateError:
    """Says that release `version` is not taken in place of the one that is installed."""
    return UpdateError(codes.UPDATE_NOT_NEWER, f"release {version} is not later than {installed}, which is installed")


def _put(places: Places, slots: Slots, repository: Repository, release: Release) -> None:
    # A slot that is to be tried is not replaced under its trial's feet.
    write_slots(places.slots, slots._replace(trial=None))
    tidy(places.slots, {slots.version, slots.before})
    package = places.slots / f"{UNFINISHED}{release.version}.deb"
    try:
        repository.fetch(release, package)
        unpack(package, release.version, places.slots, release.machine.python)
        package.unlink()
    except OSError as error:
        tidy(places.slots, {slots.version, slots.before})
        raise UpdateError(codes.UPDATE_NO_SPACE, f"{places.slots}: {error.strerror}") from error
    except UpdateError:
        tidy(places.slots, {slots.version, slots.before})
        raise


def _repository(places: Places, address: str) -> Repository:
    if not places.trusted.is_file():
        raise UpdateError(codes.UPDATE_NOT_SET_UP, f"{places.trusted} is not there: nobody's releases are trusted")
    if not _clock_is_set(places):
        why = "the clock was not set since boot, so nobody can tell what has expired; connect a time server"
        raise UpdateError(codes.UPDATE_CLOCK_UNSYNCED, why)
    return Repository(places, address or _address(places.repository))


def _clock_is_set(places: Places) -> bool:
    try:
        return places.clock_mark.exists()
    except SettingsError as error:
        raise UpdateError(codes.UPDATE_NOT_SET_UP, str(error)) from error


def _address(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        raise UpdateError(codes.UPDATE_NOT_SET_UP, f"{path} does not say where the repository is")
    return text


def _chosen(offered: list[Release], version: str) -> Release:
    machine = this_machine()
    wanted = [release for release in offered if version in ("", release.version)]
    fitting = [release for release in wanted if release.machine == machine]
    if fitting:
        return max(fitting, key=lambda release: numbers(release.version) or (-1,))
    what = f"release {version}" if version else "any release"
    if wanted:
        why = f"{what} is not there for {machine.architecture} with Python {machine.python}"
        raise UpdateError(codes.UPDATE_OTHER_MACHINE, why)
    raise UpdateError(codes.UPDATE_UNKNOWN, f"the repository does not have {what}")


def _check_size(release: Release, slots: Path) -> None:
    length = release.target.length
    if length > LARGEST or release.unpacked > 4 * LARGEST:
        raise UpdateError(codes.UPDATE_TOO_LARGE, f"the package of release {release.version} has {length} bytes")
    # On its way a package is there twice.
    needed, free = 2 * length + release.unpacked + _SPARE, shutil.disk_usage(slots).free
    if free < needed:
        raise UpdateError(codes.UPDATE_NO_SPACE, f"{slots}: {free >> 20} MiB are free, {needed >> 20} are needed")


@contextmanager
def locked(slots: Path) -> Iterator[None]:
    """Be the only one who changes the slots. Raises UpdateError where somebody does already.

    What is made meanwhile everybody may read, whatever the umask of root's shell: the terminal runs it.
    """
    umask = os.umask(0o022)
    try:
        slots.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(slots / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor, slots)
            yield
        finally:
            os.close(descriptor)
    finally:
        os.umask(umask)


def _lock(descriptor: int, slots: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UpdateError(codes.UPDATE_UNDER_WAY, f"{slots}: another update is under way; wait for its end") from error


def _version_of(trial: Trial | None) -> str:
    return trial.version if trial is not None else ""
