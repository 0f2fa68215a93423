"""Whatever a terminal publishes: an event or a report that keeps the contract, or a ContractError from a fixed set."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.canonical import encode
from tests.leaks.cards import PANS
from tests.leaks.strategies import CARD_TEXTS, JSON, TEXTS, damaged, shows_no_card
from tests.tools.fleet.publisher import CONFIG, FLEET, INFO, Journal
from tests.tools.fleet.test_contract import STATE, STATUS, TERMINAL, TOPIC
from tools.fleet.contract import Event, Report, parse
from tools.fleet.errors import ContractError

CHANNELS = ("event", "state", "info", "vitals", "config/reported")
JOURNAL = Journal(TERMINAL)
EVENT = JOURNAL.event(JOURNAL.add())
ENTRY = EVENT["data"]
FIELDS = st.sampled_from(sorted({*EVENT, *ENTRY, *STATE, *STATUS, *CONFIG}))
CHANGES = st.dictionaries(FIELDS | TEXTS, JSON, max_size=2)
DOCUMENTS = (
    JSON
    | CHANGES.map(lambda changes: EVENT | changes)
    | CHANGES.map(lambda changes: EVENT | {"data": ENTRY | changes})
    | st.builds(lambda form, changes: form | changes, st.sampled_from([STATE, STATUS, CONFIG, INFO]), CHANGES)
)
PAYLOADS = (
    st.binary(max_size=80) | DOCUMENTS.map(lambda document: json.dumps(document).encode()) | damaged(encode(EVENT))
)
TOPICS = (
    st.sampled_from([f"{TOPIC}/{channel}" for channel in (*CHANNELS, "cmd/ping/c1/status")])
    | st.text()
    | st.builds("jumpguard/1/{}/{}/{}".format, TEXTS, TEXTS, st.sampled_from(CHANNELS) | TEXTS)
    | CARD_TEXTS.map(lambda name: f"jumpguard/1/{FLEET}/{name}/event")
)


@pytest.mark.parametrize("channel", [*CHANNELS, "cmd/ping/c1/status"])
def test_half_of_a_surrogate_pair_is_refused_in_every_field_and_a_whole_one_is_not(channel: str) -> None:
    topic = f"{TOPIC}/{channel}"
    form = {"event": EVENT, "state": STATE, "info": INFO, "vitals": {"boot_id": ""}, "config/reported": CONFIG}
    whole = form.get(channel, STATUS)
    for field in [*whole, "more"]:
        for half in ("\ud800", {"a": ["\udfff x"]}, {"\udbff": 1}):
            with pytest.raises(ContractError, match="payload: a text holds half of a surrogate pair"):
                parse(topic, json.dumps(whole | {field: half}).encode(), FLEET)
    parse(topic, json.dumps(whole | {"more": "\U0001f980 \\ud800"}).encode(), FLEET)


@given(TOPICS, PAYLOADS, st.booleans())
@settings(max_examples=500)
def test_any_message_keeps_the_contract_or_is_refused_without_what_it_said(
    topic: str, payload: bytes, retained: bool
) -> None:
    try:
        told = parse(topic, payload, FLEET, retained)
    except ContractError as error:
        assert str(error).partition(":")[0] in ("topic", "payload", "status", *CHANNELS)
        assert len(str(error)) < 120 and not any(pan in str(error) for pan in PANS) and shows_no_card(error)
        return
    told.text.encode("utf-8")
    if isinstance(told, Event):
        assert told.key == (told.terminal, told.entry.journal_id, told.entry.sequence)
        assert encode(json.loads(told.text)) == told.text.encode()
    else:
        assert isinstance(told, Report) and isinstance(json.loads(told.text), dict)
