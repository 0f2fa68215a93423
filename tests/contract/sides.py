"""The two sides of a message: the schema in the contract's document, and the form that the backend relies on."""

import json
from typing import Any

import msgspec
from hypothesis import strategies as st

from tests.contract.fields import described, of_field
from tests.contract.samples import status
from tests.contract.values import around
from tests.tools.fleet.publisher import CONFIG, FLEET, INFO, Journal, state
from tools.contract import document
from tools.contract.validator import validator
from tools.fleet import forms
from tools.fleet.contract import json_object, parse
from tools.fleet.errors import ContractError

TERMINAL = "JG-DEMO-0001"
TOPIC = f"jumpguard/1/{FLEET}/{TERMINAL}"


class Sides:
    """One kind of message: its `schema`, its `form`, the channel that it comes on, and a good one.

    The backend stores an event whatever its body says, and a status whatever its result is: evidence is not refused.
    So both are held to what all of their kind have in common.
    """

    def __init__(self, schema: str, form: type[msgspec.Struct], channel: str, good: dict[str, Any]) -> None:
        self.schema = f"{document.PATH.parent.as_uri()}/schemas/{schema}"
        self.form = form
        self.channel = channel
        self.good = good

    def agree(self, content: dict[str, Any]) -> bool:
        """Whether they take `content`; raises AssertionError when they do not agree."""
        taken = self.backend_takes(content)
        assert self.document_takes(content) is taken
        return taken

    def backend_takes(self, content: dict[str, Any]) -> bool:
        """Whether the backend does, on the topic that the message belongs to."""
        message = _envelope(content) if self.form is forms.Entry else content
        topic = f"{TOPIC}/{self.channel}".format(**{"type": "?", "id": "?", **content})
        try:
            parse(topic, json.dumps(message).encode(), FLEET)
        except ContractError:
            return False
        return True

    def document_takes(self, content: dict[str, Any]) -> bool:
        """Whether the document does."""
        try:
            return validator(self.schema).is_valid(json_object(json.dumps(content).encode()))
        except ContractError:
            return False

    def fields(self) -> set[str]:
        """The fields that the document describes."""
        return {field for field in described(self.schema) if "." not in field}

    def values(self, field: str) -> "st.SearchStrategy[Any]":
        """Values around the limits that the two sides set for `field`."""
        schema = msgspec.json.schema(self.form, schema_hook=lambda _any: {"title": "any"})
        own = schema["$defs"][self.form.__name__]["properties"][field]
        return st.one_of(*(around(schema) for schema in [*of_field(self.schema, field), *own.get("anyOf", [own])]))


def _envelope(entry: dict[str, Any]) -> dict[str, Any]:
    """An envelope that says what `entry` says, also where that is nonsense."""
    whole = Journal(TERMINAL).add() | entry
    number = whole["sequence"] if isinstance(whole["sequence"], int) else 0
    return Journal(TERMINAL).event(whole | {"sequence": number}, data=entry)


_INFO = INFO | {"binding_version": 7, "keys_version": 2, "certificate_expiry": "2027-11-23T00:00:00Z"}
# Every reading is a whole number that may be 1, except these.
_VITALS: dict[str, Any] = {
    **dict.fromkeys(forms.Vitals.__struct_fields__, 1),
    **dict.fromkeys(("undervoltage", "tamper", "reader_open", "reader_failing"), False),
    **dict.fromkeys(("binding_reason", "sale_result", "sale_code", "alarms"), ""),
    "boot_id": "boot-1",
    "lifecycle": "active",
    "clock": "synced",
    "certificate_expiry": "2027-11-23T00:00:00Z",
}
_STATUS = "cmd/{type}/{id}/status"

EVENT = Sides("event.yaml#/event", forms.Envelope, "event", Journal(TERMINAL).event(Journal(TERMINAL).add()))
SIDES = {
    "state": Sides("reports.yaml#/state", forms.State, "state", state("online", 3) | {"disowned": 0}),
    "info": Sides("reports.yaml#/info", forms.Info, "info", _INFO),
    "vitals": Sides("reports.yaml#/vitals", forms.Vitals, "vitals", _VITALS),
    "committed": Sides("config.yaml#/reported", forms.Reported, "config/reported", CONFIG),
    "succeeded": Sides("command.yaml#/status", forms.CommandStatus, _STATUS, status("ping", "succeeded")),
    "failed": Sides("command.yaml#/status", forms.CommandStatus, _STATUS, status("ping", "failed")),
    "entry": Sides("event.yaml#/entry", forms.Entry, "event", Journal(TERMINAL).add()),
}
