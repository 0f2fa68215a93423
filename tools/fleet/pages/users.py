"""Who may come in, and what each may do; for administrators."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from nicegui import ui

from provisioning.texts import _, mark
from tools.fleet.access import passwords
from tools.fleet.access import users as access
from tools.fleet.access.actor import Role
from tools.fleet.pages import audit
from tools.fleet.pages.changing import Changing
from tools.fleet.pages.elements import button, link, text, when
from tools.fleet.pages.shell import ROLES, page_of
from tools.fleet.pages.visit import Visit
from tools.fleet.plain import plain

PATH = "/users"


class UsersPage:
    """What one administrator sees of the users."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        with ui.element("div").classes("jg-head"):
            text("h1", _("Users"))
            ui.element("span").classes("jg-grow")
            button(_("New user"), visit.does(self._add), "person_add").classes("jg-primary")
        self._list = Changing(self._show, "jg-card jg-scroll")

    async def refresh(self) -> None:
        """Ask the store again, and change what is different."""
        self._list.show(await self._visit.ask(access.listed))

    def _show(self, known: list[access.User]) -> None:
        with ui.element("table").classes("jg-list"):
            with ui.element("thead"), ui.element("tr"):
                for heading in (_("Name"), _("Role"), _("Since"), ""):
                    text("th", heading).props("scope=col")
            with ui.element("tbody"):
                for user in known:
                    self._row(user)

    def _row(self, user: access.User) -> None:
        with ui.element("tr"):
            with ui.element("td"):
                link(f"{audit.PATH}?{urlencode({'by': user.name})}", plain(user.name, 60), "jg-strong")
                if user.disabled_at is not None:
                    text("span", _("disabled"), "jg-state jg-idle jg-gap")
            text("td", _(ROLES[user.role]))
            with ui.element("td"):
                when(user.created_at)
            with ui.element("td").classes("jg-row"):
                button(_("Role"), self._visit.does(lambda: self._ask_role(user)))
                if not user.subject:
                    button(_("Password"), self._visit.does(lambda: self._ask_password(user)))
                if user.disabled_at is None:
                    button(_("Disable"), self._visit.does(lambda: self._change(user, disabled=True)))
                else:
                    button(_("Enable"), self._visit.does(lambda: self._change(user, disabled=False)))

    def _add(self) -> None:
        async def add() -> None:
            made = await asyncio.to_thread(passwords.hashed, password.value or "")
            await self._visit.order(access.add, (name.value or "").strip(), Role(role.value), made)

        with self._dialog(_("New user"), add):
            name = ui.input(_("Name")).props(f"maxlength={access.LONGEST_NAME} autofocus").classes("jg-full")
            role = self._roles(Role.VIEWER)
            password = self._password()

    def _ask_role(self, user: access.User) -> None:
        with self._dialog(user.name, lambda: self._change(user, role=Role(role.value))):
            role = self._roles(user.role)

    def _ask_password(self, user: access.User) -> None:
        async def change() -> None:
            made = await asyncio.to_thread(passwords.hashed, password.value or "")
            await self._change(user, password=made)

        with self._dialog(user.name, change):
            password = self._password()

    async def _change(
        self,
        user: access.User,
        role: Role | None = None,
        password: passwords.PasswordHash | None = None,
        disabled: bool | None = None,
    ) -> None:
        await self._visit.order(access.change, user.name, role, password, disabled)
        await self.refresh()

    def _dialog(self, title: str, do: Callable[[], Awaitable[None]]) -> ui.element:
        """A dialog that does `do` and closes; what is asked for is put into the element."""

        async def go_on() -> None:
            await do()
            dialog.close()
            await self.refresh()

        with ui.dialog() as dialog, ui.element("div").classes("jg-dialog jg-form"):
            text("h2", plain(title, 60))
            inside = ui.element("div").classes("jg-stack")
            with ui.element("div").classes("jg-row"):
                ui.element("span").classes("jg-grow")
                button(_("Cancel"), dialog.close)
                button(_("Save"), self._visit.does(go_on)).classes("jg-primary")
        dialog.open()
        return inside

    def _roles(self, chosen: Role) -> ui.select:
        names = {role.value: _(name) for role, name in ROLES.items()}
        return ui.select(names, value=chosen.value, label=_("Role")).classes("jg-full")

    def _password(self) -> ui.input:
        label = _("Password, at least {count} characters").format(count=passwords.SHORTEST)
        return ui.input(label, password=True).props("autocomplete=new-password").classes("jg-full")


@page_of(PATH, title=mark("Users"), role=Role.ADMINISTRATOR)
async def users(visit: Visit) -> None:
    """Who may come in."""
    page = UsersPage(visit)
    await page.refresh()
    visit.live(page.refresh)
