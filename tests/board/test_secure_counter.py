"""A whole counter whose link to the fleet is encrypted: it sells and reports, and is cut off when it is revoked."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.adapters.paho_link import PahoLink
from board.certificate import Certificate
from board.identity import Identity, Pair
from board.link_tls import LinkTls
from provisioning.authority import BACKEND
from tests.conftest import wait_until_prepared
from tests.tools.brokers.secured import SET_CLOCK, connected, topic
from tools.brokers.reload import Told, refresh
from tools.brokers.setup import Engine
from tools.demo.scene import Scene
from tools.fleet.rows import Terminal
from tools.rig.files import FLEET, SERIAL
from tools.rig.rig import Rig

INTRUDER = "JG-DEMO-0666"


@pytest.fixture(params=list(Engine), ids=[engine.value for engine in Engine])
def rig(request: pytest.FixtureRequest, short_dir: Path) -> Iterator[Rig]:
    with Rig(short_dir, secure=request.param) as rig:
        wait_until_prepared(rig)
        yield rig


def sell(rig: Rig, name: str) -> None:
    Scene(rig, "").sell(name, "12.50", "unionpay")
    last = rig.journal()[-1]
    assert (last.kind, last.body["result"]) == ("sale.finished", "approved")


def ends(path: Path) -> str:
    end = Certificate(path).expiry()
    assert end is not None
    return f"{end:%Y-%m-%dT%H:%M:%SZ}"


def known(rig: Rig) -> Terminal:
    """What the backend knows of the terminal."""
    with closing(rig.reader()) as reader:
        (terminal,) = (each for each in reader.terminals() if each.terminal == SERIAL)
        return terminal


def pushed_off_by_their_names(rig: Rig) -> None:
    """Another terminal of the fleet calls itself by the names of this one and of the backend; sales are heard still."""
    intruder = Identity(FLEET, INTRUDER, Pair(rig.directory / "i.crt", rig.directory / "i.key"), rig.directory)
    made = rig.files.authority.issue_terminal(INTRUDER, intruder.enrolment_request())
    intruder.first.certificate.write_bytes(made)
    refresh(rig.files.authority, rig.broker_folder)
    port = rig.processes["broker"].ready["port"]
    tls = LinkTls(rig.files.authority.servers_file, intruder, SET_CLOCK, 1)

    async def intrude() -> None:
        for name in (SERIAL, f"jumpguard-backend-{FLEET}", BACKEND):
            async with connected(PahoLink("127.0.0.1", port, name, 30, 5.0, tls), topic(INTRUDER, "state")):
                pass

    asyncio.run(intrude())
    sell(rig, "sale-2")
    rig.wait_until_stored()


def test_a_sale_is_reported_over_the_encrypted_link_and_a_revoked_terminal_goes_on_selling_unheard(rig: Rig) -> None:
    sell(rig, "sale-1")
    rig.wait_until_stored()
    assert known(rig).presence == "online"
    assert rig.alarms() == []
    session = json.loads(known(rig).state or "")["session"]
    assert json.loads(known(rig).info or "")["certificate_expiry"] == ends(rig.files.link.certificate)

    pushed_off_by_their_names(rig)
    assert json.loads(known(rig).state or "")["session"] == session

    rig.files.authority.revoke(SERIAL)
    assert refresh(rig.files.authority, rig.broker_folder, [SERIAL]) is Told.RELOADED
    rig.wait_until(lambda: known(rig).presence == "lost", "the backend hears that the terminal was cut off", 10.0)
    stored = len(rig.stored_events())
    sell(rig, "sale-3")
    rig.wait_until(lambda: b"certificate" in rig.agent.log.read_bytes(), "the log says why the link is down")
    assert len(rig.stored_events()) == stored
