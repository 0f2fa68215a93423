"""The fleet's store, for commands that look into it or change it as whoever runs them."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.fleet.access.actor import Actor, Role
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place


@contextmanager
def opened(directory: Path) -> Iterator[OpenStore]:
    """The store in `directory`, which a backend has made. Raises StoreError."""
    place = Place(directory)
    place.check()
    store = OpenStore(place)
    try:
        yield store
    finally:
        store.close()


def me() -> Actor:
    """Whoever runs the command: who can write the store's files may do everything."""
    return Actor(f"cli:{getpass.getuser()}", Role.ADMINISTRATOR)
