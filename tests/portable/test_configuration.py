"""Configuration from afar: pending, trial, committed; and at every moment one binding whole, the old or the new."""

import asyncio
import json

from agent.binding.take_up import take_up
from agent.canonical import encode, sha256_hex
from agent.config.configuration import REPORTED
from agent.errors import AcquirerUnreachableError, RefusedMessageError, SignOnRefusedError, StoreError
from agent.lifecycle import ACTIVE, UNPROVISIONED
from agent.report.topics import Topics
from agent.sale import outcome
from tests.portable.helpers import end, fails, finish, settle, until
from tests.portable.ports.backend import Backend
from tests.portable.ports.binding import OTHER_MID, SERIAL, altered, document
from tests.portable.ports.journal import MemoryJournal
from tests.portable.shop import Shop, opened, sale_at_the_acquirer, sale_at_the_card, told

NEW = altered({"version": 4, "mid": OTHER_MID})
LATER = "2026-12-01T00:00:00Z"
EVERY_FIVE_MINUTES: "dict[str, object]" = {"link": {"vitals_period_s": 300}}


class Desk:
    """A backend and a shop that is configured from afar."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.backend = Backend(shop.keys)
        self.reports: "list[dict[str, object]]" = []
        shop.configuration.say = self._say
        self.running: "asyncio.Task[None] | None" = None

    async def _say(self, name: str, payload: bytes, retain: bool) -> None:
        assert name == REPORTED and retain
        self.reports.append(json.loads(payload))

    async def start(self) -> "Desk":
        await self.shop.configuration.start()
        self.running = asyncio.create_task(self.shop.configuration.run())
        await settle()
        return self

    async def stop(self) -> None:
        if self.running is not None:
            await end(self.running)

    async def desire(self, version: int, content: "dict[str, object]", **changes: object) -> None:
        await self.shop.configuration.heard("config/desired", self.backend.configuration(version, content, **changes))

    async def rebind(self, version: int = 1, to: "dict[str, object] | None" = None) -> None:
        await self.desire(version, {"binding": self.backend.binding(to or NEW)})

    async def ended(self) -> "dict[str, object]":
        """The report that ends what was desired."""
        await until(lambda: bool(self.reports) and self.reports[-1]["state"] in ("committed", "rejected"))
        return self.reports[-1]

    def states(self) -> "list[object]":
        return [report["state"] for report in self.reports]

    def bound(self) -> str:
        binding = self.shop.gate.prove().binding
        return "" if binding is None else binding.mid


async def desk(journal: "MemoryJournal | None" = None) -> Desk:
    return await Desk(await opened(journal)).start()


def digest(binding: "dict[str, object]") -> str:
    return sha256_hex(encode(binding))


def test_a_new_binding_is_tried_at_the_acquirer_and_committed() -> None:
    async def scenario() -> None:
        at = await desk()
        await at.shop.sell()
        await at.rebind()
        report = await at.ended()
        assert at.states() == ["pending", "trial", "committed"]
        assert (report["version"], report["binding_version"], report["binding_digest"]) == (1, 4, digest(NEW))
        assert (at.reports[0]["binding_version"], at.reports[1]["binding_digest"]) == (3, digest(document()))
        assert at.bound() == OTHER_MID and at.shop.mark.mark == 4
        assert len(at.shop.history.switches) == 1, "another merchant is a switch"
        assert at.shop.journal.of("acquirer.signing_on")[-1].body["mid"] == OTHER_MID
        assert told(await at.shop.sell("till/2")) == (outcome.APPROVED, "00")
        assert at.shop.journal.of("sale.authorising")[-1].body["mid"] == OTHER_MID
        await at.stop()

    finish(scenario())


def test_what_the_acquirer_does_not_take_leaves_the_old_binding_in_force() -> None:
    async def scenario() -> None:
        at = await desk()
        at.shop.acquirer.sign_ons = [SignOnRefusedError("03", "acquirer: sign-on refused with 03")]
        await at.rebind()
        report = await at.ended()
        assert at.states() == ["pending", "trial", "rejected"]
        assert (report["reason"], report["detail"]) == ("TRIAL_FAILED", outcome.SIGN_ON_REFUSED)
        assert report["binding_version"] == 3 and at.bound() == document()["mid"] and at.shop.mark.mark == 3
        assert told(await at.shop.sell()) == (outcome.APPROVED, "00")
        await at.stop()

    finish(scenario())


def test_a_binding_that_comes_before_the_clock_is_set_waits_for_it() -> None:
    async def scenario() -> None:
        at = await desk()
        at.shop.clock.synced = False
        await at.rebind()
        await settle()
        assert at.states() == ["pending"] and at.shop.gate.on_trial is False
        assert told(await at.shop.sell()) == (outcome.APPROVED, "00"), "the old one is in force meanwhile"
        at.shop.clock.synced = True
        assert (await at.ended())["state"] == "committed"
        await at.stop()

    finish(scenario())


def test_one_that_turns_out_not_to_be_valid_once_the_clock_is_set_is_rejected() -> None:
    async def scenario() -> None:
        at = await desk()
        at.shop.clock.synced = False
        await at.rebind(to=altered({"version": 4, "valid_to": "2026-02-01T00:00:00Z"}))
        await settle()
        assert at.states() == ["pending"]
        at.shop.clock.synced = True
        assert (await at.ended())["reason"] == "BINDING_EXPIRED"
        assert at.shop.journal.of("config.trial") == [] and at.shop.gate.on_trial is False
        await at.stop()

    finish(scenario())


def test_an_acquirer_that_is_away_is_asked_again() -> None:
    async def scenario() -> None:
        at = await desk()
        at.shop.acquirer.sign_ons = [AcquirerUnreachableError("no route") for _ in range(3)]
        await at.rebind()
        assert (await at.ended())["state"] == "committed"
        assert at.states() == ["pending", "trial", "pending", "trial", "committed"] and at.bound() == OTHER_MID
        await at.stop()

    finish(scenario())


def test_while_an_acquirer_is_away_the_old_binding_is_in_force_and_another_one_ends_the_wait() -> None:
    async def scenario() -> None:
        at = await desk()
        at.shop.trial.backoff.base_ms = at.shop.trial.backoff.cap_ms = 1_000_000_000
        at.shop.acquirer.sign_ons = [AcquirerUnreachableError("no route") for _ in range(3)]
        await at.rebind()
        await until(lambda: at.states() == ["pending", "trial", "pending"])
        assert told(await at.shop.sell()) == (outcome.APPROVED, "00")
        assert at.shop.journal.of("sale.authorising")[-1].body["mid"] == document()["mid"]
        await at.rebind(2, altered({"version": 5, "mid": OTHER_MID}))
        report = await at.ended()
        assert (report["state"], report["version"], report["binding_version"]) == ("committed", 2, 5)
        await at.stop()

    finish(scenario())


def test_nothing_changes_while_a_sale_runs_and_nothing_is_sold_while_it_changes() -> None:
    async def scenario() -> None:
        at = await desk()
        selling = await sale_at_the_acquirer(at.shop)
        await at.rebind()
        await settle()
        assert at.states() == ["pending"] and at.bound() == document()["mid"]
        held = at.shop.acquirer.held
        assert held is not None
        held.set()
        assert told(await selling) == (outcome.APPROVED, "00")
        await at.shop.counter.conversation.acquire()  # the trial's sign-on waits for it
        await until(lambda: at.states() == ["pending", "trial"])
        assert told(await at.shop.sell("till/2")) == (outcome.REFUSED, "BINDING_ON_TRIAL")
        at.shop.counter.conversation.release()
        assert (await at.ended())["state"] == "committed"
        await at.stop()

    finish(scenario())


def test_a_sale_that_waits_for_its_card_is_waited_for() -> None:
    async def scenario() -> None:
        at = await desk()
        selling = await sale_at_the_card(at.shop)
        await at.rebind()
        await settle()
        assert at.states() == ["pending"]
        at.shop.counter.abort()
        await selling
        assert (await at.ended())["state"] == "committed"
        await at.stop()

    finish(scenario())


def test_a_binding_that_may_not_be_taken_is_rejected_with_its_reason() -> None:
    async def scenario() -> None:
        at = await desk()
        forged = at.backend.binding(NEW)
        forged["document"] = altered({"version": 5})
        unknown = at.backend.binding(NEW)
        unknown["key_id"] = "somebody"
        wrong: "list[tuple[object, str]]" = [
            (forged, "BINDING_SIGNATURE_BAD"),
            (unknown, "BINDING_KEY_UNKNOWN"),
            (at.backend.binding(altered({"version": 4, "serial": "JG-DEMO-0002"})), "BINDING_SERIAL_OTHER"),
            (at.backend.binding(altered({"version": 2})), "BINDING_NOT_NEWER"),
            (at.backend.binding(altered({"version": 3, "limit": 5})), "BINDING_NOT_NEWER"),
            (at.backend.binding(altered({"version": 4, "mid": "short"})), "BINDING_MALFORMED"),
            (at.backend.binding(altered({"version": 4, "timezone": "Mars/Base"})), "BINDING_MALFORMED"),
            (at.backend.binding(altered({"version": 4, "valid_to": "2026-02-01T00:00:00Z"})), "BINDING_EXPIRED"),
            (
                at.backend.binding(altered({"version": 4, "valid_from": "2026-12-01T00:00:00Z"})),
                "BINDING_NOT_YET_VALID",
            ),
            ({"document": NEW}, "BINDING_MALFORMED"),
            ("binding", "BINDING_MALFORMED"),
        ]
        for number, (binding, reason) in enumerate(wrong):
            at.reports = []
            await at.desire(number + 1, {"binding": binding})
            report = await at.ended()
            assert (report["state"], report["reason"]) == ("rejected", reason), reason
            assert report["version"] == number + 1 and report["binding_version"] == 3
        assert at.bound() == document()["mid"] and at.shop.journal.of("config.trial") == []
        assert told(await at.shop.sell()) == (outcome.APPROVED, "00")
        await at.stop()

    finish(scenario())


def test_a_forged_or_older_configuration_is_refused_and_changes_nothing() -> None:
    async def scenario() -> None:
        at = await desk()
        await at.desire(5, {"settings": EVERY_FIVE_MINUTES})
        await at.ended()
        reports = len(at.reports)
        good = at.backend.configuration(6, {"settings": {"link": {"vitals_period_s": 10}}})
        forged = json.loads(good)
        forged["version"] = 7
        heard = at.shop.configuration.heard
        told_of = [str(await fails(RefusedMessageError, heard("config/desired", json.dumps(forged).encode())))]
        others: "list[tuple[int, dict[str, object], dict[str, object]]]" = [
            (4, {"settings": {}}, {}),
            (5, {"settings": {}}, {}),
            (6, {}, {"terminal": "JG-DEMO-0002"}),
            (6, {}, {"format": "jumpguard.config/2"}),
        ]
        for version, content, changes in others:
            told_of.append(str(await fails(RefusedMessageError, at.desire(version, content, **changes))))
        assert "not signed by a backend key" in told_of[0]
        assert told_of[1] == "configuration: its version is below the last one's"
        assert told_of[2] == "configuration: another one under the version that is known"
        assert "another terminal" in told_of[3] and "its format is not" in told_of[4]
        assert len(at.reports) == reports and at.shop.vitals.period_ms == 300_000
        await at.stop()

    finish(scenario())


def test_the_same_configuration_again_is_only_reported_again() -> None:
    async def scenario() -> None:
        at = await desk()
        await at.rebind()
        await at.ended()
        entries = len(at.shop.journal.entries)
        await at.rebind()
        assert at.reports[-1] == at.reports[-2] and len(at.reports) == 4
        assert len(at.shop.journal.entries) == entries
        await at.stop()
        again = Shop(at.shop.journal)
        again.store.stored = at.shop.store.stored
        again.mark.mark = 4
        after = await Desk(await again.open()).start()
        await after.rebind()
        assert [report["state"] for report in after.reports] == ["committed"]
        assert after.shop.configuration.birth() == [(REPORTED, encode(after.reports[0]))]
        await after.stop()

    finish(scenario())


def test_settings_take_effect_outlive_a_restart_and_go_back_to_the_files() -> None:
    async def scenario() -> None:
        at = await desk()
        await at.desire(1, {"settings": EVERY_FIVE_MINUTES})
        assert (await at.ended())["state"] == "committed"
        assert at.shop.vitals.period_ms == 300_000
        await at.stop()
        again = await desk(at.shop.journal)
        assert again.shop.vitals.period_ms == 300_000
        await again.rebind(2)
        await again.ended()
        assert again.shop.vitals.period_ms == 300_000, "a part that is absent stays as it is"
        again.reports = []
        await again.desire(3, {"settings": {}})
        await again.ended()
        assert again.shop.vitals.period_ms == 60_000, "what is not named is the file's"
        await again.stop()

    finish(scenario())


def test_what_may_not_be_set_from_afar_is_rejected_whole() -> None:
    async def scenario() -> None:
        at = await desk()
        wrong: "list[tuple[dict[str, object], str]]" = [
            ({"settings": {"acquirer": {"host": "evil.example"}}}, "SETTING_FIXED"),
            ({"settings": {"link": {"vitals_period_s": 0}}}, "SETTING_INVALID"),
            ({"settings": {"link": {"vitals_period_s": "60"}}}, "SETTING_INVALID"),
            ({"settings": {"link": 5}}, "SETTING_FIXED"),
            ({"settings": 5}, "SETTING_INVALID"),
            ({"settings": EVERY_FIVE_MINUTES, "keys": {}}, "PART_UNKNOWN"),
        ]
        for number, (content, reason) in enumerate(wrong):
            at.reports = []
            await at.desire(number + 1, content)
            report = await at.ended()
            assert (report["state"], report["reason"]) == ("rejected", reason), content
        bad = {"settings": EVERY_FIVE_MINUTES, "binding": {"document": {}}}
        at.reports = []
        await at.desire(20, bad)
        assert (await at.ended())["reason"] == "BINDING_MALFORMED"
        assert at.shop.vitals.period_ms == 60_000
        await at.stop()

    finish(scenario())


def test_an_unprovisioned_terminal_can_be_bound_from_afar() -> None:
    async def scenario() -> None:
        shop = Shop()
        shop.store.stored = None
        shop.mark.mark = None
        at = await Desk(shop).start()
        assert shop.lifecycle.state == UNPROVISIONED
        await at.rebind()
        assert (await at.ended())["state"] == "committed"
        assert shop.lifecycle.state == ACTIVE and shop.mark.mark == 4 and shop.history.switches == []
        await at.stop()

    finish(scenario())


def test_a_disk_that_does_not_take_it_leaves_the_old_binding() -> None:
    async def scenario() -> None:
        at = await desk()
        write = at.shop.store.write

        def full(document: "dict[str, object]", key_id: str, signature: bytes) -> None:
            raise StoreError("STORE_UNREADABLE", "merchant.json: the disk is full; free some space")

        at.shop.store.write = full  # type: ignore[method-assign]
        await at.rebind()
        report = await at.ended()
        assert (report["state"], report["reason"], report["binding_version"]) == ("rejected", "STORE_FAILED", 3)

        def half(document: "dict[str, object]", key_id: str, signature: bytes) -> None:
            write(document, key_id, signature)
            raise StoreError("STORE_UNREADABLE", "merchant.json: the folder could not be synced")

        at.shop.store.write = half  # type: ignore[method-assign]
        at.reports = []
        await at.rebind(2)
        assert (await at.ended())["state"] == "committed", "what stands decides"
        assert at.bound() == OTHER_MID
        await at.stop()

    finish(scenario())


def test_a_newer_configuration_replaces_one_that_waits() -> None:
    async def scenario() -> None:
        at = await desk()
        selling = await sale_at_the_card(at.shop)
        await at.rebind(1)
        await settle()
        await at.rebind(2, altered({"version": 5, "limit": 7}))
        at.shop.counter.abort()
        await selling
        await at.ended()
        assert at.reports[-1]["version"] == 2 and at.bound() == document()["mid"]
        assert [entry.body["version"] for entry in at.shop.journal.of("config.committed")] == [2]
        await at.stop()

    finish(scenario())


def test_a_power_cut_between_any_two_writes_leaves_one_binding_whole_and_the_rest_is_made_up_for() -> None:
    async def scenario() -> None:
        at = await desk()
        await at.shop.sell("till/before")
        writes: "list[tuple[int, str, int]]" = []  # length of the journal, the MID in the store, the mark

        def note() -> None:
            moment = (len(at.shop.journal.entries), at.bound(), at.shop.mark.mark or 0)
            if moment not in writes:
                writes.append(moment)

        at.shop.journal.on_append(note)
        advance, write = at.shop.mark.advance, at.shop.store.write

        def noted_write(document: "dict[str, object]", key_id: str, signature: bytes) -> None:
            write(document, key_id, signature)
            note()

        def noted_advance(version: int) -> None:
            advance(version)
            note()

        at.shop.store.write = noted_write  # type: ignore[method-assign]
        at.shop.mark.advance = noted_advance  # type: ignore[method-assign]
        old = at.shop.store.stored
        note()
        await at.rebind()
        await at.ended()
        await at.stop()
        new = at.shop.store.stored
        assert len(writes) >= 8
        for length, mid, mark in writes:
            shop = Shop(at.shop.journal.cut(length))
            shop.store.stored = old if mid == document()["mid"] else new
            shop.mark.mark = mark
            await shop.open()
            await take_up(shop.gate, shop.mark, shop.lifecycle, shop.journal)  # as each start does
            after = await Desk(shop).start()
            assert after.bound() in (document()["mid"], OTHER_MID)
            assert not shop.gate.on_trial
            await after.rebind()
            await _until_ended(after)
            assert after.reports[-1]["state"] == "committed" and after.bound() == OTHER_MID
            assert len(shop.journal.of("config.committed")) == 1
            await after.stop()
            assert told(await shop.sell()) == (outcome.APPROVED, "00")
            assert len(shop.history.switches) == 1 and shop.mark.mark == 4

    finish(scenario())


async def _until_ended(at: Desk) -> None:
    await at.ended()


def test_the_whole_terminal_hears_it_over_its_link() -> None:
    async def scenario() -> None:
        shop = Shop()
        await shop.terminal.start()
        topics = Topics("demo", SERIAL)
        backend = Backend(shop.keys)
        await until(lambda: shop.reporter.connected)
        shop.link.say(topics.of("config/desired"), backend.configuration(1, {"binding": backend.binding(NEW)}))
        await until(lambda: any(b'"committed"' in payload for payload in shop.link.of(topics.of(REPORTED))[1:]))
        name, payload = backend.command("ping", "c1", 1)
        shop.link.say(topics.of(name), payload)
        await until(lambda: len(shop.link.of(topics.of(name + "/status"))) == 3)
        shop.link.say(topics.of("config/desired"), backend.configuration(1, {}))
        await until(lambda: bool(shop.journal.of("message.refused")))
        await shop.terminal.stop(1000)

    finish(scenario())
