"""The key set changes over the link: only upwards, only by the operator root, and what was in force is remembered."""

import json

from agent.binding import reasons
from agent.errors import JournalError, RefusedMessageError
from agent.keys.key_set import RETIRED, REVOKED
from agent.keys.rotation import TAKEN, Rotation
from agent.report.topics import INFO, KEYS, Topics
from tests.portable.helpers import fails, finish, until
from tests.portable.ports.binding import SERIAL, MemoryRing, signed_set
from tests.portable.ports.journal import MemoryJournal
from tests.portable.shop import Shop

TOPICS = Topics("demo", SERIAL)


class Desk:
    """A ring of keys, and what rotates it. A `journal` that is given is what an earlier run left behind."""

    def __init__(self, journal: "MemoryJournal | None" = None, ring: "MemoryRing | None" = None) -> None:
        self.journal = journal or MemoryJournal()
        self.ring = ring or MemoryRing()
        self.rotation = Rotation(self.journal, self.ring)

    async def start(self) -> "Desk":
        await self.rotation.start()
        return self

    async def offer(self, signed: object) -> None:
        await self.rotation.heard(KEYS, json.dumps(signed).encode())

    async def refusal(self, signed: object) -> str:
        """Why it is not taken; nothing has changed then."""
        before = (self.ring.version, self.ring.digest, list(self.ring.taken), self.marks())
        error = await fails(RefusedMessageError, self.offer(signed))
        assert (self.ring.version, self.ring.digest, list(self.ring.taken), self.marks()) == before
        return str(error)

    def marks(self) -> "list[object]":
        return [entry.body["version"] for entry in self.journal.of(TAKEN)]


def test_a_newer_set_is_kept_then_marked_and_the_same_one_again_changes_nothing() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        assert desk.marks() == [1]
        await desk.offer(signed_set(1))
        await desk.offer(signed_set(2, RETIRED))
        await desk.offer(signed_set(2, RETIRED))
        await desk.offer(signed_set(5))
        assert (desk.ring.taken, desk.marks(), desk.ring.version) == ([2, 5], [1, 2, 5], 5)
        assert desk.journal.of(TAKEN)[-1].body["digest"] == desk.ring.digest

    finish(scenario())


def test_what_is_older_forged_or_for_another_fleet_is_refused_and_says_so() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        await desk.offer(signed_set(3))
        forged = signed_set(4)
        forged["signature"] = "ab" * 64
        altered = signed_set(4)
        document = altered["document"]
        assert isinstance(document, dict)
        document["version"] = 5
        for signed, why in (
            (signed_set(2), "key set: its version is below the one in force"),
            (signed_set(3, REVOKED), "key set: another one under the version in force"),
            (signed_set(4, fleet="other"), "key set: for another fleet"),
            (signed_set(4, "lent"), "key set: a key is malformed, or of a standing that is not known"),
            (forged, "key set: not signed by the operator root"),
            (altered, "key set: not signed by the operator root"),
            ({"document": signed_set(4)["document"]}, "key set: no document with a signature"),
        ):
            assert await desk.refusal(signed) == why
        assert str(await fails(RefusedMessageError, desk.rotation.heard(KEYS, b"{"))) == "key set: not JSON"
        await desk.offer(signed_set(4))

    finish(scenario())


def test_a_disk_that_does_not_take_it_leaves_the_old_set_and_it_can_come_again() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        desk.ring.full = True
        assert await desk.refusal(signed_set(2)) == "key set: it cannot be written to the disk"
        desk.ring.full = False
        await desk.offer(signed_set(2))
        assert (desk.ring.version, desk.marks()) == (2, [1, 2])

    finish(scenario())


def test_after_a_power_cut_between_set_and_mark_the_next_start_catches_up() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        desk.journal.full = {TAKEN}
        await fails(JournalError, desk.offer(signed_set(3)))
        assert (desk.ring.version, desk.marks()) == (3, [1])
        # Already nothing older is taken.
        assert await desk.refusal(signed_set(2)) == "key set: its version is below the one in force"
        desk.journal.full = set()
        again = await Desk(desk.journal, desk.ring).start()
        assert (again.ring.version, again.marks()) == (3, [1, 3])

    finish(scenario())


def test_files_put_back_from_before_the_mark_are_no_set_until_the_one_in_force_is_there_again() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        await desk.offer(signed_set(2, REVOKED))
        for found in (MemoryRing(), MemoryRing()):
            again = await Desk(desk.journal, found).start()
            assert (found.version, again.marks()) == (0, [1, 2])
            assert found.problem == "the key set that was in force here is version 2"
            assert await again.refusal(signed_set(1)) == "key set: its version is below the one in force"
            await again.offer(signed_set(2, REVOKED))
            assert (found.version, found.problem, again.marks()) == (2, "", [1, 2])

    finish(scenario())


def test_another_set_under_the_version_of_the_mark_is_no_set() -> None:
    async def scenario() -> None:
        desk = await Desk().start()
        ring = MemoryRing()
        ring.take(ring.prove(signed_set(1, RETIRED)))
        again = await Desk(desk.journal, ring).start()
        assert (ring.version, again.marks()) == (0, [1])

    finish(scenario())


def test_a_terminal_that_never_had_a_set_takes_one() -> None:
    async def scenario() -> None:
        ring = MemoryRing()
        ring.distrust("the key set cannot be read")
        desk = await Desk(ring=ring).start()
        assert (desk.marks(), ring.version) == ([], 0)
        await desk.offer(signed_set(7))
        assert (desk.marks(), ring.version) == ([7], 7)

    finish(scenario())


def test_at_a_running_terminal_a_set_counts_at_once_and_info_tells_it() -> None:
    async def scenario() -> None:
        shop = Shop()
        await shop.terminal.start()
        await until(lambda: shop.reporter.connected)
        assert shop.gate.prove().reason == ""

        def told() -> "list[object]":
            return [json.loads(payload)["keys_version"] for payload in shop.link.of(TOPICS.of(INFO))]

        await until(lambda: told() == [1])
        shop.link.say(TOPICS.of(KEYS), json.dumps(signed_set(2, REVOKED)).encode())
        await until(lambda: told()[-1] == 2)
        assert shop.gate.check(None, shop.lifecycle.state).reason == reasons.BINDING_KEY_REVOKED
        await shop.terminal.stop(0)

    finish(scenario())
