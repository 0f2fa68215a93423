"""Reversals that the acquirer does not take, at a real counter: told, listed, sent again once it is back."""

import json
from collections.abc import Iterator

import pytest

from agent.sale import kinds
from tests.tools.clerk import typed
from tools.rig.rig import Rig

QUICK: dict[str, object] = {"answer_timeout_ms": 300, "repeat_base_ms": 20, "repeat_cap_ms": 50}


@pytest.fixture
def owing(own_rig: Rig) -> Iterator[Rig]:
    """A counter whose acquirer booked a sale, answered nothing since, and was given up."""
    own_rig.agent.stop()
    own_rig.write_settings(acquirer=QUICK)
    own_rig.start_agent()
    own_rig.acquirer.behave("drop")
    own_rig.acquirer.behave("drop_request", times="always", mti="0400")
    own_rig.board.tap("unionpay")
    assert typed(own_rig, "sale", "8.00", "--id", "clerk-1").exit_code == 3
    own_rig.board.remove()
    wait_for(own_rig, kinds.REVERSAL_UNRESOLVED, 1)
    yield own_rig


def wait_for(rig: Rig, kind: str, times: int) -> None:
    rig.wait_until(lambda: [entry.kind for entry in rig.journal()].count(kind) == times, f"{times} of {kind}")


def sale_of(rig: Rig) -> str:
    return str(next(entry for entry in rig.journal() if entry.kind == kinds.SALE_AUTHORISING).body["sale"])


def charges(rig: Rig) -> list[object]:
    return [row["state"] for row in rig.acquirer.ledger()]


def test_one_that_was_given_up_is_told_and_listed_across_a_restart(owing: Rig) -> None:
    sale = sale_of(owing)
    for _ in range(2):
        told = owing.till.diagnosis()
        assert told["POIStatus"]["GlobalStatus"] == "OK"
        assert told["Response"] == {"Result": "Success", "AdditionalResponse": "REVERSALS_UNRESOLVED 1"}
        (listed,) = owing.till.unresolved()["PerformedTransaction"]
        assert listed["POIData"]["POITransactionID"]["TransactionID"] == sale
        assert listed["ReversedAmount"] == "8.00"
        assert listed["Response"]["AdditionalResponse"] == "no message from the acquirer in the time allowed"
        owing.agent.kill()
        owing.start_agent()
    shown = typed(owing, "unresolved")
    assert shown.exit_code == 3, shown.output
    original = next(entry.body for entry in owing.journal() if entry.kind == kinds.SALE_AUTHORISING)
    for part in (sale, "8.00", "621234******1232", original["trace"], original["batch"], "in the time allowed"):
        assert str(part) in shown.output
    assert json.loads(typed(owing, "unresolved", "--json").output)["PerformedTransaction"] == [listed]
    status = typed(owing, "status")
    assert (status.exit_code, status.output.splitlines()[0]) == (0, "OK REVERSALS_UNRESOLVED 1")
    assert "jumpguard unresolved" in status.output


def test_it_is_sent_again_in_vain_and_then_for_good(owing: Rig) -> None:
    sale = sale_of(owing)
    assert charges(owing) == ["approved"]
    for _ in range(2):  # asked twice it is queued once
        done = typed(owing, "reverse", sale)
        assert done.exit_code == 0 and "queued" in done.output, done.output
    wait_for(owing, kinds.REVERSAL_UNRESOLVED, 2)
    assert [entry.kind for entry in owing.journal()].count(kinds.REVERSAL_QUEUED) == 2
    assert owing.till.diagnosis()["Response"]["AdditionalResponse"] == "REVERSALS_UNRESOLVED 1"
    owing.acquirer.reset()
    assert typed(owing, "reverse", sale).exit_code == 0
    wait_for(owing, kinds.REVERSAL_SETTLED, 1)
    assert charges(owing) == ["reversed"]
    none = typed(owing, "unresolved")
    assert (none.exit_code, none.output) == (0, "none\n")
    assert "AdditionalResponse" not in owing.till.diagnosis()["Response"]
    again = typed(owing, "reverse", sale)
    assert (again.exit_code, "its reversal is settled" in again.output) == (1, True)
    last = typed(owing, "status", "clerk-1", "--json")
    assert json.loads(last.output)["PaymentReceipt"][0]["OutputContent"]["reversal"] == "settled"
    owing.wait_until_stored()
    stored = [event.kind for event in owing.stored_events()]
    assert stored.count(kinds.REVERSAL_QUEUED) == 3


def test_a_technician_settles_it_by_the_statement_and_the_fleet_hears_why(owing: Rig) -> None:
    sale, why = sale_of(owing), "Li Lei: the statement shows it as reversed"
    assert owing.run_agent("--settle", sale, "--why", why).returncode == 1, "the agent runs"
    owing.agent.stop()
    for arguments, code, said in (
        (["--settle", sale], 2, "--settle and --why go together"),
        (["--why", why], 2, "--settle and --why go together"),
        (["--settle", sale, "--why", " "], 2, "say who does it"),
        (["--settle", sale, "--why", why, "--clear", why], 2, "not allowed with"),
        (["--settle", "nobody", "--why", why], 1, "no sale 'nobody' is known here"),
    ):
        done = owing.run_agent(*arguments)
        assert (done.returncode, done.stdout, said in done.stderr) == (code, "", True), done.stderr
    done = owing.run_agent("--settle", sale, "--why", why)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"settled": sale, "reversal": "cleared"}), done.stderr
    assert (owing.journal()[-1].kind, owing.journal()[-1].body) == (kinds.REVERSAL_CLEARED, {"sale": sale, "why": why})
    assert owing.run_agent("--settle", sale, "--why", why).returncode == 1
    owing.start_agent()
    assert typed(owing, "unresolved").exit_code == 0
    last = json.loads(typed(owing, "last", "--json").output)
    assert last["PaymentReceipt"][0]["OutputContent"]["reversal"] == "cleared"
    again = typed(owing, "reverse", sale)
    assert (again.exit_code, "its reversal is cleared" in again.output) == (1, True)
    owing.wait_until_stored()
    assert kinds.REVERSAL_CLEARED in [event.kind for event in owing.stored_events()]


def test_what_cannot_be_reversed_is_told_with_its_reason(rig: Rig) -> None:
    rig.board.tap("unionpay")
    sold = rig.till.pay("clerk-2", "2.00")
    rig.board.remove()
    approved = sold["POIData"]["POITransactionID"]["TransactionID"]
    for sale, condition, said in (
        (approved, "NotAllowed", "it is approved; only an unresolved reversal can be sent again"),
        ("nobody", "NotFound", "no sale 'nobody' is known here"),
    ):
        answer = rig.till.reverse(sale)["Response"]
        assert (answer["ErrorCondition"], said in answer["AdditionalResponse"]) == (condition, True)
        done = typed(rig, "reverse", sale)
        assert done.exit_code == 1 and said in done.output
    part = rig.till.reverse(approved, "1.00")["Response"]
    assert part["ErrorCondition"] == "NotAllowed"
    assert "only the whole 2.00 can be reversed" in part["AdditionalResponse"]
