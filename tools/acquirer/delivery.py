"""How the answers of the simulated acquirer leave: at once, later, twice, out of turn, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tools.acquirer.behaviours import Behaviour, Cut, Delay, Drop, Duplicate, Late
from tools.acquirer.ledger import Ledger
from tools.acquirer.wire import Message


@dataclass(frozen=True, repr=False)
class Answer:
    """One answer ready to leave: for which terminal, what it says, and the bytes of its frame."""

    tid: str
    message: Message
    frame: bytes


class Delivery:
    """Sends answers as the behaviour says; every answer that leaves is in the ledger first."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._timers: set[asyncio.TimerHandle] = set()
        self._held: dict[str, list[tuple[float, Answer]]] = {}

    def deliver(self, answer: Answer, writer: asyncio.StreamWriter, behaviour: Behaviour) -> None:
        """Send `answer` on `writer` as `behaviour` says."""
        match behaviour:
            case Drop():
                return
            case Cut():
                writer.close()
            case Delay(ms=ms):
                self._send_after(ms / 1000, answer, writer)
            case Late(ms=ms):
                not_before = asyncio.get_running_loop().time() + ms / 1000
                self._held.setdefault(answer.tid, []).append((not_before, answer))
            case Duplicate():
                self._send(answer, writer)
                self._send(answer, writer)
            case _:
                self._send(answer, writer)

    def clear(self) -> None:
        """Forget every answer that has not left yet."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._held.clear()

    def _send_after(self, seconds: float, answer: Answer, writer: asyncio.StreamWriter) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            self._send(answer, writer)

        timer = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers.add(timer)

    def _send(self, answer: Answer, writer: asyncio.StreamWriter) -> None:
        if writer.is_closing():
            return
        self._ledger.record("out", answer.message)
        writer.write(answer.frame)
        for not_before, held in self._held.pop(answer.tid, []):
            wait = not_before - asyncio.get_running_loop().time()
            self._send_after(max(wait, 0), held, writer)
