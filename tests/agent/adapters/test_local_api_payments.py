"""Payments over the local API, from a till to the acquirer and back, with every part a process of its own."""

from collections.abc import Callable
from typing import Any

import pytest

from provisioning.till import Till
from tests.agent.adapters.paying import Paying, paying, result
from tools.rig.rig import Rig


def charges(rig: Rig) -> list[dict[str, Any]]:
    return [dict(row) for row in rig.acquirer.ledger()]


def test_a_payment_is_charged_once_under_the_bound_merchant(rig: Rig) -> None:
    before = len(charges(rig))
    under_way = paying(rig, "PAY-1")
    rig.board.tap("unionpay")
    answer = under_way.wait()
    assert result(answer) == ("Success", "")
    assert answer["PaymentResult"]["AmountsResp"] == {"Currency": "CNY", "AuthorizedAmount": "12.50"}
    assert answer["PaymentResult"]["PaymentAcquirerData"]["MerchantID"] == "898350154110001"
    assert answer["PaymentResult"]["PaymentInstrumentData"]["CardData"]["MaskedPan"] == "621234******1232"
    # The same request again, as after a lost answer: the same outcome, and no second charge.
    assert rig.till.pay("PAY-1", "12.50") == answer
    assert len(charges(rig)) == before + 1
    # The same id with another content is refused.
    again = rig.till.pay("PAY-1", "12.51")
    assert result(again) == ("Failure", "MessageFormat")
    assert "was used with another content" in again["Response"]["AdditionalResponse"]
    assert len(charges(rig)) == before + 1


def test_the_status_tells_a_payment_before_during_and_after(rig: Rig) -> None:
    assert result(rig.till.status("PAY-2")) == ("Failure", "NotFound")
    under_way = paying(rig, "PAY-2")
    during = rig.till.status("PAY-2")
    assert result(during) == ("Failure", "InProgress")
    assert "RepeatedMessageResponse" not in during, "a till would read a failed payment out of it"
    rig.board.tap("unionpay")
    answer = under_way.wait()
    after = rig.till.status("PAY-2")["RepeatedMessageResponse"]["RepeatedResponseMessageBody"]["PaymentResponse"]
    assert after == answer


def test_a_second_payment_is_busy_and_the_same_one_joins(rig: Rig) -> None:
    before = len(charges(rig))
    under_way = paying(rig, "PAY-3")
    assert result(rig.till.pay("PAY-4", "1.00")) == ("Failure", "Busy")
    assert result(rig.till.pay("PAY-3", "1.00")) == ("Failure", "MessageFormat")
    joined = Paying(rig.till, "PAY-3")
    rig.board.tap("unionpay")
    assert joined.wait() == under_way.wait()
    assert len(charges(rig)) == before + 1
    assert result(rig.till.status("PAY-4")) == ("Failure", "NotFound")


def test_tills_whose_names_only_look_alike_are_told_apart(rig: Rig) -> None:
    address, token = rig.till.address, rig.files.token
    first, second = Till(address, token, sale_id="A/B"), Till(address, token, sale_id="A")
    third = Till(address, token, sale_id="A%2FB")
    assert result(first.pay("C", "9999.00")) == ("Failure", "NotAllowed")
    assert result(second.status("B/C")) == ("Failure", "NotFound")
    assert result(third.status("C")) == ("Failure", "NotFound")
    assert result(first.status("C")) == ("Success", "")


def test_an_abort_calls_off_the_wait_for_a_card(rig: Rig) -> None:
    before = len(charges(rig))
    assert result(rig.till.abort("PAY-5")) == ("Failure", "NotFound")
    under_way = paying(rig, "PAY-5")
    rig.wait_until(lambda: result(rig.till.abort("PAY-5"))[0] == "Success", "the wait for a card")
    answer = under_way.wait()
    assert result(answer) == ("Failure", "Cancel")
    assert len(charges(rig)) == before
    assert rig.till.pay("PAY-5", "12.50") == answer


REFUSED: list[tuple[str, Callable[[Till], dict[str, Any]]]] = [
    ("AMOUNT_OVER_LIMIT", lambda till: till.pay("NO-1", "1000.01")),
    ("MERCHANT_OTHER", lambda till: till.pay("NO-2", "1.00", merchant="898440158120007")),
]


@pytest.mark.parametrize(("reason", "pay"), REFUSED)
def test_what_the_gate_refuses_is_not_allowed_with_the_reason(
    rig: Rig, reason: str, pay: Callable[[Till], dict[str, Any]]
) -> None:
    answer = pay(rig.till)
    assert result(answer) == ("Failure", "NotAllowed")
    assert reason in answer["Response"]["AdditionalResponse"]
    assert "PaymentResult" not in answer


def test_a_decline_is_a_refusal_with_its_code(rig: Rig) -> None:
    rig.acquirer.behave("decline", code="51")
    under_way = paying(rig, "PAY-6")
    rig.board.tap("unionpay")
    answer = under_way.wait()
    assert result(answer) == ("Failure", "Refusal")
    assert "51" in answer["Response"]["AdditionalResponse"]
    assert answer["PaymentResult"]["AmountsResp"]["AuthorizedAmount"] == "0.00"


def test_an_altered_record_refuses_payments_and_the_diagnosis_says_why(rig: Rig) -> None:
    whole = rig.files.merchant_file.read_bytes()
    try:
        rig.files.merchant_file.write_bytes(whole.replace(b"898350154110001", b"898440158120007"))
        answer = rig.till.pay("NO-3", "1.00")
        assert result(answer) == ("Failure", "NotAllowed")
        assert "STORE_ALTERED" in answer["Response"]["AdditionalResponse"]
        diagnosis = rig.till.diagnosis()
        assert diagnosis["POIStatus"]["GlobalStatus"] == "Maintenance"
        assert diagnosis["Response"]["AdditionalResponse"] == "STORE_ALTERED"
    finally:
        rig.files.merchant_file.write_bytes(whole)
    assert rig.till.diagnosis()["POIStatus"]["GlobalStatus"] == "OK"


def test_an_opened_case_aborts_latches_and_refuses(own_rig: Rig) -> None:
    under_way = paying(own_rig, "T-1")
    own_rig.board.tamper("open")
    assert result(under_way.wait())[0] == "Failure"
    own_rig.board.tamper("closed")
    answer = own_rig.till.pay("T-2", "1.00")
    assert result(answer) == ("Failure", "NotAllowed")
    assert "LIFECYCLE_TAMPERED" in answer["Response"]["AdditionalResponse"]
    diagnosis = own_rig.till.diagnosis()
    assert diagnosis["POIStatus"] == {"GlobalStatus": "Maintenance", "SecurityOKFlag": False}
    assert diagnosis["Response"]["AdditionalResponse"] == "LIFECYCLE_TAMPERED"
    # Over a restart as well.
    own_rig.agent.stop()
    own_rig.start_agent()
    assert "LIFECYCLE_TAMPERED" in own_rig.till.pay("T-3", "1.00")["Response"]["AdditionalResponse"]
    assert charges(own_rig) == []


def tapped(rig: Rig, service_id: str, amount: str = "1.00") -> dict[str, Any]:
    """What the till hears of a payment whose card is at the reader."""
    rig.board.tap("unionpay")
    try:
        return rig.till.pay(service_id, amount)
    finally:
        rig.board.remove()


def restarted(rig: Rig, **sections: dict[str, object]) -> None:
    """The agent stops and starts with `sections` in its settings."""
    rig.agent.stop()
    rig.write_settings(**sections)
    rig.start_agent()


def test_the_same_card_and_amount_again_is_told_and_by_the_settings_refused(own_rig: Rig) -> None:
    rig, warned = own_rig, "SAME_CARD_AND_AMOUNT"
    assert tapped(rig, "S-1")["Response"]["AdditionalResponse"] == "00"
    answer = tapped(rig, "S-2")
    assert (result(answer), answer["Response"]["AdditionalResponse"]) == (("Success", ""), f"00 {warned}")
    assert answer["PaymentReceipt"][0]["OutputContent"]["warnings"] == warned
    assert [entry.body["warnings"] for entry in rig.journal() if entry.kind == "sale.authorising"] == [[], [warned]]
    # A restart forgets nothing, and after a reboot the stored times tell.
    restarted(rig)
    assert tapped(rig, "S-3")["Response"]["AdditionalResponse"] == f"00 {warned}"
    (rig.files.board / "proc/sys/kernel/random/boot_id").write_text("another-boot\n")
    restarted(rig, sale={"same_card": "refuse"})
    before = len(charges(rig))
    answer = tapped(rig, "S-4")
    assert (result(answer), answer["Response"]["AdditionalResponse"]) == (("Failure", "NotAllowed"), warned)
    assert rig.till.pay("S-4", "1.00") == answer
    assert len(charges(rig)) == before
    assert tapped(rig, "S-5", "1.01")["Response"]["AdditionalResponse"] == "00"
    restarted(rig, sale={"same_card": "off"})
    assert tapped(rig, "S-6")["Response"]["AdditionalResponse"] == "00"
