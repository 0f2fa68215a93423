"""Every refusal of the gate with what causes it at a real counter, in the order of `reasons.REFUSALS`."""

from dataclasses import dataclass, field
from pathlib import Path

from agent.binding import reasons
from agent.lifecycle import RETIRED, SUSPENDED
from tests.refusals import bindings, files, states
from tests.refusals.counter import Cause, Counter, assert_refused, assert_sold
from tools.rig.files import OTHER_MID, utc_in


@dataclass(frozen=True)
class Row:
    """A code, what causes it, and what the till asks for where that is the cause.

    `outlives_restart` is False where a restart may end the cause; `on_small_disk` says that it takes a counter whose
    state is on a disk of its own.
    """

    code: str
    cause: Cause
    asks: dict[str, str] = field(default_factory=dict)
    outlives_restart: bool = True
    on_small_disk: bool = False


ROWS = (
    Row(reasons.LIFECYCLE_TAMPERED, states.opened_and_closed_case),
    Row(reasons.LIFECYCLE_SUSPENDED, states.put_into(SUSPENDED, states.clear)),
    Row(reasons.LIFECYCLE_LOCKED, states.jumped_and_locked),
    Row(reasons.LIFECYCLE_RETIRED, states.put_into(RETIRED, states.replace)),
    Row(reasons.TAMPER_OPEN, states.unreadable_switch),
    Row(reasons.BINDING_ON_TRIAL, states.binding_on_trial, outlives_restart=False),
    Row(reasons.JOURNAL_SPACE, files.full_disk, on_small_disk=True),
    Row(reasons.STORE_UNREADABLE, files.merchant_file(files.become_a_folder)),
    Row(reasons.LIFECYCLE_UNPROVISIONED, states.never_set_up),
    Row(reasons.BINDING_MISSING, files.merchant_file(Path.unlink)),
    Row(reasons.STORE_EMPTY, files.merchant_file(files.empty)),
    Row(reasons.STORE_TRUNCATED, files.merchant_file(files.cut_in_half)),
    Row(reasons.STORE_ALTERED, files.merchant_file(files.change_a_digit)),
    Row(reasons.BINDING_KEY_UNKNOWN, files.key_set_without_the_signer),
    Row(reasons.BINDING_KEY_UNKNOWN, bindings.signed_by_a_stranger),
    Row(reasons.BINDING_KEY_REVOKED, files.signer_revoked),
    Row(reasons.BINDING_SIGNATURE_BAD, bindings.rewritten_for_another_merchant),
    Row(reasons.BINDING_MALFORMED, bindings.signed_with_changes(limit=0)),
    Row(reasons.BINDING_SERIAL_OTHER, bindings.signed_with_changes(serial="JG-DEMO-0002")),
    Row(reasons.HIGH_WATER_MISSING, files.high_water_file(Path.unlink)),
    Row(reasons.HIGH_WATER_ALTERED, files.high_water_file(files.change_a_digit)),
    Row(reasons.HIGH_WATER_FELL, files.record_and_mark_put_back),
    Row(reasons.BINDING_VERSION_OLDER, files.record_put_back),
    Row(reasons.CLOCK_UNTRUSTED, states.clock_behind_the_journal),
    Row(reasons.CLOCK_UNTRUSTED, states.clock_too_coarse),
    Row(reasons.BINDING_NOT_YET_VALID, bindings.bound(valid_from=utc_in(1))),
    Row(reasons.BINDING_EXPIRED, bindings.bound(valid_from=utc_in(-2), valid_to=utc_in(-1))),
    Row(reasons.MERCHANT_SWITCHES, states.frequent_switches),
    Row(reasons.PARAMETERS_DUE, states.host_wants_parameters),
    Row(reasons.MERCHANT_OTHER, states.nothing_wrong, {"merchant": OTHER_MID}),
    Row(reasons.CURRENCY_OTHER, states.nothing_wrong, {"currency": "HKD"}),
    Row(reasons.AMOUNT_OVER_LIMIT, states.nothing_wrong, {"amount": "1000.01"}),
)


def check(counter: Counter, row: Row) -> None:
    """The cause refuses, a restart does not wash it away, and without it the counter sells again."""
    with row.cause(counter):
        assert_refused(counter.sell(**row.asks), row.code)
        if row.outlives_restart:
            counter.restart()
            assert_refused(counter.sell(**row.asks), row.code)
    assert_sold(counter.sell())
