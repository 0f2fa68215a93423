import threading
from collections.abc import Callable

import pytest

from tests.tools.acquirer.till import NAMELESS, Process, Till, today
from tools.acquirer.wire import Value


def charge_states(process: Process) -> list[object]:
    return [row["state"] for row in process.control.ledger()]


def test_a_reversal_undoes_its_sale_once_and_says_so_again(process: Process, till: Till) -> None:
    sale = till.sale()
    for _ in range(2):
        answer = till.reverse(sale.text(11))
        assert answer.mti == "0410"
        assert sorted(answer.fields) == [3, 4, 11, 12, 13, 32, 37, 39, 41, 42, 60, 64]
        assert (answer.text(39), answer.text(11)) == ("00", sale.text(11))
        assert charge_states(process) == ["reversed"]


def test_a_reversed_trace_cannot_sell_again(process: Process, till: Till) -> None:
    trace = till.sale().text(11)
    till.reverse(trace)
    assert till.sale(de11=trace).text(39) == "94"
    assert charge_states(process) == ["reversed"]


def test_reversing_a_declined_sale_leaves_it_declined(process: Process, till: Till) -> None:
    process.control.behave("decline", code="51")
    trace = till.sale().text(11)
    assert till.reverse(trace).text(39) == "00"
    assert charge_states(process) == ["declined"]


ORIGINALS: list[tuple[dict[str, str], str]] = [
    ({}, "00"),
    ({"date": today(-1)}, "00"),
    ({"date": today(1)}, "00"),
    ({"date": today(-10)}, "25"),
    ({"de4": "000000001001"}, "25"),
    ({"de61": f"000001000099{today()}"}, "25"),
    ({"de61": f"000009000002{today()}"}, "25"),
    ({"de61": "000001000002"}, "30"),
]


@pytest.mark.parametrize(("changes", "code"), ORIGINALS)
def test_only_the_named_original_is_reversed(process: Process, till: Till, changes: dict[str, str], code: str) -> None:
    trace = till.sale().text(11)
    assert till.reverse(trace, 1000, **changes).text(39) == code
    assert charge_states(process) == ["reversed" if code == "00" else "approved"]


def test_another_terminal_cannot_reverse_it(process: Process, till: Till) -> None:
    trace = till.sale().text(11)
    other = Till(process, NAMELESS)
    other.sign_on()
    assert other.reverse(trace).text(39) == "25"
    assert charge_states(process) == ["approved"]
    other.close()


REVERSALS: list[tuple[dict[str, Value | None], str]] = [
    ({}, "00"),
    ({"de39": "06"}, "00"),
    ({"de39": None}, "30"),
    ({"de61": None}, "30"),
    ({"de2": "6212345678901232"}, "30"),
    ({"de35": "6212345678901232D3012"}, "30"),
    ({"de42": NAMELESS.mid}, "03"),
    ({"de64": b"00000000"}, "A0"),
]


@pytest.mark.parametrize(("changes", "code"), REVERSALS)
def test_a_reversal_is_refused_when_it_is_incomplete_or_carries_card_data(
    process: Process, till: Till, changes: dict[str, Value | None], code: str
) -> None:
    trace = till.sale().text(11)
    till.send_reversal(trace, 1000, date=None, **changes)
    assert till.receive().text(39) == code
    assert charge_states(process) == ["reversed" if code == "00" else "approved"]


@pytest.mark.parametrize("other_connection", [False, True])
def test_a_reversal_wins_over_an_original_whose_answer_is_delayed(
    process: Process, till: Till, other_connection: bool
) -> None:
    process.control.behave("delay", ms=250)
    trace = till.send_sale()
    # A connection of its own is served whenever the simulator likes: the sale must have come first.
    process.wait_for("0200")
    reverser = till.reconnect() if other_connection else till
    assert reverser.reverse(trace).text(39) == "00"
    late = till.receive()
    assert (late.mti, late.text(11), late.text(39)) == ("0210", trace, "00")
    assert charge_states(process) == ["reversed"]


@pytest.mark.parametrize("behaviour", [("drop", {}), ("cut", {"when": "after_booking"}), ("late", {})])
def test_a_sale_whose_answer_is_lost_is_reversed_over_a_new_connection(
    process: Process, till: Till, behaviour: tuple[str, dict[str, str]]
) -> None:
    process.control.behave(behaviour[0], **behaviour[1])
    trace = till.send_sale()
    process.wait_for("0200")
    again = till.reconnect()
    assert again.reverse(trace).text(39) == "00"
    assert charge_states(process) == ["reversed"]
    again.close()


def test_sales_and_reversals_racing_on_two_connections_agree_with_the_ledger(process: Process, till: Till) -> None:
    traces = [f"{number:06d}" for number in range(100, 130)]
    reverser = till.reconnect()
    codes: dict[str, str] = {}
    run_together(
        lambda: [till.sale(de11=trace) for trace in traces],
        lambda: codes.update({trace: reverser.reverse(trace).text(39) for trace in traces}),
    )
    booked = {str(row["trace"]): row["state"] for row in process.control.ledger()}
    # 00 promises that no money stands; 25 says that nothing was there yet, and the sale came after it.
    assert booked == {trace: "reversed" if codes[trace] == "00" else "approved" for trace in traces}
    reverser.close()


def run_together(*actions: Callable[[], object]) -> None:
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
