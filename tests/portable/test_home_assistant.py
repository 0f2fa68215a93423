"""Home Assistant: what it is told, and when."""

import asyncio
import json

from agent.backoff import Backoff
from agent.binding.history import History
from agent.lifecycle import Lifecycle
from agent.report.home_assistant import STATUS, HomeAssistant
from agent.report.info import Info
from agent.report.reporter import Reporter
from agent.report.topics import STATE, VITALS, Topics
from tests.portable.helpers import end, finish, settle, until
from tests.portable.ports.binding import SERIAL, KnownKeys
from tests.portable.ports.fleet import MemoryLink
from tests.portable.ports.journal import MemoryJournal
from tests.portable.ports.machine import DeskMachine, ManualClock

TOPICS = Topics("demo", SERIAL)
HOME = HomeAssistant(TOPICS)
INFO: "dict[str, object]" = {"hardware": "Raspberry Pi 4 Model B Rev 1.4", "software": "0.1.0", "commands": []}


def told() -> "dict[str, object]":
    message = json.loads(HOME.announcement(INFO))
    assert isinstance(message, dict)
    return message


class House:
    """A reporter at a broker where Home Assistant may be, and the announcements that were published."""

    def __init__(self, home: "HomeAssistant | None") -> None:
        self.link = MemoryLink()
        journal, keys = MemoryJournal(), KnownKeys()
        self.reporter = Reporter(
            self.link, journal, TOPICS, keys, DeskMachine(),
            Info(DeskMachine(), History(journal, ManualClock()), keys, ()), Lifecycle(journal), ManualClock(),
            Backoff(0, 0), home,
        )  # fmt: skip
        self.announce_within(2)
        self.running: "asyncio.Task[None] | None" = None

    async def start(self) -> "House":
        self.running = asyncio.create_task(self.reporter.run())
        await until(lambda: self.reporter.connected)
        await settle()
        return self

    def announce_within(self, ms: int) -> None:
        if self.reporter.announcer is not None:
            self.reporter.announcer.announce_ms = ms

    async def stop(self) -> None:
        assert self.running is not None
        await end(self.running)

    def announced(self) -> int:
        """How often, retained each time."""
        announcements = [retain for topic, _, retain in self.link.published if topic == HOME.topic]
        assert all(announcements)
        return len(announcements)


def test_the_device_is_the_terminal_and_its_sensors_are_vitals() -> None:
    message = told()
    name = "jumpguard_demo_" + SERIAL
    assert HOME.topic == "homeassistant/device/" + SERIAL + "/config"
    assert message["device"] == {
        "identifiers": [name], "name": SERIAL, "serial_number": SERIAL, "manufacturer": "JumpGuard",
        "model": "Raspberry Pi 4 Model B Rev 1.4", "sw_version": "0.1.0",
    }  # fmt: skip
    assert message["state_topic"] == TOPICS.of(VITALS)
    assert message["availability_topic"] == TOPICS.of(STATE)
    components = message["components"]
    assert isinstance(components, dict)
    assert components["cpu_temperature_milli_c"] == {
        "platform": "sensor", "unique_id": name + "_cpu_temperature_milli_c", "name": "Processor temperature",
        "device_class": "temperature", "unit_of_measurement": "°C", "state_class": "measurement",
        "entity_category": "diagnostic",
        "value_template": "{{ None if value_json.cpu_temperature_milli_c == -1 else "
        "value_json.cpu_temperature_milli_c / 1000 }}",
    }  # fmt: skip


def test_a_terminal_announces_itself_on_each_connection() -> None:
    async def scenario() -> None:
        house = await House(HOME).start()
        assert house.announced() == 1
        house.link.break_off()
        await until(lambda: house.announced() == 2)
        await house.stop()

    finish(scenario())


def test_it_announces_itself_again_when_home_assistant_starts_and_only_then() -> None:
    async def scenario() -> None:
        house = await House(HOME).start()
        for payload in (b"offline", b"", b"ONLINE", b"online "):
            house.link.say(STATUS, payload)
        await asyncio.sleep(0.02)  # ten times as long as an answer takes
        assert house.announced() == 1
        house.link.say(STATUS, b"online")
        await until(lambda: house.announced() == 2)
        await house.stop()

    finish(scenario())


def test_a_flood_of_births_is_answered_once() -> None:
    async def scenario() -> None:
        house = await House(HOME).start()
        house.announce_within(400)
        for _ in range(20):
            house.link.say(STATUS, b"online")
            await settle()  # each is heard before the next one comes
        assert house.announced() == 1
        await until(lambda: house.announced() == 2)
        await asyncio.sleep(0.05)
        assert house.announced() == 2
        await house.stop()

    finish(scenario())


def test_without_the_option_nothing_is_said_or_heard_outside_the_fleet_s_topics() -> None:
    async def scenario() -> None:
        house = await House(None).start()
        house.link.say(STATUS, b"online")
        await settle()
        topics = list(house.link.topics)
        topics.extend([topic for topic, _, _ in house.link.published])
        assert all(topic.startswith(TOPICS.source + "/") for topic in topics), topics
        await house.stop()

    finish(scenario())
