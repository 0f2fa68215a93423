"""The section `[trust]` of the settings: whose signatures count."""

from typing import Annotated

import msgspec

from board.settings.kinds import Explained, File, PublicKey, mark


class TrustSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose signatures count."""

    root_public: Annotated[
        PublicKey,
        Explained(
            mark("The operator root's public key (Ed25519, RFC 8032)."),
            mark("Who holds the other half decides whom the terminal trusts: that is never taken for granted."),
        ),
    ]
    keys_file: Annotated[
        File,
        Explained(
            mark("The key set that the operator root signed."),
            mark(
                "Without it nothing is trusted; it lies where the operator's installation puts it. A newer one that "
                "the fleet sends is kept in the state folder and counts in its place."
            ),
        ),
    ]
