"""An installed terminal goes to another merchant, to another place, to a renewed binding; or stays as it is."""

from datetime import UTC, datetime
from pathlib import Path

from provisioning import keys, signing
from provisioning.install.result import Failure
from provisioning.install.steps import CHANGE, CHANGE_STEPS, TAP_CARD
from provisioning.registry import writing
from provisioning.upkeep.kinds import kind_of
from tests.provisioning.install.counter import Counter
from tests.provisioning.upkeep.technician import Customer, change, deeds
from tools.rig.files import MID, NAME, OTHER_MID, OTHER_NAME, OTHER_USCC, binding_document, utc_in


async def test_a_terminal_goes_to_another_merchant_and_sells_for_it(installed: Counter) -> None:
    counter, practice = installed, installed.practice
    places = counter.places
    kept = {path: path.read_bytes() for path in (places.key, places.certificate, places.token)}
    before_key = places.master_key.read_text()
    binding = practice.sign(counter.number, "the shop was sold", **practice.other_merchant(counter.number))
    person = Customer(counter)
    attempt = change(counter, binding, person=person, sale=True)
    told = await counter.run(attempt)
    done = attempt.installed
    assert done is not None
    assert [one.step for one in told if one.state == "done"] == list(CHANGE_STEPS)
    assert [what for what, _ in person.asked] == [CHANGE, TAP_CARD]
    assert NAME in person.asked[0][1]["before"] and OTHER_NAME in person.asked[0][1]["after"]
    assert (done.receipt["mid"], done.receipt["merchant"], done.facts.bound.version) == (OTHER_MID, OTHER_NAME, 2)
    warnings = [one.facts["text"] for one in told if one.state == "warning"]
    assert any("1 switches of its merchant" in text for text in warnings), warnings
    assert any(f"the region in the merchant number {OTHER_MID} is 4401" in text for text in warnings), warnings

    assert {path: path.read_bytes() for path in kept} == kept
    assert places.master_key.read_text() != before_key and counter.is_installed()
    assert [(one.action, one.outcome, one.version, one.why) for one in deeds(counter)] == [
        ("installed", "begun", 1, ""), ("installed", "done", 1, ""),
        ("changed", "begun", 2, "the shop was sold"), ("changed", "done", 2, "the shop was sold"),
    ]  # fmt: skip


def test_a_move_a_renewal_and_the_way_back_are_told_apart(tmp_path: Path) -> None:
    signer = keys.create(tmp_path / "binding.key", keys.BINDING)
    first = binding_document()
    later = {"version": 2, "valid_from": utc_in(0), "valid_to": utc_in(700)}
    with writing(tmp_path / "registry") as registry:
        signing.sign_content(first, "", registry, signer, signing.Order(by="desk", valid_from=datetime.now(UTC)))
        for before, changes, kind in (
            (first, later, "renewed"),
            (first, {"limit": 7}, "renewed"),
            (first, {"address": "2 Example Road, Gulou, Fuzhou"}, "moved"),
            (first, {"region": "440103", "name": "Another Name"}, "moved"),
            (first, {"region": "440103", "mid": OTHER_MID}, "changed"),
            (first, {"uscc": OTHER_USCC}, "changed"),
            ({**first, "mid": OTHER_MID}, later, "restored"),
        ):
            assert kind_of(before, {**first, "version": 2, **changes}, registry) == kind
    assert kind_of({**first, "mid": OTHER_MID}, {**first, **later}, None) == "changed"


async def test_one_that_was_cut_off_behind_its_commit_is_proven_by_the_next_try(installed: Counter) -> None:
    counter, practice = installed, installed.practice
    binding = practice.sign(counter.number, "sold", **practice.other_merchant(counter.number))
    practice.rig.acquirer.behave("decline", code="51")
    failure = await counter.fails(change(counter, binding, person=Customer(counter), sale=True))
    assert (failure.step, failure.code, failure.terminal) == ("sale", "SALE", "done_unproven")
    assert counter.is_installed()
    counter.terminal.board.remove()
    attempt = change(counter, binding, person=Customer(counter), sale=True)
    await counter.run(attempt)
    assert attempt.installed is not None and attempt.installed.receipt["mid"] == OTHER_MID
    assert [one.outcome for one in deeds(counter)] == ["begun", "done", "begun", "done", "done"]
    assert deeds(counter)[-2].detail.startswith("not proven; sale: SALE Refusal 51")


async def refused(counter: Counter, failure: Failure, before: object, *, terminal: str = "untouched") -> str:
    """The code of `failure`, which left the terminal as it was `before`."""
    assert failure.terminal == terminal, failure
    assert counter.tree() == before and counter.is_installed()
    return failure.code


async def test_what_may_not_be_changed_stays_as_it_is(installed: Counter) -> None:
    counter, practice = installed, installed.practice
    first, before = practice.binding(counter.number).read_bytes(), counter.tree()
    other = practice.sign(counter.number, "sold", **practice.other_merchant(counter.number))
    old = other.with_name("old.json")
    old.write_bytes(first)
    assert await refused(counter, await counter.fails(change(counter, old)), before) == "SUPERSEDED"

    wrong = other.with_name("wrong.json")
    wrong.write_text(other.read_text().replace(OTHER_NAME, "Sly Shop"))
    assert await refused(counter, await counter.fails(change(counter, wrong)), before) == "SIGNATURE"

    elsewhere = practice.binding(counter.number % 24 + 1)
    assert await refused(counter, await counter.fails(change(counter, elsewhere)), before) == "OTHER_TERMINAL"

    unregistered = practice.desk_file.with_name("unregistered.toml")
    unregistered.write_text(practice.desk_file.read_text().replace('registry = "registry"', 'registry = "none"'))
    failure = await counter.fails(change(counter, other, desk_file=unregistered))
    assert "not there" in failure.detail and await refused(counter, failure, before)

    failure = await counter.fails(change(counter, other, person=Customer(counter, agrees=False)))
    assert await refused(counter, failure, before) == "NOT_AGREED"

    practice.rig.acquirer.behave("answer_as", mti="0800", mid=MID)
    failure = await counter.fails(change(counter, other))
    assert await refused(counter, failure, before, terminal="as_before") == "SIGN_ON_OTHER_MERCHANT"
    assert deeds(counter)[-1].action == "rolled_back" and deeds(counter)[-1].detail.startswith(
        "changed; trial: SIGN_ON"
    )
