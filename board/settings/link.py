"""The section `[link]` of the settings: the link to the fleet's broker."""

from typing import Annotated

import msgspec

from board.endpoint import Endpoint, endpoint, is_loopback
from board.settings.kinds import (
    Explained,
    Host,
    HostPorts,
    KeepAlive,
    Milliseconds,
    OptionalFile,
    OptionalSecretFile,
    Port,
    Seconds,
    Switch,
    mark,
)

NOT_TOGETHER = mark("ca_file, certificate_file and key_file belong together: set all three, or none")
NOT_ENCRYPTED = mark(
    "the link is not encrypted, and host is another machine: set ca_file, certificate_file and key_file"
)
OTHERS_NOT_ENCRYPTED = mark(
    "the link is not encrypted, and one of others is another machine: set ca_file, certificate_file and key_file"
)


class LinkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The broker of the fleet, and the waits between connections: full jitter from `backoff_base_ms` on."""

    host: Annotated[
        Host,
        Explained(mark("Where the fleet's MQTT broker is."), mark("Every operator has a broker of his own.")),
    ]
    port: Annotated[
        Port,
        Explained(
            mark("The port of the fleet's MQTT broker."),
            mark("It belongs to the broker's address: neither is of use without the other."),
        ),
    ]
    others: Annotated[
        HostPorts,
        Explained(
            mark(
                "Further nodes of the broker, tried in turn after `host` when a connection cannot be had or ends; each "
                "has a certificate in the name that stands here."
            ),
            mark(
                "A broker of one node has none; of three nodes one may fail, and terminals that each name another one "
                "first share the load."
            ),
        ),
    ] = ()
    ca_file: Annotated[
        OptionalFile,
        Explained(
            mark("Holds the certificates of the authority that the broker's own has to be signed by (PEM)."),
            mark("Only the operator's brokers are to be believed, not whoever some public authority vouches for."),
        ),
    ] = None
    certificate_file: Annotated[
        OptionalFile,
        Explained(
            mark("Holds the terminal's own certificate, by which the broker knows it (PEM)."),
            mark(
                "It is issued for this terminal's key; without the three files only a broker on this machine is used."
            ),
        ),
    ] = None
    key_file: Annotated[
        OptionalSecretFile,
        Explained(
            mark("Holds the private key of the terminal's certificate (PEM); made on the terminal."),
            mark("Whoever has the key can pose as this terminal, so it is made where it is used and stays there."),
        ),
    ] = None
    clock_wait_s: Annotated[
        Seconds,
        Explained(
            mark("How long the encrypted link waits after the start for the clock to be set."),
            mark("A clock that is off refuses good certificates; but a terminal without a time server still reports."),
        ),
    ] = 60
    keepalive_s: Annotated[
        KeepAlive,
        Explained(
            mark("The longest silence on the link before the terminal asks whether the broker is there."),
            mark(
                "The broker reports a terminal lost after one and a half times this (MQTT 3.1.1, 3.1.2.10): soon "
                "enough to act on, while an idle terminal costs next to no traffic."
            ),
        ),
    ] = 30
    connect_timeout_s: Annotated[
        Seconds,
        Explained(
            mark("How long connecting to the broker and subscribing may take."),
            mark("A mobile line may need seconds; no sale waits for it."),
        ),
    ] = 10
    backoff_base_ms: Annotated[
        Milliseconds,
        Explained(
            mark("What the first wait before connecting again is drawn below; it doubles with each failure."),
            mark("A dropped connection is back almost at once, and the draw spreads a fleet that lost its broker."),
        ),
    ] = 1_000
    backoff_cap_ms: Annotated[
        Milliseconds,
        Explained(
            mark("The most that waits before connecting again grow to."),
            mark("After an outage the whole fleet is back within this time, without overrunning the broker."),
        ),
    ] = 60_000
    vitals_period_s: Annotated[
        Seconds,
        Explained(
            mark("The time between two health readings, up to a tenth more or less."),
            mark("Heat and a weak supply show within minutes; more readings would only use up a metered line."),
        ),
    ] = 60
    home_assistant: Annotated[
        Switch,
        Explained(
            mark("Whether the terminal announces its health readings to a Home Assistant at the same broker."),
            mark("It speaks outside the fleet's topics, which a broker has to allow, and a fleet has no use for it."),
        ),
    ] = False

    def __post_init__(self) -> None:
        """Raises ValueError: what is not encrypted does not leave this machine."""
        given = [file is not None for file in (self.ca_file, self.certificate_file, self.key_file)]
        if any(given) and not all(given):
            raise ValueError(NOT_TOGETHER)
        if not any(given) and not is_loopback(self.host):
            raise ValueError(NOT_ENCRYPTED)
        if not any(given) and not all(is_loopback(broker.host) for broker in self.brokers):
            raise ValueError(OTHERS_NOT_ENCRYPTED)

    @property
    def brokers(self) -> tuple[Endpoint, ...]:
        """Every node of the broker, in the order in which they are tried."""
        return (Endpoint(self.host, self.port), *map(endpoint, self.others))
