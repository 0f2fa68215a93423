"""Whatever comes down from the fleet's broker is a message that the backend signed, or is refused in words of our own;
the reporter goes on reporting.
"""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.command.order import read_order
from agent.config.desired import read_desired
from agent.errors import RefusedMessageError
from agent.report.acks import read_ack
from agent.report.topics import EVENT_ACK, STATE
from tests.leaks.strategies import JSON, TEXTS, damaged, shows_no_card
from tests.portable.desk import Desk
from tests.portable.helpers import finish, settle, until
from tests.portable.ports.backend import Backend
from tests.portable.test_acks import KEYS, TOPICS, signed

BACKEND = Backend(KEYS)
ORDER, COMMAND = BACKEND.command("lock", "c1", 1, {"reason": "stolen"})
DESIRED = BACKEND.configuration(1, {"settings": {"link": {"vitals_period_s": 300}}})
READ: "dict[str, Callable[[bytes], object]]" = {
    "acknowledgement": lambda payload: read_ack(payload, TOPICS, KEYS),
    "command": lambda payload: read_order(ORDER, payload, TOPICS, KEYS),
    "configuration": lambda payload: read_desired(payload, TOPICS, KEYS),
}
RIGHT = {"acknowledgement": json.dumps(signed()).encode(), "command": COMMAND, "configuration": DESIRED}


def payloads(right: bytes) -> "st.SearchStrategy[bytes]":
    """Anything, and `right` damaged or with other fields."""
    document = json.loads(right)
    fields = st.sampled_from(sorted(document))
    changes = st.dictionaries(fields | TEXTS, JSON, max_size=2)
    documents = JSON | st.dictionaries(fields, JSON) | changes.map(lambda changed: document | changed)
    return st.binary(max_size=80) | damaged(right) | documents.map(lambda whole: json.dumps(whole).encode())


@pytest.mark.parametrize("what", READ)
@given(data=st.data())
@settings(max_examples=150)
def test_any_payload_is_signed_by_the_backend_or_refused_without_what_it_said(what: str, data: st.DataObject) -> None:
    payload = data.draw(payloads(RIGHT[what]))
    try:
        READ[what](payload)
    except RefusedMessageError as error:
        assert str(error).startswith(f"{what}: ") and len(str(error)) < 120
        assert shows_no_card(error)
        return
    assert json.loads(payload) == json.loads(RIGHT[what])


@pytest.mark.parametrize("what", READ)
def test_the_right_payload_is_taken(what: str) -> None:
    assert READ[what](RIGHT[what])


PAYLOADS = st.one_of(*(payloads(right) for right in RIGHT.values()))


@given(st.lists(st.tuples(st.sampled_from([EVENT_ACK, STATE]), PAYLOADS), max_size=20))
@settings(max_examples=50)
def test_the_reporter_survives_any_messages_and_takes_the_next_right_one(messages: "list[tuple[str, bytes]]") -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        await desk.happen(3)
        for topic, payload in messages:
            desk.link.say(TOPICS.of(topic), payload)
        await until(lambda: desk.sequences()[:3] == [1, 2, 3])
        await settle()
        assert desk.journal.anchored == 0 and shows_no_card(desk.journal.text())
        desk.acknowledge(3)
        await until(lambda: desk.journal.anchored == 3)
        assert len(desk.link.wills) == 1, "it had to connect again"
        await desk.stop()

    finish(scenario())
