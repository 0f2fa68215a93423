"""The identifiers in a binding: those of a wrong form are refused, those that nobody knows are at most warned of.

The store holds what a binding signer signed by mistake: issue and installation refuse to take it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from agent.binding import reasons
from tests.refusals import bindings
from tests.refusals.counter import Counter, assert_refused, assert_sold
from tools.rig.files import MID, binding_document

MALFORMED: list[tuple[str, object]] = [
    ("mid", "89835015411000"),
    ("mid", "89835015411000a"),
    ("tid", "1000001"),
    ("uscc", "91350100M000100Y4A"),
    ("licence", "110108000000017"),
    ("mcc", "541"),
    ("mcc", "54l1"),
    ("region", "35010"),
    ("serial", "jg-demo-0001"),
    ("acquirer", "89８"),
    ("account_last4", "678"),
    ("account_hash", "6789"),
    ("currency", "CNY"),
    ("name", "茶" * 21),
    ("jump_policy", "ignore"),
    ("limit", 0),
    ("fees", {}),
    ("valid_to", "2026-02-30"),
    ("format", "jumpguard.binding/2"),
    ("only_on_sundays", True),
]


def assert_malformed(counter: Counter, document: dict[str, Any], named: str) -> None:
    """Sales under `document`, rightly signed, are refused, and the journal names what is wrong with it."""
    with bindings.signed(document)(counter):
        refused = counter.sell()
    assert_refused(refused, reasons.BINDING_MALFORMED)
    assert named in str(refused.entries[0].body["detail"])


@pytest.mark.parametrize(("name", "value"), MALFORMED)
def test_a_malformed_field_is_refused_and_named(counter: Counter, name: str, value: object) -> None:
    assert_malformed(counter, {**binding_document(), name: value}, name)


def test_a_missing_field_and_an_unknown_time_zone_are_refused_and_named(counter: Counter) -> None:
    document = binding_document()
    del document["uscc"]
    assert_malformed(counter, document, "uscc missing")
    assert_malformed(counter, binding_document(timezone="Asia/Nowhere"), "Asia/Nowhere")
    assert_sold(counter.sell())


TAKEN: list[tuple[dict[str, str], str]] = [
    ({"region": "999999", "uscc": "A1350100000000000G", "licence": "110108000000016"}, ""),
    ({"mcc": "0000"}, " MID_PATTERN"),
]


@pytest.mark.parametrize(("changes", "warning"), TAKEN)
def test_what_no_register_was_asked_for_is_taken(counter: Counter, changes: dict[str, str], warning: str) -> None:
    with counter.bound(**changes):
        sale = counter.sell()
    assert_sold(sale)
    assert sale.response["AdditionalResponse"] == f"00{warning}"


@contextmanager
def booked_under(counter: Counter, mid: str) -> Iterator[None]:
    """The acquirer knows the terminal under `mid`."""
    rig = counter.rig
    whole = rig.files.terminals.read_text()
    for text in (whole.replace(MID, mid), whole):
        rig.processes["acquirer"].stop()
        rig.files.terminals.write_text(text)
        rig.start_acquirer()
        if text != whole:
            yield


def test_a_published_merchant_number_that_breaks_the_pattern_is_only_warned_of(counter: Counter) -> None:
    mid = "850100082410002"
    with booked_under(counter, mid):
        counter.set_up_anew(mid=mid)
        sale = counter.sell()
    counter.set_up_anew()
    assert_sold(sale)
    assert sale.response["AdditionalResponse"] == "00 MID_PATTERN"
    assert sale.entries[0].body["mid"] == mid
