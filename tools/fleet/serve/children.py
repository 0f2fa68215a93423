"""The broker and the backend that run beside the pages, as processes of their own."""

from collections.abc import Sequence

from tools.broker import Broker
from tools.fleet.errors import FleetError
from tools.fleet.serve.home import Home
from tools.rig.process import Process
from tools.rig.started import Started

BACKEND_MODULE = "tools.fleet"


class EndedError(FleetError):
    """A process without which the pages would show yesterday's fleet has ended."""


class Children(Started):
    """The `broker`, where it is our own, and the backend, where it runs here, with further options of `fleet ingest`.

    Nothing is started again by itself: whoever runs the desk, systemd say, shall see that it ended.
    """

    def __init__(self, home: Home, broker: Broker | None, backend: Sequence[str] | None) -> None:
        self._home = home
        self._broker = broker
        self._options = backend
        self._backend: Process | None = None

    def start(self) -> None:
        """Start the broker, then the backend. Raises BrokerError or ProcessError when one does not come up."""
        if self._broker is not None:
            self._broker.start()
        if self._options is not None:
            self._backend = self._ingest([*self._options])
            self._backend.start()

    def stop(self) -> None:
        """End the backend, which stores what it has, then the broker."""
        try:
            if self._backend is not None:
                self._backend.stop()
        finally:
            if self._broker is not None:
                self._broker.stop()

    def check(self) -> None:
        """Raise EndedError when one of them has ended."""
        if self._broker is not None and not self._broker.alive:
            raise EndedError(f"broker: it ended by itself; see {self._broker.log}, and start this again")
        if self._backend is not None and not self._backend.alive:
            raise EndedError(f"backend: it ended by itself; see {self._backend.log}, and start this again")

    def _ingest(self, options: list[str]) -> Process:
        home = self._home
        options += ["--dir", str(home.directory), "--fleet", home.fleet, "--key", str(home.key_file())]
        if self._broker is not None:
            options += home.link(self._broker)
        return Process("ingest", BACKEND_MODULE, ["ingest", *options], home.directory)
