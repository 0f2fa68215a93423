"""The section `[gate]` of the settings: what is refused beyond the binding itself (`agent.binding.gate`)."""

from typing import Annotated

import msgspec

from board.settings.kinds import Days, Explained, Space, Switches, mark


class GateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the gate refuses beyond the binding itself: the fields of `agent.binding.gate.Policy`."""

    reserve_kib: Annotated[
        Space,
        Explained(
            mark("The free disk space below which no sale is started."),
            mark("Room for thousands of entries: what was sold can still be reversed and reported when sales stop."),
        ),
    ] = 16_384
    most_switches: Annotated[
        Switches,
        Explained(
            mark("How often the merchant or terminal number may change within `switch_days` before sales are refused."),
            mark("A correction and its correction pass; a terminal that is lent about from shop to shop does not."),
        ),
    ] = 3
    switch_days: Annotated[
        Days,
        Explained(
            mark("The time over which changes of the merchant or terminal number are counted."),
            mark("About a month, the period of statements: who looks at one finds the changes in it."),
        ),
    ] = 30
    margin_days: Annotated[
        Days,
        Explained(
            mark("How long before its end a binding already ends for a clock that was not set since the start."),
            mark("Such a clock stood still while the power was off, overnight as a rule, and is behind by that much."),
        ),
    ] = 1
