"""The section `[sale]` of the settings: what the counter looks at when the card was read (`agent.sale.same_card`)."""

from typing import Annotated

import msgspec

from agent.sale.same_card import WARN
from board.settings.kinds import Explained, Lookback, SameCardPolicy, mark


class SaleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the counter makes of a card that pays the same amount again: see `agent.sale.same_card`."""

    same_card: Annotated[
        SameCardPolicy,
        Explained(
            mark(
                "What comes of a card that pays the same amount again within `same_card_period_s`: nothing, a warning "
                "that goes with the outcome, or a refusal before anything is sent."
            ),
            mark("It may be a double charge, or a customer who buys the same twice: the clerk sees which, we do not."),
        ),
    ] = WARN
    same_card_period_s: Annotated[
        Lookback,
        Explained(
            mark(
                "How long after a sale the same card with the same amount is a possible double charge; after a reboot "
                "whose clock does not tell, how long after the start."
            ),
            mark(
                "A clerk who missed the approval, or a till that gave up waiting, asks again at once; a regular who "
                "comes back for the same coffee does not."
            ),
        ),
    ] = 60
