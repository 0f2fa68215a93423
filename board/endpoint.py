"""Where something listens: a host and a TCP port."""

from typing import NamedTuple


class Endpoint(NamedTuple):
    """A host name or IP address, and a TCP port."""

    host: str
    port: int


def endpoint(text: str) -> Endpoint:
    """What `text`, a `board.kinds.HostPort`, means."""
    host, _, port = text.rpartition(":")
    return Endpoint(host.strip("[]"), int(port))
