"""What a terminal is known by follows from what it tells."""

from typing import Any

import pytest

from tests.tools.fleet.history.told import AT, BOUND, LATER, MERCHANT, MID, SOON, TID, Told, asked, ended
from tests.tools.fleet.intake import events
from tests.tools.fleet.publisher import INFO, Journal

BINDING: dict[str, Any] = {"name": "山城茶馆", "timezone": "Asia/Urumqi", "mid": MID, "tid": TID, "region": "500103"}


def signed(binding: object) -> dict[str, object]:
    return {"binding": {"document": binding, "key_id": "k", "signature": "00"}}


def test_a_terminal_is_known_by_whom_it_is_bound_to_and_whose_name_it_sells_under(told: Told) -> None:
    told.entry("binding.taken_up", BOUND)
    assert told.fact("acquirer", "mid", "tid", "merchant") == ("48021234", MID, TID, "")
    told.entry(*asked("s1"))
    assert told.fact("merchant", "timezone") == (MERCHANT["merchant"], "Asia/Shanghai")


def test_the_region_is_a_guess_by_the_merchant_number_until_a_binding_tells_it(told: Told) -> None:
    told.entry("binding.taken_up", BOUND)
    assert told.fact("region") == ("4401",)
    told.committed(7, signed(BINDING))
    assert told.fact("region") == ("4401",), "ordered is not in force"
    told.entry("config.committed", {"version": 6})
    assert told.fact("region", "merchant") == ("4401", ""), "another one is in force"
    told.entry("config.committed", {"version": 7})
    assert told.fact("region", "merchant", "timezone") == ("500103", "山城茶馆", "Asia/Urumqi")
    told.entry("binding.taken_up", BOUND | {"bound": f"48021234 898331054110002 {TID}"})
    assert told.fact("region") == ("3310",), "of another merchant number"


@pytest.mark.parametrize("document", [{}, {"binding": 5}, {"binding": {"document": 5}}, signed({"mid": 5})])
def test_a_configuration_that_holds_no_binding_tells_nothing(told: Told, document: object) -> None:
    told.entry("binding.taken_up", BOUND)
    told.committed(7, document)
    told.entry("config.committed", {"version": 7})
    assert told.fact("region", "mid") == ("4401", MID)


def test_since_is_when_presence_or_lifecycle_changed_and_no_session(told: Told) -> None:
    told.state("online", 1, AT)
    told.state("online", 2, SOON)
    assert told.fact("since") == (AT,)
    told.state("online", 2, SOON, lifecycle="locked")
    assert told.fact("since") == (SOON,)
    told.state("lost", 2, LATER, lifecycle="locked")
    assert told.fact("since") == (LATER,)


def test_the_reason_is_that_of_the_latest_change_of_lifecycle(told: Told) -> None:
    told.entry("lifecycle.changed", {"from": "unprovisioned", "to": "active", "reason": "binding_proven"})
    told.entry("lifecycle.changed", {"from": "active", "to": "locked", "reason": "MERCHANT_JUMP"})
    assert told.fact("reason") == ("MERCHANT_JUMP",)


def test_what_it_runs_is_what_it_says_now(told: Told) -> None:
    told.report("info", INFO | {"binding_version": 3})
    told.report("info", INFO | {"software": "0.2.0", "hardware": "x" * 500})
    assert told.fact("software", "hardware", "binding_version") == ("0.2.0", "x" * 64, 3)


def test_the_latest_sale_is_the_latest_that_it_ended_not_the_latest_that_came(told: Told) -> None:
    for number, result in enumerate(("approved", "declined", "failed")):
        told.journal.add(kind="sale.finished", body=ended(f"s{number}", result)[1], time=AT)
    told.take(AT, *events(told.journal, 3))
    told.take(AT, *events(told.journal, 1, 2, 1))
    assert told.fact("last_sale_at", "last_sale_result") == (AT, "failed")


def test_the_journal_that_began_later_tells_also_when_the_end_of_the_one_before_comes_late(told: Told) -> None:
    old, new = told.journal, Journal(told.terminal)
    old.add(kind="binding.taken_up", body=BOUND, time=AT)
    new.add(kind="binding.taken_up", body=BOUND | {"bound": f"48021234 {MID} 87654321"}, time=SOON)
    told.take(LATER, *events(new, 1))
    told.take(LATER, *events(old, 1))
    assert told.fact("tid") == ("87654321",)


@pytest.mark.parametrize("wrong", [5, ["a"], {"a": 1}, "\x00" * 10, "\ud7ff" * 5000, "a b", True])
def test_whatever_a_field_holds_is_stored_or_left_out(told: Told, wrong: object) -> None:
    told.entry("binding.taken_up", BOUND)
    for kind, name in (
        ("binding.taken_up", "bound"),
        ("sale.authorising", "merchant"),
        ("sale.authorising", "amount"),
        ("sale.finished", "result"),
        ("sale.finished", "sale"),
        ("lifecycle.changed", "reason"),
        ("config.committed", "version"),
        ("reversal.queued", "sale"),
    ):
        told.entry(kind, {**asked("s1")[1], name: wrong})
    assert told.fact("mid") == (MID,)
    assert all(len(value) <= 64 for value in told.fact("merchant", "reason", "last_sale_result"))
