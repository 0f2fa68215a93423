"""What the contract's document takes and refuses, channel by channel."""

import json
from typing import Any

import pytest

from tests.contract.samples import ARGS, COMMAND_ID, RESULTS, TO_TERMINAL, command, desired, status
from tests.contract.witness import see
from tests.tools.fleet.publisher import CONFIG, INFO, Journal, state
from tools.contract.document import RECEIVE, SEND
from tools.contract.errors import BrokenContractError
from tools.contract.validator import Found, validate
from tools.rig.files import FLEET, SERIAL, binding_document

TOPIC = f"jumpguard/1/{FLEET}/{SERIAL}"
CARD = "6212345678901232"


def held(channel: str, document: object, action: str = "") -> Found:
    return validate(f"{TOPIC}/{channel}", json.dumps(document).encode(), action)


def refusal(channel: str, document: object, action: str = "") -> str:
    with pytest.raises(BrokenContractError) as refused:
        held(channel, document, action)
    return str(refused.value)


def event(**changes: object) -> dict[str, Any]:
    journal = Journal(SERIAL)
    return journal.event(journal.add(**changes))


def test_each_kind_of_event_has_a_body_of_its_own() -> None:
    body = {"sale": "s00112233445566aa", "result": "approved", "code": "00"}
    assert held("event", event(kind="sale.finished", body=body), SEND).message.key == "sale.finished"
    assert "$.data.body" in refusal("event", event(kind="sale.finished", body=body | {"result": "well"}))
    assert "$.data.body" in refusal("event", event(kind="sale.finished", body={}))


def test_an_event_of_an_unknown_kind_and_fields_that_are_unknown_are_let_through() -> None:
    assert held("event", event(kind="update.rolled_back", body={"any": ["thing"]})).message.key == "unknown"
    body = {"sale": "s00112233445566aa", "result": "approved", "code": "00", "of_a_newer_agent": True}
    assert held("event", event(kind="sale.finished", body=body)).payload["data"]["body"] == body
    assert held("event", event() | {"traceparent": "00-1"})
    assert held("state", state("online", 1) | {"more": None})
    assert held("info", INFO | {"more": 1.5})


@pytest.mark.parametrize(
    "document",
    [
        desired(format="jumpguard.config/2"),
        desired(version=0),
        desired(document={"firmware": {}}),
        desired(document={"binding": {"document": binding_document(), "key_id": "k"}}),
        desired(
            document={"binding": {"document": binding_document(mid="short"), "key_id": "k", "signature": "0" * 128}}
        ),
        desired(document={"settings": {"link": {"backoff_base_ms": 0.5}}}),
        desired(signature="AB" * 64),
        {name: value for name, value in desired().items() if name != "signature"},
    ],
)
def test_a_configuration_that_is_none_is_refused(document: dict[str, Any]) -> None:
    assert "configDesired" in refusal("config/desired", document, RECEIVE)


@pytest.mark.parametrize("document", [desired(), desired(document={}), desired(document={"settings": {}}, more=1)])
def test_a_configuration_is_taken(document: dict[str, Any]) -> None:
    assert held("config/desired", document, RECEIVE).payload == document


def test_a_reason_is_there_when_a_configuration_was_rejected_and_only_then() -> None:
    assert held("config/reported", CONFIG | {"state": "rejected", "reason": "TRIAL_FAILED"}, SEND)
    assert "$.reason" in refusal("config/reported", CONFIG | {"state": "rejected"})
    assert "$.reason" in refusal("config/reported", CONFIG | {"reason": "TRIAL_FAILED"})


@pytest.mark.parametrize("kind", ARGS)
def test_each_command_and_its_statuses_are_taken(kind: str) -> None:
    topic = f"cmd/{kind}/{COMMAND_ID}"
    assert held(topic, command(kind), RECEIVE).message.key == kind
    for word in ("accepted", "running", "succeeded", "failed"):
        assert held(f"{topic}/status", status(kind, word), SEND).message.key == kind


@pytest.mark.parametrize("kind", ARGS)
def test_args_that_a_command_does_not_have_or_lacks_are_refused(kind: str) -> None:
    topic = f"cmd/{kind}/{COMMAND_ID}"
    assert "$.args" in refusal(topic, command(kind, args=ARGS[kind] | {"more": 1}))
    if ARGS[kind]:
        assert "$.args" in refusal(topic, command(kind, args={}))


@pytest.mark.parametrize("kind", [kind for kind in RESULTS if kind != "diagnostics"])
def test_a_success_has_the_result_of_its_command(kind: str) -> None:
    topic = f"cmd/{kind}/{COMMAND_ID}/status"
    assert "$.result" in refusal(topic, status(kind, "succeeded", result={}))
    assert "$.result" in refusal(topic, status(kind, "running", result=RESULTS[kind]))


@pytest.mark.parametrize(
    ("word", "changes"),
    [
        ("failed", {"code": ""}),
        ("succeeded", {"code": "BUSY"}),
        ("succeeded", {"progress": 99}),
        ("running", {"progress": 101}),
        ("done", {}),
    ],
)
def test_a_status_that_contradicts_itself_is_refused(word: str, changes: dict[str, object]) -> None:
    assert "ping" in refusal(f"cmd/ping/{COMMAND_ID}/status", status("ping", word, **changes))


@pytest.mark.parametrize(
    "changes",
    [{"fleet": "other"}, {"terminal": "JG-OTHER-0001"}, {"id": "another"}, {"counter": 0}, {"deadline": "soon"}],
)
def test_a_command_for_another_terminal_or_of_another_name_is_refused(changes: dict[str, object]) -> None:
    assert next(iter(changes)) in refusal(f"cmd/ping/{COMMAND_ID}", command("ping", **changes))
    assert "no message of this type" in refusal(f"cmd/ping/{COMMAND_ID}", command("ping", type="format_disk"))
    assert "type is not that of the topic" in refusal(f"cmd/lock/{COMMAND_ID}", command("ping"))


def test_an_acknowledgement_names_the_terminal_of_its_topic() -> None:
    ack = {"format": "jumpguard.ack/1", **TO_TERMINAL, "journal_id": "0" * 32, "sequence": 1, "head_hash": "0" * 64}
    ack |= {"counter": 1_795_402_800_000, "key_id": "backend-1f2e3d4c", "signature": "ab" * 64}
    assert held("event/ack", ack, RECEIVE).message.key == "ack"
    assert "terminal is not that of the topic" in refusal("event/ack", ack | {"terminal": "JG-OTHER-0001"})


def test_what_goes_up_does_not_come_down_and_the_other_way_round() -> None:
    assert "does not receive on event" in refusal("event", event(), RECEIVE)
    assert "does not send on command" in refusal(f"cmd/ping/{COMMAND_ID}", command("ping"), SEND)
    assert held("state", state("online", 1), SEND) == held("state", state("online", 1), RECEIVE)


@pytest.mark.parametrize(
    "topic",
    [
        f"jumpguard/2/{FLEET}/{SERIAL}/state",
        f"jumpguard/1/{FLEET}/{SERIAL}",
        f"jumpguard/1/{FLEET}/{SERIAL}/state/more",
        f"jumpguard/1/{FLEET}/a_b/state",
        f"jumpguard/1/{FLEET}/{'x' * 65}/state",
        f"jumpguard/1/{FLEET}/{SERIAL}/cmd/Lock/1",
        f"jumpguard/1/{FLEET}/{SERIAL}/cmd/lock/1/result",
        "homeassistant/status",
    ],
)
def test_a_topic_of_another_version_or_form_is_none(topic: str) -> None:
    with pytest.raises(BrokenContractError, match="describes no such topic"):
        validate(topic, json.dumps(state("online", 1)).encode())


@pytest.mark.parametrize("payload", [b"", b"[]", b"\xff", b'{"a":NaN}', b'{"a":1,"a":2}', b"{}" + b" " * 65536])
def test_a_payload_that_is_no_json_object_is_refused(payload: bytes) -> None:
    with pytest.raises(BrokenContractError, match="payload: "):
        validate(f"{TOPIC}/vitals", payload)


def test_a_refusal_quotes_no_value() -> None:
    assert CARD not in refusal("state", state("online", 1) | {"boot_id": CARD + " "})
    assert CARD not in refusal("event", event() | {"specversion": CARD})


def test_our_own_sides_send_nothing_that_the_document_does_not_describe() -> None:
    see(f"{TOPIC}/info", json.dumps(INFO).encode())
    with pytest.raises(BrokenContractError, match="not described: secret"):
        see(f"{TOPIC}/info", json.dumps(INFO | {"secret": 1}).encode())
    body = {"sale": "s00112233445566aa", "result": "approved", "code": "00", "secret": {"deep": 1}}
    with pytest.raises(BrokenContractError, match=r"not described: data\.body\.secret"):
        see(f"{TOPIC}/event", json.dumps(event(kind="sale.finished", body=body)).encode())
