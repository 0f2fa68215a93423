"""A part of a page that is built anew when what it shows is different, and left alone as long as it is not."""

from collections.abc import Callable
from typing import Generic, TypeVar

from nicegui import ui

_Shown = TypeVar("_Shown")


class Changing(Generic[_Shown]):
    """`build` makes the elements of what it is given, in an element of `classes`."""

    def __init__(self, build: Callable[[_Shown], None], classes: str = "") -> None:
        self._build = build
        self._shown: list[_Shown] = []
        self.element = ui.element("div").classes(classes)

    def show(self, what: _Shown) -> None:
        """Show `what`."""
        if self._shown == [what]:
            return
        self._shown = [what]
        self.element.clear()
        with self.element:
            self._build(what)
