"""The way out to the fleet: what holds card data stays, is counted and told without it; everything else passes."""

from agent.errors import LinkError
from agent.redact import Guard
from agent.report.guarded_link import KEPT_BACK, GuardedLink
from agent.report.topics import Topics
from tests.portable.helpers import fails, finish
from tests.portable.ports.fleet import MemoryLink
from tests.portable.ports.journal import MemoryJournal

TOPICS = Topics("demo", "JG-TEST-0001")
NUMBER = b"6212345678901232"
WILL = (TOPICS.of("state"), b'{"state":"lost"}')


class Way:
    """A guarded link, and what lies on both sides of it."""

    def __init__(self) -> None:
        self.broker = MemoryLink()
        self.journal = MemoryJournal()
        self.guard = Guard()
        self.link = GuardedLink(self.broker, self.guard, self.journal)

    def told(self) -> "list[dict[str, object]]":
        return [entry.body for entry in self.journal.of(KEPT_BACK)]


def test_what_holds_no_card_data_passes_as_it_is() -> None:
    async def scenario() -> None:
        way = Way()
        await way.link.connect(WILL, [TOPICS.of("event/ack")])
        await way.link.publish(TOPICS.of("vitals"), b'{"uptime_s":5}', False)
        await way.link.publish(TOPICS.of("state"), b'{"state":"online"}', True)
        assert way.broker.wills == [WILL]
        assert way.broker.published == [
            (TOPICS.of("vitals"), b'{"uptime_s":5}', False),
            (TOPICS.of("state"), b'{"state":"online"}', True),
        ]
        way.broker.say(TOPICS.of("event/ack"), b"ack")
        assert await way.link.receive() == (TOPICS.of("event/ack"), b"ack")
        await way.link.disconnect()
        assert not way.broker.is_up
        assert (way.guard.kept_back, way.told()) == (0, [])

    finish(scenario())


def test_card_data_is_not_sent_but_counted_and_told_once_a_topic() -> None:
    async def scenario() -> None:
        way = Way()
        await way.link.connect(WILL, [])
        for _ in range(3):
            await way.link.publish(TOPICS.of("event"), b'{"name":"' + NUMBER + b'"}', False)
        await way.link.publish(TOPICS.of("vitals"), b'{"x":"' + NUMBER + b'=3012201"}', False)
        await way.link.publish(TOPICS.of("cmd/ping/" + NUMBER.decode() + "/status"), b"{}", False)
        await way.link.publish(TOPICS.of("vitals"), b'{"uptime_s":5}', False)
        assert way.broker.published == [(TOPICS.of("vitals"), b'{"uptime_s":5}', False)]
        assert way.guard.kept_back == 5
        assert way.told() == [
            {"topic": "event", "what": "card number"},
            {"topic": "vitals", "what": "track data"},
            {"topic": "cmd", "what": "card number"},
        ]
        assert all(NUMBER not in entry.data for entry in way.journal.entries)

    finish(scenario())


def test_a_will_with_card_data_is_never_left_at_a_broker() -> None:
    async def scenario() -> None:
        way = Way()
        error = await fails(LinkError, way.link.connect((WILL[0], NUMBER), []))
        assert NUMBER.decode() not in str(error)
        assert not way.broker.is_up

    finish(scenario())


def test_without_a_connection_it_says_so_as_the_link_does() -> None:
    async def scenario() -> None:
        way = Way()
        await fails(LinkError, way.link.publish(TOPICS.of("vitals"), b"{}", False))

    finish(scenario())
