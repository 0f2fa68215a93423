"""The local API over a real socket: whom it answers, what it takes and refuses, and never a fault."""

import http.client
import json
import socket
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent.adapters.local_api import hosts
from provisioning.till import Till
from tools.rig.files import OTHER_MID
from tools.rig.rig import Rig

DIAGNOSIS = {
    "SaleToPOIRequest": {
        "MessageHeader": {
            "MessageClass": "Service",
            "MessageCategory": "Diagnosis",
            "MessageType": "Request",
            "ServiceID": "D1",
            "SaleID": "TILL-1",
            "POIID": "JUMPGUARD",
        }
    }
}
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def till(rig: Rig) -> Till:
    return rig.till


def raw(rig: Rig, data: bytes, close: bool = True) -> bytes:
    """Send bytes as they are and return everything that comes back."""
    host, port = rig.agent.ready["api"].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(data)
        if close:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
        return received


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def failed(answer: tuple[int, str]) -> dict[str, Any]:
    """The Response of an answer that says no in nexo's words."""
    status, text = answer
    assert status == 200, text
    message = json.loads(text)["SaleToPOIResponse"]
    bodies = [value for key, value in message.items() if key != "MessageHeader"]
    said: dict[str, Any] = bodies[0]["Response"]
    assert said["Result"] == "Failure"
    return said


def changed(path: str, value: object) -> dict[str, Any]:
    """A payment request with the field at `path` replaced; None takes it away."""
    document = payment()
    holder: dict[str, Any] = document
    *parents, name = path.split(".")
    for parent in parents:
        holder = holder[parent]
    if value is None:
        del holder[name]
    else:
        holder[name] = value
    return document


def payment(service_id: str = "NEVER", amount: object = "12.50") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(DIAGNOSIS))
    request = document["SaleToPOIRequest"]
    request["MessageHeader"]["MessageCategory"] = "Payment"
    request["MessageHeader"]["ServiceID"] = service_id
    request["PaymentRequest"] = {
        "PaymentTransaction": {
            "AmountsReq": {"Currency": "CNY", "RequestedAmount": amount},
            "TransactionConditions": {"MerchantID": ""},
        }
    }
    return document


# --- who may speak to it


def test_a_diagnosis_with_the_right_token_is_answered(till: Till) -> None:
    status, text = till.post(json.dumps(DIAGNOSIS))
    assert status == 200
    answer = json.loads(text)["SaleToPOIResponse"]
    assert answer["MessageHeader"]["ServiceID"] == "D1"
    assert answer["MessageHeader"]["MessageType"] == "Response"
    assert answer["DiagnosisResponse"] == {
        "Response": {"Result": "Success"},
        "POIStatus": {"GlobalStatus": "OK", "SecurityOKFlag": True},
    }


def test_who_examines_the_terminal_hears_of_its_health_and_only_who_asks(till: Till) -> None:
    health = till.health()
    assert set(health) == {
        *("not_ready", "reader_open", "reader_failing", "reader_firmware", "lights", "tamper"),
        *("link_connected", "link_connections", "acknowledged", "outbox_depth", "outbox_age_s"),
    }
    assert (health["reader_open"], health["reader_firmware"], health["tamper"]) == (True, "PN532v1.6", False)
    flags: list[object] = [False, 1, "true", None, {}]
    for flag in flags:
        assert "Health" not in till.ask("Diagnosis", "D2", {"HealthFlag": flag})


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic dGlsbDp0aWxs", "bearer"])
def test_a_missing_or_wrong_token_is_401(till: Till, token: str) -> None:
    assert till.post(json.dumps(DIAGNOSIS), {"Authorization": token})[0] == 401
    assert till.post(json.dumps(DIAGNOSIS), {"Authorization": f"Bearer {till.token}x"})[0] == 401
    assert till.post(json.dumps(DIAGNOSIS), {"Authorization": f"Bearer {till.token[:-1]}"})[0] == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "localhost"])
def test_another_host_is_403(till: Till, host: str) -> None:
    assert till.post(json.dumps(DIAGNOSIS), {"Host": host})[0] == 403


def test_this_terminal_by_any_of_its_names_is_taken(till: Till) -> None:
    port = till.address.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert till.post(json.dumps(DIAGNOSIS), {"Host": f"{host}:{port}"})[0] == 200


def test_the_port_may_be_left_out_where_it_is_the_customary_one() -> None:
    assert hosts(["Terminal", "::1"], 8583, True) == ["terminal:8583", "[::1]:8583"]
    assert hosts(["terminal"], 443, True) == ["terminal:443", "terminal"]
    assert hosts(["terminal"], 443, False) == ["terminal:443"]
    assert hosts(["terminal"], 80, False) == ["terminal:80", "terminal"]


@pytest.mark.parametrize("origin", ["null", "http://localhost", "https://evil.example", ""])
def test_a_web_page_is_403(till: Till, origin: str) -> None:
    assert till.post(json.dumps(DIAGNOSIS), {"Origin": origin})[0] == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
def test_what_a_form_could_send_is_415(till: Till, kind: str) -> None:
    assert till.post(json.dumps(DIAGNOSIS), {"Content-Type": kind})[0] == 415


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"])
def test_json_with_parameters_is_taken(till: Till, kind: str) -> None:
    assert till.post(json.dumps(DIAGNOSIS), {"Content-Type": kind})[0] == 200


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/nexo", 405), ("PUT", "/nexo", 405), ("DELETE", "/nexo", 405), ("POST", "/", 404), ("POST", "/nexo/", 404),
    ("GET", "/../../etc/passwd", 404), ("POST", "/nexo%2f", 404), ("TRACE", "/nexo", 405),
])  # fmt: skip
def test_only_posts_to_nexo_are_served(till: Till, method: str, path: str, status: int) -> None:
    connection = http.client.HTTPConnection(till.address, timeout=10)
    connection.request(method, path, b"{}", {"Authorization": f"Bearer {till.token}"})
    assert connection.getresponse().status == status
    connection.close()


def test_options_grants_no_web_page_anything(till: Till) -> None:
    connection = http.client.HTTPConnection(till.address, timeout=10)
    connection.request("OPTIONS", "/nexo", headers={"Origin": "https://evil.example"})
    response = connection.getresponse()
    assert not [name for name, _ in response.getheaders() if name.lower().startswith("access-control")]
    connection.close()


# --- what it takes


def test_a_body_up_to_the_limit_is_read_and_a_larger_one_is_refused(till: Till) -> None:
    fitting = json.dumps(DIAGNOSIS)
    assert till.post(fitting + " " * (16 * 1024 - len(fitting)))[0] == 200
    assert till.post(fitting + " " * (16 * 1024 - len(fitting) + 1))[0] == 413


@pytest.mark.parametrize(
    "text", ["", "{", "nexo", "[" * 16_000, '{"a":' * 3_000, "NaN", '{"SaleToPOIRequest": NaN}', "\x00", "\ufeff{}"]
)
def test_what_is_no_json_is_a_format_failure(till: Till, text: str) -> None:
    assert failed(till.post(text))["ErrorCondition"] == "MessageFormat"


def test_bytes_that_are_no_text_are_a_format_failure(rig: Rig) -> None:
    for body in (b"\xff\xfe{}", b"\x80" * 50, b'{"a": "\xff"}'):
        head = f"POST /nexo HTTP/1.1\r\nHost: {rig.agent.ready['api']}\r\nAuthorization: Bearer {rig.files.token}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        answer = raw(rig, head.encode() + body)
        assert status_of(answer) == 200
        assert b"MessageFormat" in answer


HEADER = "SaleToPOIRequest.MessageHeader"
AMOUNTS = "SaleToPOIRequest.PaymentRequest.PaymentTransaction.AmountsReq"
CONDITIONS = "SaleToPOIRequest.PaymentRequest.PaymentTransaction.TransactionConditions"
WRONG: list[tuple[str, object, str]] = [
    ("SaleToPOIRequest", None, "SaleToPOIRequest"),
    ("SaleToPOIRequest", [], "SaleToPOIRequest"),
    (HEADER, None, "MessageHeader"),
    (HEADER, "x", "MessageHeader"),
    (f"{HEADER}.MessageClass", "Event", "MessageClass"),
    (f"{HEADER}.MessageType", None, "MessageType"),
    (f"{HEADER}.MessageCategory", "Refund", "MessageCategory"),
    (f"{HEADER}.MessageCategory", ["Payment"], "MessageCategory"),
    (f"{HEADER}.ServiceID", None, "ServiceID"),
    (f"{HEADER}.ServiceID", "", "ServiceID"),
    (f"{HEADER}.ServiceID", "x" * 37, "ServiceID"),
    (f"{HEADER}.ServiceID", "a\nb", "ServiceID"),
    (f"{HEADER}.ServiceID", "\ud800", "ServiceID"),
    (f"{HEADER}.ServiceID", 7, "ServiceID"),
    (f"{HEADER}.SaleID", "收银台", "SaleID"),
    (f"{HEADER}.POIID", None, "POIID"),
    ("SaleToPOIRequest.PaymentRequest", None, "PaymentTransaction"),
    ("SaleToPOIRequest.PaymentRequest", [], "PaymentRequest"),
    ("SaleToPOIRequest.PaymentRequest.PaymentTransaction", 5, "PaymentTransaction"),
    (AMOUNTS, None, "AmountsReq"),
    (f"{AMOUNTS}.RequestedAmount", None, "amount"),
    (f"{AMOUNTS}.RequestedAmount", 12.5, "amount"),
    (f"{AMOUNTS}.RequestedAmount", "-1.00", "amount"),
    (f"{AMOUNTS}.RequestedAmount", "0.00", "amount"),
    (f"{AMOUNTS}.RequestedAmount", "1e3", "amount"),
    (f"{AMOUNTS}.RequestedAmount", "1.005", "amount"),
    (f"{AMOUNTS}.RequestedAmount", "１２", "amount"),
    (f"{AMOUNTS}.RequestedAmount", "9" * 5_000, "amount"),
    (f"{AMOUNTS}.RequestedAmount", "\ud800", "amount"),
    (f"{AMOUNTS}.Currency", None, "currency"),
    (f"{AMOUNTS}.Currency", "JPY", "currency"),
    (f"{AMOUNTS}.Currency", "\ud800", "currency"),
    (f"{AMOUNTS}.Currency", {}, "currency"),
    (CONDITIONS, "x", "TransactionConditions"),
    (f"{CONDITIONS}.MerchantID", 5, "MerchantID"),
    (f"{CONDITIONS}.MerchantID", "x" * 37, "MerchantID"),
    (f"{CONDITIONS}.MerchantID", "\ud800", "MerchantID"),
]


@pytest.mark.parametrize(("path", "value", "named"), WRONG)
def test_a_wrong_field_is_named_and_nothing_is_journaled(
    rig: Rig, till: Till, path: str, value: object, named: str
) -> None:
    before = rig.journal()[-1].sequence
    said = failed(till.post(json.dumps(changed(path, value))))
    assert said["ErrorCondition"] == "MessageFormat"
    assert named in said["AdditionalResponse"]
    assert rig.journal()[-1].sequence == before


@pytest.mark.parametrize("value", ["\ud800", 5, "", "x" * 37, None, [], "a\0b"])
def test_a_status_request_with_a_wrong_reference_is_a_format_failure(till: Till, value: object) -> None:
    for reference in ({"ServiceID": value}, {"ServiceID": "S1", "SaleID": value}):
        document = json.loads(json.dumps(DIAGNOSIS))
        document["SaleToPOIRequest"]["MessageHeader"]["MessageCategory"] = "TransactionStatus"
        document["SaleToPOIRequest"]["TransactionStatusRequest"] = {"MessageReference": reference}
        assert failed(till.post(json.dumps(document)))["ErrorCondition"] == "MessageFormat"


NOBODY = {"POITransactionID": {"TransactionID": "nobody"}}
REVERSALS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "MessageFormat", "OriginalPOITransaction"),
    ({"OriginalPOITransaction": "nobody"}, "MessageFormat", "OriginalPOITransaction"),
    ({"OriginalPOITransaction": {}}, "MessageFormat", "POITransactionID"),
    ({"OriginalPOITransaction": {"POITransactionID": ["nobody"]}}, "MessageFormat", "POITransactionID"),
    ({"OriginalPOITransaction": {"POITransactionID": {"TransactionID": 5}}}, "MessageFormat", "TransactionID"),
    ({"OriginalPOITransaction": {"POITransactionID": {"TransactionID": "\ud800"}}}, "MessageFormat", "TransactionID"),
    ({"OriginalPOITransaction": NOBODY, "ReversedAmount": 12.5}, "MessageFormat", "ReversedAmount"),
    ({"OriginalPOITransaction": NOBODY, "ReversedAmount": "0"}, "MessageFormat", "ReversedAmount"),
    ({"OriginalPOITransaction": NOBODY, "ReversedAmount": None}, "MessageFormat", "ReversedAmount"),
    ({"OriginalPOITransaction": NOBODY, "ReversedAmount": "1.00"}, "NotFound", "no sale 'nobody' is known here"),
    ({"OriginalPOITransaction": NOBODY}, "NotFound", "no sale 'nobody' is known here"),
]


@pytest.mark.parametrize(("body", "condition", "named"), REVERSALS)
def test_a_reversal_that_names_no_sale_is_refused(rig: Rig, body: dict[str, Any], condition: str, named: str) -> None:
    before = rig.journal()[-1].sequence
    said = rig.till.ask("Reversal", "R1", body)["Response"]
    assert (said["Result"], said["ErrorCondition"]) == ("Failure", condition)
    assert named in said["AdditionalResponse"]
    assert rig.journal()[-1].sequence == before


@pytest.mark.parametrize("body", [{"TransactionToPerform": [{}]}, {"RemoveAllFlag": True}])
def test_a_batch_performs_and_removes_nothing(till: Till, body: dict[str, Any]) -> None:
    said = till.ask("Batch", "B1", body)["Response"]
    assert (said["Result"], said["ErrorCondition"]) == ("Failure", "NotAllowed")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.sampled_from(["\ud800", "a\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
CATEGORIES = st.sampled_from(["TransactionStatus", "Abort", "Diagnosis", "Login", "Reversal", "Batch", "Refund", ""])
NAMES = st.sampled_from(
    [
        "MessageReference",
        "SaleID",
        "ServiceID",
        "MessageClass",
        "MessageType",
        "POIID",
        "AbortReason",
        "OriginalPOITransaction",
        "POITransactionID",
        "ReversedAmount",
        "TransactionToPerform",
        "RemoveAllFlag",
    ]
)


@given(ANYTHING)
@QUIET
def test_any_json_is_answered_with_a_format_failure(rig: Rig, value: object) -> None:
    assert failed(rig.till.post(json.dumps(value)))["ErrorCondition"] == "MessageFormat"


@given(CATEGORIES, st.dictionaries(NAMES, ANYTHING, max_size=4), st.dictionaries(NAMES, ANYTHING, max_size=4))
@example("TransactionStatus", {}, {"MessageReference": {"ServiceID": "x", "SaleID": "\ud800"}})
@QUIET
def test_any_request_is_answered_in_nexo(
    rig: Rig, category: str, fields: dict[str, object], body: dict[str, object]
) -> None:
    header = {**DIAGNOSIS["SaleToPOIRequest"]["MessageHeader"], "MessageCategory": category, **fields}
    request = {"MessageHeader": header, f"{category}Request": body}
    status, text = rig.till.post(json.dumps({"SaleToPOIRequest": request}))
    assert status == 200
    assert "; ask for the transaction's status" not in text
    assert json.loads(text)["SaleToPOIResponse"]


@given(st.text(max_size=30), ANYTHING)
@example("1.00\n", "")
@QUIET
def test_any_amount_is_answered_and_none_but_a_decimal_is_taken(rig: Rig, amount: str, merchant: object) -> None:
    document = changed(f"{AMOUNTS}.RequestedAmount", amount)
    # Of another merchant: whatever gets as far as the gate is refused there, before a card is asked for.
    document["SaleToPOIRequest"]["PaymentRequest"]["PaymentTransaction"]["TransactionConditions"] = {
        "MerchantID": merchant or OTHER_MID
    }
    said = failed(rig.till.post(json.dumps(document)))
    assert said["ErrorCondition"] in ("MessageFormat", "NotAllowed")


# --- what only a raw socket can say


REQUESTS = [
    b"",
    b"\r\n\r\n",
    b"\xff\xff\r\n\r\n",
    b"POST /nexo\r\n\r\n",
    b"POST /nexo HTTP\r\n\r\n",
    b"POST  HTTP/1.1\r\n\r\n",
    b"POST /nexo?%zz=%1 HTTP/1.1\r\n\r\n",
    b"POST /nexo HTTP/1.1\r\nno colon\r\n\r\n",
    b"POST /nexo HTTP/1.1\r\nAuthorization: \xff\xff\r\n\r\n",
    b"POST /nexo HTTP/1.1\r\nContent-Length: five\r\n\r\n",
    b"POST /nexo HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    b"POST /nexo HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /nexo HTTP/1.1\r\nContent-Length: 50\r\n\r\n{}",
    b"POST /nexo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"POST /nexo HTTP/1.1\r\nX: " + b"x" * 4_000 + b"\r\n\r\n",
    b"POST /nexo HTTP/1.1\r\n" + b"X: y\r\n" * 2_000 + b"\r\n",
    b"POST /nexo HTTP/1.1\r\nCookie: ;;=;\r\n\r\n",
    b"POST /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
]


@pytest.mark.parametrize("request_bytes", REQUESTS)
def test_hostile_bytes_are_refused_and_the_next_till_is_served(rig: Rig, request_bytes: bytes) -> None:
    answer = raw(rig, request_bytes)
    assert answer == b"" or 400 <= status_of(answer) < 500, answer
    assert rig.till.diagnosis()["Response"]["Result"] == "Success"


@given(st.binary(max_size=300))
@QUIET
def test_any_bytes_are_refused(rig: Rig, data: bytes) -> None:
    answer = raw(rig, data)
    assert answer == b"" or 400 <= status_of(answer) < 500


def test_a_doubled_header_does_not_let_anyone_in(rig: Rig) -> None:
    head = f"POST /nexo HTTP/1.1\r\nHost: {rig.agent.ready['api']}\r\nAuthorization: Bearer {rig.files.token}\r\n"
    head += "Content-Type: application/json\r\nOrigin: null\r\norigin:\r\nContent-Length: 2\r\n\r\n{}"
    assert status_of(raw(rig, head.encode())) == 403


def test_a_till_that_says_nothing_does_not_keep_others_waiting(rig: Rig) -> None:
    host, port = rig.agent.ready["api"].split(":")
    idle = [socket.create_connection((host, int(port)), timeout=5) for _ in range(20)]
    for each in idle[::2]:
        each.sendall(b"POST /nexo HTTP/1.1\r\nContent-Le")
    start = time.monotonic()
    assert rig.till.diagnosis()["Response"]["Result"] == "Success"
    assert time.monotonic() - start < 1
    for each in idle:
        each.close()


def test_no_request_of_this_file_left_a_traceback_with_the_token(rig: Rig) -> None:
    raw(rig, f"POST /nexo HTTP/1.1\r\nAuthorization: Bearer {rig.files.token}\r\nContent-Length: x\r\n\r\n".encode())
    assert rig.till.diagnosis()["Response"]["Result"] == "Success"
    assert rig.files.token not in rig.agent.log.read_text()
