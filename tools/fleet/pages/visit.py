"""One open page: who looks at it, in which language, and what it asks of the store while it is looked at."""

import asyncio
import functools
import inspect
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from fastapi import Request
from nicegui import ui
from nicegui.events import GenericEventArguments
from sqlalchemy import Connection

from agent.errors import JumpGuardError
from provisioning.texts import _, spoken_here
from tools.errors import ToolError
from tools.fleet.access.actor import Actor
from tools.fleet.errors import ForbiddenError
from tools.fleet.pages.site import Site

LIVE_S = 0.4
# How soon a page notices that its session is over.
_SESSION_S = 3.0
# How long a page rests after each look, in times of what that took.
_RESTS = 1.0

_Rest = ParamSpec("_Rest")
_Found = TypeVar("_Found")
_Handler = TypeVar("_Handler", bound=Callable[..., Any])


@dataclass(slots=True)
class Visit:
    """`secret` is that of the session's cookie. Every method is called from the page's own tasks."""

    site: Site
    request: Request
    actor: Actor
    secret: str
    language: str
    _visible: bool = True

    async def ask(
        self, view: Callable[Concatenate[Connection, _Rest], _Found], *args: _Rest.args, **options: _Rest.kwargs
    ) -> _Found:
        """What `view` finds in the store now. Raises StoreError."""
        return await asyncio.to_thread(functools.partial(self.site.ask, view, *args, **options))

    async def order(
        self,
        change: Callable[Concatenate[Connection, Actor, _Rest], _Found],
        *args: _Rest.args,
        **options: _Rest.kwargs,
    ) -> _Found:
        """Have `change` made, if whoever looks may still do so. Raises StoreError, ForbiddenError and the change's."""
        session = await asyncio.to_thread(self.site.door.session, self.secret)
        if session is None:
            raise ForbiddenError(_("Your session is over: log in again."))
        return await asyncio.to_thread(functools.partial(self.site.change, change, session.actor, *args, **options))

    def does(self, handler: _Handler) -> _Handler:
        """`handler` of an event, in the visit's language; an error of ours becomes a note on the page."""

        @functools.wraps(handler)
        async def handle(*args: Any) -> None:
            with spoken_here(self.language):
                try:
                    result = handler(*args)
                    if inspect.isawaitable(result):
                        await result
                except (ToolError, JumpGuardError) as error:
                    ui.notify(str(error), type="negative", timeout=8000, close_button=True)

        return handle  # type: ignore[return-value]

    def live(self, refresh: Callable[[], Awaitable[None]]) -> None:
        """Call `refresh` every LIVE_S while somebody can see the page; it changes what is different."""
        trouble = ui.label().classes("jg-trouble").props("role=alert")
        trouble.visible = False

        rests_until = 0.0

        async def look() -> None:
            nonlocal rests_until
            began = time.monotonic()
            if not self._visible or began < rests_until:
                return
            try:
                with spoken_here(self.language):
                    await refresh()
                trouble.visible = False
            except ToolError as error:
                trouble.text, trouble.visible = str(error), True
            # A page whose question takes long asks less often: all of them share the machine with the backend.
            rests_until = time.monotonic() + _RESTS * (time.monotonic() - began) - LIVE_S

        ui.timer(LIVE_S, look)

    def watch(self) -> None:
        """Know whether somebody can see the page, and leave it when the session is over."""
        ui.on("jg-visible", self._see)
        ui.timer(_SESSION_S, self._leave_in_time, immediate=False)

    def _see(self, event: GenericEventArguments) -> None:
        self._visible = bool(event.args)

    async def _leave_in_time(self) -> None:
        # While nobody can see the page, nobody is there, and the session is left to its end.
        if self._visible and await asyncio.to_thread(self.site.door.session, self.secret) is None:
            ui.navigate.to("/login")
