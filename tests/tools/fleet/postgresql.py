"""A PostgreSQL server of the tests' own: a cluster in a folder, on loopback, and any number of databases in it."""

import functools
import itertools
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg

from board.children import end_with
from tools.broker import free_port
from tools.fleet.place import Place
from tools.fleet.schema import bring_up_to_date

USER = "jumpguard"
# Has the store's tables already: a copy of it is made in a moment.
READY = "ready"
SECONDS = 20.0


class PostgreSQL:
    """The server, between `start` and `stop`. It compares text by a language, unlike SQLite."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="jg-pg-"))
        self.port = 0
        self.password = secrets.token_hex(8)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    def __enter__(self) -> "PostgreSQL":
        if user := self._as_somebody().get("user"):
            shutil.chown(self.directory, user)
        secret = self.directory / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        self._run("initdb", "-U", USER, "-A", "scram-sha-256", "--pwfile", str(secret), *_INIT)
        self.start()
        self._make(READY)
        bring_up_to_date(engine := self.place(self.directory / READY, READY).writing())
        engine.dispose()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(signal.SIGQUIT)  # nothing of it is kept: no need to write it all to the disk
        shutil.rmtree(self.directory)

    def start(self) -> None:
        """Start it, on the same port each time, and return once it takes connections; harmless when it runs."""
        if self._process is not None:
            return
        self.port = free_port(self.port)
        options = ["-D", str(self._data), "-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.directory)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [_program("postgres"), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                **self._as_somebody(),
                preexec_fn=functools.partial(end_with, os.getpid(), signal.SIGQUIT),
            )
        deadline = time.monotonic() + SECONDS
        while not self._answers():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: at once and in good order, or with SIGQUIT as a crash would; harmless when it does not run."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(SECONDS)
            self._process = None

    @property
    def log(self) -> Path:
        return self.directory / "postgresql.log"

    def url(self, name: str) -> str:
        """The URL of the database `name`."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{name}"

    def database(self, template: str = "template0", encoding: str = "UTF8") -> str:
        """Make a database of a name of its own, and return its URL."""
        name = f"fleet{next(self._numbers)}"
        self._make(name, template, encoding)
        return self.url(name)

    def place(self, directory: Path, name: str) -> Place:
        """The store of `directory`, which is the database `name`."""
        place = Place(directory)
        place.name_database(self.url(name))
        return place

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _make(self, name: str, template: str = "template0", encoding: str = "UTF8") -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            locale = "" if encoding == "UTF8" else " LOCALE_PROVIDER libc LOCALE 'C'"
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING '{encoding}'{locale}")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *options: str) -> None:
        command = [_program(program), "-D", str(self._data), *options]
        done = subprocess.run(
            command, cwd=self.directory, capture_output=True, text=True, check=False, **self._as_somebody()
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _as_somebody(self) -> dict[str, Any]:
        """It refuses to be root."""
        return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


_INIT = ("--encoding", "UTF8", "--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "en-US", "--no-sync")


def _program(name: str) -> str:
    """The newest version that Debian has of it."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    assert found, "PostgreSQL is not installed; sudo apt-get install postgresql"
    return str(found[-1])
