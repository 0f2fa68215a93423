"""A terminal's vitals for a person: what each reading is called, and its value in a unit that reads well.

They come from a terminal, or from whoever poses as one: none of them is taken to be of the right type or length.
"""

from collections.abc import Callable, Mapping

from agent.canonical import LARGEST_INTEGER
from agent.report.ports import UNKNOWN
from provisioning.reasons import meaning
from provisioning.texts import _, mark

_LONGEST = 100

# In the order in which somebody wants them who asks why a terminal fails.
_NAMES = {
    "alarms": mark("Alarms"),
    "lifecycle": mark("Lifecycle"),
    "tamper": mark("Case open"),
    "binding_version": mark("Binding in force"),
    "binding_reason": mark("Why no binding is in force"),
    "sale_result": mark("Latest sale"),
    "sale_code": mark("Why it ended so"),
    "sale_age_s": mark("Time since the latest sale"),
    "outbox_depth": mark("Events waiting"),
    "outbox_age_s": mark("The oldest waits for"),
    "link_round_trip_ms": mark("Broker's round trip"),
    "link_reconnects": mark("Reconnects since the start"),
    "wlan_signal_dbm": mark("Radio signal"),
    "clock": mark("Clock"),
    "clock_unsynced_s": mark("Time since the clock was set"),
    "reader_open": mark("Reader open"),
    "reader_failing": mark("Reader failing"),
    "recent_s": mark("Recently: within"),
    "reader_cards_recent": mark("Cards recently"),
    "reader_card_gone_recent": mark("Cards gone too early recently"),
    "reader_faults_recent": mark("Reader faults recently"),
    "reader_opens": mark("Reader opened"),
    "reader_open_retries": mark("Reader opened again"),
    "reader_cards": mark("Cards"),
    "reader_apdus": mark("Card commands"),
    "reader_card_gone": mark("Cards gone too early"),
    "reader_faults": mark("Reader faults"),
    "leaks_kept_back": mark("Card data kept back"),
    "undervoltage": mark("Supply too weak"),
    "throttled_now": mark("Throttled now"),
    "throttled_since_boot": mark("Throttled since boot"),
    "cpu_temperature_milli_c": mark("Processor temperature"),
    "load1_milli": mark("Load"),
    "memory_available_kib": mark("Memory available"),
    "memory_total_kib": mark("Memory"),
    "rss_kib": mark("Memory of the agent"),
    "disk_free_kib": mark("Disk free"),
    "journal_kib": mark("Journal"),
    "journal_space_kib": mark("Space for the journal"),
    "certificate_expiry": mark("Certificate ends at"),
    "certificate_days_left": mark("Certificate ends in"),
    "uptime_s": mark("Machine up for"),
    "process_uptime_s": mark("Agent up for"),
    "boot_id": mark("Boot"),
}
READINGS = tuple(_NAMES)
# Texts that are codes.
_CODES = ("binding_reason", "sale_code")

# The firmware's bits (`vcgencmd get_throttled`).
_BITS = {1: mark("low voltage"), 2: mark("frequency capped"), 4: mark("throttled"), 8: mark("soft temperature limit")}


def name_of(reading: str) -> str:
    """What `reading` is called in the chosen language; itself where it is a newer terminal's."""
    return _(_NAMES[reading]) if reading in _NAMES else _short(reading)


def rows(vitals: Mapping[str, object]) -> list[tuple[str, str]]:
    """Name and value of each reading, in the chosen language; those of a newer terminal come last."""
    known = [reading for reading in READINGS if reading in vitals]
    other = sorted(reading for reading in vitals if reading not in _NAMES)
    return [(name_of(reading), shown(reading, vitals[reading])) for reading in (*known, *other)]


def shown(reading: str, value: object) -> str:
    """The value of one reading, in the chosen language."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int) and abs(value) <= LARGEST_INTEGER:
        return _("unknown") if value == UNKNOWN else _number(reading, value)
    text = _short(value)
    return (meaning(text) if reading in _CODES else text) or "-"


def _number(reading: str, value: int) -> str:
    for suffix, form in _FORMS.items():
        if reading.endswith(suffix):
            return form(value)
    return _throttling(value) if reading.startswith("throttled_") else str(value)


def _duration(seconds: int) -> str:
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


def _throttling(bits: int) -> str:
    return ", ".join(_(text) for bit, text in _BITS.items() if bits & bit) or _("no")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


# How the unit at the end of a reading's name is shown; the longer endings come first.
_FORMS: dict[str, Callable[[int], str]] = {
    "_milli_c": lambda value: f"{value / 1000:.1f} °C",
    "_milli": lambda value: f"{value / 1000:.2f}",
    "_kib": lambda value: f"{value / 1024:.1f} MiB",
    "_dbm": lambda value: f"{value} dBm",
    "_ms": lambda value: f"{value} ms",
    "_days_left": lambda value: f"{value} d",
    "_s": _duration,
}
