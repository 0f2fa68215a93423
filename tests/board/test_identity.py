"""The terminal's key and certificates: the key is made here, and what works stays until something newer has worked."""

import contextlib
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.adapters.system_clock import SystemClock
from board.certificate import Certificate
from board.device_key import new_key, private_pem, signing_request
from board.errors import IdentityError
from board.identity import RENEWED, TRIAL, WAITING, Identity, Pair
from board.link_tls import LinkTls
from board.tls import context
from provisioning.authority import Authority

FLEET = "demo"
TERMINAL = "JG-TEST-0001"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    authority = Authority(tmp_path / "ca")
    authority.create(FLEET)
    return authority


@pytest.fixture
def state(tmp_path: Path) -> Path:
    state = tmp_path / "state"
    state.mkdir()
    return state


@pytest.fixture
def identity(tmp_path: Path, state: Path) -> Identity:
    """An identity that has no key yet."""
    return Identity(FLEET, TERMINAL, Pair(tmp_path / "device.crt", tmp_path / "device.key"), state)


@pytest.fixture
def enrolled(identity: Identity, authority: Authority) -> Identity:
    """An identity with a certificate of this year."""
    identity.first.certificate.write_bytes(authority.issue_terminal(TERMINAL, identity.enrolment_request()))
    return identity


def later(authority: Authority, request: bytes, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A certificate that is issued tomorrow."""
    tomorrow = datetime.now(UTC).replace(microsecond=0).replace(year=datetime.now(UTC).year + 1)
    with monkeypatch.context() as patch:
        patch.setattr("provisioning.certificates._now", lambda: tomorrow)
        return authority.issue_terminal(TERMINAL, request)


def public_key(pem: bytes) -> object:
    return x509.load_pem_x509_csr(pem).public_key()


def test_a_request_names_the_terminal_and_its_key_is_readable_by_its_owner_alone(identity: Identity) -> None:
    umask = os.umask(0)
    try:
        request = x509.load_pem_x509_csr(identity.enrolment_request())
    finally:
        os.umask(umask)
    assert request.subject.rfc4514_string() == f"CN={TERMINAL},O={FLEET}"
    assert request.is_signature_valid
    assert identity.first.key.stat().st_mode & 0o777 == 0o600
    key = serialization.load_pem_private_key(identity.first.key.read_bytes(), None)
    assert request.public_key() == key.public_key()


def test_asked_again_it_is_a_request_for_the_same_key(identity: Identity) -> None:
    assert public_key(identity.enrolment_request()) == public_key(identity.enrolment_request())
    assert public_key(identity.renewal_request()) == public_key(identity.renewal_request())


def test_a_renewal_is_for_a_key_of_its_own(enrolled: Identity) -> None:
    assert public_key(enrolled.enrolment_request()) != public_key(enrolled.renewal_request())


def test_a_key_that_others_may_read_is_not_used(identity: Identity) -> None:
    identity.enrolment_request()
    identity.first.key.chmod(0o640)
    with pytest.raises(IdentityError, match="others may read the private key of the link; chmod 600 it"):
        identity.enrolment_request()


@pytest.mark.parametrize("content", [b"PRIVATE KEY 4711", b"-----BEGIN PRIVATE KEY-----\n4711\n"])
def test_what_is_no_key_is_told_and_not_quoted(identity: Identity, content: bytes) -> None:
    identity.first.key.write_bytes(content)
    identity.first.key.chmod(0o600)
    with pytest.raises(IdentityError, match="not a private key in PEM") as told:
        identity.enrolment_request()
    assert "4711" not in str(told.value)
    assert told.value.__suppress_context__


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, state: Path) -> None:
    first = Pair(tmp_path / "gone" / "device.crt", tmp_path / "gone" / "device.key")
    with pytest.raises(IdentityError, match=r"gone/device\.key: the key cannot be written: No such file"):
        Identity(FLEET, TERMINAL, first, state).enrolment_request()


def test_the_first_pair_is_the_one_of_the_settings_whether_it_is_there_or_not(identity: Identity) -> None:
    assert identity.pairs() == [identity.first]


def test_a_renewed_certificate_is_on_trial_until_it_is_proven_and_the_old_one_stays(
    enrolled: Identity, authority: Authority, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled.take(later(authority, enrolled.renewal_request(), monkeypatch))
    trial = Pair(state / TRIAL, state / TRIAL)
    assert enrolled.pairs() == [trial, enrolled.first]
    assert trial.key.stat().st_mode & 0o777 == 0o600
    assert not (state / WAITING).exists()
    enrolled.proven(enrolled.first)
    assert enrolled.pairs() == [trial, enrolled.first]
    enrolled.proven(trial)
    assert enrolled.pairs() == [Pair(state / RENEWED, state / RENEWED), enrolled.first]


def test_a_pair_that_a_technician_brings_comes_before_an_older_renewal(
    enrolled: Identity, authority: Authority, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled.take(authority.issue_terminal(TERMINAL, enrolled.renewal_request()))
    enrolled.proven(Pair(state / TRIAL, state / TRIAL))
    enrolled.first.certificate.write_bytes(later(authority, enrolled.enrolment_request(), monkeypatch))
    assert enrolled.pairs() == [enrolled.first, Pair(state / RENEWED, state / RENEWED)]


def test_what_a_broker_has_taken_is_in_use_and_what_is_on_trial_is_not(
    enrolled: Identity, authority: Authority, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_use() -> bytes:
        certificate, key = enrolled.in_use()
        assert x509.load_pem_x509_certificate(certificate).public_key() == key.public_key()
        return certificate

    first = enrolled.first.certificate.read_bytes()
    assert in_use() == first
    renewed = later(authority, enrolled.renewal_request(), monkeypatch)
    enrolled.take(renewed)
    assert in_use() == first
    enrolled.proven(Pair(state / TRIAL, state / TRIAL))
    assert in_use() == renewed


def test_without_a_pair_that_belongs_together_none_is_in_use(enrolled: Identity, authority: Authority) -> None:
    other = authority.issue_terminal(TERMINAL, signing_request(new_key(), FLEET, TERMINAL))
    enrolled.first.certificate.write_bytes(other)
    with pytest.raises(IdentityError, match="not the key of"):
        enrolled.in_use()
    enrolled.first.certificate.unlink()
    with pytest.raises(IdentityError, match="no certificate in PEM"):
        enrolled.in_use()


def test_a_broken_file_is_passed_over(enrolled: Identity, state: Path) -> None:
    (state / TRIAL).write_bytes(b"")
    (state / RENEWED).write_bytes(b"\xff")
    assert enrolled.pairs() == [enrolled.first]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda made, identity, ca: b"not a certificate", "not one in PEM"),
        (lambda made, identity, ca: identity.first.certificate.read_bytes(), "not for the key that waits"),
        (lambda made, identity, ca: other_terminal(identity, ca), "not for JG-TEST-0001 of fleet demo"),
    ],
)
def test_a_certificate_that_is_not_the_one_asked_for_changes_nothing(
    enrolled: Identity, authority: Authority, state: Path, spoil: object, said: str
) -> None:
    made = authority.issue_terminal(TERMINAL, enrolled.renewal_request())
    with pytest.raises(IdentityError, match=said):
        enrolled.take(spoil(made, enrolled, authority))  # type: ignore[operator]
    assert enrolled.pairs() == [enrolled.first]
    enrolled.take(made)
    assert (state / TRIAL).exists()


def other_terminal(identity: Identity, authority: Authority) -> bytes:
    """A certificate for the key that waits, in another terminal's name."""
    key = serialization.load_pem_private_key(identity._waiting.read_bytes(), None)
    return authority.issue_terminal("JG-TEST-0002", signing_request(key, FLEET, "JG-TEST-0002"))  # type: ignore[arg-type]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(at=st.integers(0, 2000), value=st.integers(0, 255))
def test_a_hostile_certificate_is_refused_or_the_one_asked_for(
    enrolled: Identity, authority: Authority, at: int, value: int
) -> None:
    bent = bytearray(authority.issue_terminal(TERMINAL, enrolled.renewal_request()))
    bent[at % len(bent)] = value
    with contextlib.suppress(IdentityError):
        enrolled.take(bytes(bent))
    assert enrolled.first in enrolled.pairs()


def test_a_certificate_that_nothing_waits_for_is_refused(enrolled: Identity) -> None:
    with pytest.raises(IdentityError, match=r"link\.waiting\.key: the private key of the link cannot be read"):
        enrolled.take(enrolled.first.certificate.read_bytes())


def test_a_power_cut_after_the_trial_is_written_leaves_the_trial(enrolled: Identity, authority: Authority) -> None:
    certificate = authority.issue_terminal(TERMINAL, enrolled.renewal_request())
    waiting = enrolled._waiting.read_bytes()
    enrolled.take(certificate)
    enrolled._waiting.write_bytes(waiting)  # as it was before its last step
    enrolled._waiting.chmod(0o600)
    enrolled.take(certificate)
    assert len(enrolled.pairs()) == 2


def test_a_certificate_that_was_taken_already_changes_nothing(enrolled: Identity, authority: Authority) -> None:
    certificate = authority.issue_terminal(TERMINAL, enrolled.renewal_request())
    enrolled.take(certificate)
    enrolled.take(certificate)
    renewed = enrolled.proven(enrolled.pairs()[0])
    enrolled.take(certificate)
    assert enrolled.pairs() == [renewed, enrolled.first]


@pytest.mark.parametrize(
    ("days", "code"), [(0, None), (364, None), (365, "CERTIFICATE_EXPIRED"), (-1, "CERTIFICATE_EARLY")]
)
def test_a_certificate_is_taken_while_it_is_valid(
    enrolled: Identity, authority: Authority, days: int, code: str | None
) -> None:
    certificate = authority.issue_terminal(TERMINAL, enrolled.renewal_request())
    now = datetime.now(UTC) + timedelta(days=days)
    if code is None:
        enrolled.take(certificate, now)
        assert len(enrolled.pairs()) == 2
    else:
        with pytest.raises(IdentityError) as told:
            enrolled.take(certificate, now)
        assert told.value.code == code
        assert enrolled.pairs() == [enrolled.first]


def test_a_certificate_of_another_ca_is_refused(enrolled: Identity, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    other.create(FLEET)
    with pytest.raises(IdentityError) as told:
        enrolled.take(other.issue_terminal(TERMINAL, enrolled.renewal_request()))
    assert told.value.code == "CERTIFICATE_OTHER_CA"
    assert enrolled.pairs() == [enrolled.first]


class PowerCutError(BaseException):
    """The power is gone: nothing catches it."""


def cut_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the power go before the change number `step` of the disk."""
    left, fsync = [step], os.fsync

    def counted(change: Any) -> Any:
        def changed(*arguments: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                if change is fsync and stat.S_ISREG(os.fstat(arguments[0]).st_mode):
                    os.ftruncate(arguments[0], 0)  # what is not on the disk yet is lost
                raise PowerCutError
            return change(*arguments)

        return changed

    for owner, name in ((os, "open"), (os, "fsync"), (os, "replace"), (os, "unlink")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))


def renew(identity: Identity, authority: Authority, ca_file: Path) -> None:
    """A whole renewal as link and backend drive it; what was done already is not in its way."""
    if not identity._trial.exists():
        identity.take(authority.issue_terminal(TERMINAL, identity.renewal_request()))
    context(ca_file, identity.pairs()[0])
    identity.proven(identity.pairs()[0])


def test_a_power_cut_between_any_two_writes_leaves_a_pair_that_works(
    enrolled: Identity, authority: Authority, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = 0
    while True:
        step += 1
        for file in state.iterdir():
            file.unlink()
        with monkeypatch.context() as patch:
            cut_at(step, patch)
            try:
                renew(enrolled, authority, authority.servers_file)
                break
            except PowerCutError:
                pass
        for pair in enrolled.pairs():
            context(authority.servers_file, pair)
        renew(enrolled, authority, authority.servers_file)
        assert enrolled.pairs()[0] == Pair(state / RENEWED, state / RENEWED)
    assert step > 8


def test_a_pair_on_trial_that_cannot_be_used_gives_way_and_the_one_in_use_says_when_it_ends(
    enrolled: Identity, authority: Authority, state: Path
) -> None:
    enrolled.take(authority.issue_terminal(TERMINAL, enrolled.renewal_request(), 30))
    (state / TRIAL).chmod(0o644)
    tls = LinkTls(authority.servers_file, enrolled, SystemClock(Path("/")), 1)
    with pytest.raises(IdentityError, match="others may read"):
        tls.encryption()
    tls.encryption()
    assert tls.expiry() == Certificate(enrolled.first.certificate).expiry()
    tls.accepted()
    (state / TRIAL).chmod(0o600)
    tls.encryption()
    tls.accepted()
    assert tls.expiry() == Certificate(state / RENEWED).expiry()


def test_a_key_of_another_kind_is_told(identity: Identity) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    identity.first.key.write_bytes(private_pem(Ed25519PrivateKey.generate()))  # type: ignore[arg-type]
    identity.first.key.chmod(0o600)
    with pytest.raises(IdentityError, match="not an EC key"):
        identity.enrolment_request()


def test_no_two_keys_are_the_same() -> None:
    assert len({private_pem(new_key()) for _ in range(4)}) == 4
