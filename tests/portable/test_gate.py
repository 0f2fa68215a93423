"""The gate: every reason to refuse, in the one order in which they are asked."""

from agent.binding import reasons
from agent.binding.gate import Gate, Request
from agent.binding.history import History
from agent.binding.ports import Stored
from agent.canonical import encode
from agent.errors import StoreError
from agent.keys import key_set
from agent.lifecycle import ACTIVE, LOCKED, RETIRED, SUSPENDED, TAMPERED, UNPROVISIONED
from tests.portable.ports.acquirer import ScriptedAcquirer
from tests.portable.ports.binding import (
    MID,
    OTHER_MID,
    POLICY,
    SERIAL,
    SIGNER,
    KnownKeys,
    MemoryMark,
    MemoryStore,
    altered,
    document,
)
from tests.portable.ports.journal import MemoryJournal
from tests.portable.ports.machine import Case, Disk, ManualClock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.binding.gate import Verdict


class Desk:
    """A gate on its ports, and what a till asks of it. Everything is as it should be until a test spoils it."""

    def __init__(self) -> None:
        self.keys = KnownKeys()
        self.store = MemoryStore()
        self.store.put(document(), self.keys)
        self.mark = MemoryMark(3)
        self.case = Case()
        self.clock = ManualClock()
        self.disk = Disk()
        self.host = ScriptedAcquirer()
        self.history = History(MemoryJournal(self.clock), self.clock)
        self.gate = Gate(
            SERIAL, self.store, self.mark, self.keys, self.case, self.clock, self.history, self.disk, self.host,
            POLICY,
        )  # fmt: skip
        self.state = ACTIVE
        self.request = Request(1880, "156")

    def check(self) -> "Verdict":
        return self.gate.check(self.request, self.state)

    def issue(self, changes: "dict[str, object]") -> None:
        """Store a record with `changes`, signed as it should be."""
        self.store.put(altered(changes), self.keys)


def state(value: str) -> "Callable[[Desk], None]":
    def spoil(desk: Desk) -> None:
        desk.state = value

    return spoil


def try_another(desk: Desk) -> None:
    desk.gate.on_trial = True


def open_case(desk: Desk) -> None:
    desk.case.is_open = True


def store_says(code: str) -> "Callable[[Desk], None]":
    def spoil(desk: Desk) -> None:
        desk.store.problem = StoreError(code, "merchant.json: unusable")

    return spoil


def no_record(desk: Desk) -> None:
    desk.store.stored = None


def stored(desk: Desk) -> Stored:
    assert desk.store.stored is not None
    return desk.store.stored


def foreign_key(desk: Desk) -> None:
    stored(desk).key_id = "somebody"


def revoked_key(desk: Desk) -> None:
    desk.keys.standings[("binding", SIGNER)] = key_set.REVOKED


def bad_signature(desk: Desk) -> None:
    stored(desk).signature = bytes(32)


def malformed(desk: Desk) -> None:
    desk.issue({"mcc": "54"})


def other_serial(desk: Desk) -> None:
    desk.issue({"serial": "JG-DEMO-0002"})


def no_mark(desk: Desk) -> None:
    desk.mark.mark = None


def altered_mark(desk: Desk) -> None:
    desk.mark.problem = StoreError(reasons.HIGH_WATER_ALTERED, "high_water.json: altered")


def newer_mark(desk: Desk) -> None:
    desk.mark.mark = 4


def too_early(desk: Desk) -> None:
    desk.clock.now = "2025-12-31T23:59:59.999Z"


def too_late(desk: Desk) -> None:
    desk.clock.now = "2027-01-01T00:00:00.000Z"


def other_merchant(desk: Desk) -> None:
    desk.request.merchant = OTHER_MID


def other_currency(desk: Desk) -> None:
    desk.request.currency = "840"


def too_much(desk: Desk) -> None:
    desk.request.amount = 100_001


def never_set_up(desk: Desk) -> None:
    desk.state = UNPROVISIONED
    desk.store.stored = None


def little_space(desk: Desk) -> None:
    desk.disk.free = 16_383


def fallen_mark(desk: Desk) -> None:
    desk.mark.mark = 2
    desk.history.version = 3


def clock_before_its_floor(desk: Desk) -> None:
    desk.clock.now = "2026-11-23T03:04:05.678Z"
    desk.clock.synced = False
    desk.history.floor = "2026-11-23T03:04:06.000Z"


def many_switches(desk: Desk) -> None:
    desk.history.switches = ["2026-11-01T00:00:0{}.000Z".format(number) for number in range(4)]


def parameters_due(desk: Desk) -> None:
    desk.host.host_request = 6


# Every refusal with what causes it, in the order of `reasons.REFUSALS`. Those about the same thing exclude each other.
CAUSES = (
    (reasons.LIFECYCLE_TAMPERED, state(TAMPERED), "lifecycle"),
    (reasons.LIFECYCLE_SUSPENDED, state(SUSPENDED), "lifecycle"),
    (reasons.LIFECYCLE_LOCKED, state(LOCKED), "lifecycle"),
    (reasons.LIFECYCLE_RETIRED, state(RETIRED), "lifecycle"),
    (reasons.TAMPER_OPEN, open_case, "case"),
    (reasons.BINDING_ON_TRIAL, try_another, "trial"),
    (reasons.JOURNAL_SPACE, little_space, "space"),
    (reasons.STORE_UNREADABLE, store_says(reasons.STORE_UNREADABLE), "store"),
    (reasons.LIFECYCLE_UNPROVISIONED, never_set_up, "record"),
    (reasons.BINDING_MISSING, no_record, "record"),
    (reasons.STORE_EMPTY, store_says(reasons.STORE_EMPTY), "store"),
    (reasons.STORE_TRUNCATED, store_says(reasons.STORE_TRUNCATED), "store"),
    (reasons.STORE_ALTERED, store_says(reasons.STORE_ALTERED), "store"),
    (reasons.BINDING_KEY_UNKNOWN, foreign_key, "key"),
    (reasons.BINDING_KEY_REVOKED, revoked_key, "key"),
    (reasons.BINDING_SIGNATURE_BAD, bad_signature, "signature"),
    (reasons.BINDING_MALFORMED, malformed, "form"),
    (reasons.BINDING_SERIAL_OTHER, other_serial, "form"),
    (reasons.HIGH_WATER_MISSING, no_mark, "mark"),
    (reasons.HIGH_WATER_ALTERED, altered_mark, "mark"),
    (reasons.HIGH_WATER_FELL, fallen_mark, "mark"),
    (reasons.BINDING_VERSION_OLDER, newer_mark, "mark"),
    (reasons.CLOCK_UNTRUSTED, clock_before_its_floor, "time"),
    (reasons.BINDING_NOT_YET_VALID, too_early, "time"),
    (reasons.BINDING_EXPIRED, too_late, "time"),
    (reasons.MERCHANT_SWITCHES, many_switches, "switches"),
    (reasons.PARAMETERS_DUE, parameters_due, "host"),
    (reasons.MERCHANT_OTHER, other_merchant, "merchant"),
    (reasons.CURRENCY_OTHER, other_currency, "currency"),
    (reasons.AMOUNT_OVER_LIMIT, too_much, "amount"),
)
# A store that cannot be read does not say whether there is a record in it.
STORE_CAUSES = ("store", "record")


def test_with_everything_in_order_the_gate_allows() -> None:
    desk = Desk()
    verdict = desk.check()
    assert verdict.allowed
    assert verdict.binding is not None
    assert verdict.binding.mid == MID
    assert (verdict.reason, verdict.detail, verdict.warnings) == ("", "", [])
    assert verdict.digest == stored(desk).digest


def test_every_reason_has_a_cause_and_stands_in_the_order_of_asking() -> None:
    assert tuple(code for code, _, _ in CAUSES) == reasons.REFUSALS


def test_each_cause_alone_is_refused_with_its_reason() -> None:
    for code, spoil, _ in CAUSES:
        desk = Desk()
        spoil(desk)
        verdict = desk.check()
        assert verdict.reason == code
        assert not verdict.allowed, code
        assert verdict.binding is None, code


def test_without_a_request_it_says_what_stands_in_the_way_of_any_sale() -> None:
    of_the_request = (reasons.MERCHANT_OTHER, reasons.CURRENCY_OTHER, reasons.AMOUNT_OVER_LIMIT)
    for code, spoil, _ in CAUSES:
        desk = Desk()
        spoil(desk)
        assert desk.gate.check(None, desk.state).reason == ("" if code in of_the_request else code)


def test_of_two_causes_the_one_that_is_asked_first_is_given() -> None:
    pairs = 0
    for first, (code, spoil, about) in enumerate(CAUSES):
        for _, spoil_too, about_too in CAUSES[first + 1 :]:
            if about == about_too or (about in STORE_CAUSES and about_too in STORE_CAUSES):
                continue  # they exclude each other
            desk = Desk()
            spoil_too(desk)
            spoil(desk)
            pairs += 1
            assert desk.check().reason == code, (code, about_too)
    assert pairs > 200


def test_the_last_room_for_reversals_is_kept_and_unknown_room_counts_as_none() -> None:
    for free, reason in ((16_384, ""), (16_383, reasons.JOURNAL_SPACE), (-1, reasons.JOURNAL_SPACE)):
        desk = Desk()
        desk.disk.free = free
        assert desk.check().reason == reason, free


def test_a_clock_that_nobody_set_is_trusted_as_far_as_the_binding_leaves_room() -> None:
    for now, floor, reason in (
        ("2026-12-30T23:59:58.000Z", "", ""),
        ("2026-12-30T23:59:58.000Z", "2026-12-30T23:59:58.900Z", ""),
        ("2026-11-23T00:00:00.000Z", "2026-11-23T00:00:01.000Z", reasons.CLOCK_UNTRUSTED),
    ):
        desk = Desk()
        desk.clock.now, desk.history.floor = now, floor
        assert desk.check().allowed, "a clock that was set is believed"
        desk.clock.synced = False
        assert desk.check().reason == reason, (now, floor)
        assert desk.check().warnings == ([] if reason else [reasons.CLOCK_UNSYNCED])
    desk = Desk()
    desk.issue({"valid_to": "2026-11-24T00:00:00Z"})
    assert desk.check().allowed
    desk.clock.synced = False
    assert desk.check().reason == reasons.CLOCK_UNTRUSTED, "it may have ended already"


def test_switches_count_for_thirty_days() -> None:
    desk = Desk()
    old = ["2026-10-01T00:00:00.000Z"] * 9
    desk.history.switches = old + ["2026-11-01T00:00:00.000Z"] * 3
    assert desk.check().allowed
    desk.history.switches = old + ["2026-11-01T00:00:00.000Z"] * 4
    assert desk.check().reason == reasons.MERCHANT_SWITCHES


def test_what_stops_a_sale_does_not_stop_a_reversal() -> None:
    for spoil in (little_space, many_switches, parameters_due, open_case):
        desk = Desk()
        spoil(desk)
        assert not desk.check().allowed
        assert desk.gate.prove().allowed


def test_nothing_is_asked_after_the_first_refusal() -> None:
    for spoil in (state(LOCKED), open_case):
        desk = Desk()
        spoil(desk)
        desk.check()
        assert desk.store.reads == 0
        assert desk.keys.asked == []
    desk = Desk()
    store_says(reasons.STORE_ALTERED)(desk)
    desk.check()
    assert desk.keys.asked == []


def test_the_file_is_read_anew_for_every_sale() -> None:
    desk = Desk()
    for _ in range(3):
        assert desk.check().allowed
    assert desk.store.reads == 3
    store_says(reasons.STORE_TRUNCATED)(desk)
    assert desk.check().reason == reasons.STORE_TRUNCATED


def test_a_signature_is_checked_once_for_the_same_bytes_and_again_for_others() -> None:
    desk = Desk()
    for _ in range(3):
        assert desk.check().allowed
    assert desk.keys.asked == [("binding", SIGNER)]
    # The same document and signature in a file of other bytes, as after an attack on the file.
    kept = stored(desk)
    desk.store.stored = Stored(altered({"mid": OTHER_MID}), kept.key_id, kept.signature, "other bytes")
    assert desk.check().reason == reasons.BINDING_SIGNATURE_BAD
    desk.store.stored = kept
    assert desk.check().allowed


def test_a_new_key_set_counts_at_once_whatever_was_proven_before() -> None:
    desk = Desk()
    assert desk.check().allowed
    desk.keys.version, desk.keys.standings[("binding", SIGNER)] = 2, key_set.RETIRED
    assert desk.check().allowed, "what it signed before it was retired stays proven"
    desk.keys.version = 3
    revoked_key(desk)
    verdict = desk.check()
    assert (verdict.reason, verdict.detail) == (reasons.BINDING_KEY_REVOKED, SIGNER)
    # The version of the set is all that is asked for before what was proven is believed.
    desk.keys.version = 4
    desk.keys.known.pop(("binding", SIGNER))
    assert desk.check().reason == reasons.BINDING_KEY_UNKNOWN


def test_a_record_that_was_refused_is_not_remembered_as_proven() -> None:
    desk = Desk()
    bad_signature(desk)
    for _ in range(2):
        assert desk.check().reason == reasons.BINDING_SIGNATURE_BAD
    desk = Desk()
    malformed(desk)
    for _ in range(2):
        assert desk.check().reason == reasons.BINDING_MALFORMED


def test_a_signature_in_another_role_does_not_count() -> None:
    desk = Desk()
    desk.keys.known[("backend", SIGNER)] = desk.keys.known.pop(("binding", SIGNER))
    assert desk.check().reason == reasons.BINDING_KEY_UNKNOWN


def test_what_has_no_canonical_bytes_is_malformed() -> None:
    desk = Desk()
    for value in (1.5, None, "\ud800", 2**53):
        desk.store.stored = Stored(altered({"limit": value}), SIGNER, bytes(32), "digest of {!r}".format(value))
        assert desk.check().reason == reasons.BINDING_MALFORMED, value
    desk.store.stored = Stored(["no record"], SIGNER, desk.keys.sign("binding", SIGNER, encode(["no record"])), "list")
    assert desk.check().reason == reasons.BINDING_MALFORMED


def test_a_time_zone_that_the_machine_does_not_know_is_malformed() -> None:
    desk = Desk()
    for zone, reason in (("Asia/Hong_Kong", ""), ("Asia/Nowhere", reasons.BINDING_MALFORMED)):
        desk.store.put(altered({"timezone": zone}), desk.keys)
        assert desk.check().reason == reason, zone


def test_the_limits_themselves_are_allowed() -> None:
    desk = Desk()
    desk.request = Request(100_000, "156", MID)
    assert desk.check().allowed
    for now in ("2026-01-01T00:00:00.000Z", "2026-12-31T23:59:59.999Z"):
        desk.clock.now = now
        assert desk.check().allowed, now


def test_warnings_add_up_and_refuse_nothing() -> None:
    desk = Desk()
    desk.clock.synced = False
    desk.mark.mark = 2
    desk.issue({"mid": "850100082410002"})
    verdict = desk.check()
    assert verdict.allowed
    assert tuple(verdict.warnings) == reasons.WARNINGS


def test_each_warning_alone() -> None:
    desk = Desk()
    desk.clock.synced = False
    assert desk.check().warnings == [reasons.CLOCK_UNSYNCED]
    desk = Desk()
    desk.mark.mark = 2
    assert desk.check().warnings == [reasons.HIGH_WATER_BEHIND]
    desk = Desk()
    desk.issue({"mcc": "5812"})
    assert desk.check().warnings == [reasons.MID_PATTERN]


def test_a_proof_asks_neither_for_the_lifecycle_nor_for_the_case() -> None:
    desk = Desk()
    open_case(desk)
    assert desk.gate.prove().allowed
    for code, spoil, about in CAUSES:
        if about in ("lifecycle", "case", "trial", "space", "switches", "host", "merchant", "currency", "amount"):
            continue
        desk = Desk()
        spoil(desk)
        verdict = desk.gate.prove()
        expected = reasons.BINDING_MISSING if code == reasons.LIFECYCLE_UNPROVISIONED else code
        assert (verdict.reason, verdict.binding) == (expected, None)


def test_an_unprovisioned_terminal_is_refused_for_what_its_store_lacks() -> None:
    desk = Desk()
    desk.state = UNPROVISIONED
    assert desk.check().allowed
    store_says(reasons.STORE_EMPTY)(desk)
    assert desk.check().reason == reasons.STORE_EMPTY
