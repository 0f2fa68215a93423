"""The fleet's store: what came in is committed here before anything is acknowledged.

One backend serves it (a lock on its directory says so). Workers of that write it, too, and the operator's desk: each
in transactions that come one after the other. Any number of `Reader`s look at it meanwhile.
"""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from provisioning.keys import SigningKey
from tools.fleet import answers, expiry, gaps, refusals, told
from tools.fleet.alarms import raise_alarm
from tools.fleet.alerts import rules, watch
from tools.fleet.alerts.watch import Lookout
from tools.fleet.contract import Event, Report
from tools.fleet.errors import StoreError
from tools.fleet.expiry import Seen
from tools.fleet.history import history
from tools.fleet.journals import Head, Intake
from tools.fleet.jumps import anchors, projection, reading
from tools.fleet.letter import Letter
from tools.fleet.line import Prove
from tools.fleet.place import Place
from tools.fleet.post import Post
from tools.fleet.presence import Presence
from tools.fleet.reader import Reader
from tools.fleet.refusals import Refused
from tools.fleet.renewals import Renewals
from tools.fleet.rollouts import engine, happenings
from tools.fleet.rows import Alarm
from tools.fleet.schema import bring_up_to_date
from tools.fleet.signers import Signers

__all__ = ["Head", "Reader", "Refused", "Store"]

LOCK_NAME = "fleet.lock"


class Store:
    """Writes the store of `directory`; one thread uses it. A worker's is not `alone`: a backend has made it."""

    def __init__(self, directory: Path, alone: bool = True) -> None:
        self.place = Place(directory)
        self._alone = alone
        self._rules = rules.Rules()
        self._engine: Engine | None = None
        self._lock = -1

    def start(self) -> None:
        """Open the store; alone, make it if it is not there. Raises StoreError when another backend has it."""
        if self._alone:
            self._take_lock()
        else:
            self.place.check()
        try:
            self._rules = rules.load(self.place.directory)
            self._engine = self.place.writing_alone() if self._alone else self.place.writing()
            if self._alone:
                with self.place.failing_as("opened"):
                    bring_up_to_date(self._engine)
        except BaseException:
            self.stop()
            raise

    def _take_lock(self) -> None:
        directory = self.place.directory
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.stop()
            raise StoreError(f"store: another backend writes {self.place}; end it first") from error
        except OSError as error:
            raise StoreError(f"store: {self.place} cannot be opened: {error.strerror}") from error

    def stop(self) -> None:
        """Close the store and let another backend have it."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def take(
        self,
        batch: Sequence[Event | Report | Refused],
        now: str,
        raised: Sequence[Alarm] = (),
        prove: Prove | None = None,
    ) -> list[Head]:
        """Store `batch`, received at `now` (UTC), in one transaction that is on disk when this returns.

        The alarms `raised` over it are noted with it. `prove` tells which checkpoints are believed, none without it.

        Returns the head of each journal that an event or a new session belongs to: what may be acknowledged now. Raises
        StoreError when it could not be stored; then nothing of it was.
        """
        with self._transaction() as connection:
            taken = [message for message in batch if not isinstance(message, Refused)]
            presence, intake = Presence(connection, now), Intake(connection, now, prove)
            terminals = presence.take(taken)
            answers.take(connection, [message for message in taken if isinstance(message, Report)], now)
            for alarm in raised:
                raise_alarm(connection, alarm)
            heads = intake.take(taken)
            history.take(connection, taken, presence, intake, now)
            told.take(connection, taken, now)
            projection.take(connection, taken, now)
            happenings.take(connection, taken, now)
            refusals.take(connection, [message for message in batch if isinstance(message, Refused)], now)
            watch.take(connection, self._rules, batch, terminals, now)
            return heads

    def due(self, post: Post, now: str, greeted: Iterable[str]) -> list[Letter]:
        """What of its orders `post` has to send now; the terminals `greeted` have begun a new session.

        Raises StoreError.
        """
        with self._transaction() as connection:
            return post.due(connection, now, greeted)

    def keys_for(self, signers: Signers, terminals: Iterable[str]) -> dict[str, SigningKey]:
        """The key with which `signers` sign for each of `terminals`. Raises StoreError."""
        if signers.only is not None:  # as nearly always: no transaction that other workers would wait for
            return dict.fromkeys(terminals, signers.only)
        with self._transaction() as connection:
            return signers.of(connection, terminals)

    def renew(self, renewals: Renewals, now: str) -> None:
        """Have `renewals` order what is next. Raises StoreError."""
        with self._transaction() as connection:
            renewals.look(connection, now)

    def look_for_gaps(self, now: str) -> None:
        """Raise the alarms of gaps that have stayed open, clear those of outboxes that moved on. Raises StoreError."""
        with self._transaction() as connection:
            gaps.look(connection, now)
            refusals.look(connection, now)

    def look_at_alerts(self, lookout: Lookout, now: str) -> None:
        """Have `lookout` bring all alerts up to date. Raises StoreError."""
        with self._transaction() as connection:
            lookout.look(connection, self._rules, now)

    def look_at_jumps(self, fleet: str, signers: Signers) -> None:
        """Go on reading the jumps out of older events, and have those of `fleet` anchored. Raises StoreError."""
        with self._transaction() as connection:
            reading.go_on(connection)
            anchors.look(connection, fleet, signers)

    def roll_out(self, now: str) -> None:
        """Go on with the roll-outs that are under way. Raises StoreError."""
        with self._transaction() as connection:
            engine.look(connection, now)

    def note_certificates(self, seen: Sequence[Seen], complete: bool, now: str) -> None:
        """Raise and clear the alarms of certificates that are ending (see `expiry.note`). Raises StoreError."""
        with self._transaction() as connection:
            expiry.note(connection, seen, complete, now)

    def upkeep(self, step: Callable[[Connection], bool]) -> bool:
        """Have `step` do some work in a transaction of its own; what it returns. Raises StoreError."""
        with self._transaction() as connection:
            return step(connection)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._engine is None:
            raise StoreError(f"store: {self.place} is not open")
        with self.place.failing_as("written"), self._engine.begin() as connection:
            yield connection
