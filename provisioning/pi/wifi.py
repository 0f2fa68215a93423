"""A wireless network for a terminal. What is kept is the key that WPA derives, not the passphrase."""

import hashlib
import re
from dataclasses import dataclass

from provisioning.errors import SetupError
from provisioning.texts import _

_KEY = re.compile(r"[0-9a-fA-F]{64}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LONGEST_SSID = 32  # bytes; IEEE 802.11, 9.4.2.2


@dataclass(frozen=True, slots=True)
class Wifi:
    """A network: its name `ssid`, its WPA2 key (64 hexadecimal digits), the `country` whose rules hold (ISO 3166).

    The key opens this one network and none that has the same passphrase under another name.
    """

    ssid: str
    key: str
    country: str


def wifi(ssid: str, passphrase: str, country: str) -> Wifi:
    """The network `ssid` for `passphrase`, or for the 64 hexadecimal digits of its key.

    The key is PBKDF2-HMAC-SHA1 of both, 4096 times (IEEE 802.11, J.4). Networks of WPA3 alone take no such key. Raises
    SetupError for a name, a passphrase or a country that cannot be; the passphrase is not quoted.
    """
    name = ssid.encode()
    if not 1 <= len(name) <= _LONGEST_SSID or not ssid.isprintable():
        raise SetupError(_("%r is no name of a network: 1 to 32 bytes that can be printed") % ssid)
    if not _COUNTRY.fullmatch(country):
        raise SetupError(_("%r is no country: two capital letters, for example CN") % country)
    if _KEY.fullmatch(passphrase):
        return Wifi(ssid, passphrase.lower(), country)
    if not 8 <= len(passphrase) <= 63 or not (passphrase.isascii() and passphrase.isprintable()):
        raise SetupError(_("the network's passphrase has to be 8 to 63 plain characters, or 64 hexadecimal digits"))
    return Wifi(ssid, hashlib.pbkdf2_hmac("sha1", passphrase.encode(), name, 4096, 32).hex(), country)
