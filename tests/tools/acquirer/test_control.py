import json
import socket

import pytest

from tests.tools.acquirer.till import NAMED, Process, Till
from tools.errors import ControlError


def lines(process: Process, *requests: bytes) -> list[dict[str, object]]:
    """Send `requests` over one connection and return the replies."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(process.ready["control"])
        connection.sendall(b"".join(request + b"\n" for request in requests))
        connection.shutdown(socket.SHUT_WR)
        return [json.loads(line) for line in connection.makefile("rb")]


REQUESTS = [
    (b'{"do": "ledger"}', None),
    (b'{"do": "messages"}', None),
    (b'{"do": "status"}', None),
    (b'{"do": "reset"}', None),
    (b'{"do": "reset", "ledger": true}', None),
    (b'{"do": "behave", "behaviour": "drop", "times": "always", "mti": "0400"}', None),
    (b"not json", "not JSON"),
    (b"\xff", "not JSON"),
    (b"[]", "object"),
    (b"{}", "cannot do None"),
    (b'{"do": "explode"}', "explode"),
    (b'{"do": "reset", "ledger": "yes"}', "ledger"),
    (b'{"do": "reset", "everything": true}', "everything"),
    (b'{"do": "behave"}', "behaviour"),
    (b'{"do": "behave", "behaviour": "drop", "often": true}', "often"),
]


@pytest.mark.parametrize(("request_line", "named"), REQUESTS)
def test_requests_are_done_or_refused_by_name_and_the_connection_goes_on(
    process: Process, request_line: bytes, named: str | None
) -> None:
    first, second = lines(process, request_line, b'{"do": "status"}')
    assert second["ok"] is True
    assert first["ok"] is (named is None)
    assert (named or "") in str(first.get("error", ""))


def test_the_client_raises_what_was_refused(process: Process) -> None:
    with pytest.raises(ControlError, match="explode"):
        process.control.behave("explode")
    with pytest.raises(ControlError, match="code"):
        process.control.behave("decline")


def test_status_shows_what_is_ordered_and_reset_forgets_it(process: Process, till: Till) -> None:
    process.control.behave("decline", code="51", times=2)
    process.control.behave("late", mti="0800")
    assert till.sale().text(39) == "51"
    status = process.control.status()
    assert status["behaviours"] == [
        {"behaviour": "decline", "code": "51"}, {"behaviour": "late", "mti": "0800"}
    ]  # fmt: skip
    assert NAMED.tid in str(status["signed_on"])
    process.control.reset()
    assert process.control.status()["behaviours"] == []
    assert till.sale().text(39) == "00"


def test_reset_forgets_held_answers_and_keeps_the_ledger_unless_told(process: Process, till: Till) -> None:
    process.control.behave("late")
    till.send_sale()
    process.wait_for("0200")
    process.control.reset()
    assert len(process.control.ledger()) == 1
    asked = [till.send_sale(), till.send_sale()]
    assert [till.receive().text(11), till.receive().text(11)] == asked
    # One more answer than the timer of a held one needs.
    assert till.sign_on().mti == "0810"
    process.control.reset(ledger=True)
    assert (process.control.ledger(), process.control.messages()) == ([], [])


def test_messages_tell_both_directions_and_the_behaviour(process: Process, till: Till) -> None:
    process.control.behave("drop")
    till.send_sale()
    till.sale(1234)
    rows = [(row["direction"], row["mti"], row["trace"], row["tid"]) for row in process.control.messages()[2:]]
    assert rows == [
        ("in", "0200", "000002", NAMED.tid), ("in", "0200", "000003", NAMED.tid), ("out", "0210", "000003", NAMED.tid)
    ]  # fmt: skip
    dropped, sale, answer = (str(row["summary"]) for row in process.control.messages()[2:])
    assert dropped.endswith("(drop)") and not sale.endswith(")")
    assert "4=000000001234" in sale and "39=00" in answer
