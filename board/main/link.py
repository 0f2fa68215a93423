"""The link to the fleet's broker, and by which certificate the terminal shows who it is.

Certificates are imported where one is set: a terminal without saves the memory of X.509.
"""

import secrets
from typing import TYPE_CHECKING

from agent.adapters.paho_link import PahoLink
from agent.clock import Clock
from board.errors import SettingsError
from board.settings.sections import Settings

if TYPE_CHECKING:
    from board.identity import Identity
    from board.link_tls import LinkTls


def paho_link(settings: Settings, tls: "LinkTls | None") -> PahoLink:
    """The link, encrypted by `tls`, not yet connected."""
    link = settings.link
    (host, port), *others = link.brokers
    return PahoLink(host, port, _client_id(settings), link.keepalive_s, link.connect_timeout_s, tls, others)


def link_tls(settings: Settings, clock: Clock) -> "LinkTls | None":
    """How the link is encrypted, None where it is not. Raises SettingsError when there is nothing to encrypt it by."""
    link = settings.link
    if link.ca_file is None:
        return None
    from board.link_tls import LinkTls

    return LinkTls(link.ca_file, identity(settings), clock, link.clock_wait_s)


def identity(settings: Settings) -> "Identity":
    """The terminal's key and certificates for the link. Raises SettingsError where the settings name none."""
    from board.identity import Identity, Pair

    link, terminal = settings.link, settings.terminal
    if link.certificate_file is None or link.key_file is None:
        raise SettingsError("[link] certificate_file and key_file are not set; without them the link is not encrypted")
    first = Pair(link.certificate_file, link.key_file)
    return Identity(terminal.fleet, terminal.serial, first, terminal.state_dir)


def _client_id(settings: Settings) -> str:
    """The serial with something that nobody can guess.

    A broker ends the older of two connections of one client id; nats-server does so whatever their certificates say.
    """
    return f"{settings.terminal.serial}-{secrets.token_hex(4)}"
