"""A tap on a broker: all that terminals and backend say on it is heard."""

import threading
from typing import NamedTuple

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

_SUBSCRIBED_WITHIN_S = 10.0
# Not `#`: on nats-server that is everybody's answers too, and JetStream goes on sending events to where a backend that
# has ended asked for some, as long as anybody hears them there.
TOPICS = ("jumpguard/#", "homeassistant/#")


class Heard(NamedTuple):
    """One message; `retained` says that the broker had kept it."""

    topic: str
    payload: bytes
    retained: bool


class Tap:
    """Listens for as long as a broker is there, and again whenever it comes back."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe([(topics, 0) for topics in TOPICS])
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)

    def start(self, port: int) -> None:
        """Listen at the broker on `port`; nothing where it does already."""
        if not self._subscribed.is_set():
            self._client.connect("127.0.0.1", port)
            self._client.loop_start()
            assert self._subscribed.wait(_SUBSCRIBED_WITHIN_S), "the broker takes no subscription"

    def stop(self) -> None:
        """Hear nothing any more."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self.heard.append(Heard(message.topic, bytes(message.payload), message.retain))
