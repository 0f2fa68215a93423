"""The document and the backend's own forms take and refuse the same messages."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from tests.contract.mutants import mutants
from tests.tools.fleet.publisher import CONFIG, FLEET, INFO, Journal, state
from tools.contract import document
from tools.contract.document import SEND
from tools.contract.errors import BrokenContractError
from tools.contract.validator import validate, validator
from tools.fleet.contract import json_object, parse
from tools.fleet.errors import ContractError

TERMINAL = "JG-DEMO-0001"
TOPIC = f"jumpguard/1/{FLEET}/{TERMINAL}"
VITALS: dict[str, Any] = {
    **dict.fromkeys(("uptime_s", "load1_milli", "memory_available_kib", "memory_total_kib", "disk_free_kib"), 1),
    **dict.fromkeys(("cpu_temperature_milli_c", "throttled_now", "throttled_since_boot", "rss_kib"), 1),
    **{f"reader_{name}": 1 for name in ("opens", "open_retries", "cards", "apdus", "card_gone", "faults")},
    "undervoltage": False,
    "boot_id": "boot-1",
}
REPORTS = {
    "state": state("online", 3),
    "info": INFO | {"binding_version": 7, "certificate_expiry": "2027-11-23T00:00:00Z"},
    "vitals": VITALS,
    "config/reported": CONFIG,
}
EVENT = document.PATH.with_name("schemas").joinpath("event.yaml").as_uri() + "#/event"


def backend_takes(channel: str, payload: bytes) -> bool:
    try:
        parse(f"{TOPIC}/{channel}", payload, FLEET)
    except ContractError:
        return False
    return True


def document_takes(channel: str, payload: bytes) -> bool:
    try:
        validate(f"{TOPIC}/{channel}", payload, SEND)
    except BrokenContractError:
        return False
    return True


def document_takes_event(payload: bytes) -> bool:
    """Whether it is an event of any kind: the backend stores evidence whatever its body says."""
    try:
        return validator(EVENT).is_valid(json_object(payload))
    except ContractError:
        return False


def envelope(entry: dict[str, Any]) -> dict[str, Any]:
    """An envelope that says what `entry` says, also where that is nonsense."""
    whole = Journal(TERMINAL).add() | entry
    number = whole["sequence"] if isinstance(whole["sequence"], int) else 0
    return Journal(TERMINAL).event(whole | {"sequence": number}, data=entry)


@pytest.mark.parametrize("channel", REPORTS)
def test_document_and_backend_take_the_same_reports(channel: str) -> None:
    verdicts = set()

    @settings(max_examples=400, deadline=None)
    @given(mutants(REPORTS[channel]))
    def agree(report: dict[str, Any]) -> None:
        payload = json.dumps(report).encode()
        taken = backend_takes(channel, payload)
        assert document_takes(channel, payload) is taken
        verdicts.add(taken)

    agree()
    assert verdicts == {True, False}


def test_document_and_backend_take_the_same_entries() -> None:
    verdicts = set()

    @settings(max_examples=600, deadline=None)
    @given(mutants(Journal(TERMINAL).add(body={"text": "海", "list": [1, {"deep": True}]})))
    def agree(entry: dict[str, Any]) -> None:
        payload = json.dumps(envelope(entry)).encode()
        taken = backend_takes("event", payload)
        assert document_takes_event(payload) is taken
        verdicts.add(taken)

    agree()
    assert verdicts == {True, False}


@settings(max_examples=400, deadline=None)
@given(mutants(Journal(TERMINAL).event(Journal(TERMINAL).add())))
def test_the_backend_takes_no_event_that_the_document_refuses(event: dict[str, Any]) -> None:
    """Not the other way round: that envelope and entry agree is beyond a schema."""
    payload = json.dumps(event).encode()
    assert document_takes_event(payload) or not backend_takes("event", payload)
