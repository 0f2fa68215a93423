"""A tamper latch ends once a person has inspected the terminal; and not otherwise."""

import json

from provisioning.install.steps import INSPECTION
from tests.provisioning.install.counter import Counter, wait_until
from tests.provisioning.upkeep.technician import Customer, clear, deeds, states


def latched(counter: Counter) -> None:
    """Open the case, and wait until that is latched."""
    counter.terminal.board.tamper("open")
    wait_until(lambda: "tampered" in states(counter), "it latches")


async def test_a_latch_is_cleared_after_an_inspection_and_with_the_case_shut(installed: Counter) -> None:
    counter = installed
    failure = await counter.fails(clear(counter, Customer(counter)))
    assert (failure.code, failure.terminal) == ("NOTHING_TO_CLEAR", "untouched")
    latched(counter)
    person = Customer(counter)
    failure = await counter.fails(clear(counter, person))
    assert (failure.step, failure.code, failure.terminal) == ("stop", "CASE", "as_before")
    assert counter.is_installed() and states(counter)[-1] == "tampered"

    counter.terminal.board.tamper("closed")
    failure = await counter.fails(clear(counter, Customer(counter, agrees=False)))
    assert (failure.code, failure.terminal) == ("NOT_AGREED", "untouched")
    failure = await counter.fails(clear(counter, Customer(counter), "JG-DEMO-9999"))
    assert (failure.code, failure.terminal) == ("OTHER_TERMINAL", "untouched")

    await counter.run(clear(counter, person))
    assert [what for what, _ in person.asked] == [*INSPECTION, *INSPECTION]
    assert person.asked[-1][1]["reason"] == "tamper_switch"
    assert states(counter)[-2:] == ["tampered", "active"] and counter.is_installed()
    assert [(one.action, one.outcome, one.detail) for one in deeds(counter)][2:] == [
        ("latch_cleared", "begun", "tampered"), ("rolled_back", "failed", deeds(counter)[3].detail),
        ("latch_cleared", "begun", "tampered"), ("latch_cleared", "done", "tampered"),
    ]  # fmt: skip
    assert deeds(counter)[3].detail.startswith("latch_cleared; stop: CASE")
    assert json.dumps(states(counter)).count("active") == 2
