"""The core's Acquirer port over TCP and ISO 8583."""

import asyncio
from collections import deque

from agent.adapters.iso8583.codec import decode, encode
from agent.adapters.iso8583.connection import Connection, connect
from agent.adapters.iso8583.frame import Inbox, parse_tpdu, unwrap, wrap
from agent.adapters.iso8583.keys import Secret, mac_key, master_key
from agent.adapters.iso8583.mac import MAC_LENGTH, is_authentic, signed
from agent.compat import monotonic_ms, since_ms
from agent.errors import AcquirerLostError, AcquirerTimeoutError, MessageError, SignOnRefusedError
from agent.messages import (
    MAC,
    MID,
    PRIVATE_60,
    PRIVATE_62,
    PRIVATE_63,
    RESPONSE_CODE,
    SIGN_ON,
    SIGN_ON_ANSWER,
    TID,
    TRACE,
    Message,
)

# Network management messages (08xx) travel without a MAC: sign-on is what brings the key.
_WITHOUT_MAC = "08"
_APPROVED = "00"
_SIGN_ON_TYPE = "00"
_DOUBLE_LENGTH_KEYS = "003"
_OPERATOR = "01 "


class Iso8583Acquirer:
    """One acquirer at `host`:`port`, reached by the TPDU `tpdu` (as `6000030000`). One coroutine at a time calls it.

    `tmk` is the double-length terminal master key, 16 bytes. Raises SettingsError when `tpdu` or `tmk` is not one.
    Whole messages that arrived are kept until they are received, over time-outs, cancellations and new connections.
    """

    def __init__(
        self, host: str, port: int, tpdu: str, tmk: "bytes | bytearray | memoryview | Secret", connect_timeout_ms: int
    ) -> None:
        self._host = host
        self._port = port
        self._tpdu = parse_tpdu(tpdu)
        self._tmk = master_key(tmk)
        self._connect_timeout_ms = connect_timeout_ms
        self._mac_key: Secret | None = None
        self._inbox = Inbox()
        self._connection: Connection | None = None
        self._passed_over: deque[Message] = deque()
        self.host_request = 0
        """The processing request in the header of the last frame received, 0 for none: 3 asks to sign on again, 5 and 6
        to download parameters. No MAC covers it: a hint, never an authority."""

    @property
    def connected(self) -> bool:
        """Whether a connection is open, as far as is known without using it."""
        return self._connection is not None and self._connection.is_open

    async def sign_on(self, trace: str, batch: str, tid: str, mid: str, timeout_ms: int) -> Message:
        """Fetch the working keys (0800/0810) and return the answer; `trace` is DE 11, `batch` the batch of DE 60.

        The check values vouch for the keys and for nothing else in the answer, so it is not `authenticated`. Keys
        from before stay in use until new ones check. Other messages that come first are kept for `receive`.
        Raises SignOnRefusedError with DE 39, or `KEYS` when the key check values are wrong, else as `send` and
        `receive`; connecting counts against its own limit.
        """
        network = _SIGN_ON_TYPE + batch + _DOUBLE_LENGTH_KEYS
        await self.send(
            Message(SIGN_ON, {TRACE: trace, TID: tid, MID: mid, PRIVATE_60: network, PRIVATE_63: _OPERATOR})
        )
        answer = await self._sign_on_answer(trace, timeout_ms)
        code = answer.text(RESPONSE_CODE)
        if not code:
            raise MessageError(f"DE {RESPONSE_CODE} of {SIGN_ON_ANSWER} is absent")
        if code != _APPROVED:
            raise SignOnRefusedError(code, f"the acquirer refused the sign-on with {code}")
        self._mac_key = mac_key(self._tmk, _keys_of(answer))
        return answer

    async def send(self, message: Message) -> None:
        """Connect where needed and send `message`, adding its MAC (DE 64) unless it is network management (08xx).

        When it is cancelled nothing has left. Raises AcquirerUnreachableError when nothing can have arrived,
        AcquirerLostError when it may have, MessageError when `message` has no wire form or there is no key yet.
        """
        frame = wrap(self._tpdu, self._body(message))
        connection = await self._open()
        connection.write(frame)

    async def receive(self, timeout_ms: int) -> Message:
        """Return the next message from the acquirer, whatever it is; `authenticated` says whether its MAC is right.

        Raises AcquirerTimeoutError, AcquirerLostError, or MessageError for bytes that are no message (the connection
        stays usable when the frame was whole).
        """
        if self._passed_over:
            return self._passed_over.popleft()
        return await self._next(timeout_ms)

    async def close(self) -> None:
        """End the connection; the working keys stay."""
        if self._connection is not None:
            await self._connection.close()

    def _body(self, message: Message) -> bytes:
        if message.mti.startswith(_WITHOUT_MAC):
            return encode(message)
        if self._mac_key is None:
            raise MessageError(f"{message.mti} needs a MAC and there is no key for it; sign on first")
        return signed(self._mac_key, encode(Message(message.mti, message.fields | {MAC: bytes(MAC_LENGTH)})))

    async def _open(self) -> Connection:
        if self._connection is None or not self._connection.is_open:
            self._inbox.drop_partial()
            self._connection = await connect(self._host, self._port, self._inbox, self._connect_timeout_ms)
        return self._connection

    async def _sign_on_answer(self, trace: str, timeout_ms: int) -> Message:
        start = monotonic_ms()
        while True:
            message = await self._next(timeout_ms - since_ms(start))
            if message.mti == SIGN_ON_ANSWER and message.text(TRACE) == trace:
                return message
            self._passed_over.append(message)

    async def _next(self, timeout_ms: int) -> Message:
        """The next message from the wire, with its MAC checked."""
        if self._connection is None:
            raise AcquirerLostError("there is no connection to the acquirer; nothing was sent yet")
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                frame = await self._connection.frame()
        except TimeoutError:
            raise AcquirerTimeoutError("no message from the acquirer in the time allowed") from None
        self.host_request, body = unwrap(frame)
        message = decode(body)
        message.authenticated = self._mac_key is not None and is_authentic(self._mac_key, message, body)
        return message


def _keys_of(answer: Message) -> bytes:
    value = answer.fields.get(PRIVATE_62, b"")
    assert isinstance(value, bytes), "the codec gives DE 62 as bytes"
    return value
