"""A terminal that hears commands over the broker, and answers them when a test says so."""

import json
from queue import SimpleQueue
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.tools.fleet.pages.desk import Desk
from tests.tools.fleet.publisher import SECONDS, state


class Commanded:
    """`terminal` is online at the broker of `desk` until `stop`."""

    def __init__(self, desk: Desk, terminal: str) -> None:
        self.terminal = terminal
        self.publisher = desk.publisher(terminal)
        self._orders: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._client = Client(CallbackAPIVersion.VERSION2)
        subscribed: SimpleQueue[None] = SimpleQueue()
        self._client.on_connect = lambda client, *_: client.subscribe(self.publisher.topic("cmd/+/+"))
        self._client.on_subscribe = lambda *_: subscribed.put(None)
        self._client.on_message = lambda _client, _user, message: self._orders.put(json.loads(message.payload))
        self._client.connect("127.0.0.1", desk.broker_port)
        self._client.loop_start()
        subscribed.get(timeout=SECONDS)
        self.publisher.send("state", state("online", 1), retain=True)

    def next_order(self) -> dict[str, Any]:
        """The command that comes next."""
        return self._orders.get(timeout=SECONDS)

    def answer(self, order: dict[str, Any], word: str, progress: int = 0, result: dict[str, Any] | None = None) -> None:
        """Say how the command `order` stands."""
        status = {
            "format": "jumpguard.command-status/1",
            "type": order["type"],
            "id": order["id"],
            "state": word,
            "code": "",
            "progress": 100 if word in ("succeeded", "failed") else progress,
            "result": result or {},
        }
        self.publisher.send(f"cmd/{order['type']}/{order['id']}/status", status)

    def stop(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()
        self.publisher.stop()
