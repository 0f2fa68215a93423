"""A small terminal for tests, and the simulator's process. DES is pyDes here: keys and MACs are checked twice."""

import json
import select
import signal
import socket
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import pyDes  # type: ignore[import-untyped]

from tools.acquirer import wire
from tools.acquirer.client import AcquirerControl
from tools.acquirer.wire import Message, Value

PAN = "6212345678901232"
TRACK2 = f"{PAN}D30122010000000000"
HEADER = bytes.fromhex("603100310000")
TPDU = bytes.fromhex("6000030000")
PATIENCE_SECONDS = 10


class Card(NamedTuple):
    """What the acquirer knows of one terminal."""

    tid: str
    mid: str
    name: str
    tmk: str


NAMED = Card("10000001", "898350154110001", "岛上茶馆 Tea", "0123456789ABCDEFFEDCBA9876543210")
NAMELESS = Card("10000002", "898350154110002", "", "00112233445566778899AABBCCDDEEFF")
ACQUIRER = "898"


def terminals_toml(*terminals: Card) -> str:
    """The terminals file for `terminals`."""
    tables = [
        f'[[terminals]]\ntid = "{t.tid}"\nmid = "{t.mid}"\nname = "{t.name}"\ntmk = "{t.tmk}"\n' for t in terminals
    ]
    return f'acquirer = "{ACQUIRER}"\n\n' + "\n".join(tables)


def today(shift_days: int = 0) -> str:
    """MMDD in China."""
    return f"{datetime.now(timezone(timedelta(hours=8))) + timedelta(days=shift_days):%m%d}"


def mac_by_hand(key: bytes, data: bytes) -> bytes:
    """DE 64, step by step."""
    padded = data + b"\0" * (-len(data) % 8)
    fold = bytes(8)
    for start in range(0, len(padded), 8):
        fold = bytes(a ^ b for a, b in zip(fold, padded[start : start + 8], strict=True))
    text = "".join(f"{byte:02X}" for byte in fold).encode("ascii")
    des = pyDes.triple_des(key)
    half = des.encrypt(text[:8])
    half = bytes(a ^ b for a, b in zip(half, text[8:], strict=True))
    return "".join(f"{byte:02X}" for byte in des.encrypt(half)).encode("ascii")[:8]


class Process:
    """The simulator as a process of its own, with a directory, a port, and a control client."""

    def __init__(self, directory: Path, *terminals: Card) -> None:
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.terminals_file = directory / "terminals.toml"
        self.terminals_file.write_text(terminals_toml(*terminals))
        self.stderr_file = directory / "stderr.txt"
        self.control = AcquirerControl(directory)

    def start(self) -> "Process":
        options = ["--dir", str(self.directory), "--terminals", str(self.terminals_file)]
        command = [sys.executable, "-m", "tools.acquirer", *options]
        with self.stderr_file.open("ab") as stderr:
            self.popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
        assert self.popen.stdout
        line = self.popen.stdout.readline()
        assert line, self.stderr_file.read_text()
        self.ready = json.loads(line)
        return self

    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def end(self, number: int = signal.SIGTERM) -> int:
        self.popen.send_signal(number)
        assert self.popen.stdout
        self.popen.stdout.close()
        return self.popen.wait(PATIENCE_SECONDS)

    def wait_for(self, mti: str) -> None:
        """Wait until a message of type `mti` came in since the last reset."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while all(row["mti"] != mti for row in self.control.messages()):
            assert time.monotonic() < deadline, f"no {mti} came in"

    @property
    def ledger(self) -> Path:
        return Path(self.ready["ledger"])


class Till:
    """One terminal on one connection."""

    def __init__(self, process: Process, card: Card = NAMED, batch: str = "000001") -> None:
        self.card = card
        self.batch = batch
        self.mak = b""
        self._process = process
        self._trace = 0
        self._socket = socket.create_connection(("127.0.0.1", process.ready["port"]), PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self._socket.close()

    def reconnect(self) -> "Till":
        """The same terminal, keys and trace counter on a new connection; the old one is left as it is."""
        again = Till(self._process, self.card, self.batch)
        again.mak, again._trace = self.mak, self._trace
        return again

    def sign_on(self) -> Message:
        """Sign on and take the MAC key when there is one."""
        answer = self.ask("0800", {60: f"00{self.batch}003", 63: "01 "})
        block = answer.fields.get(62)
        if isinstance(block, bytes):
            self.mak = pyDes.triple_des(bytes.fromhex(self.card.tmk)).decrypt(block[20:36])
        return answer

    def sale(self, amount: int = 1000, **changes: Value | None) -> Message:
        """Sell and return the answer; `changes` are elements as `de42=...`, None leaves one out."""
        self.send_sale(amount, **changes)
        return self.receive()

    def send_sale(self, amount: int = 1000, **changes: Value | None) -> str:
        """Send a sale and return its trace."""
        fields = {3: "000000", 4: f"{amount:012d}", 22: "072", 23: "001", 25: "00", 35: TRACK2, 49: "156"}
        return self.send("0200", {**fields, 55: bytes.fromhex("9F260811223344556677889F270180")}, changes)

    def reverse(self, trace: str, amount: int = 1000, *, date: str | None = None, **changes: Value | None) -> Message:
        """Reverse the sale of `trace` and return the answer."""
        self.send_reversal(trace, amount, date=date, **changes)
        return self.receive()

    def send_reversal(
        self, trace: str, amount: int = 1000, *, date: str | None = None, **changes: Value | None
    ) -> None:
        original = f"{self.batch}{trace}{date or today()}"
        fields = {3: "000000", 4: f"{amount:012d}", 11: trace, 22: "072", 25: "00", 39: "98", 49: "156", 61: original}
        self.send("0400", dict(fields), changes)

    def ask(self, mti: str, fields: dict[int, Value]) -> Message:
        self.send(mti, fields)
        return self.receive()

    def send(self, mti: str, fields: dict[int, Value], changes: dict[str, Value | None] | None = None) -> str:
        """Send a message with DE 11, 41, 42, 60 added, and DE 64 when there is a key; returns its trace."""
        self._trace += 1
        common: dict[int, Value] = {11: f"{self._trace:06d}", 41: self.card.tid, 42: self.card.mid}
        whole: dict[int, Value | None] = {60: f"22{self.batch}000", **common, **fields}
        whole.update({int(name.removeprefix("de")): value for name, value in (changes or {}).items()})
        message = Message(mti, {number: value for number, value in whole.items() if value is not None})
        self.send_frame(TPDU + HEADER + self._sealed(message))
        return message.text(11)

    def send_frame(self, data: bytes) -> None:
        self._socket.sendall(len(data).to_bytes(2, "big") + data)

    def send_raw(self, data: bytes) -> None:
        """Send `data` as it is and say that nothing follows."""
        self.send_part(data)
        self._socket.shutdown(socket.SHUT_WR)

    def send_part(self, data: bytes) -> None:
        """Send `data` as it is, at once."""
        self._socket.sendall(data)

    def receive(self) -> Message:
        """The next answer; its frame must come back to us, and its MAC be right when it has one."""
        message, is_authentic = self.receive_any()
        assert is_authentic, "the answer's DE 64 is wrong or missing"
        return message

    def receive_any(self) -> tuple[Message, bool]:
        """The next answer, and whether its DE 64 is right (a sign-on's answer has none)."""
        frame = self.receive_frame()
        assert frame, "the connection was closed instead of an answer"
        assert frame[:5] == TPDU[:1] + TPDU[3:5] + TPDU[1:3]
        assert frame[5:11] == HEADER
        message = wire.decode(frame[11:])
        if message.mti == "0810":
            return message, 64 not in message.fields
        return message, bool(self.mak) and message.fields.get(64) == mac_by_hand(self.mak, frame[11:-8])

    def receive_frame(self) -> bytes:
        """The bytes behind the next length; b"" when the connection was closed."""
        head = self._read(2)
        return self._read(int.from_bytes(head, "big")) if head else b""

    def is_silent(self) -> bool:
        """Whether nothing has arrived; ask only once something later was answered."""
        return not select.select([self._socket], [], [], 0)[0]

    def _sealed(self, message: Message) -> bytes:
        if message.mti == "0800" or not self.mak or 64 in message.fields:
            return wire.encode(message)
        unsealed = wire.encode(Message(message.mti, {**message.fields, 64: bytes(8)}))[:-8]
        return unsealed + mac_by_hand(self.mak, unsealed)

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                assert not data, "the connection ended inside a frame"
                return b""
            data += part
        return data
