"""The embedded broker: up when it says so, the same after a restart, gone with whoever started it."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tools.broker import Broker, BrokerError

SECONDS = 30.0


def is_answering(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def retained(port: int) -> bytes:
    """What the broker keeps on the topic `kept`."""
    messages: SimpleQueue[bytes] = SimpleQueue()
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _user, message: messages.put(bytes(message.payload))
    client.on_connect = lambda client, *_: client.subscribe("kept", qos=1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        return messages.get(timeout=SECONDS)
    finally:
        client.disconnect()
        client.loop_stop()


def keep(port: int, payload: bytes) -> None:
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish("kept", payload, qos=1, retain=True).wait_for_publish(SECONDS)
    client.disconnect()
    client.loop_stop()


@pytest.mark.parametrize("kill", [False, True])
def test_a_broker_keeps_port_and_store_over_a_restart(tmp_path: Path, kill: bool) -> None:
    with Broker(tmp_path / 'a "quoted" path') as broker:
        port = broker.port
        keep(port, b"before")
        if kill:
            broker.kill()
            assert not broker.alive
            broker.start()
        else:
            broker.restart()
        assert broker.alive
        assert broker.port == port
        assert retained(port) == b"before"
    assert not broker.alive
    assert not is_answering(port)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with Broker(tmp_path / "first") as first, pytest.raises(BrokerError, match=f"port {first.port} is not to be had"):
        Broker(tmp_path / "second", first.port).start()


def test_a_broker_that_does_not_come_up_shows_its_log(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the store's directory should be")
    broker = Broker(tmp_path)
    with pytest.raises(BrokerError, match="storage directory is not a directory"):
        broker.start()
    assert not broker.alive


def test_stop_and_kill_are_harmless_when_nothing_runs(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    broker.stop()
    broker.kill()
    with pytest.raises(BrokerError, match="not running"):
        broker.wait()


@pytest.fixture
def command(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """`python -m tools.broker`, ready, and its port."""
    arguments = [sys.executable, "-m", "tools.broker", "--dir", str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], SECONDS)[0]
        ready = json.loads(process.stdout.readline())
        assert ready["host"] == "127.0.0.1"
        yield process, ready["port"]
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_its_command(command: tuple["subprocess.Popen[str]", int], number: signal.Signals) -> None:
    process, port = command
    assert is_answering(port)
    os.kill(process.pid, number)
    assert process.wait(SECONDS) == (0 if number is signal.SIGTERM else -signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while is_answering(port):
        assert time.monotonic() < deadline, "nats-server outlived the command that started it"
        time.sleep(0.01)
