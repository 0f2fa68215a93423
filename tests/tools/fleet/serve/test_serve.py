"""`jumpguard fleet serve` as the process that it is: what it starts, and how it ends."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from provisioning.authority import Authority
from tests.tools.fleet.publisher import wait_until
from tools.broker import Broker
from tools.fleet.reader import Reader
from tools.rig.process import Process, ProcessError

COMMAND = ("serve", "--port", "0", "--mqtt-port", "0", "--json")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Process]:
    serve = Process("serve", "tools.fleet", [*COMMAND, "--dir", str(tmp_path / "fleet")], tmp_path)
    serve.start()
    yield serve
    serve.stop()


def children(process: Process) -> dict[str, int]:
    """The processes that it started, by what they are."""
    found = {}
    for line in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        arguments = Path(f"/proc/{line}/cmdline").read_text().split("\0")
        found["backend" if "ingest" in arguments else "broker"] = int(line)
    return found


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_signal_ends_all_of_it(serve: Process) -> None:
    started = children(serve)
    assert sorted(started) == ["backend", "broker"]
    os.kill(serve.pid, signal.SIGTERM)
    assert serve.wait() == 0, serve.log.read_text()
    assert not any(map(lives, started.values()))


@pytest.mark.parametrize("name", ["backend", "broker"])
def test_it_ends_with_an_error_when_a_part_ends(serve: Process, name: str) -> None:
    started = children(serve)
    os.kill(started[name], signal.SIGKILL)
    assert serve.wait() == 1
    assert f"error: {name}: it ended by itself" in serve.log.read_text()
    assert not any(map(lives, started.values()))


def test_a_second_web_process_shows_the_same_store_and_outlives_the_first(serve: Process, tmp_path: Path) -> None:
    second = Process("second", "tools.fleet", [*COMMAND, "--dir", str(tmp_path / "fleet"), "--no-backend"], tmp_path)
    second.start()
    assert children(second) == {}
    assert serve.ready["password"]
    assert sorted(second.ready) == ["address"]  # the first password is told once
    assert httpx2.get(f"{second.ready['address']}login").status_code == 200
    port = second.ready["address"].rpartition(":")[2].strip("/")
    third = Process(
        "third", "tools.fleet", [*COMMAND, "--dir", str(tmp_path / "fleet"), "--no-backend", "--port", port], tmp_path
    )
    with pytest.raises(ProcessError, match=f"pages: 127.0.0.1:{port} is not to be had"):
        third.start()
    started = children(serve)
    serve.kill()
    wait_until(lambda: not any(map(lives, started.values())), "the end of the first one's parts")
    assert second.alive
    second.stop()


def test_a_broker_that_is_there_is_used(tmp_path: Path) -> None:
    with Broker(tmp_path / "broker") as broker:
        options = ["--dir", str(tmp_path / "fleet"), "--broker", f"127.0.0.1:{broker.port}"]
        serve = Process("serve", "tools.fleet", [*COMMAND, *options], tmp_path)
        serve.start()
        assert list(children(serve)) == ["backend"]
        os.kill(serve.pid, signal.SIGHUP)
        assert serve.wait() == 0, serve.log.read_text()


def test_with_an_authority_the_broker_speaks_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    authority.create("demo")
    options = ["--dir", str(tmp_path / "fleet"), "--authority", str(authority.directory)]
    for _ in range(2):  # and again with what is there
        serve = Process("serve", "tools.fleet", [*COMMAND, *options], tmp_path)
        serve.start()
        assert sorted(children(serve)) == ["backend", "broker"]
        serve.stop()
    assert len([client for client in authority.admitted() if client.name == "backend"]) == 1
    reader = Reader(tmp_path / "fleet")
    assert reader.alarms() == []
    reader.close()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--broker-host", "broker.example"], "give --authority, so that it speaks TLS"),
        (["--no-backend"], "store: there is none"),
        (["--keep", "sales=x"], "'sales=x' is not NAME=DAYS"),
    ],
)
def test_what_cannot_be_served_is_refused(tmp_path: Path, options: list[str], told: str) -> None:
    serve = Process("serve", "tools.fleet", [*COMMAND, "--dir", str(tmp_path / "fleet"), *options], tmp_path)
    with pytest.raises(ProcessError, match=told):
        serve.start()
