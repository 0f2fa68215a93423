"""TLS on the local API: what the terminal shows, whom tills believe, and what becomes of who speaks something else."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from agent.adapters import bounded_server
from agent.adapters.bounded_server import BoundedServer, Connection
from agent.adapters.tls import server_context
from agent.errors import SettingsError
from provisioning.errors import TillError
from provisioning.till import Till
from tests.agent.adapters.authority import Authority, Pair

MOST = 4
SOON = 0.2


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def answer(connection: Connection) -> None:
    """Say 204 to any request without a body."""
    while (await connection.readline()).strip():
        pass
    connection.admit()
    await connection.awrite(b"HTTP/1.0 204 N/A\r\n\r\n")


@asynccontextmanager
async def serving(pair: Pair) -> AsyncIterator[BoundedServer]:
    server = BoundedServer(answer, "127.0.0.1", 0, MOST, server_context(*pair))
    await server.start()
    try:
        yield server
    finally:
        server.stop()


async def asked(server: BoundedServer, ca: Path | None, host: str = "127.0.0.1") -> int:
    """The status that a till hears. Raises TillError."""
    till = Till(f"{host}:{server.address[1]}", "token", ca=ca)
    status, _ = await asyncio.to_thread(till.post, "")
    return status


async def test_a_till_that_trusts_the_ca_is_answered(authority: Authority) -> None:
    async with serving(authority.issue("terminal", "127.0.0.1", "localhost")) as server:
        assert await asked(server, authority.file) == 204
        assert await asked(server, authority.file, "localhost") == 204


async def test_a_certificate_that_does_not_vouch_for_this_terminal_is_refused_by_the_till(
    authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "other")
    async with serving(authority.issue("terminal", "127.0.0.1")) as server:
        with pytest.raises(TillError, match=r"not trusted: unable to get local issuer certificate; .*right CA file"):
            await asked(server, other.file)
        with pytest.raises(TillError, match="not trusted: Hostname mismatch"):
            await asked(server, authority.file, "localhost")
        assert await asked(server, authority.file) == 204
    async with serving(authority.issue("expired", "127.0.0.1", days=-1)) as server:
        with pytest.raises(TillError, match="not trusted: certificate has expired"):
            await asked(server, authority.file)


async def test_a_till_without_tls_is_told_what_may_be_missing_and_the_next_is_served(authority: Authority) -> None:
    async with serving(authority.issue("terminal", "127.0.0.1")) as server:
        with pytest.raises(TillError, match="does it want a CA file"):
            await asked(server, None)
        assert await asked(server, authority.file) == 204


async def test_a_terminal_without_tls_is_no_answer_to_a_till_with_it(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_server, "READ_WITHIN_S", SOON)
    server = BoundedServer(answer, "127.0.0.1", 0, MOST, None)
    await server.start()
    with pytest.raises(TillError, match="no answer"):
        await asked(server, authority.file)
    assert await asked(server, None) == 204
    server.stop()


async def test_a_ca_file_that_holds_none_is_named(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("not a certificate")
    async with serving(authority.issue("terminal", "127.0.0.1")) as server:
        for file in (tmp_path / "text.pem", tmp_path / "absent.pem"):
            with pytest.raises(TillError, match=f"CA file {file}: holds no certificates"):
                await asked(server, file)


@pytest.mark.parametrize(
    ("version", "taken"),
    [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_only_tls_1_2_and_newer_are_spoken(authority: Authority, version: ssl.TLSVersion, taken: bool) -> None:
    context = ssl.create_default_context(cafile=authority.file)
    context.set_ciphers("DEFAULT@SECLEVEL=0")  # else OpenSSL itself would not offer TLS 1.1
    context.minimum_version = context.maximum_version = version
    async with serving(authority.issue("terminal", "127.0.0.1")) as server:
        try:
            _, writer = await asyncio.open_connection(*server.address, ssl=context)
        except OSError:
            assert not taken
            return
        assert taken and writer.get_extra_info("ssl_object").version() == version.name.replace("_", ".")
        writer.transport.abort()


def test_tls_1_2_is_the_least_whatever_the_system_would_allow(authority: Authority) -> None:
    assert server_context(*authority.issue("terminal", "127.0.0.1")).minimum_version is ssl.TLSVersion.TLSv1_2


async def test_who_never_shakes_hands_gives_way_and_nothing_is_lost_of_who_does(authority: Authority) -> None:
    async with serving(authority.issue("terminal", "127.0.0.1")) as server:
        silent = [await asyncio.open_connection(*server.address) for _ in range(2 * MOST)]
        for _, writer in silent[MOST:]:
            writer.write(b"\x16\x03\x01\x02\x00\x01")  # a ClientHello that never ends
        assert [await reader.read() for reader, _ in silent[:MOST]] == [b""] * MOST
        for _ in range(2 * MOST):
            assert await asked(server, authority.file) == 204
        for _, writer in silent:
            writer.transport.abort()


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00\x01"])
async def test_a_handshake_has_to_be_over_in_time(
    authority: Authority, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_server, "READ_WITHIN_S", SOON)
    async with serving(authority.issue("terminal", "127.0.0.1")) as server, asyncio.timeout(5):
        reader, writer = await asyncio.open_connection(*server.address)
        writer.write(sent)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.transport.abort()


@pytest.mark.parametrize(
    "sent", [b"\x00" * 500, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00" + b"\xff" * 512, b""]
)
async def test_what_is_no_handshake_ends_its_own_connection_only(
    authority: Authority, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(authority.issue("terminal", "127.0.0.1")) as server:
        reader, writer = await asyncio.open_connection(*server.address)
        writer.write(sent)
        writer.write_eof()
        assert b"HTTP" not in await reader.read()
        writer.transport.abort()
        assert await asked(server, authority.file) == 204
    assert caplog.messages == []


def unreadable(pair: Pair) -> Pair:
    return Pair(pair.certificate.with_name("absent.pem"), pair.key)


def no_certificate(pair: Pair) -> Pair:
    pair.certificate.write_bytes(pair.key.read_bytes())
    return pair


def no_key(pair: Pair) -> Pair:
    pair.key.write_bytes(pair.certificate.read_bytes())
    return pair


def absent_key(pair: Pair) -> Pair:
    pair.key.unlink()
    return pair


def key_with_a_passphrase(pair: Pair) -> Pair:
    key = load_pem_private_key(pair.key.read_bytes(), None)
    pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a passphrase")))
    return pair


def key_of_another(pair: Pair) -> Pair:
    other = Authority(pair.key.parent, "third").issue("other", "127.0.0.1")
    return Pair(pair.certificate, other.key)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (unreadable, "absent.pem: the certificate cannot be read: No such file"),
        (no_certificate, "terminal.pem: holds no certificate in PEM"),
        (absent_key, "terminal.key: the certificate's key cannot be read: No such file"),
        (no_key, "terminal.key: holds no private key in PEM without a passphrase"),
        (key_with_a_passphrase, "terminal.key: holds no private key in PEM without a passphrase"),
        (key_of_another, "other.key: is not the key of the certificate in "),
    ],
)
def test_files_that_cannot_be_used_are_named(authority: Authority, spoil: Callable[[Pair], Pair], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        server_context(*spoil(authority.issue("terminal", "127.0.0.1")))
    assert "BEGIN" not in str(refused.value)
