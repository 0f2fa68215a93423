"""A terminal's vitals and alarms, from the virtual board through the agent and the broker into the backend's store."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from typer.testing import CliRunner

from tools.cli.board import app
from tools.cli.fleet import app as fleet
from tools.rig.files import SERIAL
from tools.rig.rig import Rig

KEYS = {
    *("uptime_s", "process_uptime_s", "load1_milli", "memory_available_kib", "memory_total_kib", "rss_kib", "boot_id"),
    *("cpu_temperature_milli_c", "throttled_now", "throttled_since_boot", "undervoltage"),
    *("disk_free_kib", "journal_kib", "journal_space_kib", "leaks_kept_back"),
    *("reader_open", "reader_failing", "reader_opens", "reader_open_retries", "reader_cards", "reader_apdus"),
    *("reader_card_gone", "reader_faults"),
    *("recent_s", "reader_cards_recent", "reader_card_gone_recent", "reader_faults_recent"),
    *("link_round_trip_ms", "link_reconnects", "wlan_signal_dbm"),
    *("clock", "clock_unsynced_s"),
    *("outbox_depth", "outbox_age_s", "sale_age_s", "sale_result", "sale_code"),
    *("binding_version", "binding_reason", "lifecycle", "tamper"),
    *("certificate_expiry", "certificate_days_left", "alarms"),
}


@pytest.fixture
def quick_rig(own_rig: Rig) -> Iterator[Rig]:
    """A counter that takes readings every second, and tells what lasts for one."""
    own_rig.agent.stop()
    own_rig.write_settings(link={"vitals_period_s": 1}, alarms={"hold_s": 1})
    own_rig.start_agent()
    yield own_rig


def vitals(rig: Rig) -> dict[str, Any]:
    """The latest vitals in the backend's store, none before the first."""
    with closing(rig.reader()) as reader:
        text = next(terminal.vitals for terminal in reader.terminals() if terminal.terminal == SERIAL)
    return {} if text is None else dict(json.loads(text))


def alarms(rig: Rig) -> list[tuple[str, dict[str, Any]]]:
    """The alarm events in the backend's store: kind and body."""
    told = [event for event in rig.stored_events() if event.kind.startswith("vitals.")]
    return [(event.kind, json.loads(event.entry)["body"]) for event in told]


def board(rig: Rig, *arguments: str) -> None:
    """`jumpguard board vitals` at the desk."""
    done = CliRunner().invoke(app, ["vitals", "--dir", str(rig.files.board), *arguments])
    assert done.exit_code == 0, done.output


def test_the_backend_holds_every_reading_of_a_terminal_and_follows_it(quick_rig: Rig) -> None:
    quick_rig.wait_until(lambda: vitals(quick_rig).get("link_round_trip_ms", -1) >= 0, "a round trip")
    told = vitals(quick_rig)
    assert told.keys() == KEYS
    assert (told["lifecycle"], told["binding_version"], told["binding_reason"]) == ("active", 1, "")
    assert (told["tamper"], told["clock"], told["reader_failing"]) == (False, "synced", False)
    assert (told["wlan_signal_dbm"], told["certificate_days_left"], told["sale_age_s"]) == (-52, -1, -1)
    assert told["journal_kib"] > 0 and told["journal_space_kib"] > 0 and told["link_reconnects"] == 0
    board(quick_rig, "--wlan-signal-dbm", "-80")
    quick_rig.wait_until(lambda: vitals(quick_rig)["wlan_signal_dbm"] == -80, "the radio's new level")
    quick_rig.processes["broker"].kill()
    quick_rig.start_broker()
    quick_rig.wait_until(lambda: vitals(quick_rig)["link_reconnects"] == 1, "the connection after the outage")


def test_a_sale_and_a_failing_reader_show(quick_rig: Rig) -> None:
    quick_rig.board.tap("unionpay")
    quick_rig.till.pay("1", "12.50")
    quick_rig.wait_until(lambda: vitals(quick_rig).get("sale_result") == "approved", "the sale")
    assert vitals(quick_rig)["sale_age_s"] < 60 and vitals(quick_rig)["reader_cards"] == 1
    quick_rig.board.remove()
    quick_rig.board.chip("hung")
    quick_rig.till.pay("2", "12.50")
    quick_rig.wait_until(lambda: bool(vitals(quick_rig)["reader_failing"]), "the reader's failure")
    told = vitals(quick_rig)
    assert (told["sale_result"], told["sale_code"]) == ("failed", "READER_UNAVAILABLE")
    assert told["reader_faults_recent"] == told["reader_faults"] == 1


def test_heat_is_one_event_in_the_backend_and_its_end_one_more_over_a_restart(quick_rig: Rig) -> None:
    board(quick_rig, "--temperature-c", "88")
    quick_rig.wait_until(lambda: len(alarms(quick_rig)) == 1, "the alarm")
    kind, body = alarms(quick_rig)[0]
    assert kind == "vitals.raised"
    assert body == {
        "kind": "TEMPERATURE_HIGH",
        "reading": "cpu_temperature_milli_c",
        "value": 88_000,
        "threshold": 80_000,
        "raised": ["TEMPERATURE_HIGH"],
    }
    quick_rig.wait_until(lambda: vitals(quick_rig)["alarms"] == "TEMPERATURE_HIGH", "the vitals that name it")
    shown = CliRunner().invoke(fleet, ["vitals", SERIAL, "--dir", str(quick_rig.directory / "fleet")])
    assert "88.0 °C" in shown.output and "TEMPERATURE_HIGH: " in shown.output
    quick_rig.agent.kill()
    quick_rig.start_agent()
    # A later alarm comes in: had the heat been told again, it would be there by then.
    board(quick_rig, "--throttled", "0x50005")
    quick_rig.wait_until(lambda: len(alarms(quick_rig)) >= 2, "the second alarm")
    assert [body["kind"] for _, body in alarms(quick_rig)] == ["TEMPERATURE_HIGH", "UNDERVOLTAGE"]
    board(quick_rig, "--temperature-c", "60")
    quick_rig.wait_until(lambda: len(alarms(quick_rig)) >= 3, "the end of the alarm")
    kind, body = alarms(quick_rig)[2]
    assert (kind, body["kind"], body["value"]) == ("vitals.cleared", "TEMPERATURE_HIGH", 60_000)
    assert body["raised"] == ["UNDERVOLTAGE"]
