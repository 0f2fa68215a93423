"""Talk to a running simulated acquirer over its control socket."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from tools.acquirer.control import SOCKET_NAME
from tools.acquirer.ledger import Row
from tools.errors import ControlError

_PATIENCE_SECONDS = 5


class AcquirerControl:
    """The control socket in `directory`. Every method makes its own short connection and raises ControlError."""

    def __init__(self, directory: Path) -> None:
        self._path = Path(directory) / SOCKET_NAME

    def behave(
        self, behaviour: str, *, times: int | str = 1, mti: str | None = None, **options: str | int | None
    ) -> None:
        """Order `behaviour` for the next `times` messages of type `mti`, or for "always" ("approve" undoes that).

        Without `mti` it is for sales (bad_keys: for sign-ons). `options` are those of the behaviour, see
        `tools.acquirer.behaviours`; an option of None is left out.
        """
        order = {"do": "behave", "behaviour": behaviour, "times": times, "mti": mti, **options}
        self._ask({key: value for key, value in order.items() if value is not None})

    def ledger(self) -> list[Row]:
        """The charges, oldest first."""
        return self._rows("ledger")

    def messages(self) -> list[Row]:
        """The messages in and out, oldest first, without card data."""
        return self._rows("messages")

    def status(self) -> dict[str, object]:
        """`behaviours` still ordered, TIDs `signed_on`, and counts of `malformed` input by reason."""
        reply = self._ask({"do": "status"})
        return {key: value for key, value in reply.items() if key != "ok"}

    def reset(self, *, ledger: bool = False) -> None:
        """Forget orders, held answers and counts, and with `ledger` the charges and messages; keys stay."""
        self._ask({"do": "reset", "ledger": ledger})

    def _rows(self, name: str) -> list[Row]:
        rows = self._ask({"do": name})["rows"]
        assert isinstance(rows, list)
        return rows

    def _ask(self, request: dict[str, object]) -> dict[str, object]:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_PATIENCE_SECONDS)
                connection.connect(str(self._path))
                connection.sendall(json.dumps(request).encode() + b"\n")
                reply = json.loads(connection.makefile("rb").readline())
        except (OSError, ValueError) as error:
            raise ControlError(f"no acquirer answers at {self._path} ({error}); is it running?") from error
        if not isinstance(reply, dict) or not reply.get("ok"):
            raise ControlError(str(reply.get("error")) if isinstance(reply, dict) else "the reply is no object")
        return reply
