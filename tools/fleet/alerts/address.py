"""Addresses of Apprise: which of them may be, how one is shown without its secrets, and sending there.

Apprise is imported where it is used: it takes half a second, and most of the desk's commands need none of it.
"""

import logging
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tools.fleet.errors import OrderError

if TYPE_CHECKING:
    from apprise import NotifyBase

# Mail, a web address that is sent JSON, and the robots of WeCom and DingTalk; the `s` is for TLS.
SCHEMES = ("mailto", "mailtos", "json", "jsons", "wecombot", "dingtalk")
# Where the host is a server and no secret.
_WITH_HOST = ("mailto", "mailtos", "json", "jsons")
# How long a server has to take a message.
SECONDS = 20.0
_LONGEST = 1000
_FORM = re.compile(r"([a-z]+)://(?:[^/?#]*@)?([A-Za-z0-9.:\[\]-]+)")
_STATUS = re.compile(r"error=(\d{3})\b")


def check(address: str) -> None:
    """Raise OrderError when `address` is none that can be sent to; the text does not quote it."""
    found = _FORM.match(address)
    if found is None or found[1] not in SCHEMES or len(address) > _LONGEST or _service(address) is None:
        raise OrderError(f"address: none of Apprise's for {', '.join(SCHEMES)}, such as mailtos://user:password@host")


def masked(address: str) -> str:
    """`address` without what may be a secret in it: all but the kind and, where it is a server, the host."""
    found = _FORM.match(address)
    if found is None:
        return "…"
    return f"{found[1]}://{found[2]}/…" if found[1] in _WITH_HOST else f"{found[1]}://…"


def send(address: str, title: str, body: str) -> str:
    """Send a text; returns "" when the other side took it, else why not, without anything of the address."""
    from apprise import Apprise, NotifyFormat

    service = _service(address)
    if service is None:
        return "the address is none"
    taken = Apprise(service, service.asset).notify(
        body=body, title=title, body_format=NotifyFormat.TEXT, timeout=SECONDS
    )
    return "" if taken else _why(str(entry) for entry in taken.logs())


def _service(address: str) -> "NotifyBase | None":
    from apprise import Apprise, AppriseAsset

    # Nobody else hears what it logs: that may name the address.
    logging.getLogger("apprise").propagate = False
    # What is sent names no picture of the internet that somebody's mail program would fetch, and no redirection leads
    # to another host.
    asset = AppriseAsset(async_mode=False, secure_logging=True, http_redirects=0)
    asset.app_id, asset.app_desc, asset.app_url = "JumpGuard", "JumpGuard", ""
    asset.image_url_mask = asset.image_url_logo = ""
    return Apprise.instantiate(address, asset=asset, suppress_exceptions=True)


def _why(lines: Iterable[str]) -> str:
    """What Apprise logged, its only way to say why, as far as it is known to name nothing of the address."""
    for line in lines:
        status = _STATUS.search(line)
        if status:
            return f"the server answered {status[1]}"
        if "onnection error" in line:
            return "there is no connection, or it broke off"
        if "did not finish" in line:
            return f"the server took longer than {SECONDS:.0f} s"
    return "the server did not take it"
