"""The nodes of a broker, and the files that each has in its folder."""

from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from board.endpoint import is_loopback

PORT = 8883
CLUSTER_PORT = 6222
EVENTS_PORT = 4222

SERVER_CERTIFICATE = "server.crt"
SERVER_KEY = "server.key"
DEVICES = "devices.crt"
SERVERS = "servers.crt"
REVOKED = "devices.crl"
PROCESS_ID = "broker.pid"
DATA = "data"


class Node(NamedTuple):
    """One process: the name that terminals reach it under, its MQTT port, and the port for the other nodes.

    nats-server has one more for backends that pull events from its stream.
    """

    host: str
    port: int = PORT
    cluster_port: int = CLUSTER_PORT
    events_port: int = EVENTS_PORT

    @property
    def listens(self) -> str:
        """The address that it listens at: this machine alone for a host of loopback, else all."""
        if is_loopback(self.host):
            return "127.0.0.1" if self.host == "localhost" else self.host
        return "0.0.0.0"  # noqa: S104 - TLS with certificates of both sides

    def at(self, port: int) -> str:
        """The address at which it listens on `port`."""
        return endpoint(self.listens, port)


class Place(NamedTuple):
    """Where a node's files lie: the folder that they are written to, and where that is on the machine that runs it."""

    folder: Path
    installed: Path

    def path(self, name: str) -> str:
        """Where the file `name` is, for the node."""
        return str(self.installed / name)


def endpoint(host: str, port: int) -> str:
    """`host:port`, with an IPv6 address in brackets."""
    try:
        return f"[{host}]:{port}" if ip_address(host).version == 6 else f"{host}:{port}"
    except ValueError:
        return f"{host}:{port}"
