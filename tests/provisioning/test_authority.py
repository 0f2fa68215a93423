"""The authorities: what they sign is what was asked for and no more, and what is revoked stays revoked."""

import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from board.device_key import new_key, signing_request, subject
from provisioning.authority import BACKEND, Authority
from provisioning.certificates import client_uri, requested_key
from provisioning.errors import CertificateError

FLEET = "demo"
TERMINAL = "JG-TEST-0001"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    authority = Authority(tmp_path / "ca")
    authority.create(FLEET)
    return authority


def request(terminal: str = TERMINAL, fleet: str = FLEET) -> bytes:
    return signing_request(new_key(), fleet, terminal)


def issued(authority: Authority, terminal: str = TERMINAL) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.issue_terminal(terminal, request(terminal)))


def openssl_says(purpose: str, authority_file: Path, certificate: Path, *options: str) -> str:
    """What OpenSSL, which mosquitto and the terminals verify with, thinks of a certificate."""
    done = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", authority_file, *options, certificate],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_directory_and_the_keys_are_for_the_owner_alone(authority: Authority) -> None:
    assert authority.directory.stat().st_mode & 0o777 == 0o700
    for name in ("servers.key", "devices.key"):
        assert (authority.directory / name).stat().st_mode & 0o777 == 0o600


def test_an_authority_is_never_made_over_another(authority: Authority) -> None:
    before = authority.servers_file.read_bytes()
    with pytest.raises(CertificateError, match="there are authorities already; name another folder"):
        authority.create(FLEET)
    assert authority.servers_file.read_bytes() == before


@pytest.mark.parametrize(
    "lost", [["devices.crl"], ["devices.crl", "devices.crt"], ["devices.crl", "devices.crt", "devices.key"], []]
)
def test_a_power_cut_while_they_are_made_is_made_good_by_making_them_again(tmp_path: Path, lost: list[str]) -> None:
    authority = Authority(tmp_path / "ca")
    authority.create(FLEET)
    before = authority.servers_file.read_bytes()
    for name in lost or ["devices.crl", "devices.crt", "devices.key", "servers.crt"]:
        (authority.directory / name).unlink()
    authority.create(FLEET)
    assert (authority.servers_file.read_bytes() == before) is bool(lost)
    issued(authority)


@pytest.mark.parametrize("fleet", ["", "a/b", "a b", "a+", "x" * 33])
def test_a_fleet_that_is_no_name_gets_no_authority(tmp_path: Path, fleet: str) -> None:
    with pytest.raises(CertificateError, match="not 1 to 32 letters"):
        Authority(tmp_path / "ca").create(fleet)


def test_a_terminals_certificate_says_who_it_is_and_is_for_a_client_alone(authority: Authority, tmp_path: Path) -> None:
    certificate = issued(authority)
    assert certificate.subject.rfc4514_string() == f"CN={TERMINAL},O={FLEET}"
    extensions = certificate.extensions
    purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [
        client_uri(FLEET, TERMINAL, certificate.serial_number)
    ]
    path = tmp_path / "device.crt"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    assert openssl_says("sslclient", authority.devices_file, path).endswith(": OK\n")
    assert "error" in openssl_says("sslserver", authority.devices_file, path)
    assert "error" in openssl_says("sslclient", authority.servers_file, path)


def test_a_brokers_certificate_has_the_names_it_is_reached_under(authority: Authority, tmp_path: Path) -> None:
    key, certificate = authority.issue_server(["broker.example", "10.1.2.3", "::1"])
    names = (
        x509.load_pem_x509_certificate(certificate)
        .extensions.get_extension_for_class(x509.SubjectAlternativeName)
        .value
    )
    assert names.get_values_for_type(x509.DNSName) == ["broker.example"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["10.1.2.3", "::1"]
    path = tmp_path / "server.crt"
    path.write_bytes(certificate)
    for purpose in ("sslserver", "sslclient"):
        assert openssl_says(purpose, authority.servers_file, path).endswith(": OK\n")
    assert b"PRIVATE KEY" in key


@pytest.mark.parametrize("name", ["", "local host", "a..b", "*.example", "über.example", "a" * 254, "1.2.3.4/24"])
def test_a_name_that_no_broker_has_is_refused(authority: Authority, name: str) -> None:
    with pytest.raises(CertificateError, match="neither an IP address nor a host name"):
        authority.issue_server(["broker.example", name])


def test_a_host_name_longer_than_a_common_name_is_taken(authority: Authority) -> None:
    authority.issue_server([("a" * 60 + ".") * 3 + "example"])


def tampered(pem: bytes) -> bytes:
    """A request whose subject was changed after it was signed."""
    parsed = x509.load_pem_x509_csr(pem)
    der = parsed.public_bytes(serialization.Encoding.DER).replace(b"JG-TEST-0009", TERMINAL.encode())
    return x509.load_der_x509_csr(der).public_bytes(serialization.Encoding.PEM)


def with_key(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject(FLEET, TERMINAL))
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.PEM)


WRONG: list[tuple[Callable[[], bytes], str]] = [
    (lambda: b"", "not one in PEM"),
    (lambda: b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "not one in PEM"),
    (lambda: request("JG-TEST-0002"), "for 'CN=JG-TEST-0002,O=demo', not for JG-TEST-0001 of fleet demo"),
    (lambda: request(fleet="other"), "for 'CN=JG-TEST-0001,O=other', not for"),
    (lambda: tampered(request("JG-TEST-0009")), "not signed with its own key"),
    (lambda: with_key(ec.generate_private_key(ec.SECP384R1())), "not EC P-256"),
    (lambda: with_key(ed25519.Ed25519PrivateKey.generate()), "not EC P-256"),
]


@pytest.mark.parametrize(("make", "said"), WRONG)
def test_a_request_that_is_not_this_terminals_own_is_refused(
    authority: Authority, make: Callable[[], bytes], said: str
) -> None:
    with pytest.raises(CertificateError, match=said):
        authority.issue_terminal(TERMINAL, make())
    assert authority.admitted() == []


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 255))
def test_a_hostile_request_is_refused_or_harmless(junk: bytes, at: int, value: int) -> None:
    bent = bytearray(request())
    bent[at % len(bent)] = value
    for attempt in (junk, bytes(bent)):
        try:
            key = requested_key(attempt, FLEET, TERMINAL)
        except CertificateError:
            continue
        assert isinstance(key.curve, ec.SECP256R1)


@pytest.mark.parametrize("terminal", [BACKEND, "abc", "JG/1234", "+", "A" * 33, "jg-test-0001"])
def test_nobody_gets_a_certificate_under_a_name_that_is_no_serial(authority: Authority, terminal: str) -> None:
    with pytest.raises(CertificateError, match="not 4 to 32 capital letters"):
        authority.issue_terminal(terminal, request(terminal))


def test_the_backends_certificate_is_a_clients(authority: Authority) -> None:
    _, certificate = authority.issue_backend()
    assert x509.load_pem_x509_certificate(certificate).subject.rfc4514_string() == f"CN={BACKEND},O={FLEET}"
    assert [client.name for client in authority.admitted()] == [BACKEND]


def test_what_is_revoked_is_on_the_list_and_no_longer_admitted_and_a_new_one_is(
    authority: Authority, tmp_path: Path
) -> None:
    first, other = issued(authority), issued(authority, "JG-TEST-0002")
    assert authority.revoke(TERMINAL) == 1
    second = issued(authority)
    assert [client.serial for client in authority.admitted()] == [second.serial_number, other.serial_number]
    crl = ("-crl_check", "-CRLfile", str(authority.revoked_file))
    for certificate, said in ((first, "certificate revoked"), (second, ": OK"), (other, ": OK")):
        path = tmp_path / "one.crt"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        assert said in openssl_says("sslclient", authority.devices_file, path, *crl)
    assert authority.revoke(TERMINAL) == 1
    assert authority.revoke(TERMINAL) == 0


def test_every_revocation_list_is_newer_than_the_one_before_and_runs_out_no_sooner_than_its_issuer(
    authority: Authority,
) -> None:
    issued(authority)
    lists = []
    for _ in range(3):
        authority.revoke(TERMINAL)
        lists.append(x509.load_pem_x509_crl(authority.revoked_file.read_bytes()))
    made = [each.last_update_utc for each in lists]
    assert made == sorted(set(made))
    issuer = x509.load_pem_x509_certificate(authority.devices_file.read_bytes())
    assert lists[-1].next_update_utc == issuer.not_valid_after_utc


def test_a_name_that_nothing_was_issued_to_cannot_be_revoked(authority: Authority) -> None:
    with pytest.raises(CertificateError, match="JG-TEST-0404: no certificate was ever issued to it here"):
        authority.revoke("JG-TEST-0404")


def test_an_expired_certificate_is_neither_admitted_nor_listed(authority: Authority) -> None:
    certificate = issued(authority)
    with sqlite3.connect(authority.register.path) as connection:
        connection.execute("UPDATE certificates SET expires = '2020-01-01T00:00:00+00:00'")
    connection.close()
    assert authority.admitted() == []
    authority.revoke(TERMINAL)
    crl = x509.load_pem_x509_crl(authority.revoked_file.read_bytes())
    assert crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is None


def test_a_new_devices_authority_makes_everything_of_the_old_one_worthless(
    authority: Authority, tmp_path: Path
) -> None:
    path = tmp_path / "old.crt"
    path.write_bytes(authority.issue_terminal(TERMINAL, request()))
    servers = authority.servers_file.read_bytes()
    authority.replace_devices()
    assert authority.admitted() == []
    assert "error" in openssl_says("sslclient", authority.devices_file, path)
    assert authority.servers_file.read_bytes() == servers
    path.write_bytes(authority.issue_terminal(TERMINAL, request()))
    crl = ("-crl_check", "-CRLfile", str(authority.revoked_file))
    assert openssl_says("sslclient", authority.devices_file, path, *crl).endswith(": OK\n")


def test_terminals_get_certificates_while_the_servers_key_is_in_the_safe(authority: Authority) -> None:
    (authority.directory / "servers.key").rename(authority.directory / "elsewhere")
    issued(authority)
    with pytest.raises(CertificateError, match="without it the servers authority signs nothing"):
        authority.issue_server(["broker.example"])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda ca: (ca / "devices.key").chmod(0o644), "others may read the authority's key"),
        (lambda ca: (ca / "devices.key").write_text("4711"), "not a private key in PEM"),
        (lambda ca: (ca / "devices.key").write_bytes((ca / "servers.key").read_bytes()), "not the key of"),
        (lambda ca: (ca / "devices.crt").write_text("4711"), "not a certificate in PEM"),
        (lambda ca: (ca / "devices.crt").unlink(), "cannot be read: No such file"),
        (lambda ca: (ca / "certificates.sqlite").write_text("4711" * 99), "file is not a database; restore it"),
    ],
)
def test_a_spoilt_directory_is_told(authority: Authority, spoil: Callable[[Path], object], said: str) -> None:
    spoil(authority.directory)
    with pytest.raises(CertificateError, match=said) as told:
        authority.issue_terminal(TERMINAL, request())
    assert "4711" not in str(told.value)
