"""The releases that a TUF repository offers this machine: proven down from the root of trust, or refused."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import urllib3
from tuf.api import exceptions
from tuf.api.metadata import Metadata, TargetFile, Targets
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig, Urllib3Fetcher

from agent.update import codes
from agent.update.version import numbers
from provisioning.errors import UpdateError
from provisioning.update.places import Places

# A package is some tens of megabytes.
LARGEST = 256 * 1024 * 1024
_PIECE = 256 * 1024


class Machine(NamedTuple):
    """What a package has to be made for: Debian's name of the architecture, and Python's version, as 3.13."""

    architecture: str
    python: str


class Release(NamedTuple):
    """A package of a release: its target, and how much it takes when it is unpacked, in bytes."""

    version: str
    machine: Machine
    unpacked: int
    target: TargetFile


def this_machine() -> Machine:
    """The machine that this runs on."""
    told = subprocess.run(["/usr/bin/dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    return Machine(told.stdout.strip(), f"{sys.version_info.major}.{sys.version_info.minor}")


class Repository:
    """The repository at `address`, a URL or a folder, as `places` knew it before."""

    def __init__(self, places: Places, address: str) -> None:
        self._places = places
        base = address if "://" in address else Path(address).resolve().as_uri()
        with _refused(places):
            places.metadata.mkdir(exist_ok=True)
            for left in places.metadata.glob("tmp*"):
                left.unlink()
            self._updater = Updater(
                str(places.metadata),
                f"{base.rstrip('/')}/metadata/",
                target_base_url=f"{base.rstrip('/')}/targets/",
                fetcher=_Fetcher(),
                config=UpdaterConfig(app_user_agent="jumpguard"),
                bootstrap=places.trusted.read_bytes(),
            )

    def releases(self) -> list[Release]:
        """All that it offers to any machine. Raises UpdateError."""
        with _refused(self._places):
            self._updater.refresh()
            # What was just proven; an Updater itself answers for one target at a time.
            proven = Metadata[Targets].from_file(str(self._places.metadata / "targets.json"))
        return [release for target in proven.signed.targets.values() if (release := _release(target))]

    def fetch(self, release: Release, to: Path) -> None:
        """Have the package of `release` in the new file `to`. Raises UpdateError."""
        with _refused(self._places):
            self._updater.download_target(release.target, str(to))


class _Fetcher(FetcherInterface):
    """Reads `file:` itself; tuf's own fetcher does the rest."""

    def __init__(self) -> None:
        self._web = Urllib3Fetcher(app_user_agent="jumpguard")

    def _fetch(self, url: str) -> Iterator[bytes]:
        parts = urlsplit(url)
        source = _pieces(Path(unquote(parts.path))) if parts.scheme == "file" else self._web.fetch(url)
        return _to_the_end(source, url)


def _to_the_end(source: Iterator[bytes], url: str) -> Iterator[bytes]:
    """What `source` gives; tuf itself takes a connection that is cut in the middle for an error of its own."""
    try:
        yield from source
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise exceptions.DownloadError(f"{url}: {error}") from error


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        stream = path.open("rb")
    except FileNotFoundError as error:
        raise exceptions.DownloadHTTPError(f"{path} is not there", 404) from error
    with stream:
        while piece := stream.read(_PIECE):
            yield piece


def _release(target: TargetFile) -> Release | None:
    """What `jumpguard release add` says of a target; None for a target that is something else."""
    said = target.custom if isinstance(target.custom, dict) else {}
    version, unpacked = said.get("version"), said.get("unpacked")
    texts = (said.get("architecture"), said.get("python"))
    if numbers(version) is None or type(unpacked) is not int or not all(isinstance(text, str) for text in texts):
        return None
    return Release(str(version), Machine(*map(str, texts)), max(0, unpacked), target)


@contextmanager
def _refused(places: Places) -> Iterator[None]:
    """What tuf makes of a repository, in the fleet's words."""
    before = tempfile.tempdir
    # A package on its way is larger than what a terminal has in memory, and that is where /tmp is.
    tempfile.tempdir = str(places.slots)
    try:
        yield
    except exceptions.ExpiredMetadataError as error:
        raise UpdateError(codes.UPDATE_EXPIRED, f"the repository has expired: {error}; refresh it") from error
    except exceptions.BadVersionNumberError as error:
        raise UpdateError(codes.UPDATE_ROLLED_BACK, f"the repository is older than it was before: {error}") from error
    except (exceptions.RepositoryError, exceptions.DownloadLengthMismatchError) as error:
        raise UpdateError(codes.UPDATE_FORGED, f"not what the repository's keys have signed: {error}") from error
    except exceptions.DownloadError as error:
        raise UpdateError(codes.UPDATE_UNREACHABLE, f"the repository cannot be read: {error}") from error
    finally:
        tempfile.tempdir = before
