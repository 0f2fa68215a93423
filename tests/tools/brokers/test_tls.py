"""Certificates at a real broker, from both sides: which are taken, which are not, and what is said of those."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from agent.errors import LinkError
from board.device_key import new_key, private_pem, signing_request
from board.identity import RENEWED, TRIAL, Identity, Pair
from board.tls import context
from provisioning.authority import Authority
from provisioning.certificates import authority as new_authority
from provisioning.certificates import client_certificate
from tests.tools.brokers.secured import FLEET, SecuredFleet, connected, topic


async def refusal(fleet: SecuredFleet, identity: Identity, **changes: object) -> str:
    """What the terminal's link says when it cannot connect."""
    link = fleet.link(identity, **changes)  # type: ignore[arg-type]
    with pytest.raises(LinkError) as told:
        await link.connect((topic(identity.terminal, "state"), b"lost"), [topic(identity.terminal, "state")])
    return str(told.value).removeprefix(f"broker {link.host}:{link.port}: ").removeprefix("the connection has ended: ")


# --- what the broker thinks of a terminal's certificate


def expired(fleet: SecuredFleet, identity: Identity) -> None:
    issue(fleet.authority, identity, days=0)


def revoked(fleet: SecuredFleet, identity: Identity) -> None:
    issue(fleet.authority, identity)
    fleet.authority.revoke(identity.terminal)


def of_another_authority(fleet: SecuredFleet, identity: Identity) -> None:
    stranger = Authority(fleet.directory / f"{identity.terminal}-stranger")
    stranger.create(FLEET)
    issue(stranger, identity)


def signed_by_itself(fleet: SecuredFleet, identity: Identity) -> None:
    itself = new_authority(FLEET, "JumpGuard devices")
    pem = client_certificate(itself, identity.terminal, itself.key.public_key(), 7)
    use(identity, private_pem(itself.key), pem.public_bytes(Encoding.PEM))


def of_a_broker(fleet: SecuredFleet, identity: Identity) -> None:
    use(identity, *fleet.authority.issue_server(["localhost"]))


def issue(authority: Authority, identity: Identity, days: int = 7) -> None:
    key = new_key()
    request = signing_request(key, FLEET, identity.terminal)
    use(identity, private_pem(key), authority.issue_terminal(identity.terminal, request, days))


def use(identity: Identity, key: bytes, certificate: bytes) -> None:
    identity.first.key.touch(mode=0o600)
    identity.first.key.write_bytes(key)
    identity.first.certificate.write_bytes(certificate)


# In TLS 1.3 the broker's word may be lost when it hangs up.
UNHEARD = "the broker may not take this side's certificate"
NOT_TAKEN: list[tuple[Callable[[SecuredFleet, Identity], None], list[str]]] = [
    (expired, ["the broker refused: this side's certificate has expired; renew it"]),
    (
        revoked,
        [
            "the broker refused: this side's certificate was revoked",
            "refused the connection: Not authorized; is this side's certificate revoked, or new to it?",
        ],
    ),
    (
        of_another_authority,
        [
            "the broker refused: this side's certificate is not signed by an authority that the broker trusts",
            "the broker refused: it does not take this side's certificate",
        ],
    ),
    (
        signed_by_itself,
        [
            "the broker refused: this side's certificate is not signed by an authority that the broker trusts",
            "the broker refused: it does not take this side's certificate",
        ],
    ),
    (
        of_a_broker,
        [
            "the broker refused: this side's certificate is not signed by an authority that the broker trusts",
            "the broker refused: it does not take this side's certificate",
        ],
    ),
]


@pytest.mark.parametrize(("make", "said"), NOT_TAKEN)
async def test_a_certificate_that_is_not_good_is_refused(
    fleet: SecuredFleet, terminal: str, make: Callable[[SecuredFleet, Identity], None], said: list[str]
) -> None:
    identity = fleet.identity(terminal)
    make(fleet, identity)
    fleet.refresh()
    assert await refusal(fleet, identity) in [*said, UNHEARD]


async def test_a_certificate_for_one_terminal_is_none_for_another(
    fleet: SecuredFleet, terminal: str, other: str
) -> None:
    """Under another name the broker lets it in, but only on the topics of the name in its certificate."""
    identity = fleet.enrolled(terminal)
    async with connected(fleet.link(identity, client_id=other), topic(terminal, "state")) as link:
        await link.publish(topic(terminal, "state"), b"mine", False)
        assert await link.receive() == (topic(terminal, "state"), b"mine")


async def test_without_encryption_nobody_is_let_in(fleet: SecuredFleet, terminal: str) -> None:
    link = fleet.link(fleet.identity(terminal), connect_timeout_s=1.0)
    link.tls = None
    with pytest.raises(LinkError):
        await link.connect((topic(terminal, "state"), b"lost"), [topic(terminal, "state")])


async def test_without_a_certificate_nobody_is_let_in(fleet: SecuredFleet) -> None:
    bare = ssl.create_default_context(cafile=str(fleet.authority.servers_file))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        reader, writer = await asyncio.open_connection("localhost", fleet.broker.port, ssl=bare)
        writer.write(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00")
        if await reader.read(4) == b"":
            raise ConnectionResetError


async def test_an_older_tls_is_not_spoken(fleet: SecuredFleet, terminal: str) -> None:
    older = context(fleet.authority.servers_file, fleet.enrolled(terminal).first)
    older.minimum_version = ssl.TLSVersion.TLSv1_2
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        await asyncio.open_connection("localhost", fleet.broker.port, ssl=older)


# --- what the terminal thinks of a broker's certificate


@asynccontextmanager
async def posing(pair: Pair, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> AsyncIterator[int]:
    """A listener with `pair` as its certificate; its port."""
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.maximum_version = version
    shown.load_cert_chain(pair.certificate, pair.key)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=shown)
    async with server:
        yield server.sockets[0].getsockname()[1]


def server_pair(folder: Path, key: bytes, certificate: bytes) -> Pair:
    pair = Pair(folder / "posing.crt", folder / "posing.key")
    pair.key.write_bytes(key)
    pair.certificate.write_bytes(certificate)
    return pair


def for_another_host(fleet: SecuredFleet, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, bytes]:
    return fleet.authority.issue_server(["broker.example", "10.0.0.1"])


def of_a_stranger(fleet: SecuredFleet, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, bytes]:
    stranger = Authority(fleet.directory / "posing-stranger")
    if not stranger.servers_file.exists():
        stranger.create(FLEET)
    return stranger.issue_server(["localhost"])


def run_out(fleet: SecuredFleet, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, bytes]:
    monkeypatch.setattr("provisioning.certificates.SERVER_DAYS", 0)
    return fleet.authority.issue_server(["localhost"])


def of_a_terminal(fleet: SecuredFleet, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, bytes]:
    """A stolen terminal's: it has to be no use for posing as the broker."""
    key = new_key()
    return private_pem(key), fleet.authority.issue_terminal("LOCALHOST", signing_request(key, FLEET, "LOCALHOST"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (for_another_host, "the broker's certificate is for another host name"),
        (of_a_stranger, "the broker's certificate is not signed by an authority in ca_file"),
        (run_out, "the broker's certificate has expired; have it renewed, or check this machine's clock"),
        (of_a_terminal, "the broker's certificate is not signed by an authority in ca_file"),
    ],
)
async def test_whoever_poses_as_the_broker_is_not_talked_to(
    own_fleet: SecuredFleet, terminal: str, make: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = own_fleet.enrolled(terminal)
    pair = server_pair(own_fleet.directory, *make(own_fleet, monkeypatch))  # type: ignore[operator]
    async with posing(pair) as port:
        assert await refusal(own_fleet, identity, port=port) == said


async def test_an_address_that_is_not_in_the_certificate_is_told(fleet: SecuredFleet, terminal: str) -> None:
    said = await refusal(fleet, fleet.enrolled(terminal), host="127.0.0.1")
    assert said == "the broker's certificate is for another IP address"


HUNG_UP = "the broker hung up during the handshake; does it speak TLS 1.3 on this port?"


async def test_a_port_without_tls_is_told(own_fleet: SecuredFleet, terminal: str) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        said = await refusal(own_fleet, own_fleet.enrolled(terminal), port=port)
    assert said in ("the broker does not speak TLS on this port", HUNG_UP)


async def test_a_broker_of_yesterday_is_told(own_fleet: SecuredFleet, terminal: str) -> None:
    pair = server_pair(own_fleet.directory, *own_fleet.authority.issue_server(["localhost"]))
    async with posing(pair, ssl.TLSVersion.TLSv1_2) as port:
        said = await refusal(own_fleet, own_fleet.enrolled(terminal), port=port)
    # It sends an alert, and may hang up before that is read.
    assert said in ("the broker refused: it does not speak TLS 1.3", HUNG_UP)


# --- files that cannot be used


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda pair, ca: pair.key.unlink(), "device.key: the private key of the link cannot be read: No such file"),
        (lambda pair, ca: pair.key.chmod(0o644), "device.key: others may read the private key of the link; chmod 600"),
        (
            lambda pair, ca: pair.key.write_bytes(private_pem(new_key())),
            "device.crt: not a certificate in PEM with its",
        ),
        (lambda pair, ca: pair.certificate.write_bytes(b"4711"), "device.crt: not a certificate in PEM with its key"),
        (lambda pair, ca: pair.certificate.unlink(), "device.crt: cannot be read: No such file"),
        (lambda pair, ca: ca.write_bytes(b"4711"), "servers.crt: no certificates of authorities in PEM"),
        (lambda pair, ca: ca.unlink(), "servers.crt: cannot be read: No such file"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named(
    own_fleet: SecuredFleet, terminal: str, spoil: Callable[[Pair, Path], object], said: str
) -> None:
    identity = own_fleet.enrolled(terminal)
    spoil(identity.first, own_fleet.authority.servers_file)
    told = await refusal(own_fleet, identity)
    assert said in told
    assert "4711" not in told


async def test_an_encrypted_key_is_told_and_nobody_is_asked_for_its_password(
    fleet: SecuredFleet, terminal: str
) -> None:
    identity = fleet.enrolled(terminal)
    locked = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"4711"))
    identity.first.key.write_bytes(locked)
    assert "device.crt: not a certificate in PEM with its key" in await refusal(fleet, identity)


# --- renewal: the old one stays until the new one has connected


async def test_a_renewed_certificate_is_used_at_the_next_connection_and_kept(
    fleet: SecuredFleet, terminal: str
) -> None:
    identity = fleet.enrolled(terminal)
    renewed = fleet.authority.issue_terminal(terminal, identity.renewal_request(), 30)
    identity.take(renewed)
    fleet.refresh()
    link = fleet.link(identity)
    async with connected(link):
        assert [pair.certificate.name for pair in identity.pairs()] == [RENEWED, "device.crt"]


async def test_a_renewed_certificate_that_the_broker_does_not_take_leaves_the_old_one_in_force(
    own_fleet: SecuredFleet, terminal: str
) -> None:
    identity = own_fleet.enrolled(terminal)
    identity.take(own_fleet.authority.issue_terminal(terminal, identity.renewal_request(), days=0))
    own_fleet.refresh()
    link = own_fleet.link(identity)
    with pytest.raises(LinkError):
        await link.connect((topic(terminal, "state"), b"lost"), [topic(terminal, "state")])
    async with connected(link):
        assert next(pair.certificate.name for pair in identity.pairs()) == TRIAL
