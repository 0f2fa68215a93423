"""Vitals for a person: names, units, and whatever a hostile terminal may send instead."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning import texts
from tests.board.test_vitals_told import KEYS
from tools.fleet.shown_vitals import READINGS, rows, shown

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    texts.use(texts.ENGLISH)


def test_every_reading_of_a_terminal_has_a_name() -> None:
    assert set(READINGS) == KEYS


def test_every_name_is_one_of_its_own_in_both_languages() -> None:
    english = dict(zip(READINGS, (name for name, _ in rows(dict.fromkeys(READINGS, 0))), strict=True))
    texts.use(texts.CHINESE)
    chinese = dict(zip(READINGS, (name for name, _ in rows(dict.fromkeys(READINGS, 0))), strict=True))
    assert len(set(english.values())) == len(set(chinese.values())) == len(READINGS)
    assert [name for name in chinese.values() if name.isascii()] == []


@pytest.mark.parametrize(
    ("reading", "value", "text"),
    [
        ("cpu_temperature_milli_c", 48_349, "48.3 °C"),
        ("cpu_temperature_milli_c", -5_500, "-5.5 °C"),
        ("load1_milli", 120, "0.12"),
        ("disk_free_kib", 1536, "1.5 MiB"),
        ("link_round_trip_ms", 0, "0 ms"),
        ("wlan_signal_dbm", -52, "-52 dBm"),
        ("certificate_days_left", 29, "29 d"),
        ("uptime_s", 0, "0 s"),
        ("uptime_s", 61, "1 min 1 s"),
        ("uptime_s", 7_380, "2 h 3 min"),
        ("uptime_s", 180_000, "2 d 2 h"),
        ("outbox_depth", 3, "3"),
        ("throttled_now", 0, "no"),
        ("throttled_since_boot", 5, "low voltage, throttled"),
        ("undervoltage", True, "yes"),
        ("undervoltage", -1, "unknown"),
        ("certificate_expiry", "", "-"),
        ("sale_result", "approved", "approved"),
        ("sale_code", "READER_UNAVAILABLE", "The card reader does not work; nothing was charged."),
        ("sale_code", "51", "51"),
        ("binding_reason", "", "-"),
    ],
)
def test_a_value_is_shown_with_a_unit_that_reads_well(reading: str, value: object, text: str) -> None:
    assert shown(reading, value) == text


def test_readings_come_in_order_and_unknown_ones_last_as_they_are() -> None:
    told = rows({"zeal": 3, "uptime_s": 5, "alarms": "", "aura": "[red]x"})
    assert told == [("Alarms", "-"), ("Machine up for", "5 s"), ("aura", "[red]x"), ("zeal", "3")]


@pytest.mark.parametrize("value", [10**400, -(10**400), 1.5, None, ["x"], {"a": {}}, "\x1b[2J\n", "x" * 5000])
def test_a_hostile_value_is_a_short_text(value: object) -> None:
    for reading in ("uptime_s", "alarms", "sale_code", "throttled_now", "another"):
        text = rows({reading: value})[0][1]
        assert 0 < len(text) <= 103


@given(st.dictionaries(st.sampled_from(READINGS) | st.text(), JSON, max_size=5))
def test_nothing_that_json_can_say_breaks_it(vitals: dict[str, Any]) -> None:
    assert all(len(name) <= 103 and 0 < len(text) <= 103 for name, text in rows(vitals))
