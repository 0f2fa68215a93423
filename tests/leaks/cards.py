"""The cards of the virtual board, and the search for what is on them."""

import tomllib

from board.virtual.personalisation import PATH
from tests.leaks.search import Secrets

with PATH.open("rb") as personalisation:
    _APPLICATIONS = tomllib.load(personalisation)["applications"]
CARDS = [_APPLICATIONS[name] for name in ("unionpay", "visa", "mastercard")]
PANS: list[str] = [card["pan"] for card in CARDS]
TRACKS: list[str] = ["{pan}D{expiry}{service_code}{discretionary}".format(**card) for card in CARDS]
SECRETS = Secrets(pans=PANS, track2=TRACKS, expiries=[card["expiry"] for card in CARDS])
