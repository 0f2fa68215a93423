"""Tells a running broker that who may come in has changed, and ends the connections of those who may no longer."""

import contextlib
import os
import signal
import socket
from collections.abc import Sequence
from enum import Enum, auto
from pathlib import Path

from provisioning.authority import Authority
from provisioning.mqtt_packets import ACCEPTED, DISCONNECT, connect
from tools.brokers import mosquitto
from tools.brokers.errors import BrokerSetupError
from tools.brokers.nodes import DEVICES, PROCESS_ID
from tools.brokers.setup import Engine, engine_in, write_access

_PROGRAMS = ("nats-server", "mosquitto")
_ANSWER_S = 5.0


class Told(Enum):
    """What came of telling a broker."""

    RELOADED = auto()
    NOT_RUNNING = auto()
    RESTART_NEEDED = auto()


def refresh(authority: Authority, folder: Path, revoked: Sequence[str] = ()) -> Told:
    """Bring the broker in `folder` up to date, and cut off the clients named in `revoked`.

    nats-server ends the connections of users that are no longer listed when it reads the list again. mosquitto looks at
    the revocation list only when somebody connects, so an open connection is taken over; and at the authority only when
    it starts. Raises BrokerSetupError, CertificateError and OSError.
    """
    is_mosquitto = engine_in(folder) is Engine.MOSQUITTO
    same_authority = (folder / DEVICES).read_bytes() == authority.devices_file.read_bytes()
    write_access(authority, folder)
    if not hang_up(folder):
        return Told.NOT_RUNNING
    if not is_mosquitto:
        return Told.RELOADED
    for client in revoked:
        _take_over(folder / mosquitto.CUT_SOCKET, client)
    return Told.RELOADED if same_authority else Told.RESTART_NEEDED


def hang_up(folder: Path) -> bool:
    """Have the broker in `folder` read its files again (SIGHUP); whether one runs here."""
    process_id = _running(folder)
    if process_id is not None:
        os.kill(process_id, signal.SIGHUP)
    return process_id is not None


def _running(folder: Path) -> int | None:
    """The process of the broker in `folder`. The number may be an old one that another program has by now."""
    with contextlib.suppress(OSError, ValueError):
        process_id = int((folder / PROCESS_ID).read_text())
        if Path(f"/proc/{process_id}/comm").read_text().strip() in _PROGRAMS:
            return process_id
    return None


def _take_over(path: Path, client: str) -> None:
    """Connect as `client`: a broker ends the older one of two connections of one name (MQTT 3.1.1, 3.1.4-2)."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ANSWER_S)
            connection.connect(str(path))
            connection.sendall(connect(client))
            if connection.recv(len(ACCEPTED)) != ACCEPTED:
                raise BrokerSetupError(f"{path}: the broker refused to cut off {client}; restart it to be sure")
            connection.sendall(DISCONNECT)
    except OSError as error:
        raise BrokerSetupError(f"{path}: {client} could not be cut off: {error}; restart the broker") from error
