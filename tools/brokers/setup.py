"""Writes the configuration of a fleet's brokers into folders, and brings it up to date when certificates change."""

import getpass
import os
import shutil
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from board import private_file
from provisioning.authority import Authority, is_backend
from tools.brokers import mosquitto, nats
from tools.brokers.errors import BrokerSetupError
from tools.brokers.nodes import DATA, DEVICES, REVOKED, SERVER_CERTIFICATE, SERVER_KEY, SERVERS, Node, Place

# A cluster outlives one node of three, and JetStream needs the majority.
_NUMBERS = {1, 3}
# unix(7)
_LONGEST_SOCKET = 107


class Engine(Enum):
    """The broker's program."""

    NATS = "nats"
    MOSQUITTO = "mosquitto"


def write(
    authority: Authority,
    folder: Path,
    engine: Engine,
    nodes: Sequence[Node],
    installed: Path | None = None,
    user: str | None = None,
    new_certificate: bool = False,
) -> list[Path]:
    """Write everything that `engine` needs to run as `nodes`; the folder of each, below `folder` for several.

    `installed` is where `folder` is on the machine that runs it, when that is elsewhere, and `user` the account that
    does, when that is another one. A node whose certificate is there already keeps it, unless a `new_certificate` is
    wanted. Raises BrokerSetupError, CertificateError and OSError.
    """
    _check(engine, nodes)
    folders = []
    for number, node in enumerate(nodes):
        name = f"node-{number + 1}" if len(nodes) > 1 else ""
        place = Place(folder / name, ((installed or folder) / name).absolute())
        _make_folders(place.folder, user)
        if new_certificate or not (place.folder / SERVER_KEY).exists():
            key, certificate = authority.issue_server([node.host])
            _put(place.folder / SERVER_CERTIFICATE, certificate)
            _put(place.folder / SERVER_KEY, key)
        if engine is Engine.NATS:
            _put(place.folder / nats.CONFIGURATION, nats.configuration(authority.fleet, nodes, number, place))
        else:
            _check_socket(place.path(mosquitto.CUT_SOCKET))
            text = mosquitto.configuration(node, place, user or getpass.getuser())
            _put(place.folder / mosquitto.CONFIGURATION, text)
        write_access(authority, place.folder)
        folders.append(place.folder)
    return folders


def write_access(authority: Authority, folder: Path) -> None:
    """Write who may come in now, for the node in `folder`; it has to be told to read that."""
    _put(folder / DEVICES, authority.devices_file.read_bytes())
    _put(folder / SERVERS, authority.servers_file.read_bytes())
    if engine_in(folder) is Engine.NATS:
        _put(folder / nats.ACCESS, nats.access(authority.fleet, authority.admitted()))
    else:
        _put(folder / REVOKED, authority.revoked_file.read_bytes())
        backends = sorted({client.name for client in authority.admitted() if is_backend(client.name)})
        _put(folder / mosquitto.ACCESS, mosquitto.access(authority.fleet, backends))
        _put(folder / mosquitto.NO_ACCESS, "")


def engine_in(folder: Path) -> Engine:
    """Which broker `folder` configures. Raises BrokerSetupError when none."""
    for engine, name in ((Engine.NATS, nats.CONFIGURATION), (Engine.MOSQUITTO, mosquitto.CONFIGURATION)):
        if (folder / name).exists():
            return engine
    raise BrokerSetupError(f"{folder}: not the folder of a broker; make it: jumpguard fleet broker")


def _make_folders(folder: Path, user: str | None) -> None:
    data = folder / DATA
    for each in (folder, data):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    if user is not None:
        try:
            shutil.chown(folder, user)
            shutil.chown(data, user)
        except LookupError as error:
            raise BrokerSetupError(f"user {user!r}: there is no such account on this machine") from error


def _put(path: Path, content: bytes | str) -> None:
    """Replace the file; it belongs to whoever the folder belongs to, since that account runs the broker."""
    private_file.replace(path, content if isinstance(content, bytes) else content.encode())
    owner = path.parent.stat()
    if owner.st_uid != path.stat().st_uid:
        os.chown(path, owner.st_uid, owner.st_gid)


def _check_socket(path: str) -> None:
    if len(path) > _LONGEST_SOCKET:
        raise BrokerSetupError(f"{path}: too long for a socket; use a folder with a path shorter by some letters")


def _check(engine: Engine, nodes: Sequence[Node]) -> None:
    if len(nodes) not in (_NUMBERS if engine is Engine.NATS else {1}):
        allowed = "one node or three" if engine is Engine.NATS else "one node"
        raise BrokerSetupError(f"{len(nodes)} nodes: {engine.value} runs as {allowed}")
    taken = [(node.host, port) for node in nodes for port in (node.port, node.cluster_port, node.events_port)]
    if len(nodes) > 1 and len(set(taken)) != len(taken):
        raise BrokerSetupError("two nodes on one host share a port; name others: HOST:PORT:CLUSTERPORT:EVENTSPORT")
