"""How a page looks: its language for the browser, light or dark, and our own style sheet and script."""

import copy
from html import escape
from importlib import resources

from fastapi import Request
from nicegui import app, ui

from provisioning.texts import CHINESE, ENGLISH, _

LOOK_COOKIE = "jumpguard-look"
ASSETS = "/assets"
_BROWSERS = {ENGLISH: "en-US", CHINESE: "zh-CN"}
_DARK = {"dark": True, "light": False}


def serve_assets() -> None:
    """Serve the style sheet and the script."""
    with resources.as_file(resources.files("tools.fleet.pages") / "assets") as folder:
        app.add_static_files(ASSETS, folder, max_cache_age=300)


def apply(request: Request, language: str, title: str) -> None:
    """Have the page that is being made look so; as the machine does where nobody chose light or dark."""
    client = ui.context.client
    client.page = copy.copy(client.page)
    client.page.language = _BROWSERS[language]  # type: ignore[assignment]
    client.page.dark = _DARK.get(request.cookies.get(LOOK_COOKIE, ""))
    ui.page_title(f"{title} - JumpGuard")
    ui.add_head_html(
        f'<link rel="stylesheet" href="{ASSETS}/jumpguard.css"><script defer src="{ASSETS}/jumpguard.js"></script>'
        f'<meta name="jg-ago" content="{escape("|".join(_ago()))}">'
    )


def _ago() -> tuple[str, ...]:
    """How the script says how long something is over; the number stands where # is."""
    return _("now"), _("# s ago"), _("# min ago"), _("# h ago"), _("# d ago")
