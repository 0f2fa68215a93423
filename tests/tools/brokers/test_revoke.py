"""Taking access away, at real brokers: the open connection ends, and the certificate lets nobody in again."""

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.adapters.paho_link import PahoLink
from agent.errors import LinkError
from board.identity import Pair
from provisioning.authority import BACKEND
from tests.tools.brokers.secured import SecuredFleet, connected, topic
from tools.broker import free_port
from tools.brokers.nodes import PROCESS_ID, Node
from tools.brokers.reload import Told, refresh
from tools.brokers.setup import Engine, write
from tools.cli.fleet import app

WITHIN_S = 10.0


def revoke(fleet: SecuredFleet, name: str) -> str:
    """`jumpguard fleet revoke`, and what it says."""
    folders = ["--ca", str(fleet.authority.directory), "--broker", str(fleet.broker.directory)]
    done = CliRunner().invoke(app, ["revoke", name, *folders])
    assert done.exit_code == 0, done.output
    return done.output


async def ended(link: PahoLink) -> None:
    """Wait until the connection ends, whatever comes before."""
    with pytest.raises(LinkError):
        while True:
            await link.receive()


async def is_refused(link: PahoLink) -> bool:
    try:
        async with connected(link):
            return False
    except LinkError:
        return True


async def test_revoking_ends_the_open_connection_and_no_other_one(
    fleet: SecuredFleet, terminal: str, other: str
) -> None:
    link, bystander = fleet.link(fleet.enrolled(terminal)), fleet.link(fleet.enrolled(other))
    async with (
        connected(fleet.backend_link(), topic("+", "state")) as backend,
        connected(bystander),
        connected(link, topic(terminal, "event/ack")),
    ):
        start = time.monotonic()
        output = await asyncio.to_thread(revoke, fleet, terminal)
        assert json.loads(output) == {"revoked": 1}
        async with asyncio.timeout(WITHIN_S):
            await ended(link)
        print(f"{fleet.engine.value}: cut after {time.monotonic() - start:.2f} s")
        # Its will says so to the backend, which is still connected, and so is the other terminal.
        async with asyncio.timeout(WITHIN_S):
            while await backend.receive() != (topic(terminal, "state"), b"lost"):
                pass
        await bystander.publish(topic(other, "state"), b"still here", False)
        assert await bystander.receive() == (topic(other, "state"), b"still here")
        assert await is_refused(link)


async def test_a_new_certificate_lets_the_terminal_in_and_the_revoked_one_does_not(
    fleet: SecuredFleet, terminal: str
) -> None:
    """The old key may have been copied: that is why it was revoked."""
    stolen = fleet.enrolled(terminal)
    assert not await is_refused(fleet.link(stolen))
    await asyncio.to_thread(revoke, fleet, terminal)
    folder = stolen.first.key.parent
    stolen.first = Pair(folder / "stolen.crt", folder / "stolen.key")
    for name in ("device.crt", "device.key"):
        (folder / name).rename(folder / name.replace("device", "stolen"))
    mended = fleet.enrolled(terminal)
    assert not await is_refused(fleet.link(mended))
    assert await is_refused(fleet.link(stolen))


async def test_the_backend_can_be_cut_off_as_well(own_fleet: SecuredFleet) -> None:
    link = own_fleet.backend_link()
    async with connected(link, topic("+", "state")):
        await asyncio.to_thread(revoke, own_fleet, BACKEND)
        async with asyncio.timeout(WITHIN_S):
            await ended(link)
    assert await is_refused(link)


async def test_a_new_devices_authority_shuts_out_whatever_the_old_one_signed(
    own_fleet: SecuredFleet, terminal: str, other: str
) -> None:
    """Even a certificate in a name that is let in: who has the old authority's key can make any."""
    forged, good = own_fleet.enrolled(terminal), own_fleet.enrolled(other)
    assert not await is_refused(own_fleet.link(forged))
    own_fleet.authority.replace_devices()
    reissued = own_fleet.authority.issue_terminal(other, good.enrolment_request())
    good.first.certificate.write_bytes(reissued)
    told = refresh(own_fleet.authority, own_fleet.broker.directory)
    assert told is {Engine.NATS: Told.RELOADED, Engine.MOSQUITTO: Told.RESTART_NEEDED}[own_fleet.engine]
    if told is Told.RESTART_NEEDED:
        own_fleet.broker.restart()
    # nats-server reads its files a moment after it was told to.
    link = own_fleet.link(good)
    await until_let_in(link, topic(other, "event/ack"))
    await link.disconnect()
    assert await is_refused(own_fleet.link(forged))


async def test_a_broker_that_was_down_knows_of_it_when_it_starts(own_fleet: SecuredFleet, terminal: str) -> None:
    link = own_fleet.link(own_fleet.enrolled(terminal))
    assert not await is_refused(link)
    own_fleet.broker.stop()
    assert "no broker runs there" in await asyncio.to_thread(revoke, own_fleet, terminal)
    own_fleet.broker.start()
    assert await is_refused(link)


# --- without a broker


@pytest.mark.parametrize("engine", list(Engine))
def test_another_program_under_the_brokers_old_number_is_left_alone(
    short_dir: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = SecuredFleet(short_dir, engine)
    (fleet.broker.directory / PROCESS_ID).write_text(str(os.getpid()))
    struck: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, frame: struck.append(number))
    try:
        assert refresh(fleet.authority, fleet.broker.directory) is Told.NOT_RUNNING
    finally:
        signal.signal(signal.SIGHUP, before)
    assert struck == []


def test_a_folder_that_is_no_brokers_and_a_name_that_nobody_has_are_told(tmp_path: Path) -> None:
    ca = str(tmp_path / "ca")
    run = CliRunner().invoke
    assert run(app, ["ca", ca, "--fleet", "demo"]).exit_code == 0
    done = run(app, ["revoke", "JG-TEST-0404", "--ca", ca])
    assert (done.exit_code, done.output) == (
        1,
        "error: JG-TEST-0404: no certificate was ever issued to it here; check the name\n",
    )
    key, out = str(tmp_path / "b.key"), str(tmp_path / "b.crt")
    done = run(app, ["backend-certificate", "--ca", ca, "--key", key, "--out", out, "--broker", str(tmp_path)])
    assert done.exit_code == 1
    assert "not the folder of a broker; make it: jumpguard fleet broker" in done.output


# --- three nodes


async def test_a_cluster_of_three_carries_a_message_across_and_every_node_cuts_the_revoked(short_dir: Path) -> None:
    fleet = SecuredFleet(short_dir, Engine.NATS)
    nodes = [Node("localhost", free_port(), free_port(), free_port()) for _ in range(3)]
    folders = write(fleet.authority, short_dir / "cluster", Engine.NATS, nodes)
    brokers = [fleet.broker_in(folder, node.port) for folder, node in zip(folders, nodes, strict=True)]
    links = []
    try:
        await asyncio.to_thread(start_all, brokers)
        for number, node in enumerate(nodes):
            identity = fleet.enrolled(f"JG-TEST-000{number}")
            links.append(fleet.link(identity, port=node.port))
        for folder in folders:
            refresh(fleet.authority, folder)
        backend = fleet.backend_link(port=nodes[1].port)
        for folder in folders:
            refresh(fleet.authority, folder)
        await until_let_in(backend, topic("+", "event"))
        for link in links:
            await until_let_in(link, topic(link.client_id, "event/ack"))
            await link.publish(topic(link.client_id, "event"), link.client_id.encode(), False)
        async with asyncio.timeout(30):
            heard = {(await backend.receive())[1].decode() for _ in links}
        assert heard == {link.client_id for link in links}
        for link in links:
            fleet.authority.revoke(link.client_id)
        for folder in folders:
            assert refresh(fleet.authority, folder) is Told.RELOADED
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*(ended(link) for link in links))
    finally:
        for each in (*links, backend):
            await each.disconnect()
        for broker in brokers:
            broker.kill()


def start_all(brokers: list) -> None:  # type: ignore[type-arg]
    for broker in brokers:
        broker.start()


async def until_let_in(link: PahoLink, wanted: str) -> None:
    """Connect, as soon as the broker knows of it, and a cluster has agreed on who leads it."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return await link.connect((topic(link.client_id, "state"), b"lost"), [wanted])
        except LinkError:
            assert time.monotonic() < deadline, "it was never let in"
            await asyncio.sleep(0.2)
