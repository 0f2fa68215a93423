"""The network: names, the broker's nodes, the acquirer. Each is reached from here as the terminal would reach it."""

import asyncio
import socket
import ssl
from ipaddress import ip_address

from board.endpoint import Endpoint
from board.errors import IdentityError
from board.identity import TRIAL
from board.main.link import identity
from board.settings.sections import Settings
from board.tls import context, explained
from provisioning.doctor import codes
from provisioning.doctor.check import aside
from provisioning.doctor.finding import Finding, ok, problem, warning
from provisioning.doctor.patient import Patient
from provisioning.mqtt_packets import ACCEPTED, DISCONNECT, connect

WITHIN_S = 5.0
# Both of this and a margin: the checks are given so long.
PATIENCE_S = 12.0


async def names(patient: Patient) -> Finding:
    """The name service knows every host that the settings name."""
    hosts = [host for host in dict.fromkeys(_hosts(patient.settings)) if not _is_address(host)]
    wrong = [text for text in await asyncio.gather(*map(_unresolved, hosts)) if text]
    return problem(codes.NAMES_UNRESOLVED, why="; ".join(wrong)) if wrong else ok(names=", ".join(hosts))


async def brokers(patient: Patient) -> Finding:
    """Each node of the broker lets this terminal in, over TLS where the link is encrypted."""
    nodes = patient.settings.link.brokers
    refused = await asyncio.gather(*(_refused(node, patient.settings) for node in nodes))
    closed = [f"{node.host}:{node.port}: {why}" for node, why in zip(nodes, refused, strict=True) if why]
    opened = ", ".join(f"{node.host}:{node.port}" for node, why in zip(nodes, refused, strict=True) if not why)
    if not closed:
        return ok(open=opened)
    if not opened:
        return problem(codes.BROKER_CLOSED, why="; ".join(closed))
    return warning(codes.BROKER_NODE_CLOSED, why="; ".join(closed), open=opened)


async def acquirer(patient: Patient) -> Finding:
    """The acquirer's host takes connections; nothing is said to it."""
    settings = patient.settings.acquirer
    address = f"{settings.host}:{settings.port}"
    try:
        async with asyncio.timeout(WITHIN_S):
            await aside(lambda: socket.create_connection((settings.host, settings.port), WITHIN_S).close())
    except OSError as error:
        return problem(codes.ACQUIRER_CLOSED, address=address, why=_plain(error))
    return ok(address=address)


def _hosts(settings: Settings) -> list[str]:
    return [*(node.host for node in settings.link.brokers), settings.acquirer.host]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


async def _unresolved(host: str) -> str:
    try:
        async with asyncio.timeout(WITHIN_S):
            await aside(lambda: socket.getaddrinfo(host, None))
    except OSError as error:
        return f"{host}: {_plain(error)}"
    return ""


async def _refused(node: Endpoint, settings: Settings) -> str:
    """Why `node` does not let this terminal in, "" if it does."""
    try:
        encryption = _encryption(settings)
        async with asyncio.timeout(2 * WITHIN_S):
            return await aside(lambda: _let_in(node, encryption))
    except ssl.SSLError as error:
        return explained(error)
    except (OSError, IdentityError) as error:
        return _plain(error)


def _encryption(settings: Settings) -> ssl.SSLContext | None:
    """By the newest pair that a broker has taken, or could have."""
    if settings.link.ca_file is None:
        return None
    pairs = [pair for pair in identity(settings).pairs() if pair.certificate.name != TRIAL]
    return context(settings.link.ca_file, pairs[0])


def _let_in(node: Endpoint, encryption: ssl.SSLContext | None) -> str:
    """Say hello to `node` and goodbye (MQTT 3.1.1, 3.1), under a name that it makes up: it pushes nobody off."""
    with socket.create_connection(node, WITHIN_S) as plain:
        line = plain if encryption is None else encryption.wrap_socket(plain, server_hostname=node.host)
        line.settimeout(WITHIN_S)
        line.sendall(connect(""))
        answer = line.recv(len(ACCEPTED))
        if answer == ACCEPTED:
            line.sendall(DISCONNECT)
            return ""
        return f"it does not let this terminal in ({answer.hex() or 'it hung up'})"


def _plain(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
