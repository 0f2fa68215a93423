"""A broker and a backend that anybody may talk to, and a well-behaved terminal that has to be heard all the same."""

import contextlib
import socket
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from provisioning import keys
from provisioning.mqtt_packets import ACCEPTED, connect
from tests.tools.fleet.process import BackendProcess
from tests.tools.fleet.publisher import Journal, Publisher
from tools.broker import Broker
from tools.fleet.load.packets import PINGREQ, PINGRESP, Packets, publish
from tools.rig.started import Started

GOOD = "JG-GOOD-0001"
_PATIENCE_S = 20.0

Said = tuple[str, bytes, bool]
"""Topic, payload, and whether the broker is to keep it."""


class Door(Started):
    """In `directory`; `with` begins and ends it."""

    def __init__(self, directory: Path) -> None:
        key = directory / "backend.json"
        keys.create(key, keys.BACKEND)
        self.broker = Broker(directory / "broker")
        self._directory = directory
        self._key = key
        self._stack = ExitStack()
        self.journal = Journal(GOOD)

    def start(self) -> None:
        """See Started."""
        self._stack.enter_context(self.broker)
        self.backend = BackendProcess(self._directory / "store", self.broker.port, self._key).start()
        self._stack.callback(self._end_backend)
        self.reader = self.backend.reader()
        self._stack.callback(self.reader.close)
        self._good = Publisher(self.broker.port, GOOD).start()
        self._stack.callback(self._good.stop)

    def stop(self) -> None:
        """See Started."""
        self._stack.close()

    def good_is_heard(self) -> float:
        """Have the terminal say an event; the seconds until it is acknowledged. Raises queue.Empty, AssertionError."""
        begin = time.monotonic()
        entry = self.journal.add()
        self._good.send_entries(self.journal, entry)
        self._good.wait_for_ack(entry["sequence"])
        assert self.backend.is_alive(), self.backend.log.read_text()
        return time.monotonic() - begin

    def hostile(self, said: Iterable[Said]) -> None:
        """Say it all on a connection of its own; the broker may end that before."""
        with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", self.broker.port)) as line:
            line.settimeout(_PATIENCE_S)
            line.sendall(connect(""))
            assert line.recv(len(ACCEPTED)) == ACCEPTED
            for number, (topic, payload, retain) in enumerate(said):
                line.sendall(publish(topic, payload, number % 0xFFFF + 1, retain))
            line.sendall(PINGREQ)
            self._wait_for_answer(line)

    def _wait_for_answer(self, line: socket.socket) -> None:
        packets = Packets()
        while data := line.recv(65_536):
            if any(told.kind == PINGRESP for told in packets.feed(data)):
                return

    def _end_backend(self) -> None:
        assert self.backend.terminate() == 0, self.backend.log.read_text()
