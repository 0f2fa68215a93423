"""The few HTML elements of which the pages are made; their texts are shown as text, whatever is in them."""

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from tools.fleet.pages.shown import exact
from tools.fleet.plain import plain


def text(tag: str, content: str, classes: str = "") -> TextElement:
    """An element `tag` that says `content`."""
    return TextElement(tag=tag, text=content).classes(classes)


def icon(name: str) -> ui.icon:
    """A picture beside a word that says the same."""
    return ui.icon(name).props("aria-hidden=true")


def button(content: str, on_click: Callable[..., Any], picture: str = "") -> ui.element:
    """A button that says `content`."""
    element = ui.element("button").props("type=button").classes("jg-button")
    with element:
        if picture:
            icon(picture)
        text("span", content)
    return element.on("click", on_click, args=[])


def link(address: str, content: str, classes: str = "") -> TextElement:
    """A link to a page of ours."""
    element = text("a", content, classes)
    element.props["href"] = address
    return element


def when(time: str, zone: str = "") -> TextElement:
    """How long `time` is over, which the page's script says and keeps true; pointed at, when it was to the second."""
    element = text("time", "" if time else "-")
    if time:
        element.props["datetime"], element.props["title"] = plain(time, 40), exact(time, zone)
    return element
