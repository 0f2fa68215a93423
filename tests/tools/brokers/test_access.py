"""A terminal at a real broker, with its own certificate: it reaches its own topics and nobody else's.

MQTT 3.1.1 answers a forbidden message as it does any other, and mosquitto grants any subscription: what counts is what
arrives. Each test ends with a message that may pass, so that what did not come before it never will.
"""

import pytest

from agent.errors import LinkError
from tests.tools.brokers.secured import SecuredFleet, connected, heard_until, topic
from tools.brokers.access import BACKEND_HEARS, BACKEND_SAYS, TERMINAL_HEARS, TERMINAL_SAYS
from tools.brokers.nodes import DATA
from tools.brokers.setup import Engine

END = "vitals"
DOWN_END = "config/desired"


def concrete(name: str) -> str:
    """A topic that the filter `name` stands for."""
    return name.replace("+/+", "restart/0001")


UP = [concrete(name) for name in TERMINAL_SAYS if name != END]
DOWN = [concrete(name) for name in BACKEND_SAYS if name != DOWN_END]
FORGED = [*UP, END, *DOWN, DOWN_END, "anything"]


def fleet_wide(names: tuple[str, ...]) -> list[str]:
    return [topic("+", name) for name in names]


async def test_what_a_terminal_says_on_its_topics_reaches_the_backend(fleet: SecuredFleet, terminal: str) -> None:
    link = fleet.link(fleet.enrolled(terminal))
    async with connected(fleet.backend_link(), *fleet_wide(BACKEND_HEARS)) as backend, connected(link):
        for name in [*UP, END]:
            await link.publish(topic(terminal, name), name.encode(), False)
        heard = await heard_until(backend, topic(terminal, END))
        assert heard == [(topic(terminal, name), name.encode()) for name in UP]


async def test_what_the_backend_says_reaches_the_terminal(fleet: SecuredFleet, terminal: str) -> None:
    hears = [topic(terminal, name) for name in TERMINAL_HEARS]
    async with (
        connected(fleet.link(fleet.enrolled(terminal)), *hears) as link,
        connected(fleet.backend_link()) as backend,
    ):
        for name in [*DOWN, DOWN_END]:
            await backend.publish(topic(terminal, name), name.encode(), False)
        heard = await heard_until(link, topic(terminal, DOWN_END))
        assert heard == [(topic(terminal, name), name.encode()) for name in DOWN]


async def test_a_terminal_announces_itself_to_a_home_assistant_and_not_another_one(
    fleet: SecuredFleet, terminal: str, other: str
) -> None:
    """With `[link] home_assistant` it subscribes there, too, and must not be refused for it."""
    link = fleet.link(fleet.enrolled(terminal))
    async with connected(link, "homeassistant/status", topic(terminal, "state")):
        for name in (terminal, other):
            await link.publish(f"homeassistant/device/{name}/config", name.encode(), True)
        await link.publish(topic(terminal, "state"), b"", False)
        await heard_until(link, topic(terminal, "state"))
    if fleet.engine is Engine.MOSQUITTO:
        kept = (fleet.broker.directory / DATA / "mosquitto.db").read_bytes()
        assert f"homeassistant/device/{terminal}/config".encode() in kept
        assert f"homeassistant/device/{other}/config".encode() not in kept
    else:
        log = fleet.broker.log.read_text()
        assert f'Publish Violation - Subject "homeassistant.device.{other}.config"' in log
        assert f'Publish Violation - Subject "homeassistant.device.{terminal}.config"' not in log


async def test_a_terminal_says_nothing_on_another_ones_topics(fleet: SecuredFleet, terminal: str, other: str) -> None:
    forger, victim = fleet.link(fleet.enrolled(terminal)), fleet.link(fleet.enrolled(other))
    hears = [topic(other, name) for name in TERMINAL_HEARS]
    async with (
        connected(fleet.backend_link(), *fleet_wide(BACKEND_HEARS)) as backend,
        connected(victim, *hears),
        connected(forger),
    ):
        for name in FORGED:
            for retain in (False, True):
                await forger.publish(topic(other, name), b"forged", retain)
        # Its own, which come behind them, do arrive.
        await forger.publish(topic(terminal, END), b"", False)
        assert await heard_until(backend, topic(terminal, END)) == []
        await backend.publish(topic(other, DOWN_END), b"", False)
        assert await heard_until(victim, topic(other, DOWN_END)) == []
    # Nothing forged was kept for whoever subscribes later.
    async with connected(victim, *hears), connected(fleet.backend_link()) as backend:
        await backend.publish(topic(other, DOWN_END), b"", False)
        assert await heard_until(victim, topic(other, DOWN_END)) == []


async def test_a_terminal_cannot_say_to_itself_what_the_backend_says(fleet: SecuredFleet, terminal: str) -> None:
    hears = [topic(terminal, name) for name in TERMINAL_HEARS]
    async with connected(fleet.link(fleet.enrolled(terminal)), *hears) as link:
        for name in [*DOWN, DOWN_END]:
            await link.publish(topic(terminal, name), b"forged", True)
        await link.publish(topic(terminal, "state"), b"", False)
        assert await heard_until(link, topic(terminal, "state")) == []


@pytest.mark.parametrize(
    "wish", ["{other}", "+", "#", "$SYS/#", "$MQTT/sub/#", "$CONTROL/#", "/#", "{terminal}/event", "$share"]
)
async def test_a_terminal_hears_nothing_of_others(fleet: SecuredFleet, terminal: str, other: str, wish: str) -> None:
    curious, victim = fleet.link(fleet.enrolled(terminal)), fleet.link(fleet.enrolled(other))
    own = topic(terminal, "state")
    if wish in ("{other}", "+"):
        wished = [topic(wish.format(other=other), name) for name in (*TERMINAL_SAYS, *BACKEND_SAYS)]
    elif wish == "$share":
        wished = [f"$share/group/{each}" for each in fleet_wide((*TERMINAL_SAYS, *BACKEND_SAYS))]
    elif wish == "{terminal}/event":
        wished = [topic(terminal, "event")]
    else:
        wished = [wish]
    if fleet.engine is Engine.NATS:
        with pytest.raises(LinkError, match="refused a subscription; check its access rules"):
            await curious.connect((own, b"lost"), [*wished, own])
        return
    async with connected(fleet.backend_link()) as backend, connected(victim), connected(curious, *wished, own):
        for name in [*UP, END]:
            await victim.publish(topic(other, name), b"secret", True)
        for name in [*DOWN, DOWN_END]:
            await backend.publish(topic(other, name), b"secret", True)
            await backend.publish(topic(terminal, "event/ack"), b"", False)
        await curious.publish(topic(terminal, "event"), b"", False)
        await curious.publish(own, b"", False)
        assert [each for each in await heard_until(curious, own) if each[0] != topic(terminal, "event/ack")] == []


async def test_a_terminal_leaves_no_will_on_another_ones_topics(fleet: SecuredFleet, terminal: str, other: str) -> None:
    forger, watcher = fleet.link(fleet.enrolled(terminal)), fleet.link(fleet.enrolled(other))
    async with connected(watcher, topic(other, "state")):
        try:
            await forger.connect((topic(other, "state"), b"forged"), [topic(terminal, "state")])
        except LinkError:
            pass  # mosquitto refuses such a connection at once
        else:
            # Cut off without a goodbye, as a crash would: that is when a will is published.
            connection = forger._connection
            assert connection is not None
            connection._close_socket()
            connection._end()
            async with connected(fleet.backend_link(), topic("+", "vitals")) as backend, connected(forger):
                await forger.publish(topic(terminal, END), b"", False)
                await heard_until(backend, topic(terminal, END))
        await watcher.publish(topic(other, "state"), b"own", False)
        assert await watcher.receive() == (topic(other, "state"), b"own")


async def test_who_takes_the_backends_session_hears_nothing_of_the_fleet(
    own_fleet: SecuredFleet, terminal: str, other: str
) -> None:
    thief, victim = own_fleet.enrolled(terminal), own_fleet.link(own_fleet.enrolled(other))
    own = topic(terminal, "state")
    async with (
        connected(own_fleet.backend_link(), *fleet_wide(BACKEND_HEARS)) as backend,
        connected(own_fleet.link(thief, client_id="backend"), own) as link,
        connected(victim),
    ):
        await victim.publish(topic(other, "event"), b"secret", False)
        await link.publish(own, b"", False)
        assert await heard_until(link, own) == []
        if own_fleet.engine is Engine.MOSQUITTO:  # there, names are the certificates': the backend was not pushed off
            assert await backend.receive() == (topic(other, "event"), b"secret")
