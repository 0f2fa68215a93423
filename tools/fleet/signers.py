"""Which of the backend's keys signs for which terminal: while one key follows another, a fleet trusts both.

A terminal has the one key set or the other, and tells which. The backend signs with the newest of its keys that the
terminal's set knows as active, so that what it sends is taken before the change and after it.
"""

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from agent.keys.key_set import ACTIVE, BACKEND, REVOKED
from provisioning.keys import SigningKey
from tools.fleet.tables import key_sets, terminal_keys


class Signers:
    """The backend's `keys`, the newest last."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        self._keys = keys

    @property
    def only(self) -> SigningKey | None:
        """The key that signs for everybody, None where there are several."""
        return self._keys[0] if len(self._keys) == 1 else None

    def public(self, connection: Connection) -> dict[str, str]:
        """The public halves of all that the backend ever signed with and nobody revoked, as far as is known; by id."""
        return {key.id: key.public_hex for key in self._keys} | published(connection)

    def of(self, connection: Connection, terminals: Iterable[str]) -> dict[str, SigningKey]:
        """The key that signs for each of `terminals`.

        The oldest one for a terminal that has told of no set, or of one from before those that the backend was given.
        """
        names = set(terminals)
        chosen = dict.fromkeys(names, self._keys[0])
        if self.only is None and names:
            by_version = self._by_version(connection)
            told = select(terminal_keys).where(terminal_keys.c.terminal.in_(names))
            for row in connection.execute(told):
                known = [version for version in by_version if version <= row.version]
                if known:
                    chosen[row.terminal] = by_version[max(known)]
        return chosen

    def _by_version(self, connection: Connection) -> dict[int, SigningKey]:
        found = {}
        for row in connection.execute(select(key_sets.c.version, key_sets.c.signed)):
            active = {
                key["id"]
                for key in json.loads(row.signed)["document"]["keys"]
                if (key["role"], key["standing"]) == (BACKEND, ACTIVE)
            }
            # Without any the terminal takes nothing of us until it has the set that names one: the newest is as good.
            found[row.version] = next((key for key in reversed(self._keys) if key.id in active), self._keys[-1])
        return found


def published(connection: Connection) -> dict[str, str]:
    """The public halves, in hex, of the backend's keys that the operator's key sets name, by id; "" for one revoked."""
    known: dict[str, str] = {}
    for signed in connection.execute(select(key_sets.c.signed).order_by(key_sets.c.version)).scalars():
        known.update(
            {
                key["id"]: key["public"] if key["standing"] != REVOKED else ""
                for key in json.loads(signed)["document"]["keys"]
                if key["role"] == BACKEND
            }
        )
    return known
