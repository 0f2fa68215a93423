"""A repository of made-up releases, kept as at the desk, and served by a web server on loopback."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from provisioning.update.places import Places
from tests.update.made_up import package
from tools.release import keys
from tools.release.repository import Repository


class Publisher:
    """The repository in `directory`/repository, and the keys of it."""

    def __init__(self, directory: Path, roots: int = 1) -> None:
        self.folder = directory / "repository"
        self.keys = directory / "release-keys"
        self._packages = directory / "packages"
        self._packages.mkdir(parents=True)
        keys.make(self.keys, {keys.ROOT: roots, keys.TARGETS: 1, keys.SNAPSHOT: 1, keys.TIMESTAMP: 1})
        self.root = self.repository().create({})

    def repository(self) -> Repository:
        """The repository with all keys at hand."""
        return Repository(self.folder, keys.load([self.keys]))

    def publish(self, version: str, *does: str, **said: Any) -> Path:
        """Publish a made-up release (`made_up.package`); where its package lies in the repository."""
        made = package(self._packages, version, *does, **said)
        target = self.repository().add(made)
        return self.folder / "targets" / target.get_prefixed_paths()[0]

    def trusted_by(self, places: Places) -> None:
        """Have the terminal at `places` trust this repository, with a clock that was set."""
        for file in (places.trusted, places.repository, places.clock_mark):
            file.parent.mkdir(parents=True, exist_ok=True)
        places.trusted.write_bytes(self.root.read_bytes())
        places.repository.write_text(f"{self.folder}\n")
        places.clock_mark.touch()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """`folder` on a web server of this process; its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with _serving(handler) as address:
        yield address


@contextmanager
def cut_off(folder: Path) -> Iterator[str]:
    """As `served`, but each package ends in the middle, with its connection."""
    handler = functools.partial(_CutOff, directory=str(folder))
    with _serving(handler) as address:
        yield address


@contextmanager
def _serving(handler: Callable[..., SimpleHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base names it so
        pass


class _CutOff(_Quiet):
    def copyfile(self, source: Any, outputfile: Any) -> None:
        content = source.read()
        outputfile.write(content[: len(content) // 2] if self.path.endswith(".deb") else content)
