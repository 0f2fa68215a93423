"""Talk to a running fault proxy over its control socket."""

import json
import socket
from pathlib import Path
from typing import Any

from tools.proxy.control import SOCKET_NAME
from tools.proxy.errors import ProxyError

_PATIENCE_S = 5


class ProxyControl:
    """The control socket in `directory`. Every method makes its own short connection and raises ProxyError."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / SOCKET_NAME

    def fault(self, fault: str, **options: str | int) -> None:
        """Order `fault`; `options` are those of the fault, see `tools.proxy.faults`."""
        self._ask({"do": "fault", "fault": fault, **options})

    def status(self) -> dict[str, Any]:
        """What is `pending`, how often something `happened`, open `connections`, lengths of recent `frames`."""
        reply = self._ask({"do": "status"})
        return {key: value for key, value in reply.items() if key != "ok"}

    def hang_up(self) -> None:
        """End every connection."""
        self._ask({"do": "hang_up"})

    def reset(self) -> None:
        """Forget faults, frames kept and counts; connections stay."""
        self._ask({"do": "reset"})

    def _ask(self, request: dict[str, object]) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_PATIENCE_S)
                connection.connect(str(self._path))
                connection.sendall(json.dumps(request).encode() + b"\n")
                reply: dict[str, Any] = json.loads(connection.makefile("rb").readline())
        except (OSError, ValueError) as error:
            raise ProxyError(f"no fault proxy answers at {self._path} ({error}); is it running?") from error
        if not reply["ok"]:
            raise ProxyError(str(reply["error"]))
        return reply
