"""What is around every page: navigation, language, light and dark, who is logged in; and how a page is made one."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fastapi import Request
from nicegui import ui
from starlette.responses import RedirectResponse, Response

from provisioning.texts import CHINESE, ENGLISH, _, mark, spoken_here
from tools.fleet.access.actor import Role
from tools.fleet.pages import look
from tools.fleet.pages.visit import Visit
from tools.fleet.pages.who import come_in

# Of the pages in the header, in order: path, name, key after `g`, and who sees it.
_NAVIGATION = (
    ("/", mark("Overview"), "o", Role.VIEWER),
    ("/terminals", mark("Terminals"), "t", Role.VIEWER),
    ("/jumps", mark("Jumps"), "j", Role.VIEWER),
    ("/alerts", mark("Alerts"), "a", Role.VIEWER),
    ("/rollouts", mark("Roll-outs"), "r", Role.VIEWER),
    ("/audit", mark("Audit"), "l", Role.ADMINISTRATOR),
    ("/users", mark("Users"), "u", Role.ADMINISTRATOR),
)
# What a role is called.
ROLES = {
    Role.VIEWER: mark("viewer"),
    Role.OPERATOR: mark("operator"),
    Role.ADMINISTRATOR: mark("administrator"),
}
_OTHER_KEYS = (("/", mark("Search")), ("?", mark("This help")), ("Esc", mark("Close")))
_paths: set[str] = set()

Builder = Callable[[Visit], Awaitable[None]]


def page_of(path: str, title: str, role: Role = Role.VIEWER) -> Callable[[Builder], Builder]:
    """Make the page at `path` of a function that fills it for a Visit; `title` is translated, `role` may see it.

    Whoever is not logged in is sent to do that first. What stands in braces in `path` is in `request.path_params`.
    """

    def register(build: Builder) -> Builder:
        async def page(request: Request) -> Response | None:
            visit = await come_in(request)
            if visit is None:
                return RedirectResponse(f"/login?next={quote(_address(request))}", 303)
            with spoken_here(visit.language):
                look.apply(request, visit.language, _(title))
                visit.watch()
                _header(visit, path)
                main = ui.element("main").classes("jg-main")
                ui.skip_link(_("Skip to the content"), target=main)
                with main:
                    if visit.actor.may_be(role):
                        await build(visit)
                    else:
                        ui.label(_("This page is for the role {role}.").format(role=_(ROLES[role])))
                _help(visit)
            return None

        ui.page(path)(page)
        _paths.add(path)
        return build

    return register


def is_page(path: str) -> bool:
    """Whether there is a page at `path`, as it was given to `page_of`."""
    return path in _paths


def _address(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query


def _shown(visit: Visit) -> list[tuple[str, str, str]]:
    """Path, name and key of the pages that there are for whoever looks."""
    return [
        (path, _(name), key) for path, name, key, role in _NAVIGATION if path in _paths and visit.actor.may_be(role)
    ]


def _header(visit: Visit, here: str) -> None:
    with ui.element("header").classes("jg-header"):
        with ui.element("a").props("href=/").classes("jg-brand"):
            ui.element("span").classes("jg-brand-mark").props("aria-hidden=true")
            ui.label("JumpGuard")
            ui.label(visit.site.fleet).classes("jg-fleet")
        with ui.element("nav").classes("jg-nav") as nav:
            nav.props["aria-label"] = _("Pages")
            for path, name, key in _shown(visit):
                link = ui.element("a").props(f'href="{path}" data-key={key}')
                if path == here or (path != "/" and here.startswith(path)):
                    link.props("aria-current=page")
                with link:
                    ui.label(name)
        with ui.element("div").classes("jg-tools"):
            _languages(visit)
            _tool("contrast", _("Light or dark"), "jg-dark")
            _tool("keyboard", _("Keyboard"), "jg-help-open")
            _user(visit)


def _languages(visit: Visit) -> None:
    for tag, name in ((ENGLISH, "English"), (CHINESE, "简体中文")):
        if tag != visit.language:
            link = ui.element("a").props(f'href="/language/{tag}" lang={tag.replace("_", "-")}').classes("jg-tool")
            with link:
                ui.label(name)


def _tool(icon: str, name: str, identity: str) -> None:
    button = ui.element("button").props(f"type=button id={identity}").classes("jg-tool")
    button.props["aria-label"] = button.props["title"] = name
    with button:
        ui.icon(icon).props("aria-hidden=true")


def _user(visit: Visit) -> None:
    with ui.element("form").props('method=post action="/logout"').classes("jg-user"):
        ui.label(visit.actor.name).classes("jg-user-name").props["title"] = _(ROLES[visit.actor.role])
        with ui.element("button").props("type=submit").classes("jg-tool"):
            ui.label(_("Log out"))


def _help(visit: Visit) -> None:
    with ui.element("dialog").props("id=jg-help").classes("jg-dialog"):
        with ui.element("h2"):
            ui.label(_("Keyboard"))
        with ui.element("dl").classes("jg-keys"):
            for _path, name, key in _shown(visit):
                _key(f"g {key}", name)
            for key, name in _OTHER_KEYS:
                _key(key, _(name))
        with ui.element("form").props("method=dialog"), ui.element("button").classes("jg-button"):
            ui.label(_("Close"))


def _key(keys: str, name: str) -> None:
    with ui.element("dt"):
        for key in keys.split():
            with ui.element("kbd"):
                ui.label(key)
    with ui.element("dd"):
        ui.label(name)
