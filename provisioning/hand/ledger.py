"""The ledger of an installation: how the terminal was, written down before anything is changed.

It lies in a folder of its own as long as an installation is under way. Its last line says that the installation counts,
and what is still to be done then: to start the service, or, where a terminal is retired, to destroy its keys, from
which no way leads back. Without that line, whoever finds the ledger puts the terminal back. Each of it may be done
again: after a power cut it is.
"""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec

from provisioning.errors import HandError
from provisioning.hand import evidence, snapshot
from provisioning.hand.erase import erase
from provisioning.hand.places import Places
from provisioning.hand.service import Service

# What recovery did.
NOTHING: Final = "nothing"
UNDONE: Final = "undone"
FINISHED: Final = "finished"

# A guard that is putting the terminal back is waited for.
_LOCKED_FOR_S = 20.0
_LOOK_EVERY_S = 0.05


class Before(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the terminal was: the service, and what was in the folders that an installation may write to.

    `aside` is the name that a journal of another terminal is given meanwhile, "" where none is there. A service that
    was `active` and not `ready` was about to start, or fails at each start and is tried again.
    """

    enabled: bool
    active: bool
    journal: bool
    trees: dict[str, list[snapshot.Was]]
    aside: str = ""
    ready: bool = True


class Committed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done counts; `then` is what follows from it."""

    committed: bool = True
    then: Literal["", "start", "destroy"] = ""


class Ledger:
    """The ledger of the terminal at `places`. Whoever writes to it, or acts on it, has `held` its lock."""

    def __init__(self, places: Places, service: Service) -> None:
        self.places = places
        self.service = service
        self._file = places.ledger / "ledger"
        self._kept = places.ledger / "kept"

    def begin(self, serial: str) -> str:
        """Write down how the terminal is. Raises HandError and OSError; nothing was changed then.

        A journal that is not of `serial` is set aside then; returns its new name. "" asks for none, or says so.
        """
        state = self.service.state()
        aside = evidence.left_by_another(self.places.journal, serial) if serial else None
        self.places.ledger.mkdir(mode=0o700, parents=True)
        try:
            self._kept.mkdir(mode=0o700)
            before = Before(
                state.enabled, state.active, self.places.journal.exists(),
                {str(tree): list(snapshot.take(tree, self._kept, evidence.is_journal)) for tree in self._trees()},
                aside.name if aside else "", state.ready,
            )  # fmt: skip
            snapshot.sync(self._kept)
            self._append(msgspec.json.encode(before))
            snapshot.sync(self.places.ledger)
            snapshot.sync(self.places.ledger.parent)
        except OSError:
            self._end()
            raise
        if aside is None:
            return ""
        evidence.set_aside(self.places.journal, aside)
        return aside.name

    def commit(self, then: Literal["start", "destroy"]) -> None:
        """What was done counts: nothing is put back any more once this returns. Raises OSError: it does not.

        `recover` does what follows from it, now or whenever it is found.
        """
        self._append(msgspec.json.encode(Committed(then=then)))

    @property
    def is_committed(self) -> bool:
        """Whether what is under way counts already."""
        return len(self._lines()) > 1

    def recover(self, *, with_service: bool = True) -> str:
        """Finish what was cut off: what was done. Without `with_service` it is not stopped or started meanwhile.

        Raises HandError and OSError: the terminal is not put back then, and this is to be done again.
        """
        lines = self._lines()
        if len(lines) > 1:
            self._finish(msgspec.json.decode(lines[1], type=Committed), with_service)
            return FINISHED
        if not lines:
            self._end()
            return NOTHING
        before = msgspec.json.decode(lines[0], type=Before)
        self._put_back(before, with_service)
        try:
            if with_service and before.active:
                # What failed to start before fails again, which is how it was.
                self.service.start(wait=before.ready)
        finally:
            self._end()
        return UNDONE

    def _finish(self, committed: Committed, with_service: bool) -> None:
        if committed.then == "destroy":
            if with_service:
                self.service.stop()
            self.service.enable(False)
            erase(self.places.secrets())
            self._end()
            return
        try:
            if committed.then == "start" and with_service:
                self.service.start()
        finally:
            self._end()

    def _put_back(self, before: Before, with_service: bool) -> None:
        if with_service:
            self.service.stop()
        if not before.journal and evidence.never_left(self.places.journal):
            evidence.remove(self.places.journal)
        if before.aside:
            evidence.take_back(self.places.journal, self.places.journal.with_name(before.aside))
        for tree, was in before.trees.items():
            snapshot.put_back(was, Path(tree), self._kept, evidence.is_journal)
            snapshot.sync(Path(tree).parent)
        if self.service.state().enabled != before.enabled:
            self.service.enable(before.enabled)

    def _trees(self) -> tuple[Path, Path]:
        return self.places.settings_dir, self.places.state_dir

    def _lines(self) -> list[bytes]:
        """What is written down; a line that a power cut tore off was never said."""
        try:
            whole, _, _ = self._file.read_bytes().rpartition(b"\n")
        except FileNotFoundError:
            return []
        return whole.splitlines()

    def _append(self, line: bytes) -> None:
        """Add a line, on disk when this returns; a disk that is full keeps none of it."""
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            before = os.fstat(descriptor).st_size
            try:
                view = memoryview(line + b"\n")
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)

    def _end(self) -> None:
        """Nothing is under way any more. The ledger goes before what it names."""
        if self.places.ledger.exists():
            self._file.unlink(missing_ok=True)
            snapshot.sync(self.places.ledger)
            # Copies of keys are among what was kept.
            erase(sorted(self._kept.glob("*")))
            shutil.rmtree(self.places.ledger)
            snapshot.sync(self.places.ledger.parent)


@contextlib.contextmanager
def held(places: Places, *, wait_s: float | None = _LOCKED_FOR_S) -> Iterator[None]:
    """Be the only one who works on the terminal; waits up to `wait_s` for that, None: for ever. Raises HandError."""
    try:
        places.lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(places.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HandError("NOT_ALLOWED", f"{places.lock}: {error.strerror}") from error
    try:
        _lock(descriptor, wait_s)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, wait_s: float | None) -> None:
    if wait_s is None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise HandError("BUSY", "another installation is under way on this terminal") from None
            time.sleep(_LOOK_EVERY_S)
