"""Whatever comes down from the fleet's broker is an acknowledgement of the backend or a LinkError in words of our own,
and the reporter goes on reporting.
"""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import LinkError
from agent.report.acks import read_ack
from agent.report.topics import EVENT_ACK, STATE
from tests.leaks.strategies import JSON, TEXTS, damaged, shows_no_card
from tests.portable.helpers import finish, settle, until
from tests.portable.ports.journal import JOURNAL_ID
from tests.portable.test_acks import KEYS, TOPICS, signed
from tests.portable.test_reporter import Desk

ACK = json.dumps(signed()).encode()
FIELDS = st.sampled_from(sorted(signed()))
CHANGES = st.dictionaries(FIELDS | TEXTS, JSON, max_size=2)
DOCUMENTS = JSON | st.dictionaries(FIELDS, JSON) | CHANGES.map(lambda changes: signed() | changes)
PAYLOADS = st.binary(max_size=80) | damaged(ACK) | DOCUMENTS.map(lambda document: json.dumps(document).encode())


@given(PAYLOADS)
@settings(max_examples=300)
def test_any_payload_is_the_backends_word_or_a_link_error_without_what_it_said(payload: bytes) -> None:
    try:
        ack = read_ack(payload, TOPICS, KEYS)
    except LinkError as error:
        assert str(error).startswith("acknowledgement: ") and len(str(error)) < 120
        assert shows_no_card(error)
        return
    assert signed().items() == json.loads(payload).items()
    assert (ack.journal_id, ack.sequence) == (JOURNAL_ID, 7)


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
