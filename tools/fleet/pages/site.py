"""What all pages of this process stand on: the store, and who may come in."""

from nicegui import app

from tools.fleet.access.door import Door
from tools.fleet.access.oidc import Provider
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place


class Site(OpenStore):
    """The dashboard of the store at `place`; `provider`, if there is one, lets users in as well."""

    def __init__(self, place: Place, fleet: str, provider: Provider | None = None) -> None:
        super().__init__(place)
        self.fleet = fleet
        self.provider = provider
        self.door = Door(self)


def use(site: Site) -> None:
    """Have the pages of this process show `site`."""
    app.state.site = site


def current() -> Site:
    """The site that the pages show."""
    site = app.state.site
    assert isinstance(site, Site)
    return site
