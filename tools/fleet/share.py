"""Events over a shared subscription of MQTT (`$share`), whose messages a broker hands to one of several workers each.

It is no part of MQTT 3.1.1, and a broker may grant what it does not know: nats-server does, and delivers nothing. So
each connection first sends itself something over a share of its own, and only begins when that comes back.
"""

import secrets

from paho.mqtt.client import Client, MQTTMessage

from tools.brokers.access import probe_topic
from tools.fleet.delivery import Deliver
from tools.fleet.keeper import News, Tell
from tools.fleet.link import EVENTS, Broker, Connection, Session, filters


class ShareConnection(Connection):
    """A connection to `broker` that delivers its share of the events of `fleet`.

    The workers are a `group` that nobody else knows the name of: mosquitto lets any client join one, and what it then
    hands to a client that may not read it is lost. The broker does not keep the session: it would go on to hand a
    worker that is away its share.
    """

    begins_within_s = 5.0

    def __init__(self, broker: Broker, fleet: str, group: str, deliver: Deliver, tell: Tell) -> None:
        self._topic = probe_topic(fleet)
        self._proof = secrets.token_bytes(16)
        subscriptions = [(f"$share/{group}/{topic}", qos) for topic, qos in filters(fleet, EVENTS)]
        subscriptions.append((f"$share/{secrets.token_hex(8)}/{self._topic}", 1))
        client_id = f"jumpguard-worker-{secrets.token_hex(8)}"
        super().__init__(broker, Session(client_id, subscriptions, kept=False), deliver, tell)
        self.silence = (
            f"{self._name}: it grants a shared subscription and delivers nothing over it, as nats-server does: "
            "have the events come from its stream, --stream HOST:PORT"
        )
        self.ending += "; at mosquitto each worker needs a certificate of its own"

    def _on_granted(self) -> None:
        self._client.publish(self._topic, self._proof, qos=1)

    def _on_message(self, client: Client, user: object, message: MQTTMessage) -> None:
        if message.topic != self._topic:
            super()._on_message(client, user, message)
            return
        self.confirm([message])
        if message.payload == self._proof:
            self._tell(self, News.SUBSCRIBED)
