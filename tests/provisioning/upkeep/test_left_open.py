"""What a terminal has not finished holds up its change, clearing and end; what a broken one leaves is named."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from provisioning import registry as registries
from provisioning import signing, signing_again
from provisioning.errors import SigningError
from provisioning.install.here import Here
from provisioning.install.proof import SignedBinding
from provisioning.install.steps import LOST
from provisioning.install.work import Order
from provisioning.keys import BINDING
from provisioning.till import Till
from provisioning.upkeep.replace import Replace
from tests.provisioning.install.counter import CARD, Counter, wait_until
from tests.provisioning.upkeep.technician import (
    Customer,
    certificates,
    change,
    clear,
    deeds,
    desk_with,
    retire,
    serial_of,
    states,
)
from tools.desk import desk

NEW = "JG-DEMO-0901"
# Long enough for a machine that is busy.
_ANSWER_MS = 1_500


def till(counter: Counter) -> Till:
    return Till(f"127.0.0.1:{counter.port}", counter.places.token.read_text())


async def test_a_broken_terminals_numbers_go_to_another_and_what_it_leaves_open_is_named(
    counter: Counter, spare: Counter
) -> None:
    practice, serial = counter.practice, serial_of(counter)
    waits = {"answer_timeout_ms": _ANSWER_MS, "repeat_base_ms": 600_000, "repeat_cap_ms": 600_000}
    await counter.run(counter.installation(desk_file=desk_with(practice, acquirer=waits)))
    practice.rig.acquirer.behave("drop")
    practice.rig.acquirer.behave("drop", mti="0400", times="always")
    counter.terminal.board.tap(CARD)
    paid = till(counter).pay("LOST-1", "12.50")
    assert paid["Response"]["Result"] == "Failure"
    sale = paid["POIData"]["POITransactionID"]["TransactionID"]

    other = practice.sign(counter.number, "sold", **practice.other_merchant(counter.number))
    before = counter.tree()
    for attempt in (change(counter, other), retire(counter, person=Customer(counter))):
        failure = await counter.fails(attempt)
        assert (failure.code, failure.detail, failure.terminal) == ("UNFINISHED", sale, "untouched")
    counter.terminal.board.tamper("open")
    place = desk(practice.desk_file)
    wait_until(lambda: "tampered" in states(counter), "it latches")
    failure = await counter.fails(clear(counter, Customer(counter)))
    assert (failure.code, failure.terminal) == ("UNFINISHED", "untouched")
    assert counter.tree() == before and [one.action for one in deeds(counter)] == ["installed"] * 2

    wait_until(lambda: place.left(serial).reversals == (sale,), "the backend hears of it")  # type: ignore[union-attr]
    counter.terminal.cut_power()
    practice.rig.acquirer.reset()
    await _replaced(counter, spare, sale)


async def _replaced(counter: Counter, spare: Counter, sale: str) -> None:
    practice, serial = counter.practice, serial_of(counter)
    signer = practice.rig.files.signer(BINDING)
    live = registries.reading(practice.registry).live(serial)
    assert live is not None

    def attempt(binding: dict[str, object], person: Customer | None = None) -> Replace:
        order = Order(
            signed=msgspec.convert(binding, SignedBinding), technician="Wang", why="broken", sale=False,
            by_person=person is not None, settings={"api": {"port": spare.port}},
        )  # fmt: skip
        return Replace(serial, order, desk(practice.desk_file), Here(spare.terminal.root), person)

    failure = await spare.fails(change(spare, practice.binding(spare.number)))
    assert (failure.code, failure.terminal) == ("BLANK", "untouched")
    failure = await spare.fails(attempt(live.binding))
    assert (failure.step, failure.code, failure.terminal) == ("old", "NOT_CLOSED", "untouched")
    assert certificates(counter) == 1

    ordered = signing.Order(by="desk", change="broken", valid_from=datetime.now(UTC) - timedelta(minutes=1))
    with registries.writing(practice.registry) as book:
        with pytest.raises(SigningError, match="the registry has no binding of it"):
            signing_again.replace("JG-DEMO-0999", NEW, book, signer, ordered)
        with pytest.raises(SigningError, match="does not replace itself"):
            signing_again.replace(serial, serial, book, signer, ordered)
        assert book.live(serial), "nothing was closed"
        signed = signing_again.replace(serial, NEW, book, signer, ordered)
        assert signing_again.replace(serial, NEW, book, signer, ordered).entry == signed.entry
        assert book.live(serial) is None and signed.entry.tid == live.tid
    person = Customer(spare, agrees=False)
    failure = await spare.fails(attempt(signed.entry.binding, person))
    assert (failure.code, person.asked[0][0], certificates(counter)) == ("NOT_AGREED", LOST, 1)

    spare.places.label.write_text(f"{NEW}\n")
    told = await spare.run(attempt(signed.entry.binding))
    warnings = [one.facts["text"] for one in told if one.step == "old" and one.state == "warning"]
    assert any(sale in text for text in warnings) and any("last heard at" in text for text in warnings), warnings
    assert certificates(counter) == 0 and spare.is_installed()
    done = deeds(counter)[-1]
    assert (done.action, done.outcome) == ("replaced", "done") and f"by {NEW}" in done.detail and sale in done.detail
