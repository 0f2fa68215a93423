"""An acquirer that each test plays by hand, on a real socket; it assembles its bytes without the code under test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from agent.adapters.iso8583 import Iso8583Acquirer
from agent.messages import Message

TMK = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
PIK = bytes.fromhex("1A2B3C4D5E6F70819293A4B5C6D7E8F9")
MAK = bytes.fromhex("404142434445464748494A4B4C4D4E4F")
TPDU_SENT = "6000030000"
TPDU_ANSWERED = "6000000003"


def single_des(key: bytes, block: bytes, decrypting: bool = False) -> bytes:
    """One DES step: 3DES with one key three times."""
    cipher = Cipher(TripleDES(key * 3), modes.ECB())
    return (cipher.decryptor() if decrypting else cipher.encryptor()).update(block)


def des_ede(key: bytes, data: bytes) -> bytes:
    """3DES with a double-length key, spelled out: encrypt left, decrypt right, encrypt left."""
    left, right = key[:8], key[8:]
    return single_des(left, single_des(right, single_des(left, data), decrypting=True))


def acquirer_mac(data: bytes, key: bytes = MAK) -> bytes:
    """DE 64 over `data`, as the layout describes it step by step."""
    folded = 0
    for start in range(0, len(data), 8):
        folded ^= int.from_bytes(data[start : start + 8].ljust(8, b"\0"), "big")
    text = f"{folded:016X}".encode()
    inner = int.from_bytes(des_ede(key, text[:8]), "big")
    outer = des_ede(key, (inner ^ int.from_bytes(text[8:], "big")).to_bytes(8, "big"))
    return outer.hex().upper()[:8].encode()


def key_block(tmk: bytes = TMK) -> bytes:
    """DE 62: both working keys under `tmk`, each with its check value."""
    return b"".join(des_ede(tmk, key) + des_ede(key, bytes(8))[:4] for key in (PIK, MAK))


def text(value: str) -> str:
    """The hexadecimal digits of ASCII text."""
    return value.encode("ascii").hex()


def assemble(mti: str, elements: dict[int, str]) -> bytes:
    """A message from the wire form of its elements in hexadecimal."""
    bitmap = sum(1 << (64 - number) for number in elements)
    return bytes.fromhex(mti + f"{bitmap:016x}" + "".join(elements[number] for number in sorted(elements)))


def framed(body: bytes, request: int = 0) -> bytes:
    """A frame from the acquirer around `body`, with the processing request `request`."""
    content = bytes.fromhex(f"{TPDU_ANSWERED}60310{request}310000") + body
    return len(content).to_bytes(2, "big") + content


def sign_on_answer(trace: str = "000001", code: str = "00", keys: bytes | None = None) -> bytes:
    """An 0810 with the working keys, or `keys` in their place; b"" leaves DE 62 out."""
    elements = {
        11: trace,
        39: text(code),
        41: text("JG000001"),
        42: text("898210154110002"),
        60: "0011" + "000000010030",
    }
    block = key_block() if keys is None else keys
    if block:
        elements[62] = f"{len(block):04d}" + block.hex()
    return assemble("0810", elements)


def sale_answer(trace: str = "000002", key: bytes = MAK) -> bytes:
    """An approving 0210 with its MAC."""
    elements = {4: "000000001234", 11: trace, 39: text("00"), 41: text("JG000001"), 64: ""}
    unsigned = assemble("0210", elements)
    return unsigned + acquirer_mac(unsigned, key)


def sale(trace: str = "000002") -> Message:
    """A short sale as the core would build it."""
    return Message("0200", {3: "000000", 4: "000000001234", 11: trace, 41: "JG000001", 42: "898210154110002"})


class Peer:
    """The acquirer's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def request(self) -> bytes:
        """The content of the next frame from the terminal."""
        length = int.from_bytes(await self._reader.readexactly(2), "big")
        return await self._reader.readexactly(length)

    async def write(self, data: bytes) -> None:
        """Send `data` as one write."""
        self._writer.write(data)
        await self._writer.drain()

    async def ended(self) -> bool:
        """Wait for the terminal to hang up; True when nothing more came before."""
        return await self._reader.read() == b""

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
        self._writer.transport.abort()


class Host:
    """A listening acquirer whose connections the test takes one by one."""

    def __init__(self) -> None:
        self._accepted: list[Peer] = []
        self._peers: asyncio.Queue[Peer] = asyncio.Queue()

    async def start(self) -> None:
        """Listen on a free port of the loopback."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        assert self._server.is_serving()

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        self._server.close()
        for peer in self._accepted:
            peer.reset()
            with suppress(ConnectionError):
                await peer.close()

    async def peer(self) -> Peer:
        """The next connection that a terminal opened."""
        return await asyncio.wait_for(self._peers.get(), 5)

    def no_peer(self) -> bool:
        """Whether no further connection was opened."""
        return self._peers.empty()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._accepted.append(Peer(reader, writer))
        self._peers.put_nowait(self._accepted[-1])


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    host = Host()
    await host.start()
    yield host
    await host.stop()


@pytest.fixture
async def client(host: Host) -> AsyncIterator[Iso8583Acquirer]:
    client = Iso8583Acquirer("127.0.0.1", host.port, TPDU_SENT, TMK, connect_timeout_ms=2000)
    yield client
    await client.close()


@pytest.fixture
async def peer(host: Host, client: Iso8583Acquirer) -> Peer:
    """The acquirer's end of a connection on which `client` has signed on."""
    signing = asyncio.create_task(client.sign_on("000001", "000001", "JG000001", "898210154110002", 5000))
    peer = await host.peer()
    await peer.request()
    await peer.write(framed(sign_on_answer()))
    await signing
    return peer
