"""The readings of a made-up terminal: all that a real one tells, around usual values."""

import random
from typing import NamedTuple

from agent.canonical import encode
from agent.lifecycle import TAMPERED
from tools.fleet.load.clocks import Clock

_MEMORY_KIB = 948_304


class Now(NamedTuple):
    """What the readings say of the agent itself: its clock, state, binding, alarms, outbox and link."""

    clock: Clock
    boot_id: str
    lifecycle: str
    alarms: list[str]
    outbox_depth: int
    outbox_age_s: int
    round_trip_ms: int
    reconnects: int
    sale_result: str
    sale_code: str


def readings(now: Now, draw: random.Random) -> bytes:
    """The message."""
    uptime_s, throttled = now.clock.uptime_s, int("UNDERVOLTAGE" in now.alarms)
    hot = "TEMPERATURE_HIGH" in now.alarms
    return encode(
        {
            "uptime_s": uptime_s,
            "load1_milli": draw.randrange(50, 900),
            "memory_available_kib": draw.randrange(500_000, 600_000),
            "memory_total_kib": _MEMORY_KIB,
            "cpu_temperature_milli_c": (84_000 if hot else 51_000) + draw.randrange(-3_000, 3_000),
            "throttled_now": throttled,
            "throttled_since_boot": throttled,
            "undervoltage": bool(throttled),
            "disk_free_kib": draw.randrange(20_000_000, 20_100_000),
            "rss_kib": draw.randrange(44_000, 52_000),
            "boot_id": now.boot_id,
            "process_uptime_s": uptime_s,
            "wlan_signal_dbm": draw.randrange(-78, -45),
            "lifecycle": now.lifecycle,
            "tamper": now.lifecycle == TAMPERED,
            "binding_version": 1,
            "binding_reason": "",
            "clock": now.clock.state,
            "clock_unsynced_s": 0 if now.clock.state == "synced" else uptime_s,
            "certificate_expiry": "",
            "certificate_days_left": -1,
            "link_round_trip_ms": now.round_trip_ms,
            "link_reconnects": now.reconnects,
            "journal_kib": draw.randrange(400, 9_000),
            "journal_space_kib": 19_000_000,
            "outbox_depth": now.outbox_depth,
            "outbox_age_s": now.outbox_age_s,
            "sale_age_s": draw.randrange(600) if now.sale_result else -1,
            "sale_result": now.sale_result,
            "sale_code": now.sale_code,
            "alarms": " ".join(now.alarms),
            "recent_s": min(3_600, uptime_s),
            "reader_open": True,
            "reader_failing": "READER_FAILING" in now.alarms,
            "reader_cards_recent": draw.randrange(30),
            "reader_card_gone_recent": draw.randrange(3),
            "reader_faults_recent": 0,
            "reader_opens": 1,
            "reader_open_retries": 0,
            "reader_cards": draw.randrange(30, 900),
            "reader_apdus": draw.randrange(300, 9_000),
            "reader_card_gone": draw.randrange(9),
            "reader_faults": 0,
            "leaks_kept_back": 0,
        }
    )
