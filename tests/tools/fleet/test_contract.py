"""What the fleet contract takes and what it refuses, without a broker."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.fleet.publisher import CONFIG, FLEET, INFO, Journal, canonical, digest
from tools.fleet.contract import COMMAND_STATUS, Event, Report, check_name, parse, parse_topic
from tools.fleet.errors import ContractError
from tools.fleet.forms import CommandStatus, State

TERMINAL = "JG-DEMO-0001"
TOPIC = f"jumpguard/1/{FLEET}/{TERMINAL}"
STATE: dict[str, Any] = {
    "state": "online",
    "session": 3,
    "lifecycle": "active",
    "boot_id": "boot-1",
    "journal_id": "0" * 32,
}


def reason_of(channel: str, payload: bytes) -> str:
    with pytest.raises(ContractError) as refusal:
        parse(f"{TOPIC}/{channel}", payload, FLEET)
    return str(refusal.value)


def event_of(entry: dict[str, Any], **changes: object) -> bytes:
    return json.dumps(Journal(TERMINAL).event(entry, **changes)).encode()


@pytest.fixture
def entry() -> dict[str, Any]:
    return Journal(TERMINAL).add()


def test_an_event_gives_its_entry_in_canonical_form_with_its_hash(entry: dict[str, Any]) -> None:
    event = parse(f"{TOPIC}/event", event_of(entry), FLEET)
    assert isinstance(event, Event)
    assert event.key == (TERMINAL, entry["journal_id"], 1)
    assert event.text.encode() == canonical(entry)
    assert event.hash == digest(entry)


_BODIES = st.dictionaries(
    st.text(max_size=4) | st.sampled_from(["a", "é", "\x7f", "null"]),
    st.recursive(
        st.text()
        | st.booleans()
        | st.integers()
        | st.none()
        | st.floats()
        | st.sampled_from([2**53, "\ud800", "1" * 16]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@given(_BODIES, st.sampled_from([{}, {"extra": 1}, {"source": "x"}, {"time": "2026-02-30T00:00:00.000Z"}]))
def test_whether_an_event_is_written_as_an_agent_writes_it_makes_no_difference(
    body: dict[str, object], changes: dict[str, object]
) -> None:
    """An agent's own form is read the quick way, any other in full; both take and refuse the same."""
    journal = Journal(TERMINAL)
    document = journal.event(journal.add() | {"body": body}, **changes)

    def outcome(**form: Any) -> object:
        payload = json.dumps(document, sort_keys=True, **form).encode("utf-8", "surrogatepass")
        try:
            return parse(f"{TOPIC}/event", payload, FLEET)
        except ContractError as error:
            return str(error)

    in_full = outcome(indent=1)
    assert outcome(separators=(",", ":")) == in_full
    # Half of a surrogate pair can be escaped, and has no UTF-8.
    is_text = in_full != "payload: a text holds half of a surrogate pair"
    assert outcome(ensure_ascii=False, separators=(",", ":")) == (in_full if is_text else "payload: not JSON")


@pytest.mark.parametrize("more", [b'"a":1,"a":2', b'"a":1,"a":1', b'"a":{"b":1,"b":1}'])
def test_a_name_twice_is_refused_in_the_form_of_an_agent_too(entry: dict[str, Any], more: bytes) -> None:
    document = Journal(TERMINAL).event(entry | {"body": {"here": 1}})
    payload = json.dumps(document, sort_keys=True, separators=(",", ":")).encode().replace(b'"here":1', more)
    assert reason_of("event", payload) == "payload: an object has the same name twice"


@pytest.mark.parametrize(
    "extra", [{"subject": "x"}, {"traceparent": "00-1"}, {"dataschema": None}, {"number": 1.5}, {"object": {"a": []}}]
)
def test_attributes_that_the_envelope_does_not_know_are_let_through(
    entry: dict[str, Any], extra: dict[str, object]
) -> None:
    assert isinstance(parse(f"{TOPIC}/event", event_of(entry, **extra), FLEET), Event)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "0" * 32 + "/000000000001"),
        ("source", f"jumpguard/1/{FLEET}/JG-DEMO-0002"),
        ("source", f"jumpguard/1/other/{TERMINAL}"),
        ("type", "jumpguard.sale.declined"),
        ("time", "2026-11-23T03:04:05.678Z"),
        ("journalid", "0" * 32),
        ("sequence", "000000000002"),
        ("sequence", "1"),
        ("bootid", "boot-2"),
        ("clock", "unsynced"),
        ("specversion", "2.0"),
        ("specversion", 1.0),
        ("datacontenttype", "text/plain"),
        ("data", None),
        ("data", []),
        ("data", {}),
        ("id", 7),
    ],
)
def test_an_attribute_that_is_not_that_of_the_entry_is_refused(entry: dict[str, Any], name: str, value: object) -> None:
    reason = reason_of("event", event_of(entry, **{name: value}))
    assert name in reason or "data" in reason


@pytest.mark.parametrize("name", [*Journal(TERMINAL).event(Journal(TERMINAL).add())])
def test_an_attribute_that_is_missing_is_refused(entry: dict[str, Any], name: str) -> None:
    event = Journal(TERMINAL).event(entry)
    del event[name]
    assert name in reason_of("event", json.dumps(event).encode())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("journal_id", "A" * 32),
        ("journal_id", "a" * 31),
        ("journal_id", "a" * 32 + "\n"),
        ("sequence", 0),
        ("sequence", -1),
        ("sequence", 10**12),
        ("time", "2026-13-23T03:04:05.678Z"),
        ("time", "2026-02-29T03:04:05.678Z"),
        ("time", "2026-11-23T03:04:05Z"),
        ("time", "2026-11-23T03:04:05.678+00:00"),
        ("clock", "wrong"),
        ("boot_id", "x" * 65),
        ("monotonic_ms", -1),
        ("monotonic_ms", 2**53),
        ("monotonic_ms", 1.0),
        ("monotonic_ms", True),
        ("kind", "Sale"),
        ("kind", "sale..approved"),
        ("kind", "x" * 65),
        ("body", []),
        ("body", {"amount": 1.5}),
        ("body", {"amount": None}),
        ("body", {"amount": 2**53}),
        ("body", {"名": 1}),
        ("previous", "0" * 63),
        ("previous", 0),
    ],
)
def test_an_entry_that_is_none_is_refused(entry: dict[str, Any], field: str, value: object) -> None:
    entry[field] = value
    event = Journal(TERMINAL).event(entry | {"sequence": 1}, data=entry)
    event["sequence"] = f"{entry['sequence']:012d}"
    assert "event: " in reason_of("event", json.dumps(event).encode())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sequence", 10**12 - 1),
        ("monotonic_ms", 0),
        ("monotonic_ms", 2**53 - 1),
        ("clock", "unsynced"),
        ("boot_id", "0e2f9e1c-7a37-4d3f-9d55-2f8f8ff0a9b1"),
        ("boot_id", ""),
        ("kind", "update.rolled_back"),
        ("kind", "x" * 64),
        ("time", "2028-02-29T23:59:59.999Z"),
        ("body", {}),
        ("body", {"list": [1, "海", {"deep": True}]}),
    ],
)
def test_an_entry_at_its_limits_is_taken(entry: dict[str, Any], field: str, value: object) -> None:
    entry[field] = value
    event = parse(f"{TOPIC}/event", event_of(entry), FLEET)
    assert isinstance(event, Event)
    assert event.hash == digest(entry)


def test_an_entry_that_is_nested_too_deeply_is_refused(entry: dict[str, Any]) -> None:
    nested = '{"a":' * 600 + "1" + "}" * 600  # the parser takes it, canonical bytes do not
    payload = event_of(entry | {"body": {"deep": "here"}}).replace(b'"here"', nested.encode())
    assert reason_of("event", payload) == "event: data has no canonical form"


def test_an_entry_with_a_field_more_or_less_is_refused(entry: dict[str, Any]) -> None:
    assert "data has a field" in reason_of("event", event_of(entry | {"extra": 1}))
    shorter = {name: value for name, value in entry.items() if name != "body"}
    assert "`body` - at `$.data` is missing" in reason_of("event", event_of(entry, data=shorter))


def test_a_reason_quotes_nothing_of_the_payload(entry: dict[str, Any]) -> None:
    card = "6212345678901232"
    for changes in ({"clock": card}, {"specversion": card}, {card: 1}, {"data": entry | {card: 1}}):
        event = Journal(TERMINAL).event(entry) | changes
        try:
            parse(f"{TOPIC}/event", json.dumps(event).encode(), FLEET)
        except ContractError as error:
            assert card not in str(error)
    assert card not in reason_of("state", json.dumps(STATE | {"state": card}).encode())


@pytest.mark.parametrize("state", ["online", "offline", "lost"])
def test_a_state_is_taken(state: str) -> None:
    report = parse(f"{TOPIC}/state", json.dumps(STATE | {"state": state, "more": [1.5, None]}).encode(), FLEET)
    assert isinstance(report, Report)
    assert isinstance(report.said, State)
    assert (report.said.state, report.said.session) == (state, 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [("state", "gone"), ("session", -1), ("session", "3"), ("session", 2**53), ("lifecycle", "odd"), ("boot_id", 1)],
)
def test_a_state_that_is_none_is_refused(field: str, value: object) -> None:
    assert f"`$.{field}`" in reason_of("state", json.dumps(STATE | {field: value}).encode())


@pytest.mark.parametrize(
    ("channel", "document"),
    [
        ("info", INFO),
        ("info", INFO | {"binding_version": 0, "certificate_expiry": "", "more": None}),
        ("info", INFO | {"commands": [], "certificate_expiry": "2027-11-23T00:00:00Z"}),
        ("vitals", {}),
        ("vitals", {"uptime_s": -1, "undervoltage": -1, "boot_id": "", "more": [1.5]}),
        ("vitals", {"undervoltage": True, "throttled_now": 15, "cpu_temperature_milli_c": -40_000}),
        ("config/reported", CONFIG | {"version": 0, "binding_version": 0, "binding_digest": ""}),
        ("config/reported", CONFIG | {"state": "rejected", "reason": "TRIAL_FAILED"}),
    ],
)
def test_what_a_terminal_tells_of_itself_is_taken(channel: str, document: dict[str, object]) -> None:
    report = parse(f"{TOPIC}/{channel}", json.dumps(document).encode(), FLEET)
    assert isinstance(report, Report)
    assert json.loads(report.text) == document


@pytest.mark.parametrize(
    ("channel", "document", "reason"),
    [
        ("info", INFO | {"software": 1}, "`$.software`"),
        ("info", INFO | {"commands": ["lock", "Lock"]}, "`$.commands`"),
        ("info", INFO | {"certificate_expiry": "soon"}, "`$.certificate_expiry`"),
        ("info", INFO | {"certificate_expiry": "2027-02-29T00:00:00Z"}, "certificate_expiry is not a date"),
        ("vitals", {"uptime_s": "1"}, "`$.uptime_s`"),
        ("vitals", {"load1_milli": 0.5}, "`$.load1_milli`"),
        ("vitals", {"throttled_now": 16}, "`$.throttled_now`"),
        ("vitals", {"undervoltage": 1}, "`$.undervoltage`"),
        ("config/reported", CONFIG | {"state": "rejected"}, "reason is there"),
        ("config/reported", CONFIG | {"reason": "TRIAL_FAILED"}, "reason is there"),
    ],
)
def test_what_a_terminal_cannot_tell_of_itself_is_refused(channel: str, document: object, reason: str) -> None:
    assert reason in reason_of(channel, json.dumps(document).encode())


@pytest.mark.parametrize("channel", ["event", "state", "info", "vitals", "config/reported"])
def test_a_topic_of_this_fleet_names_its_terminal_and_channel(channel: str) -> None:
    assert parse_topic(f"{TOPIC}/{channel}", FLEET) == (TERMINAL, channel)


@pytest.mark.parametrize(
    "topic",
    [
        f"jumpguard/2/{FLEET}/{TERMINAL}/event",
        f"jumpguard/1/other/{TERMINAL}/event",
        f"jumpguard/1/{FLEET}/{TERMINAL}",
        f"jumpguard/1/{FLEET}/{TERMINAL}/event/ack",
        f"jumpguard/1/{FLEET}//event",
        f"jumpguard/1/{FLEET}/a b/event",
        f"jumpguard/1/{FLEET}/{'x' * 65}/event",
        f"jumpguard/1/{FLEET}/JG\n/event",
        "",
    ],
)
def test_any_other_topic_is_refused(topic: str) -> None:
    with pytest.raises(ContractError, match=r"^topic: "):
        parse_topic(topic, FLEET)


STATUS = {
    "format": "jumpguard.command-status/1", "type": "ping", "id": "c1", "state": "succeeded", "code": "",
    "progress": 100, "result": {},
}  # fmt: skip


@pytest.mark.parametrize(
    "changes", [{}, {"more": [1.5]}, {"result": {"csr": "x"}}, {"state": "failed", "code": "EXPIRED"}]
)
def test_a_status_is_taken_on_the_topic_of_its_command(changes: dict[str, object]) -> None:
    report = parse(f"{TOPIC}/cmd/ping/c1/status", json.dumps(STATUS | changes).encode(), FLEET)
    assert isinstance(report, Report) and isinstance(report.said, CommandStatus)
    assert (report.said.id, report.channel) == ("c1", COMMAND_STATUS)
    for topic in ("cmd/ping/c2/status", "cmd/lock/c1/status"):
        assert "not of the command that its topic names" in reason_of(topic, json.dumps(STATUS | changes).encode())


@pytest.mark.parametrize(
    ("field", "value"),
    [("format", "jumpguard.command-status/2"), ("state", "odd"), ("code", "a card"), ("progress", 101), ("id", "a/b"),
     ("progress", True), ("result", []), ("type", "Ping")],
)  # fmt: skip
def test_a_status_that_is_none_is_refused(field: str, value: object) -> None:
    assert f"`$.{field}`" in reason_of("cmd/ping/c1/status", json.dumps(STATUS | {field: value}).encode())


@pytest.mark.parametrize(
    "changes",
    [{"state": "failed"}, {"code": "EXPIRED"}, {"progress": 99}, {"state": "running", "result": {"csr": "x"}}],
)
def test_a_status_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    assert "status: " in reason_of("cmd/ping/c1/status", json.dumps(STATUS | changes).encode())


@pytest.mark.parametrize(
    ("field", "value"),
    [("format", "jumpguard.config-reported/2"), ("version", -1), ("state", "odd"), ("reason", "no code"),
     ("binding_digest", "zz"), ("detail", "x" * 1001)],
)  # fmt: skip
def test_a_report_on_a_configuration_that_is_none_is_refused(field: str, value: object) -> None:
    assert parse(f"{TOPIC}/config/reported", json.dumps(CONFIG).encode(), FLEET)
    assert f"`$.{field}`" in reason_of("config/reported", json.dumps(CONFIG | {field: value}).encode())


def test_a_fleet_is_named_like_a_terminal() -> None:
    assert check_name("demo") == "demo"
    for name in ("", "+", "a/b", "#", "x" * 65):
        with pytest.raises(ContractError):
            check_name(name)
