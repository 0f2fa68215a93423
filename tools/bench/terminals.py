"""Many terminals on one broker: whether each of their subscriptions is granted, and what memory that takes.

A terminal here is its connection alone: CONNECT and SUBSCRIBE as the agent sends them (MQTT 3.1.1, 3.1 and 3.8).
"""

import asyncio
import tempfile
from collections import Counter
from pathlib import Path

from agent.command.commands import Commands
from agent.config.configuration import Configuration
from agent.report.topics import EVENT_ACK, STATE, Topics
from provisioning.mqtt_packets import ACCEPTED, connect, subscribe
from tools.bench.counter import Progress
from tools.bench.errors import BenchError
from tools.bench.figure import Figure, Target
from tools.bench.resident import resident_kib
from tools.broker import Broker
from tools.open_files import allow_files
from tools.rig.files import FLEET

TITLE = "Terminals connected to one nats-server: subscriptions that are not granted, and its memory"
TERMINALS = 2_000
SUBSCRIPTIONS = (EVENT_ACK, STATE, Configuration.subscription, Commands.subscription)
_AT_ONCE = 100
_PATIENCE_S = 30.0
_KIB = 1024
_REFUSED = 0x80


def measure(terminals: int, done: Progress) -> Figure:
    """Connect `terminals`, all of them at the same time in the end."""
    allow_files(terminals)
    with tempfile.TemporaryDirectory(prefix="jg-") as folder, Broker(Path(folder)) as broker:
        process = Path("/proc", str(broker.pid))
        before = resident_kib(process) / _KIB
        codes, after = asyncio.run(_connect(broker, terminals, process, done))
    asked = terminals * len(SUBSCRIPTIONS)
    granted = sum(count for code, count in codes.items() if code < _REFUSED)
    return Figure(
        "terminals",
        TITLE,
        "subscriptions, MiB",
        terminals,
        f"terminals with {len(SUBSCRIPTIONS)} subscriptions each",
        {
            "subscriptions": {"not granted": asked - granted, "granted": granted},
            "resident memory": {"before": before, "with all connected": after},
        },
        Target("not granted", 0),
        [
            "over plain TCP and without access rules, as no fleet runs it: both cost memory, which"
            " `jumpguard bench revoke` shows",
        ],
    )


def steps(terminals: int) -> int:
    """How much `measure` reports as done in all."""
    return terminals


async def _connect(broker: Broker, terminals: int, process: Path, done: Progress) -> tuple[Counter[int], float]:
    codes: Counter[int] = Counter()
    gate = asyncio.Semaphore(_AT_ONCE)
    writers: list[asyncio.StreamWriter] = []

    async def one(number: int) -> None:
        async with gate, asyncio.timeout(_PATIENCE_S):
            writer, granted = await _terminal(broker, f"JG-BENCH-{number:05d}")
        writers.append(writer)
        codes.update(granted)
        done(1)

    try:
        await asyncio.gather(*(one(number) for number in range(terminals)))
        memory = resident_kib(process) / _KIB
    finally:
        for writer in writers:
            writer.close()
    return codes, memory


async def _terminal(broker: Broker, name: str) -> tuple[asyncio.StreamWriter, bytes]:
    """Connect one and subscribe; its connection and the codes of the SUBACK."""
    reader, writer = await asyncio.open_connection(broker.host, broker.port)
    writer.write(connect(name))
    accepted = await reader.readexactly(len(ACCEPTED))
    if accepted != ACCEPTED:
        raise BenchError(f"terminals: {name} was refused with {accepted.hex()}")
    writer.write(subscribe([Topics(FLEET, name).of(each) for each in SUBSCRIPTIONS]))
    head = await reader.readexactly(4)
    codes = await reader.readexactly(head[1] - 2)
    return writer, codes
