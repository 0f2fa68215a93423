"""The fleet backend: one store, what writes it, and the connections that are kept to the broker.

What terminals tell of themselves comes over one connection, whose session the broker keeps. Their events come over the
same one; or from a stream of the broker's (`stream.py`); or to several workers, which share the stream, or an MQTT
subscription (`share.py`). Workers are processes of their own that write the same store.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from board import private_file
from provisioning.authority import Authority
from provisioning.keys import SigningKey
from tools.fleet.alerts.messenger import Messenger
from tools.fleet.alerts.outage import Link
from tools.fleet.alerts.watch import Lookout
from tools.fleet.checkpoints import Checkpoints
from tools.fleet.contract import check_name
from tools.fleet.delivery import Deliver
from tools.fleet.dispatch import Dispatch
from tools.fleet.errors import OrderError, StoreError
from tools.fleet.expiry import Seen, Watch
from tools.fleet.history.upkeep import Upkeep
from tools.fleet.ingest import Ingest
from tools.fleet.keeper import Keeper, Kept, Maker
from tools.fleet.link import EVENTS, REPORTS, Broker, Connection, Session, filters
from tools.fleet.partition import Partition
from tools.fleet.place import Place
from tools.fleet.renewals import Renewals
from tools.fleet.running import Part, Running
from tools.fleet.share import ShareConnection
from tools.fleet.signers import Signers
from tools.fleet.store import Store
from tools.fleet.times import utc_now
from tools.fleet.workers import Workers

# The names under which a broker keeps something for the backend, each in a file of the store's directory.
CLIENT_ID = "mqtt-client-id"
SHARE = "mqtt-share"


@dataclass(frozen=True, slots=True)
class Options:
    """Where the store lives, which broker's nodes and fleet are served, and the keys that are signed with.

    The newest of the `keys` comes last (`tools.fleet.signers`). With nodes in `stream`, events come from there, a
    worker's those of its `partition`. With `authority`, checkpoints of journals are held against the terminals'
    certificates.
    """

    directory: Path
    brokers: Sequence[Broker]
    fleet: str
    keys: Sequence[SigningKey]
    stream: Sequence[Broker] = ()
    authority: Authority | None = None
    partition: Partition = field(default_factory=Partition)


@dataclass(frozen=True, slots=True)
class Duties:
    """What the backend does beside taking events.

    With an authority it renews the terminals' certificates, and tells the brokers in `broker_folders` of them. With
    `workers`, a command each, it leaves the events to them; `worker_certificates` are the files of their own.
    History is kept for as many days as `keep` says, by default those of `retention.DAYS`.
    """

    broker_folders: Sequence[Path] = ()
    workers: Sequence[Sequence[str]] = ()
    worker_certificates: Sequence[Path] = ()
    keep: Mapping[str, int] = field(default_factory=dict)


class Backend:
    """Takes what the fleet says until it is stopped. `on_ready` gets the store's place when it all is up."""

    def __init__(self, options: Options, duties: Duties, on_ready: Callable[[Place], None]) -> None:
        self._options = options
        self._duties = duties
        self._link = Link()
        self._takes_stream = bool(options.stream) and not duties.workers
        awaited = 1 + self._takes_stream + len(duties.workers)
        self._running = Running(awaited, lambda: on_ready(Place(options.directory)))

    def stop(self) -> None:
        """Have `run` return; from any thread or a signal handler."""
        self._running.stop()

    def run(self) -> None:
        """Serve until `stop`. Raises FleetError when the fleet's name is none, or the store fails."""
        options, duties, running = self._options, self._duties, self._running
        check_name(options.fleet)
        if options.authority is not None and options.authority.fleet != options.fleet:
            raise OrderError(f"authority: it is for fleet {options.authority.fleet}, not for {options.fleet}")
        _secret_name(options, SHARE)  # here, before the workers ask for it all at once
        store, signers = Store(options.directory), Signers(options.keys)
        renewals = Renewals(options.authority, duties.broker_folders)
        dispatch = Dispatch(store, options.fleet, signers, renewals, Lookout(self._link))
        ingest = Ingest(store, options.fleet, signers, Checkpoints(options.authority), dispatch, running.stop)
        parts: list[Part] = [store, Workers(duties.workers, running.up, running.stop), self._reports(ingest)]
        parts += [*self._expiry(), *self._upkeep(), Messenger(store.place, options.fleet, running.stop)]
        if self._takes_stream:
            parts.append(Keeper(_streams(options, ingest.deliver), lambda _: running.up("stream"), running.stop))
        # Last, so that it is stopped first: what it stores then is still confirmed.
        running.run([*parts, ingest])

    def _expiry(self) -> list[Part]:
        """What watches over certificates, with a hand on the store of its own: it works in another thread."""
        options, duties = self._options, self._duties
        store = Store(options.directory, alone=False)

        def note(seen: Sequence[Seen], complete: bool) -> None:
            store.note_certificates(seen, complete, utc_now())

        own = {broker.pair.certificate for broker in options.brokers if broker.pair is not None}
        files = sorted(own.union(duties.worker_certificates))
        return [store, Watch(files, duties.broker_folders, options.brokers, note, self._running.stop)]

    def _upkeep(self) -> list[Part]:
        """What looks after history, with a hand on the store of its own as well."""
        store = Store(self._options.directory, alone=False)
        return [store, Upkeep(store, self._duties.keep, self._running.stop)]

    def _reports(self, ingest: Ingest) -> Keeper:
        def up(connection: Kept) -> None:
            ingest.use(connection)
            self._link.up()
            self._running.up("reports")

        options = self._options
        events = filters(options.fleet, EVENTS)
        reports = filters(options.fleet, REPORTS)
        if options.stream or self._duties.workers:
            session = Session(_client_id(options), reports, dropped=[topic for topic, _ in events])
        else:
            session = Session(_client_id(options), [*reports, *events])
        makers = [functools.partial(Connection, broker, session, ingest.deliver) for broker in options.brokers]
        return Keeper(makers, up, self._running.stop, self._link.down)


class Worker:
    """Takes events beside a backend whose store is there, until it is stopped. `on_ready` is called when it is up."""

    def __init__(self, options: Options, on_ready: Callable[[], None]) -> None:
        self._options = options
        self._running = Running(1, on_ready)

    def stop(self) -> None:
        """Have `run` return; from any thread or a signal handler."""
        self._running.stop()

    def run(self) -> None:
        """Serve until `stop`. Raises FleetError when the fleet's name is none, or the store fails."""
        options, running = self._options, self._running
        check_name(options.fleet)
        store = Store(options.directory, alone=False)
        checkpoints = Checkpoints(options.authority)
        ingest = Ingest(store, options.fleet, Signers(options.keys), checkpoints, None, running.stop)

        def up(connection: Kept) -> None:
            ingest.use(connection)
            running.up("events")

        makers = _streams(options, ingest.deliver) if options.stream else _shares(options, ingest.deliver)
        running.run([store, Keeper(makers, up, running.stop), ingest])


def _streams(options: Options, deliver: Deliver) -> list[Maker]:
    # Here, since its library takes as long to load as the rest of the backend together, and not every broker has one.
    from tools.fleet.stream import StreamConnection

    replicas = len(options.stream)
    return [
        functools.partial(StreamConnection, node, options.fleet, replicas, options.partition, deliver)
        for node in options.stream
    ]


def _shares(options: Options, deliver: Deliver) -> list[Maker]:
    group = _secret_name(options, SHARE)
    return [functools.partial(ShareConnection, broker, options.fleet, group, deliver) for broker in options.brokers]


def _client_id(options: Options) -> str:
    """The same at each start, so that the broker keeps what comes meanwhile; and nobody else's to guess.

    A broker ends the older of two connections of one client id. nats-server does so whatever their certificates say.
    It is kept with the store: it must not change with the key, or the broker would hoard events for the old one.
    """
    return f"jumpguard-backend-{options.fleet}-{_secret_name(options, CLIENT_ID)}"


def _secret_name(options: Options, what: str) -> str:
    """A name for `what` that only who has the key can tell; always the same, also when another key follows.

    Raises StoreError.
    """
    path = options.directory / what
    try:
        if not path.exists():
            options.directory.mkdir(parents=True, exist_ok=True)
            private_file.replace(path, options.keys[0].sign(what)[:16].encode())
        return path.read_text()
    except OSError as error:
        raise StoreError(f"store: {path} cannot be used: {error.strerror}") from error
