"""Whoever listens to a counter hears what breaks the contract, and what the broker keeps of it."""

import json

import pytest

from tests.contract.heard_rig import broken
from tests.contract.tap import Heard, Tap
from tests.contract.witness import see
from tests.tools.fleet.publisher import INFO, state
from tools.contract.document import SEND
from tools.contract.errors import BrokenContractError
from tools.contract.validator import validate
from tools.rig.files import FLEET, SERIAL
from tools.rig.rig import Rig

TOPIC = f"jumpguard/1/{FLEET}/{SERIAL}"


def test_what_the_broker_keeps_is_what_the_document_says_is_retained(rig: Rig) -> None:
    tap = Tap()
    tap.start(rig.processes["broker"].ready["port"])
    try:
        kept = {"state", "info", "config/reported"}
        rig.wait_until(lambda: kept <= {m.topic.removeprefix(f"{TOPIC}/") for m in tap.heard}, "what is retained")
    finally:
        tap.stop()
    channels = [validate(message.topic, message.payload).channel for message in tap.heard if message.retained]
    assert {"state", "info", "configReported"} <= {channel.key for channel in channels}
    assert all(channel.retained for channel in channels)


def test_each_message_that_was_heard_and_breaks_the_contract_is_told() -> None:
    tap = Tap()
    good, bad = state("online", 1), state("on", 1)
    tap.heard += [Heard(f"{TOPIC}/state", json.dumps(said).encode(), False) for said in (good, bad)]
    tap.heard.append(Heard("homeassistant/status", b"online", False))
    tap.heard.append(Heard("jumpguard/2/demo/x/state", b"{}", False))
    first, second = broken(tap)
    assert "$.state breaks enum" in first
    assert "no such topic" in second


def test_what_is_retained_and_should_not_be_is_told_and_the_other_way_round() -> None:
    see(f"{TOPIC}/info", json.dumps(INFO).encode(), SEND, True)
    with pytest.raises(BrokenContractError, match="retain is False"):
        see(f"{TOPIC}/info", json.dumps(INFO).encode(), SEND, False)
    with pytest.raises(BrokenContractError, match="retain is True"):
        see(f"{TOPIC}/vitals", b"{}", SEND, True)
