"""The announcement in the form that Home Assistant documents, and as a real terminal makes it at a real broker.

The rules are those of https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery, /sensor.mqtt/ and
/binary_sensor.mqtt/; device classes and their units those of the sensor integrations.
"""

import json
import re
from collections.abc import Iterator
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from agent.report.home_assistant import STATUS, HomeAssistant
from agent.report.topics import STATE, VITALS, Topics
from tests.board.test_vitals_told import KEYS
from tools.rig.files import FLEET, SERIAL
from tools.rig.rig import Rig

TOPICS = Topics(FLEET, SERIAL)
HOME = HomeAssistant(TOPICS)
PATIENCE_S = 15.0

UNITS = {
    "temperature": {"°C", "°F", "K"},
    "data_size": {"B", "KiB", "MiB", "GiB"},
    "duration": {"ms", "s", "min", "h", "d"},
    "signal_strength": {"dB", "dBm"},
}
BINARY_CLASSES = {"problem", "tamper", "connectivity", "power"}
COMMON = {"platform", "unique_id", "name", "value_template", "entity_category", "device_class"}
GOOD: dict[str, Any] = dict.fromkeys(KEYS, 7) | {
    "undervoltage": False, "reader_failing": False, "tamper": False, "clock": "synced", "throttled_now": 0,
    "lifecycle": "active", "alarms": "", "cpu_temperature_milli_c": 48_300, "disk_free_kib": 2048,
}  # fmt: skip


@pytest.fixture
def message() -> dict[str, Any]:
    return dict(json.loads(HOME.announcement({"hardware": "Raspberry Pi 4", "software": "0.1.0"})))


def rendered(template: str, payload: dict[str, Any]) -> object:
    """What Home Assistant makes of `template`: one expression, in the part of Jinja that Python shares."""
    found = re.fullmatch(r"\{\{ (.+) \}\}", template)
    assert found, template
    return eval(found[1], {"__builtins__": {}}, {"value_json": SimpleNamespace(**payload)})


def test_the_topic_is_one_that_discovery_matches() -> None:
    assert re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", HOME.topic)


def test_the_device_and_its_origin_are_told(message: dict[str, Any]) -> None:
    assert set(message) == {
        *("device", "origin", "components", "state_topic", "availability_topic", "availability_template"),
    }
    assert message["device"]["identifiers"] and message["origin"]["name"]
    assert all(isinstance(text, str) for name, text in message["device"].items() if name != "identifiers")


def test_every_component_is_a_sensor_in_the_documented_form(message: dict[str, Any]) -> None:
    components = message["components"]
    assert len({component["unique_id"] for component in components.values()}) == len(components) > 15
    for component in components.values():
        assert {"platform", "unique_id", "name", "value_template"} <= component.keys()
        assert component["entity_category"] == "diagnostic"
        device_class = component.get("device_class")
        if component["platform"] == "binary_sensor":
            assert component.keys() <= COMMON and device_class in BINARY_CLASSES
        else:
            assert component["platform"] == "sensor"
            assert component.keys() <= COMMON | {"unit_of_measurement", "state_class"}
            assert component.get("unit_of_measurement") in UNITS.get(device_class, {None})
            assert component.get("state_class", "measurement") == "measurement"


def test_every_component_reads_one_of_the_vitals_and_none_of_the_sales(message: dict[str, Any]) -> None:
    assert set(message["components"]) <= KEYS
    assert not any(word in json.dumps(message) for word in ("sale", "card_", "pan", "merchant", "binding"))


def test_good_readings_render_as_values_and_unknown_ones_as_none(message: dict[str, Any]) -> None:
    unknown = dict.fromkeys(KEYS, -1)
    for key, component in message["components"].items():
        good = rendered(component["value_template"], GOOD)
        if component["platform"] == "binary_sensor":
            assert good == "OFF", key
            assert rendered(component["value_template"], GOOD | {key: True}) == "ON", key
        elif "state_class" in component:
            assert isinstance(good, int | float), key
        if key not in ("lifecycle", "alarms", "clock"):  # texts, which are never -1
            assert rendered(component["value_template"], unknown) is None, key
    assert rendered(message["components"]["cpu_temperature_milli_c"]["value_template"], GOOD) == 48.3
    assert rendered(message["components"]["disk_free_kib"]["value_template"], GOOD) == 2


@pytest.mark.parametrize(("state", "word"), [("online", "online"), ("offline", "offline"), ("lost", "offline")])
def test_the_terminal_is_available_while_it_is_online(message: dict[str, Any], state: str, word: str) -> None:
    assert rendered(message["availability_template"], {"state": state}) == word


class Listener:
    """What Home Assistant would hear at the rig's broker."""

    def __init__(self, rig: Rig) -> None:
        self.heard: SimpleQueue[MQTTMessage] = SimpleQueue()
        self.topics: set[str] = set()
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda _c, _u, message: self.heard.put(message)
        self.client.on_connect = lambda client, *_: client.subscribe([(topic, 0) for topic in (HOME.topic, "#")])
        self.client.connect("127.0.0.1", rig.processes["broker"].ready["port"])
        self.client.loop_start()

    def wait_for(self, topic: str) -> MQTTMessage:
        """The next message on `topic`."""
        while True:
            message = self.heard.get(timeout=PATIENCE_S)
            self.topics.add(message.topic)
            if message.topic == topic:
                return message

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def announcing_rig(own_rig: Rig) -> Iterator[Rig]:
    own_rig.agent.stop()
    own_rig.write_settings(link={"home_assistant": True, "vitals_period_s": 1})
    own_rig.start_agent()
    own_rig.wait_until_stored()
    yield own_rig


def test_a_real_terminal_is_found_read_and_found_again(announcing_rig: Rig) -> None:
    listener = Listener(announcing_rig)
    try:
        first = listener.wait_for(HOME.topic)
        assert first.retain
        message = json.loads(first.payload)
        assert message["device"]["model"] == "Raspberry Pi 4 Model B Rev 1.4"
        vitals = json.loads(listener.wait_for(TOPICS.of(VITALS)).payload)
        for key, component in message["components"].items():
            assert rendered(component["value_template"], vitals) not in ("", -1), key
        assert rendered(message["components"]["cpu_temperature_milli_c"]["value_template"], vitals) == 48.3
        listener.client.publish(STATUS, b"online", qos=1)
        again = listener.wait_for(HOME.topic)
        assert not again.retain and again.payload == first.payload
        announcing_rig.agent.kill()
        state = json.loads(listener.wait_for(TOPICS.of(STATE)).payload)
        assert rendered(message["availability_template"], state) == "offline"
    finally:
        listener.stop()


def test_a_terminal_without_the_option_stays_within_its_fleet(own_rig: Rig) -> None:
    listener = Listener(own_rig)
    try:
        listener.wait_for(TOPICS.of(STATE))
        listener.client.publish(STATUS, b"online", qos=1)
        listener.wait_for(STATUS)
        own_rig.agent.stop()
        while json.loads(listener.wait_for(TOPICS.of(STATE)).payload)["state"] != "offline":
            pass
        assert {topic for topic in listener.topics if not topic.startswith(TOPICS.source)} == {STATUS}
    finally:
        listener.stop()
