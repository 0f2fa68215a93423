"""`jumpguard fleet broker`: a configuration that the broker takes, complete, and readable by its owner alone."""

import getpass
import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from provisioning.authority import Authority
from provisioning.mqtt_packets import connect
from tools.broker import server_binary
from tools.brokers import mosquitto, nats
from tools.brokers.errors import BrokerSetupError
from tools.brokers.nodes import DEVICES, SERVER_CERTIFICATE, SERVER_KEY, Node
from tools.brokers.setup import Engine, engine_in, write
from tools.cli.fleet import app


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    authority = Authority(tmp_path / "ca")
    authority.create("demo")
    return authority


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_nats_server_finds_nothing_wrong_with_one_node_or_three(authority: Authority, tmp_path: Path) -> None:
    authority.issue_backend()
    for nodes in ("a.example",), ("a.example", "b.example:9883:7222", "[::1]"):
        folder = tmp_path / f"broker-{len(nodes)}"
        options = [part for node in nodes for part in ("--node", node)]
        status, output = run("broker", folder, "--engine", "nats", "--ca", authority.directory, *options)
        assert status == 0, output
        for line in output.splitlines():
            configuration = Path(json.loads(line)["folder"]) / nats.CONFIGURATION
            subprocess.run([server_binary(), "-t", "--config", configuration], check=True, capture_output=True)
    cluster = (tmp_path / "broker-3" / "node-2" / nats.CONFIGURATION).read_text()
    assert '"nats://a.example:6222"' in cluster and '"nats://[::1]:6222"' in cluster
    assert "0.0.0.0:9883" in cluster and "0.0.0.0:7222" in cluster
    assert "[::1]:8883" in (tmp_path / "broker-3" / "node-3" / nats.CONFIGURATION).read_text()
    assert '"stream_replicas": 3' in cluster
    assert '"sync_interval": "1s"' in (tmp_path / "broker-1" / nats.CONFIGURATION).read_text()


@pytest.mark.parametrize("engine", list(Engine))
def test_every_file_is_for_its_owner_alone(authority: Authority, short_dir: Path, engine: Engine) -> None:
    (folder,) = write(authority, short_dir / "broker", engine, [Node("localhost")])
    assert engine_in(folder) is engine
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_written_again_it_keeps_its_certificate_and_learns_of_new_clients(
    authority: Authority, short_dir: Path
) -> None:
    (folder,) = write(authority, short_dir / "broker", Engine.NATS, [Node("localhost")])
    kept = [(folder / name).read_bytes() for name in (SERVER_KEY, SERVER_CERTIFICATE)]
    assert '"nobody"' in (folder / nats.ACCESS).read_text()  # an empty list would let everybody in
    authority.issue_backend()
    authority.replace_devices()
    authority.issue_backend()
    write(authority, short_dir / "broker", Engine.NATS, [Node("localhost")])
    assert [(folder / name).read_bytes() for name in (SERVER_KEY, SERVER_CERTIFICATE)] == kept
    assert (folder / DEVICES).read_bytes() == authority.devices_file.read_bytes()
    users = json.loads((folder / nats.ACCESS).read_text().removeprefix("authorization: "))["users"]
    assert [user["user"].rsplit(":", 1)[0] for user in users] == ["urn:jumpguard:demo:backend"]


@pytest.mark.parametrize("engine", list(Engine))
def test_paths_are_those_of_the_machine_that_runs_it(authority: Authority, short_dir: Path, engine: Engine) -> None:
    (folder,) = write(authority, short_dir / "b", engine, [Node("localhost")], installed=Path("/etc/jumpguard/broker"))
    name = nats.CONFIGURATION if engine is Engine.NATS else mosquitto.CONFIGURATION
    text = (folder / name).read_text()
    assert "/etc/jumpguard/broker/server.key" in text
    assert str(short_dir) not in text


@pytest.mark.parametrize(
    ("engine", "nodes", "said"),
    [
        ("nats", ["a", "b"], "2 nodes: nats runs as one node or three"),
        ("mosquitto", ["a", "b", "c"], "3 nodes: mosquitto runs as one node"),
        ("nats", ["a:1:2", "a:3:2", "b"], "two nodes on one host share a port"),
        ("nats", ["a", "a:9999", "b"], "two nodes on one host share a port"),
        ("nats", ["a b"], "neither an IP address nor a host name"),
    ],
)
def test_nodes_that_cannot_be_are_told(
    authority: Authority, tmp_path: Path, engine: str, nodes: list[str], said: str
) -> None:
    options = [part for node in nodes for part in ("--node", node)]
    status, output = run("broker", tmp_path / "b", "--engine", engine, "--ca", authority.directory, *options)
    assert status == 1
    assert output.startswith("error: ")
    assert said in output


@pytest.mark.parametrize("node", ["", ":1883", "a:", "a:0", "a:65536", "a:1:2:3:4", "a:b", "::1", "[::1"])
def test_what_is_no_node_is_a_usage_error(authority: Authority, tmp_path: Path, node: str) -> None:
    status, output = run("broker", tmp_path / "b", "--engine", "nats", "--ca", authority.directory, "--node", node)
    assert status == 2
    assert "HOST[:PORT[:CLUSTERPORT[:EVENTSPORT]]]" in output


def test_a_folder_that_is_too_deep_for_mosquittos_socket_is_told(authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(BrokerSetupError, match="too long for a socket"):
        write(authority, tmp_path / ("d" * 100), Engine.MOSQUITTO, [Node("localhost")])


def test_a_broker_runs_as_the_account_that_its_files_belong_to(authority: Authority, short_dir: Path) -> None:
    own = getpass.getuser()
    for folder, user in (("a", None), ("b", own)):
        (made,) = write(authority, short_dir / folder, Engine.MOSQUITTO, [Node("localhost")], user=user)
        assert f"user {own}\n" in (made / mosquitto.CONFIGURATION).read_text()
        assert {path.owner() for path in (made, *made.iterdir())} == {own}


def test_an_account_that_is_not_there_is_told(authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(BrokerSetupError, match="'nobody-of-that-name': there is no such account"):
        write(authority, tmp_path / "b", Engine.NATS, [Node("localhost")], user="nobody-of-that-name")


def test_a_folder_that_is_no_brokers_is_told(tmp_path: Path) -> None:
    with pytest.raises(BrokerSetupError, match="not the folder of a broker"):
        engine_in(tmp_path)


def test_a_connect_packet_is_that_of_the_standard() -> None:
    assert connect("") == b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"
    assert connect("JG-1") == b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04JG-1"
