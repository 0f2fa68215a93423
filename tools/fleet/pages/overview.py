"""The first page: what is wrong now, and where to go on."""

from nicegui import ui

from provisioning.texts import _, mark
from tools.fleet.pages.shell import page_of
from tools.fleet.pages.visit import Visit


@page_of("/", title=mark("Overview"))
async def overview(_visit: Visit) -> None:
    """Counts, alerts and health."""
    with ui.element("h1"):
        ui.label(_("Overview"))
