"""The link to the fleet: paho-mqtt driven by the asyncio loop, without a thread of its own.

Each connection is a new client: nothing that paho queued for an old one can be sent twice or out of order; the outbox
says what is sent again.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Sequence
from itertools import cycle
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, ConnackCode, MQTTErrorCode

from agent.adapters.link_tls import Tls
from agent.compat import monotonic_ms, since_ms
from agent.errors import LinkError
from agent.report.ports import UNKNOWN

log = logging.getLogger(__name__)

_IN_FLIGHT = 200
_GOODBYE_S = 2.0
_REFUSED_SUBSCRIPTION = 0x80
# A broker that was not heard for this many keep-alives is gone. After one of them paho has asked it for a sign of life;
# left alone, paho would wait for a whole second one.
_SILENCE = 1.4


class PahoLink:
    """Implements `agent.report.ports.Link` on MQTT 3.1.1. `client_id` is one that no other client has.

    `others` are further nodes of the broker, each a host and a port: every connection is tried with the next one.
    """

    def __init__(
        self,
        host: str,
        port: int,
        client_id: str,
        keepalive_s: int,
        connect_timeout_s: float,
        tls: Tls | None = None,
        others: Sequence[tuple[str, int]] = (),
    ) -> None:
        self.host = host
        self.port = port
        self._nodes = cycle([(host, port), *others])
        self.client_id = client_id
        self.keepalive_s = keepalive_s
        self.connect_timeout_s = connect_timeout_s
        self.tls = tls
        self._connection: _Connection | None = None
        # What was said of each node since the link was up.
        self._said: dict[tuple[str, int], str] = {}

    @property
    def round_trip_ms(self) -> int:
        """See `agent.report.ports.Link.round_trip_ms`."""
        return self._connection.round_trip_ms if self._connection is not None else UNKNOWN

    @property
    def unconfirmed(self) -> int:
        """See `agent.report.ports.Link.unconfirmed`."""
        return self._connection.unconfirmed if self._connection is not None else 0

    async def connect(self, will: tuple[str, bytes], topics: list[str]) -> None:
        """See `agent.report.ports.Link.connect`."""
        await self.disconnect()
        if self.tls is not None:
            await self.tls.ready()
        self.host, self.port = next(self._nodes)
        try:
            await self._open(will, topics)
        except LinkError as error:
            self._say(str(error))
            raise
        self._say("")

    async def _open(self, will: tuple[str, bytes], topics: list[str]) -> None:
        try:
            connection = self._connection = _Connection(self, will)
            async with asyncio.timeout(self.connect_timeout_s):
                await connection.open(topics)
        except BaseException as error:
            await self.disconnect()
            if self.tls is not None and isinstance(error, ssl.SSLError | LinkError):
                self.tls.refused()
            if isinstance(error, OSError | ValueError):  # paho and the resolver call a bad host or port a ValueError
                raise LinkError(f"broker {self.host}:{self.port}: {self._explained(error)}") from error
            raise
        if self.tls is not None:
            self.tls.accepted()

    def _explained(self, error: OSError | ValueError) -> str:
        if isinstance(error, TimeoutError):
            return "no answer in time"
        return self.tls.explained(error) if self.tls is not None and isinstance(error, OSError) else str(error)

    def _say(self, fault: str) -> None:
        """Log what keeps the link down; once, however often it is tried, and that it is up again."""
        node = self.host, self.port
        if fault and fault != self._said.get(node):
            log.warning("%s", fault)
            self._said[node] = fault
        elif self._said and not fault:
            log.info("broker %s:%s: connected", self.host, self.port)
            self._said.clear()

    async def publish(self, topic: str, payload: bytes, retain: bool) -> None:
        """See `agent.report.ports.Link.publish`."""
        self._living().publish(topic, payload, retain)

    async def receive(self) -> tuple[str, bytes]:
        """See `agent.report.ports.Link.receive`."""
        return await self._living().receive()

    async def disconnect(self) -> None:
        """See `agent.report.ports.Link.disconnect`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _living(self) -> "_Connection":
        if self._connection is None:
            raise LinkError(f"broker {self.host}:{self.port}: not connected")
        return self._connection


class _Connection:
    """One client and its socket on the loop. paho calls back on the loop, except while it opens the socket."""

    def __init__(self, link: PahoLink, will: tuple[str, bytes]) -> None:
        self.name = f"broker {link.host}:{link.port}"
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._messages: asyncio.Queue[tuple[str, bytes] | None] = asyncio.Queue()
        self._connected: asyncio.Future[None] = self._loop.create_future()
        self._subscribed: asyncio.Future[None] = self._loop.create_future()
        self._ended = asyncio.Event()
        self.unconfirmed = 0
        # The message that says how long the way there and back is, and when it was handed over.
        self._timed: tuple[int, int] | None = None
        self._timed_ms = UNKNOWN
        self._all_confirmed = asyncio.Event()
        self._why = ""
        self._heard = monotonic_ms()
        self._encryption = None if link.tls is None else link.tls.encryption()
        self._ticking: asyncio.Task[None] | None = None
        self._client = self._new_client(link, will)

    def _new_client(self, link: PahoLink, will: tuple[str, bytes]) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, link.client_id, clean_session=True, reconnect_on_failure=False)
        client.will_set(will[0], will[1], qos=1, retain=True)
        client.max_inflight_messages_set(_IN_FLIGHT)
        client.connect_timeout = link.connect_timeout_s
        if self._encryption is not None:
            client.tls_set_context(self._encryption.context)
        client.on_socket_open = lambda _c, _u, sock: self._soon(self._watch_reads, sock)
        client.on_socket_close = lambda _c, _u, sock: self._unwatch(sock)
        client.on_socket_register_write = lambda _c, _u, sock: self._soon(self._watch_writes, sock)
        client.on_socket_unregister_write = lambda _c, _u, sock: self._soon(self._unwatch_writes, sock)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = lambda _c, _u, message, *_: self._confirmed(message)
        client.on_disconnect = lambda *_: self._end()
        return client

    async def open(self, topics: list[str]) -> None:
        """Connect and subscribe. Raises OSError or LinkError."""
        # paho resolves the name and opens the socket while it blocks; the loop goes on beside it.
        link = self._link
        opening = self._loop.run_in_executor(None, self._client.connect, link.host, link.port, link.keepalive_s)
        opening.add_done_callback(self._opened)
        await asyncio.shield(opening)
        self._ticking = self._loop.create_task(self._tick())
        await self._connected
        self._client.subscribe([(topic, 0) for topic in topics])
        await self._subscribed

    def publish(self, topic: str, payload: bytes, retain: bool) -> None:
        """Queue one message for the socket. Raises LinkError when the connection has ended."""
        if self._ended.is_set() or not self._client.is_connected():
            raise self._ending()
        alone = not self.unconfirmed
        self.unconfirmed += 1
        self._all_confirmed.clear()
        handed_over = monotonic_ms()
        message = self._client.publish(topic, payload, qos=1, retain=retain).mid
        if alone:
            self._timed = (message, handed_over)

    async def receive(self) -> tuple[str, bytes]:
        """The next message, in order. Raises LinkError at the end."""
        message = await self._messages.get()
        if message is None:
            self._messages.put_nowait(None)
            raise self._ending()
        return message

    async def close(self) -> None:
        """Say goodbye and let go of the socket."""
        with contextlib.suppress(TimeoutError):
            if self._client.is_connected():
                async with asyncio.timeout(_GOODBYE_S):
                    await self._say_goodbye()
        if self._ticking is not None:
            self._ticking.cancel()
        if self._encryption is not None:
            self._encryption.give_up()
        self._close_socket()
        self._end()

    async def _say_goodbye(self) -> None:
        # A socket that is closed with answers unread is reset, and the broker then loses what it had not read yet.
        if self.unconfirmed:
            await self._all_confirmed.wait()
        self._client.disconnect()
        await self._ended.wait()

    @property
    def round_trip_ms(self) -> int:
        """The latest that was measured; while one is under way for longer than that, its time so far."""
        return self._timed_ms if self._timed is None else max(self._timed_ms, since_ms(self._timed[1]))

    def _confirmed(self, message: int) -> None:
        if self._timed is not None and self._timed[0] == message:
            self._timed_ms, self._timed = since_ms(self._timed[1]), None
        self.unconfirmed -= 1
        if not self.unconfirmed:
            self._all_confirmed.set()

    def _opened(self, opening: "asyncio.Future[Any]") -> None:
        # The wait may have been given up while the other thread went on: nobody else closes its socket then.
        if not opening.cancelled() and opening.exception() is None and self._ended.is_set():
            self._close_socket()

    def _close_socket(self) -> None:
        client = self._client
        sock = client.socket()
        # paho calls back once more when the client is collected, and by then the loop may have ended.
        client.on_socket_open = client.on_socket_close = None
        client.on_socket_register_write = client.on_socket_unregister_write = None
        if sock is not None:
            self._unwatch(sock)
            sock.close()

    async def _tick(self) -> None:
        """Keep-alive and time-outs: paho looks at them when asked to."""
        keepalive_s = self._link.keepalive_s
        self._heard = monotonic_ms()
        while since_ms(self._heard) < keepalive_s * _SILENCE * 1000:
            if self._client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                self._end()
                return
            await asyncio.sleep(min(1.0, keepalive_s / 10))
        self._why = "nothing was heard of it any more"
        self._end()

    def _readable(self) -> None:
        self._heard = monotonic_ms()
        sock = self._client.socket()
        try:
            while self._client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS:
                if self._encryption is None or not self._encryption.has_unread(sock):
                    return
        except Exception:  # noqa: BLE001 - what paho cannot read ends the connection (MQTT 3.1.1, 4.8), whatever it was
            # It would go on at the same packet for ever.
            self._unwatch(sock)
        self._end()

    def _watch_reads(self, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.add_reader(sock, self._readable)

    def _watch_writes(self, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.add_writer(sock, self._client.loop_write)

    def _unwatch_writes(self, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.remove_writer(sock)

    def _unwatch(self, sock: Any) -> None:
        # The descriptor must leave the loop before paho closes it, and paho does so right after this call.
        if sock is not None and sock.fileno() >= 0 and not self._loop.is_closed():
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)

    def _soon(self, call: Any, *arguments: Any) -> None:
        # paho opens the socket on another thread: the loop's tables are touched on the loop alone.
        self._loop.call_soon_threadsafe(call, *arguments)

    def _on_connect(self, _client: Client, _user: object, _flags: object, reason: Any, _properties: object) -> None:
        if self._connected.done():
            return
        if reason == ConnackCode.CONNACK_ACCEPTED.value:
            self._connected.set_result(None)
        else:
            hint = "; is this side's certificate revoked, or new to it?" if self._encryption is not None else ""
            self._connected.set_exception(LinkError(f"{self.name}: refused the connection: {reason}{hint}"))

    def _on_subscribe(self, _client: Client, _user: object, _mid: int, reasons: Any, _properties: object) -> None:
        refused = [reason for reason in reasons if reason.value >= _REFUSED_SUBSCRIPTION]
        if self._subscribed.done():
            return
        if refused:
            self._subscribed.set_exception(LinkError(f"{self.name}: refused a subscription; check its access rules"))
        else:
            self._subscribed.set_result(None)

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self._messages.put_nowait((message.topic, bytes(message.payload)))

    def _ending(self) -> LinkError:
        why = f": {self._why}" if self._why else ""
        return LinkError(f"{self.name}: the connection has ended{why}")

    def _end(self) -> None:
        if self._ended.is_set():
            return
        if self._encryption is not None and not self._why:
            self._why = self._encryption.why(answered=self._connected.done())
        self._ended.set()
        self._all_confirmed.set()
        self._messages.put_nowait(None)
        for waiting in (self._connected, self._subscribed):
            if not waiting.done():
                waiting.set_exception(self._ending())
                waiting.exception()
