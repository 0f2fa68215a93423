"""`jumpguard fleet ingest` and `worker`: take what the fleet says, until SIGTERM."""

import gc
import json
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from board.endpoint import endpoint
from board.identity import Pair
from board.settings.file import fault
from board.settings.kinds import HostPort
from board.settings.link import LinkSettings
from provisioning import keys
from provisioning.authority import Authority
from tools.cli.plainly import said_plainly
from tools.cli.shown import Directory
from tools.fleet.backend import Backend, Duties, Options, Worker
from tools.fleet.history.retention import DAYS, days
from tools.fleet.link import Broker
from tools.fleet.partition import Partition

MOST_WORKERS = 32
_OBJECTS_TO_LOOK_THROUGH = 50_000

Brokers = Annotated[
    list[str], typer.Option("--broker", metavar="HOST:PORT", help="The MQTT broker; once for each of its nodes.")
]
Fleet = Annotated[str, typer.Option(help="The fleet to serve.")]
Keys = Annotated[
    list[Path],
    typer.Option(
        "--key",
        help="The key that the backend signs with, backend.key (`jumpguard keys make backend`); once more for the one"
        " that follows it.",
    ),
]
CaFile = Annotated[Path | None, typer.Option(help="Whom the broker's certificate has to be signed by.")]
CertificateFile = Annotated[
    Path | None,
    typer.Option(help="The backend's certificate, backend-link.crt (`jumpguard fleet backend-certificate`)."),
]
KeyFile = Annotated[Path | None, typer.Option(help="Its private key, backend-link.key; not the one of --key.")]
Streams = Annotated[
    list[str] | None,
    typer.Option(
        "--stream",
        metavar="HOST:PORT",
        help="Take events from the stream of nats-server, at the port of its own protocol; once for each of its nodes.",
    ),
]

Authorities = Annotated[
    Path | None,
    typer.Option(
        "--authority",
        help="Directory of the authorities (`jumpguard fleet ca`): renew the terminals' certificates, and hold the "
        "checkpoints of their journals against them.",
    ),
]

Kept = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        metavar="NAME=DAYS",
        help="How long history is kept, 0 for ever; repeat it. By default "
        + ", ".join(f"{name}={number}" for name, number in DAYS.items())
        + "; alarms and alerts that are over, commands that have ended. Events are always kept.",
    ),
]


def ingest(
    directory: Directory,
    broker: Brokers,
    fleet: Fleet,
    key: Keys,
    ca_file: CaFile = None,
    certificate_file: CertificateFile = None,
    key_file: KeyFile = None,
    stream: Streams = None,
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            max=MOST_WORKERS,
            help="How many processes take events: each has a part of the terminals from the stream. Without one, they"
            " share an MQTT subscription ($share).",
        ),
    ] = 1,
    worker_certificate_file: Annotated[
        list[Path] | None,
        typer.Option(
            help="Each worker's own certificate, for mosquitto (`backend-certificate --worker N`); repeat it."
        ),
    ] = None,
    worker_key_file: Annotated[list[Path] | None, typer.Option(help="Its private key; in the same order.")] = None,
    authority: Authorities = None,
    broker_folder: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of a broker (`jumpguard fleet broker`): it is told of new certificates, its own is watched;"
            " repeat it."
        ),
    ] = None,
    keep: Kept = None,
) -> None:
    """Store the fleet's events and acknowledge them, until SIGTERM. Prints {"store": PATH} when subscribed."""
    _log()
    pairs = _worker_pairs(workers, certificate_file, key_file, worker_certificate_file or [], worker_key_file or [])
    common: list[str | Path] = ["--dir", directory, "--fleet", fleet]
    for file in key:
        common += ["--key", file]
    for each in broker:
        common += ["--broker", each]
    for each in stream or []:
        common += ["--stream", each]
    if ca_file is not None:
        common += ["--ca-file", ca_file]
    if authority is not None:
        common += ["--authority", authority]
    parts = Partition(of=workers).all
    commands = [
        _worker_command([*common, *pair, "--partition", str(part)]) for pair, part in zip(pairs, parts, strict=False)
    ]
    with said_plainly():
        options = _options(directory, broker, fleet, key, ca_file, certificate_file, key_file, stream, authority)
        duties = Duties(broker_folder or [], commands, worker_certificate_file or [], dict(map(days, keep or [])))
        _serve(Backend(options, duties, on_ready=lambda place: print(json.dumps({"store": str(place)}), flush=True)))


def worker(
    directory: Directory,
    broker: Brokers,
    fleet: Fleet,
    key: Keys,
    ca_file: CaFile = None,
    certificate_file: CertificateFile = None,
    key_file: KeyFile = None,
    stream: Streams = None,
    authority: Authorities = None,
    partition: Annotated[
        Partition | None,
        typer.Option(
            parser=Partition.parse, metavar="NUMBER/OF", help="Which part of the terminals it takes from the stream."
        ),
    ] = None,
) -> None:
    """Take events beside `jumpguard fleet ingest` on the same store, which starts as many of these as it is told.

    Prints {"ready": true} when subscribed.
    """
    _log()
    with said_plainly():
        options = _options(directory, broker, fleet, key, ca_file, certificate_file, key_file, stream, authority)
        _serve(
            Worker(
                replace(options, partition=partition or Partition()),
                on_ready=lambda: print(json.dumps({"ready": True}), flush=True),
            )
        )


def _log() -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    # It warns of every TLS connection that the other side ends; what that means is said by who kept it.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _serve(service: Backend | Worker) -> None:
    # What was loaded stays, and a batch of events makes no cycles: looking through all of them for some, as often as
    # Python does by itself, takes a tenth of the time.
    gc.freeze()
    gc.set_threshold(_OBJECTS_TO_LOOK_THROUGH)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    service.run()


def _options(
    directory: Path,
    brokers: Sequence[str],
    fleet: str,
    key: Sequence[Path],
    ca_file: Path | None,
    certificate_file: Path | None,
    key_file: Path | None,
    stream: Sequence[str] | None,
    authority: Path | None,
) -> Options:
    nodes, streams = (
        [_broker(text, ca_file, certificate_file, key_file) for text in texts] for texts in (brokers, stream or [])
    )
    signers = [keys.load(file) for file in key]
    return Options(directory, nodes, fleet, signers, streams, None if authority is None else Authority(authority))


def _broker(text: str, ca_file: Path | None, certificate_file: Path | None, key_file: Path | None) -> Broker:
    if fault(text, HostPort):
        raise typer.BadParameter(f"{text!r} is not HOST:PORT, such as 127.0.0.1:1883")
    host, port = endpoint(text)
    files = {"ca_file": ca_file, "certificate_file": certificate_file, "key_file": key_file}
    given = {name: str(file) for name, file in files.items() if file is not None}
    wrong = fault({"host": host, "port": port, **given}, LinkSettings)
    if wrong:
        raise typer.BadParameter(wrong.replace("_file", "-file"))
    pair = None if certificate_file is None or key_file is None else Pair(certificate_file, key_file)
    return Broker(host, port, ca_file, pair)


def _worker_pairs(
    workers: int, certificate: Path | None, key: Path | None, certificates: Sequence[Path], own_keys: Sequence[Path]
) -> list[list[str | Path]]:
    """The options that name each worker's certificate; none for a backend that takes the events itself."""
    if workers == 1:
        return []
    if not certificates and not own_keys:
        return [_pair_options(certificate, key)] * workers
    if not len(certificates) == len(own_keys) == workers:
        raise typer.BadParameter(
            f"{workers} workers have {len(certificates)} certificates and {len(own_keys)} keys: give each its own,"
            " --worker-certificate-file and --worker-key-file as often as there are workers"
        )
    return [_pair_options(*pair) for pair in zip(certificates, own_keys, strict=True)]


def _pair_options(certificate: Path | None, key: Path | None) -> list[str | Path]:
    options: list[str | Path] = [] if certificate is None else ["--certificate-file", certificate]
    return options if key is None else [*options, "--key-file", key]


def _worker_command(options: Sequence[str | Path]) -> list[str]:
    return [sys.executable, "-P", "-m", "tools.fleet", "worker", *map(str, options)]
