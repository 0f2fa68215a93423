"""What all pages of this process stand on: the store, and who may come in."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from nicegui import app
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from tools.fleet.errors import StoreError
from tools.fleet.pages.door import Door
from tools.fleet.place import Place

_Rest = ParamSpec("_Rest")
_Found = TypeVar("_Found")


class Site:
    """The dashboard of the store at `place`."""

    def __init__(self, place: Place, fleet: str) -> None:
        self.place = place
        self.fleet = fleet
        self._reading = place.reading()
        self._writing = place.writing()
        self.door = Door(self._reading, self._writing)

    def ask(
        self, view: Callable[Concatenate[Connection, _Rest], _Found], *args: _Rest.args, **options: _Rest.kwargs
    ) -> _Found:
        """What `view` finds in the store now. Raises StoreError."""
        try:
            with self._reading.connect() as connection:
                return view(connection, *args, **options)
        except SQLAlchemyError as error:
            raise StoreError(
                f"store: {self.place} cannot be read: {error.__cause__ or type(error).__name__}"
            ) from error

    def change(
        self, change: Callable[Concatenate[Connection, _Rest], _Found], *args: _Rest.args, **options: _Rest.kwargs
    ) -> _Found:
        """Have `change` made, whole or not at all. Raises StoreError, and what `change` raises."""
        try:
            with self._writing.begin() as connection:
                return change(connection, *args, **options)
        except SQLAlchemyError as error:
            # Not the error's own text: it would quote the parameters.
            raise StoreError(
                f"store: {self.place} cannot be written: {error.__cause__ or type(error).__name__}"
            ) from error


def use(site: Site) -> None:
    """Have the pages of this process show `site`."""
    app.state.site = site


def current() -> Site:
    """The site that the pages show."""
    site = app.state.site
    assert isinstance(site, Site)
    return site
