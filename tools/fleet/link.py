"""One connection to the broker, from its opening to its end; a new connection is a new object.

So nothing of an old connection can act on a new one: packet identifiers are used again, and an acknowledgement of the
old one's message 7 would otherwise take the new one's message 7 from the broker's hands.
"""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.report.topics import EVENT, INFO, PREFIX, STATE, VITALS
from board.encryption import Encryption
from board.errors import IdentityError
from board.identity import Pair
from board.tls import context, explained
from tools.fleet.contract import ANY_VERSION, COMMAND_STATUS, CONFIG_REPORTED
from tools.fleet.delivery import Deliver, Message
from tools.fleet.errors import LinkError
from tools.fleet.keeper import News, Tell

# Of each terminal. Vitals come again every minute: QoS 0 keeps a broker from hoarding stale ones while no backend runs.
REPORTS = ((STATE, 1), (INFO, 1), (CONFIG_REPORTED, 1), (COMMAND_STATUS, 1), (VITALS, 0))
EVENTS = ((EVENT, 1),)
KEEP_ALIVE_SECONDS = 20
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 2.0

log = logging.getLogger("jumpguard.fleet")


class Broker(NamedTuple):
    """Where the broker is; for TLS whose certificates it may have, and the backend's own."""

    host: str
    port: int
    ca_file: Path | None = None
    pair: Pair | None = None


class Session(NamedTuple):
    """What a connection asks of the broker: subscriptions with their QoS, and to keep them and what comes meanwhile.

    A kept session may have the subscriptions of an earlier backend: those in `dropped` are ended.
    """

    client_id: str
    subscriptions: Sequence[tuple[str, int]]
    dropped: Sequence[str] = ()
    kept: bool = True


def filters(fleet: str, channels: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The subscriptions to `channels` of every terminal of `fleet`.

    To states of every version of the contract: a terminal that speaks another one shall be refused, not just unheard.
    """
    return [(f"{ANY_VERSION if channel == STATE else PREFIX}/{fleet}/+/{channel}", qos) for channel, qos in channels]


class Connection:
    """A connection to `broker` for `session`. paho's thread calls `deliver` and `tell`, which may only queue."""

    begins_within_s = 15.0

    def __init__(self, broker: Broker, session: Session, deliver: Deliver, tell: Tell) -> None:
        self._broker = broker
        self._name = f"broker {broker.host}:{broker.port}"
        self.silence = f"{self._name}: the session did not begin"
        self.ending = f"{self._name}: the connection ended"
        self._encryption: Encryption | None = None
        self._answered = False
        self._session = session
        self._deliver = deliver
        self._tell = tell
        self._ended = threading.Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=session.client_id,
            clean_session=not session.kept,
            manual_ack=True,
            reconnect_on_failure=False,
        )

    def open(self) -> None:
        """See `Kept.open`."""
        client = self._client
        client.connect_timeout = CONNECT_SECONDS
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        try:
            self._encrypt()
            client.connect(self._broker.host, self._broker.port, keepalive=KEEP_ALIVE_SECONDS)
        except IdentityError as error:
            raise LinkError(f"{self._name}: {error}") from error
        except OSError as error:
            raise LinkError(f"{self._name} cannot be reached: {explained(error)}") from error
        client.loop_start()

    def _encrypt(self) -> None:
        if self._broker.ca_file is not None and self._broker.pair is not None:
            self._encryption = Encryption(context(self._broker.ca_file, self._broker.pair))
            self._client.tls_set_context(self._encryption.context)

    def close(self) -> None:
        """See `Kept.close`; a kept session stays at the broker."""
        self._client.disconnect()
        self._ended.wait(CLOSE_SECONDS)

    def confirm(self, messages: Sequence[Message]) -> None:
        """See `Source.confirm`: PUBACK."""
        for message in messages:
            if message.qos and isinstance(message, MQTTMessage):
                self._client.ack(message.mid, message.qos)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """See `Source.publish`; what is retained goes at QoS 1."""
        self._client.publish(topic, payload, qos=1 if retain else 0, retain=retain)

    def _on_connect(
        self, client: Client, _user: object, _flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._answered = True
        if code.is_failure:
            log.error("broker: refused the session: %s", code)
        else:
            if self._session.dropped:
                client.unsubscribe(list(self._session.dropped))
            client.subscribe(list(self._session.subscriptions))

    def _on_subscribe(
        self, client: Client, _user: object, _mid: int, codes: list[ReasonCode], _properties: Properties | None
    ) -> None:
        if any(code.is_failure for code in codes):
            log.error("broker: refused a subscription; are its access rules and consumer limits right?")
            client.disconnect()
        else:
            self._on_granted()

    def _on_granted(self) -> None:
        """The broker has granted every subscription."""
        self._tell(self, News.SUBSCRIBED)

    def _on_disconnect(
        self, _client: Client, _user: object, _flags: DisconnectFlags, _code: ReasonCode, _properties: Properties | None
    ) -> None:
        why = self._encryption.why(self._answered) if self._encryption is not None else ""
        if why:
            log.error("%s: %s", self._name, why)
        self._ended.set()
        self._tell(self, News.ENDED)

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self._deliver(self, message)
