"""The document is whole: it describes what the code can send, in words as well, and its parts agree."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from agent.binding.record import parse
from agent.config.configuration import COMMITTED, PENDING, REJECTED, TRIAL
from agent.errors import KeySetError
from agent.keys.key_set import FORMAT
from agent.keys.key_set import parse as parse_keys
from tests.contract.coverage import built, unseen
from tests.contract.fields import described
from tests.contract.not_built import NOT_BUILT
from tests.contract.witness import everything
from tests.structure.places import AGENT
from tools.contract import document
from tools.contract.document import read, schema_at
from tools.contract.validator import validator
from tools.rig.files import binding_document

CHANNELS = {channel.key: channel for channel in document.channels()}
# How a kind is named in the code: a constant of a module, but for the one that names a setting.
KIND = re.compile(r'^(?!NAME)[A-Z_]+ = "([a-z_]+\.[a-z_.]+)"$', re.MULTILINE)
ABSENT = object()
NO_KEYS: list[Any] = [[], {}, [1]]
FILES = sorted(document.PATH.parent.rglob("*.yaml"))


def kinds_in_code() -> set[str]:
    constants = {kind for path in AGENT.rglob("*.py") for kind in KIND.findall(path.read_text(encoding="utf-8"))}
    return {*constants, *(f"config.{state}" for state in (PENDING, TRIAL, COMMITTED, REJECTED))}


def nodes(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(member)


def test_every_kind_that_the_agent_writes_is_described_and_no_other() -> None:
    assert set(CHANNELS["event"].messages) == kinds_in_code() | {"unknown"}


def test_another_kind_is_none_of_those_described() -> None:
    message, _ = schema_at(f"{document.PATH.parent.as_uri()}/kinds/unknown.yaml#/unknown")
    excluded = message["payload"]["allOf"][1]["properties"]["data"]["properties"]["kind"]["not"]["enum"]
    assert {*excluded, "unknown"} == set(CHANNELS["event"].messages)


def test_no_kind_is_written_down_under_a_name_that_is_no_constant() -> None:
    assert [path for path in AGENT.rglob("*.py") if re.search(r'Record\(\s*f?"', path.read_text("utf-8"))] == []


def test_every_command_has_its_status() -> None:
    assert list(CHANNELS["command"].messages) == list(CHANNELS["commandStatus"].messages)


@pytest.mark.parametrize("key", CHANNELS)
def test_every_channel_says_who_sends_it_and_what_a_bad_one_does(key: str) -> None:
    prose = read(document.ROOT)["channels"][key]["description"]
    for word in ("Sent by", "lost", "doubled", "late", "forged"):
        assert f"**{word}" in prose or f" {word}**" in prose or f", {word}" in prose, word
    for message in CHANNELS[key].messages.values():
        told, _ = schema_at(message.schema.removesuffix("/payload"))
        assert told["title"] and told["summary"]
        assert described(message.schema)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_reference_leads_somewhere_and_has_nothing_beside_it(path: Any) -> None:
    for node in nodes(read(path.as_uri())):
        if "$ref" in node:
            assert set(node) == {"$ref"}, "what stands beside a $ref counts for nothing"
            assert schema_at(
                f"{path.as_uri()}{node['$ref']}" if node["$ref"][0] == "#" else f"{path.parent.as_uri()}/{node['$ref']}"
            )


def test_what_is_retained_is_what_the_terminal_retains() -> None:
    retained = {key for key, channel in CHANNELS.items() if channel.retained}
    assert retained == {"state", "info", "configDesired", "configReported", "keys"}


def test_the_binding_of_the_document_is_that_of_the_core() -> None:
    binding = validator(f"{document.PATH.parent.as_uri()}/schemas/binding.yaml#/binding")
    good: dict[str, Any] = binding_document()
    assert binding.is_valid(good) and parse(good)
    for name in good:
        assert not binding.is_valid({key: value for key, value in good.items() if key != name})
        assert not binding.is_valid(good | {name: None})
    assert not binding.is_valid(good | {"more": 1})


def test_the_key_set_of_the_document_is_that_of_the_core() -> None:
    key_set = validator(f"{document.PATH.parent.as_uri()}/schemas/keys.yaml#/set")

    def taken(key: dict[str, Any], **changes: object) -> bool:
        """Whether both take a set with `key` and `changes` to its document; they must agree."""
        whole = {"format": FORMAT, "fleet": "demo", "version": 1, "keys": [key]} | changes
        held = {name: value for name, value in whole.items() if value != ABSENT}
        signed: dict[str, Any] = {"document": held, "signature": "ab" * 64}
        try:
            parse_keys(signed, "demo")
        except KeySetError:
            assert not key_set.is_valid(signed), signed
            return False
        assert key_set.is_valid(signed), signed
        return True

    good = {"id": "a", "role": "binding", "public": "ab" * 32, "standing": "active"}
    limits: dict[str, tuple[list[object], list[object]]] = {
        "id": (["a", "a" * 64], ["", "a" * 65, 1, True]),
        "role": (["auditor", "a" * 64], ["", "a" * 65, []]),
        "public": (["0" * 64], ["0" * 63, "0" * 65, "AB" * 32, "0" * 63 + "\n", 0]),
        "standing": (["active", "retired", "revoked"], ["", "Active", 1, []]),
    }
    for name, (right, wrong) in limits.items():
        assert all(taken(good | {name: value}) for value in right)
        assert not any(taken(good | {name: value}) for value in wrong)
        assert not taken({key: value for key, value in good.items() if key != name})
    assert not taken(good | {"more": 1}) and not taken(good, more=1)
    for name in ("format", "fleet", "version", "keys"):
        assert not taken(good, **{name: ABSENT})
    assert taken(good, version=2**53 - 1)
    assert not any(taken(good, version=value) for value in (0, -1, 2**53, True, "1", 1.5))
    many = [good | {"id": f"key-{number}"} for number in range(101)]
    assert taken(good, keys=many[:100])
    assert not any(taken(good, keys=value) for value in [*NO_KEYS, many])


def test_what_nobody_saw_and_what_is_said_not_to_be_built_is_told() -> None:
    excused = frozenset(("command/ping", "configDesired", "info/info python"))
    sent = {name for name in everything() if not name.startswith(("command/ping", "configDesired", "info/info python"))}
    assert (unseen(sent, excused), built(sent, excused)) == ([], [])
    missing = {"ack/ack", "event/sale.finished data.body.code"}
    assert unseen(sent - missing, excused) == sorted(missing)
    assert built(sent | {"command/ping", "info/info python"}, excused) == ["command/ping", "info/info python"]
    assert built(sent, frozenset({"no_such_channel"})) == ["no_such_channel"]


def test_what_is_not_built_yet_is_in_the_document() -> None:
    assert built(set(), NOT_BUILT) == []
