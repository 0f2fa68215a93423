"""The section `[api]` of the settings: where tills reach the terminal."""

from typing import Annotated

import msgspec

from board.endpoint import is_loopback
from board.settings.kinds import (
    Connections,
    Explained,
    Host,
    HostNames,
    ListeningPort,
    OptionalFile,
    OptionalSecretFile,
    SecretFile,
    mark,
)


class ApiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where tills reach the terminal."""

    token_file: Annotated[
        SecretFile,
        Explained(
            mark("Holds the bearer token that tills have to show."),
            mark("Without a token any program could start a payment, and a token that everybody knows is none."),
        ),
    ]
    host: Annotated[
        Host,
        Explained(
            mark("The address that the terminal listens at for tills."),
            mark("Loopback: only a till on the same machine can start a payment, nobody on the network."),
        ),
    ] = "127.0.0.1"
    port: Annotated[
        ListeningPort,
        Explained(
            mark("The port that the terminal listens at for tills; 0 takes a free one."),
            mark("Easy to remember by ISO 8583, and high enough to need no privilege."),
        ),
    ] = 8583
    names: Annotated[
        HostNames,
        Explained(
            mark("What tills may call the terminal besides its addresses and localhost: the Host header is checked."),
            mark("Its addresses are enough where no name service knows it; a web page's name is never among them."),
        ),
    ] = ()
    connections: Annotated[
        Connections,
        Explained(
            mark("How many connections of tills are open at a time."),
            mark("A shop's few tills use one or two each; more would only serve who wants to tie the terminal up."),
        ),
    ] = 16
    certificate_file: Annotated[
        OptionalFile,
        Explained(
            mark(
                "The certificate by which tills know the terminal, and those between it and the CA (PEM): turns TLS on."
            ),
            mark("On loopback nobody listens in; a host beyond it is refused without a certificate."),
        ),
    ] = None
    key_file: Annotated[
        OptionalSecretFile,
        Explained(
            mark("Holds the private key of that certificate (PEM), without a passphrase."),
            mark("There is one where there is a certificate; nobody is there to type a passphrase at a start."),
        ),
    ] = None

    def __post_init__(self) -> None:
        """Refuse what does not go together. Raises ValueError, which msgspec tells with the section."""
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError(mark("certificate_file and key_file belong together; set both or neither"))
        if self.certificate_file is None and not is_loopback(self.host):
            raise ValueError(
                mark(
                    "host is open to the network, where the token would be read on the way; "
                    "set certificate_file and key_file, or 127.0.0.1 as host"
                )
            )
