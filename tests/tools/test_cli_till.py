"""`jumpguard sale`, `status`, `abort` and `last`, as a clerk types them, on a real counter."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.clerk import typed
from tools.rig.files import MID, OTHER_MID
from tools.rig.rig import Rig


def waiting(rig: Rig) -> bool:
    """Whether the terminal asks for a card: two lights from the left."""
    lines = rig.board.lines()
    return [lines[f"light_{number}"] for number in (1, 2, 3, 4)] == [1, 1, 0, 0]


def test_a_sale_is_approved_with_its_receipt_and_is_the_last_one(rig: Rig) -> None:
    rig.board.tap("unionpay")
    sold = typed(rig, "sale", "12.50", "--id", "clerk-1")
    assert sold.exit_code == 0, sold.output
    assert sold.output.startswith("approved") and "12.50" in sold.output and MID in sold.output
    last = typed(rig, "last")
    assert (last.exit_code, last.output) == (0, sold.output)
    asked = typed(rig, "status", "clerk-1", "--json")
    assert json.loads(asked.output)["PaymentResult"]["AmountsResp"]["AuthorizedAmount"] == "12.50"


def test_the_same_id_is_the_same_sale(rig: Rig) -> None:
    before = len(rig.acquirer.ledger())
    rig.board.tap("unionpay")
    first, second = (typed(rig, "sale", "3.00", "--id", "clerk-twice", "--json") for _ in range(2))
    assert first.exit_code == second.exit_code == 0
    assert first.output == second.output
    assert len(rig.acquirer.ledger()) == before + 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sale", "0"), "not more than zero"),
        (("sale", "1e3"), "not a plain decimal"),
        (("sale", "1.234"), "more than 2 decimals"),
        (("sale", "9", "--currency", "JPY"), "CNY"),
        (("sale", "9", "--currency", "USD"), "another currency"),
        (("sale", "9", "--merchant", OTHER_MID), "another merchant"),
        (("sale", "1000.01"), "over the limit"),
        (("status", "never-heard-of"), "never-heard-of"),
        (("abort",), "no such sale"),
    ],
)
def test_what_cannot_be_is_told_with_its_reason_and_exit_code_1(rig: Rig, words: tuple[str, ...], said: str) -> None:
    done = typed(rig, *words)
    assert done.exit_code == 1
    assert said in done.output, done.output


def test_an_unanswered_sale_is_told_as_unknown(rig: Rig) -> None:
    rig.acquirer.behave("drop")
    rig.board.tap("unionpay")
    done = typed(rig, "sale", "8.00")
    assert done.exit_code == 3
    assert "reversed" in done.output
    rig.wait_until(lambda: rig.acquirer.ledger()[-1]["state"] == "reversed", "the charge is reversed")


def test_a_sale_that_waits_for_a_card_is_called_off(rig: Rig) -> None:
    command = [str(Path(sys.executable).with_name("jumpguard")), "sale", "5.00"]
    options = ["--api", rig.agent.ready["api"], "--token-file", str(rig.files.token_file)]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as selling:
        rig.wait_until(lambda: waiting(rig), "the terminal asks for a card")
        called_off = typed(rig, "abort")
        output, _ = selling.communicate(timeout=20)
    assert (called_off.exit_code, called_off.output) == (0, "called off\n")
    assert selling.returncode == 1 and "CANCELLED" in output


def test_the_terminal_says_how_it_is(rig: Rig) -> None:
    done = typed(rig, "status")
    assert (done.exit_code, done.output.strip()) == (0, "OK")


def test_no_token_no_terminal(rig: Rig, tmp_path: Path) -> None:
    missing = typed(rig, "status", token=tmp_path / "none")
    assert missing.exit_code == 1 and "token file" in missing.output
    (tmp_path / "wrong").write_text("guessed")
    wrong = typed(rig, "sale", "1.00", token=tmp_path / "wrong")
    assert wrong.exit_code == 1 and "401" in wrong.output


def test_login_says_software_and_state(rig: Rig) -> None:
    answer = rig.till.login()
    assert answer["Response"]["Result"] == "Success"
    assert answer["POISystemData"]["POISoftware"]["SoftwareVersion"]
    assert answer["POISystemData"]["POIStatus"]["GlobalStatus"] == "OK"
