"""Where something listens: a host and a TCP port."""

from ipaddress import ip_address
from typing import NamedTuple


class Endpoint(NamedTuple):
    """A host name or IP address, and a TCP port."""

    host: str
    port: int


def endpoint(text: str) -> Endpoint:
    """What `text`, a `board.settings.kinds.HostPort`, means."""
    host, _, port = text.rpartition(":")
    return Endpoint(host.strip("[]"), int(port))


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine: `localhost` (RFC 6761, 6.3) or a loopback address; a name may lead anywhere."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
