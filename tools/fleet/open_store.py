"""The fleet's store, open for what people and programs ask of it and change in it; a backend may run meanwhile."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from tools.fleet.errors import StoreError
from tools.fleet.place import Place

_Rest = ParamSpec("_Rest")
_Found = TypeVar("_Found")


class OpenStore:
    """The store at `place`; several threads may use it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._reading = place.reading()
        self._writing = place.writing()

    def close(self) -> None:
        """Give the store back."""
        self._reading.dispose()
        self._writing.dispose()

    def ask(
        self, view: Callable[Concatenate[Connection, _Rest], _Found], *args: _Rest.args, **options: _Rest.kwargs
    ) -> _Found:
        """What `view` finds in the store now. Raises StoreError, and what `view` raises."""
        try:
            with self._reading.connect() as connection:
                return view(connection, *args, **options)
        except SQLAlchemyError as error:
            raise StoreError(f"store: {self.place} cannot be read: {_cause(error)}") from error

    def change(
        self, change: Callable[Concatenate[Connection, _Rest], _Found], *args: _Rest.args, **options: _Rest.kwargs
    ) -> _Found:
        """Make `change` in one transaction, whole or not at all. Raises StoreError, and what `change` raises."""
        try:
            with self._writing.begin() as connection:
                return change(connection, *args, **options)
        except SQLAlchemyError as error:
            raise StoreError(f"store: {self.place} cannot be written: {_cause(error)}") from error


def _cause(error: SQLAlchemyError) -> str:
    # Not the error's own text: it quotes the parameters.
    return str(error.__cause__ or type(error).__name__)
