"""The section `[journal]` of the settings: how long the terminal's own record goes back."""

from typing import Annotated

import msgspec

from board.settings.kinds import Explained, Retention, mark


class JournalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the terminal's own record goes back."""

    retention_days: Annotated[
        Retention,
        Explained(
            mark("How long the terminal keeps journal entries that the backend holds; a full disk shortens it."),
            mark("Cardholders may dispute a payment for months: till then the terminal's own copy can be compared."),
        ),
    ] = 180
