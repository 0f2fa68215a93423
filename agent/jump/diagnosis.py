"""Why a payment jumped: the causes that what differs speaks for, the likeliest first. Codes; texts live elsewhere."""

from agent.jump import match as fields
from agent.jump.match import Match

ROUTED_TO_OTHER_ACQUIRER = "ROUTED_TO_OTHER_ACQUIRER"
HOST_MAPS_TERMINAL_TO_OTHER_MERCHANT = "HOST_MAPS_TERMINAL_TO_OTHER_MERCHANT"
HOST_ANSWERED_FOR_OTHER_TERMINAL = "HOST_ANSWERED_FOR_OTHER_TERMINAL"
MERCHANT_POOL_SWITCHING = "MERCHANT_POOL_SWITCHING"
MERCHANT_RENAMED_AT_HOST = "MERCHANT_RENAMED_AT_HOST"
CURRENCY_CONFIGURED_WRONG = "CURRENCY_CONFIGURED_WRONG"


def causes(match: Match) -> "list[str]":
    """The causes that fit `match`, ranked. The binding was proven before the sale, so none of them lies in it."""
    different = match.different
    ranked = []
    if fields.ACQUIRER in different:
        ranked.append(ROUTED_TO_OTHER_ACQUIRER)
    if fields.TID in different:
        ranked.append(HOST_ANSWERED_FOR_OTHER_TERMINAL)
    if fields.MID in different:
        ranked.append(HOST_MAPS_TERMINAL_TO_OTHER_MERCHANT)
        if fields.ACQUIRER not in different:
            ranked.append(MERCHANT_POOL_SWITCHING)
    if fields.CURRENCY in different:
        ranked.append(CURRENCY_CONFIGURED_WRONG)
    if different == [fields.NAME]:
        ranked.append(MERCHANT_RENAMED_AT_HOST)
    return ranked
