"""A counter whose parts are killed as by a power cut, and started again, while a till keeps its address."""

import os
import random
import signal
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from provisioning.till import Till
from tools.broker import free_port
from tools.brokers.setup import Engine
from tools.rig.files import SERIAL
from tools.rig.rig import Rig


class SoakRig(Rig):
    """A secured counter with a broker of `engine`, of one node or several, and a backend with `workers`."""

    def __init__(self, directory: Path, engine: Engine, nodes: int = 1, workers: int = 1) -> None:
        super().__init__(directory, engine, nodes, workers)
        self._api_port = free_port()

    @property
    def till(self) -> Till:
        """A till, also while no agent runs."""
        return Till(f"127.0.0.1:{self._api_port}", self.files.token)

    def write_settings(self, **sections: dict[str, object]) -> None:
        """See `Rig.write_settings`; a restarted agent listens where it did."""
        super().write_settings(api={"port": self._api_port}, **sections)

    def kill_and_restart(self, *victims: str) -> None:
        """Kill the processes named (SIGKILL), then start them again. Raises ProcessError when one does not come."""
        for victim in victims:
            if victim in self.brokers:
                self._kill_server(victim)
            elif victim == "worker":
                self._kill_a_worker()
            else:
                self.processes[victim].kill()
        for broker in self.brokers:  # first: the backend is only up when it has subscribed
            if broker in victims:
                self.start_broker(broker)
        if "backend" in victims:
            self.start_backend()
        if "agent" in victims:
            self.start_agent()

    def stored_sequence(self) -> int:
        """How far the backend holds the terminal's journal without a gap."""
        with closing(self.reader()) as reader:
            return max((journal.stored_sequence for journal in reader.journals(SERIAL)), default=0)

    def longest_gap_s(self) -> float:
        """The longest time between two batches that the backend stored, and so acknowledged."""
        times = sorted(datetime.fromisoformat(event.received_at) for event in self.stored_events())
        return max((later - earlier).total_seconds() for earlier, later in pairwise(times))

    def _kill_a_worker(self) -> None:
        """Kill one of the backend's workers, and leave it to the backend to start another."""
        if not self.processes["backend"].alive:
            return  # killed together with it, and its workers end with it
        self.wait_until(lambda: bool(self._children("backend")), "a worker of the backend")
        os.kill(random.choice(self._children("backend")), signal.SIGKILL)

    def _kill_server(self, name: str) -> None:
        # The server itself: were its parent killed, nobody would know when it has let go of its port.
        (server,) = self._children(name)
        os.kill(server, signal.SIGKILL)
        self.processes[name].wait()
        self.processes[name].stop()

    def _children(self, name: str) -> list[int]:
        """The process ids of the children of the process `name`."""
        threads = Path(f"/proc/{self.processes[name].pid}/task").glob("*/children")
        return [int(child) for thread in threads for child in thread.read_text().split()]
