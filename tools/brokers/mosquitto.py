"""The configuration of mosquitto, 2.0.11 as Debian has it and later.

Whoever has a certificate of the devices authority that is not on the revocation list comes in, under its common name.
"""

from collections.abc import Sequence

from tools.brokers.access import LARGEST_MESSAGE, backend_hears, backend_says, terminal_hears, terminal_says
from tools.brokers.nodes import DATA, DEVICES, PROCESS_ID, REVOKED, SERVER_CERTIFICATE, SERVER_KEY, Node, Place

CONFIGURATION = "mosquitto.conf"
ACCESS = "access.acl"
NO_ACCESS = "nothing.acl"
CUT_SOCKET = "cut.sock"


def configuration(node: Node, place: Place, user: str) -> str:
    """The configuration. Started by root, mosquitto becomes `user`, whom its files belong to."""
    return "\n".join([*_store(place, user), "", *_listener(node, place), "", *_cutting(place)]) + "\n"


def access(fleet: str, backends: Sequence[str]) -> str:
    """Who may say (`write`) and hear (`read`) what; %u is the certificate's common name.

    `backends` are the names of the backend and its workers that have a certificate.
    """
    backend = [f"topic write {topic}" for topic in backend_says(fleet)]
    backend += [f"topic read {topic}" for topic in backend_hears(fleet)]
    lines = [
        *(line for name in backends for line in (f"user {name}", *backend)),
        *(f"pattern write {topic}" for topic in terminal_says(fleet, "%u")),
        *(f"pattern read {topic}" for topic in terminal_hears(fleet, "%u")),
    ]
    return "\n".join(lines) + "\n"


def _store(place: Place, user: str) -> list[str]:
    return [
        f"user {user}",
        f"pid_file {place.path(PROCESS_ID)}",
        "per_listener_settings true",
        "persistence true",
        f"persistence_location {place.path(DATA)}/",
        # After every single change: by default what was acknowledged may wait half an hour for the disk.
        "autosave_on_changes true",
        "autosave_interval 1",
        "set_tcp_nodelay true",
        f"max_packet_size {LARGEST_MESSAGE}",
        "log_dest stderr",
    ]


def _listener(node: Node, place: Place) -> list[str]:
    return [
        f"listener {node.port} {node.listens}",
        "tls_version tlsv1.3",
        f"cafile {place.path(DEVICES)}",
        f"certfile {place.path(SERVER_CERTIFICATE)}",
        f"keyfile {place.path(SERVER_KEY)}",
        f"crlfile {place.path(REVOKED)}",
        "require_certificate true",
        "allow_anonymous false",
        "use_identity_as_username true",
        # Nobody pushes another off by calling itself so.
        "use_username_as_clientid true",
        f"acl_file {place.path(ACCESS)}",
    ]


def _cutting(place: Place) -> list[str]:
    """A way in for whoever may write in the folder: it ends the connection of the client that one says one is."""
    return [
        f"listener 0 {place.path(CUT_SOCKET)}",
        "allow_anonymous true",
        f"acl_file {place.path(NO_ACCESS)}",
    ]
