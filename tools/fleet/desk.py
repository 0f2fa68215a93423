"""The operator's desk: gives orders to the store that a backend serves, whether it runs now or later."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from agent.keys.key_set import KeySet
from tools.contract.validator import check_args
from tools.fleet import alarms, key_sets, orders
from tools.fleet.place import Place
from tools.fleet.times import utc_now

_Given = TypeVar("_Given")


class Desk:
    """Writes orders into the store in `directory`, which a backend has made."""

    def __init__(self, directory: Path) -> None:
        self.place = Place(directory)

    def command(self, terminal: str, kind: str, args: dict[str, object], lasts_s: int = orders.LASTS_S) -> str:
        """Order a command and return its id.

        Raises StoreError, ContractError, OrderError, or BrokenContractError for a type or arguments that are none.
        """
        check_args(kind, args)
        return self._give(lambda connection: orders.order_command(connection, terminal, kind, args, lasts_s))

    def configure(self, terminal: str, document: dict[str, object]) -> int:
        """Order a configuration and return its version. Raises StoreError or ContractError."""
        return self._give(lambda connection: orders.desire(connection, terminal, document))

    def give_key_set(self, fleet: str, key_set: KeySet) -> None:
        """Have the terminals of `fleet` take `key_set`. Raises StoreError, or OrderError when it is not a newer one."""
        self._give(lambda connection: key_sets.give(connection, fleet, key_set, orders.second_now()))

    def close(self, numbers: Sequence[int], why: str) -> None:
        """Close the alarms `numbers`, and keep `why` and when. Raises StoreError or OrderError; then none is closed."""
        self._give(lambda connection: alarms.close(connection, numbers, why, utc_now()))

    def _give(self, order: Callable[[Connection], _Given]) -> _Given:
        self.place.check()
        engine = self.place.writing()
        try:
            with self.place.failing_as("written"), engine.begin() as connection:
                return order(connection)
        finally:
            engine.dispose()
