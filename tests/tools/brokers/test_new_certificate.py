"""A broker's new certificate: taken up while it runs, with nobody cut off."""

import asyncio
import ssl

from typer.testing import CliRunner

from tests.tools.brokers.secured import PATIENCE_S, SecuredFleet, connected, heard_until, topic
from tools.cli.fleet import app


async def test_a_broker_takes_up_its_new_certificate_and_keeps_its_connections(
    own_fleet: SecuredFleet, terminal: str
) -> None:
    broker, folder = own_fleet.broker, own_fleet.broker.directory
    node = f"localhost:{broker.port}:6222:{broker.events_port}"
    options = ["--engine", own_fleet.engine.value, "--ca", str(own_fleet.authority.directory), "--node", node]
    address = ("localhost", broker.port)
    async with connected(own_fleet.link(own_fleet.enrolled(terminal))) as link:
        before = ssl.get_server_certificate(address)
        assert before == (folder / "server.crt").read_text()
        done = CliRunner().invoke(app, ["broker", str(folder), *options, "--new-certificate"])
        assert done.exit_code == 0 and "no broker runs" not in done.output, done.output
        expected = (folder / "server.crt").read_text()
        assert expected != before
        async with asyncio.timeout(PATIENCE_S):
            while ssl.get_server_certificate(address) != expected:  # noqa: ASYNC110 - it says so nowhere else
                await asyncio.sleep(0.05)
        await link.publish(topic(terminal, "state"), b"still here", retain=False)
        assert await heard_until(link, topic(terminal, "state")) == []
    async with connected(own_fleet.link(own_fleet.identity(terminal))):
        pass
