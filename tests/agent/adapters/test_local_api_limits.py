"""The local API under whoever reaches its port, also while a till waits for its sale."""

import contextlib
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.agent.adapters.paying import paying, result
from tools.rig.rig import Rig

CONNECTIONS = 16  # what the settings allow by default
BEGUN = b"POST /nexo HTTP/1.1\r\nX-Padding: "
Connect = Callable[[bytes], socket.socket]


@pytest.fixture
def connect(rig: Rig) -> Iterator[Connect]:
    """Opens a connection to the API and sends some bytes on it; all are closed in the end."""
    with contextlib.ExitStack() as opened:

        def connect(data: bytes) -> socket.socket:
            host, port = rig.agent.ready["api"].split(":")
            connection = opened.enter_context(socket.create_connection((host, int(port)), timeout=10))
            connection.sendall(data)
            return connection

        yield connect


def heard(connection: socket.socket) -> bytes:
    """All that comes until the API hangs up."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            received += piece
    return received


def head(rig: Rig, token: str, length: int) -> bytes:
    """The head of a request with a body of `length` bytes."""
    lines = ["POST /nexo HTTP/1.1", f"Host: {rig.agent.ready['api']}", f"Authorization: Bearer {token}"]
    return "\r\n".join([*lines, "Content-Type: application/json", f"Content-Length: {length}", "\r\n"]).encode()


def test_a_till_that_waits_for_its_sale_is_not_disturbed_by_a_crowd(rig: Rig, connect: Connect) -> None:
    under_way = paying(rig, "CROWD-1")
    slow = [connect(BEGUN) for _ in range(3 * CONNECTIONS)]
    assert [heard(each) for each in slow[: 2 * CONNECTIONS]] == [b""] * 2 * CONNECTIONS
    hostile = [b"\x00" * 4000, BEGUN + b"x" * 20_000, b"X: y\r\n" * 5000, head(rig, "guessed", 99), b"\r\n\r\n"]
    for data in hostile * 5:
        with contextlib.suppress(ConnectionError):
            connect(data)
    assert rig.till.diagnosis()["POIStatus"]["GlobalStatus"] == "Busy"
    rig.board.tap("unionpay")
    assert result(under_way.wait()) == ("Success", "")
    assert "Traceback" not in rig.agent.log.read_text()


def test_without_the_token_no_body_is_waited_for(rig: Rig, connect: Connect) -> None:
    assert heard(connect(head(rig, "guessed", 16_000))).startswith(b"HTTP/1.0 401 ")
    known = connect(head(rig, rig.files.token, 2))
    known.settimeout(0.2)
    with pytest.raises(TimeoutError):
        known.recv(1)
    known.settimeout(10)
    known.sendall(b"{}")
    assert b"MessageFormat" in heard(known)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"X: y\r\n" * 57, b"200"),
        (b"X: y\r\n" * 70, b"431"),
        (b"X: " + b"y" * 2000 + b"\r\n", b"200"),
        ((b"X: " + b"y" * 2000 + b"\r\n") * 5, b"431"),
        (b"X: " + b"y" * 9000 + b"\r\n", b"431"),
    ],
)
def test_headers_are_bounded_in_number_and_size(rig: Rig, connect: Connect, headers: bytes, status: bytes) -> None:
    first, _, rest = head(rig, rig.files.token, 2).partition(b"\r\n")
    assert heard(connect(first + b"\r\n" + headers + rest + b"{}")).startswith(b"HTTP/1.0 " + status)


def test_a_body_that_ends_early_is_told_so(rig: Rig, connect: Connect) -> None:
    cut = connect(head(rig, rig.files.token, 50) + b"{}")
    cut.shutdown(socket.SHUT_WR)
    assert heard(cut).startswith(b"HTTP/1.0 400 ")
