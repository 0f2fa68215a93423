"""Home Assistant's device discovery over MQTT: one retained message that tells what a terminal's vitals are.

The form is that of https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery (device discovery, from version
2024.12 on). Only health is offered: nothing of sales, merchants or cards.
"""

from agent.canonical import encode
from agent.report.topics import STATE, VITALS, Topics

PREFIX = "homeassistant"
MAKER = "JumpGuard"
# Home Assistant's birth and will: whoever says `online` there wants to be told of all devices again.
STATUS = PREFIX + "/status"
ONLINE = b"online"

_NUMBER = "{{{{ None if value_json.{0} == -1 else value_json.{0} }}}}"
_THOUSANDTHS = "{{{{ None if value_json.{0} == -1 else value_json.{0} / 1000 }}}}"
_KIB_AS_MIB = "{{{{ None if value_json.{0} == -1 else value_json.{0} // 1024 }}}}"
_TEXT = "{{{{ value_json.{0} or 'none' }}}}"
_FLAG = "{{{{ None if value_json.{0} == -1 else 'ON' if value_json.{0} else 'OFF' }}}}"
_UNSYNCED = "{{{{ 'OFF' if value_json.{0} == 'synced' else 'ON' }}}}"

# Reading: name, template, device class or "", unit or "".
_SENSORS = {
    "cpu_temperature_milli_c": ("Processor temperature", _THOUSANDTHS, "temperature", "°C"),
    "load1_milli": ("Load", _THOUSANDTHS, "", ""),
    "memory_available_kib": ("Memory available", _KIB_AS_MIB, "data_size", "MiB"),
    "disk_free_kib": ("Disk free", _KIB_AS_MIB, "data_size", "MiB"),
    "uptime_s": ("Uptime", _NUMBER, "duration", "s"),
    "wlan_signal_dbm": ("Radio signal", _NUMBER, "signal_strength", "dBm"),
    "link_round_trip_ms": ("Broker round trip", _NUMBER, "duration", "ms"),
    "link_reconnects": ("Reconnects", _NUMBER, "", ""),
    "outbox_depth": ("Events waiting", _NUMBER, "", ""),
    "outbox_age_s": ("Oldest event waiting", _NUMBER, "duration", "s"),
    "certificate_days_left": ("Certificate ends in", _NUMBER, "duration", "d"),
    "lifecycle": ("Lifecycle", _TEXT, "", ""),
    "alarms": ("Alarms", _TEXT, "", ""),
}
_BINARY_SENSORS = {
    "undervoltage": ("Power supply", _FLAG, "problem"),
    "throttled_now": ("Throttling", _FLAG, "problem"),
    "reader_failing": ("Card reader", _FLAG, "problem"),
    "tamper": ("Case", _FLAG, "tamper"),
    "clock": ("Clock", _UNSYNCED, "problem"),
}


class HomeAssistant:
    """What there is to tell Home Assistant of one terminal."""

    def __init__(self, topics: Topics) -> None:
        self.topics = topics
        # The serial is a level of its own, so that access rules by user name can hold the terminal to it.
        self.topic = "{}/device/{}/config".format(PREFIX, topics.terminal)

    def announcement(self, info: "dict[str, object]") -> bytes:
        """The message that announces the terminal; `info` is the machine's."""
        version = str(info["software"])
        return encode(
            {
                "device": {
                    "identifiers": [self._name()],
                    "name": self.topics.terminal,
                    "manufacturer": MAKER,
                    "model": str(info["hardware"]),
                    "serial_number": self.topics.terminal,
                    "sw_version": version,
                },
                "origin": {"name": MAKER, "sw_version": version},
                "components": self._components(),
                "state_topic": self.topics.of(VITALS),
                "availability_topic": self.topics.of(STATE),
                # The will says `lost`, a goodbye `offline`; here there is one word for both.
                "availability_template": "{{ 'online' if value_json.state == 'online' else 'offline' }}",
            }
        )

    def _name(self) -> str:
        return "jumpguard_{}_{}".format(self.topics.fleet, self.topics.terminal)

    def _components(self) -> "dict[str, object]":
        components: "dict[str, object]" = {}
        for reading, (shown, template, device_class, unit) in _SENSORS.items():
            sensor = self._component("sensor", reading, shown, template, device_class)
            if unit:
                sensor["unit_of_measurement"] = unit
            if template != _TEXT:
                sensor["state_class"] = "measurement"
            components[reading] = sensor
        for reading, (shown, template, device_class) in _BINARY_SENSORS.items():
            components[reading] = self._component("binary_sensor", reading, shown, template, device_class)
        return components

    def _component(
        self, platform: str, reading: str, shown: str, template: str, device_class: str
    ) -> "dict[str, object]":
        component: "dict[str, object]" = {
            "platform": platform,
            "unique_id": "{}_{}".format(self._name(), reading),
            "name": shown,
            "value_template": template.format(reading),
            "entity_category": "diagnostic",
        }
        if device_class:
            component["device_class"] = device_class
        return component
