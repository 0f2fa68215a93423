"""Checkpoints of journals are held against the certificate of the terminal that they come from."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import JournalError
from agent.journal.anchor import Anchor
from agent.journal.device import Device, NoDevice
from agent.journal.pruning import PRUNED, Checkpoint
from board.device import DeviceSigner
from board.identity import Identity, Pair
from provisioning.authority import Authority
from tests.leaks.strategies import JSON
from tests.tools.fleet.publisher import FLEET, Journal
from tools.fleet.checkpoints import CHECKPOINT_UNPROVEN, Checkpoints
from tools.fleet.contract import Event, parse
from tools.fleet.errors import ContractError

A, B = "JG-TEST-0001", "JG-TEST-0002"
ANCHOR = Anchor(9, "cd" * 32, 12, "backend-1", "ef" * 64)

Body = dict[str, Any]


class Fleet:
    """Two terminals with certificates of one authority, and what their device keys sign."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.authority = Authority(directory / "ca")
        self.authority.create(FLEET)
        self.signers = {name: self.enrol(self.authority, name, name) for name in (A, B)}

    def enrol(self, authority: Authority, name: str, file: str) -> DeviceSigner:
        pair = Pair(self.directory / f"{file}.crt", self.directory / f"{file}.key")
        identity = Identity(FLEET, name, pair, self.directory)
        pair.certificate.write_bytes(authority.issue_terminal(name, identity.enrolment_request()))
        return DeviceSigner(identity)

    def event(self, device: Device, change: Callable[[Body], object] = lambda body: None, terminal: str = A) -> Event:
        """A checkpoint of `terminal` that `device` signed, and that somebody made a `change` to."""
        journal = Journal(terminal)
        body = Checkpoint(7, "12" * 32, "34" * 32).record(journal.journal_id, 3, "age", ANCHOR, device).body
        change(body)
        topic = f"jumpguard/1/{FLEET}/{terminal}/event"
        event = parse(topic, json.dumps(journal.event(journal.add(kind=PRUNED, body=body))).encode(), FLEET)
        assert isinstance(event, Event)
        return event

    def why(self, event: Event) -> str:
        """What the alarm says, "" when none is raised."""
        raised = Checkpoints(self.authority).alarms([event], "2026-11-23T03:04:05.678Z")
        assert all((alarm.kind, alarm.terminal) == (CHECKPOINT_UNPROVEN, event.terminal) for alarm in raised)
        return "".join(alarm.detail for alarm in raised)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


NOT_RIGHT = "checkpoint 1: the signature of the device key, or that of its certificate, is not right"
MALFORMED = "checkpoint 1: its certificate is not one of the devices authority, or the signature is malformed"
OTHER = "checkpoint 1: it is signed by somebody else's device key"
UNSIGNED = "checkpoint 1: it is not signed, and the terminal has a certificate"


def test_one_that_the_terminal_signed_is_fine_also_with_a_certificate_that_was_revoked_since(fleet: Fleet) -> None:
    event = fleet.event(fleet.signers[A])
    assert fleet.why(event) == ""
    fleet.authority.revoke(A)
    assert fleet.why(event) == ""


def signature(value: object) -> Callable[[Body], object]:
    return lambda body: body["device"].update(signature=value)


def certificate(value: object) -> Callable[[Body], object]:
    return lambda body: body["device"].update(certificate=value)


CHANGES: list[tuple[Callable[[Body], object], str]] = [
    (lambda body: body.update(to=8), NOT_RIGHT),
    (lambda body: body.update(hash="13" * 32), NOT_RIGHT),
    (lambda body: body.update(kept_hash="35" * 32), NOT_RIGHT),
    (lambda body: body.update(why="space"), NOT_RIGHT),
    (lambda body: body["anchor"].update(sequence=10), NOT_RIGHT),
    (lambda body: body.update(more="than was signed"), NOT_RIGHT),
    (signature("00" * 64), NOT_RIGHT),
    (signature("ff" * 64), NOT_RIGHT),
    (signature("ab" * 63), MALFORMED),
    (signature("zz" * 64), MALFORMED),
    (signature(""), MALFORMED),
    (signature(5), MALFORMED),
    (certificate(""), MALFORMED),
    (certificate("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"), MALFORMED),
    (certificate(["no text"]), MALFORMED),
    (certificate("\u00e9"), MALFORMED),
    (lambda body: body.update(device={"certificate": "", "signature": ""}), UNSIGNED),
    (lambda body: body.update(device="signed, surely"), UNSIGNED),
    (lambda body: body.pop("device"), UNSIGNED),
]


@pytest.mark.parametrize(("change", "why"), CHANGES)
def test_one_that_was_changed_is_named(fleet: Fleet, change: Callable[[Body], object], why: str) -> None:
    assert fleet.why(fleet.event(fleet.signers[A], change)) == why


@given(JSON, st.sampled_from(["device", "certificate", "signature"]))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_for_a_signature_is_named_and_stops_nothing(fleet: Fleet, value: Any, where: str) -> None:
    def change(body: Body) -> None:
        (body if where == "device" else body["device"])[where] = value

    try:
        event = fleet.event(fleet.signers[A], change)
    except ContractError:
        return  # it has no canonical form: no event
    assert fleet.why(event)


def test_one_of_another_journal_is_named(fleet: Fleet) -> None:
    kept = fleet.event(fleet.signers[A]).entry.body
    assert fleet.why(fleet.event(fleet.signers[A], lambda body: body.update(kept))) == NOT_RIGHT


def test_one_that_another_terminal_or_another_authority_signed_is_named(fleet: Fleet) -> None:
    assert fleet.why(fleet.event(fleet.signers[B])) == OTHER
    assert fleet.why(fleet.event(fleet.signers[B], terminal=B)) == ""
    stranger = Authority(fleet.directory / "stranger")
    stranger.create(FLEET)
    # The same names everywhere: only the authority's own key tells them apart.
    assert fleet.why(fleet.event(fleet.enrol(stranger, A, "stranger"))) == NOT_RIGHT


def test_a_terminal_that_has_no_certificate_need_not_sign(fleet: Fleet) -> None:
    assert fleet.why(fleet.event(NoDevice(), terminal="JG-PLAIN-0001")) == ""
    assert fleet.why(fleet.event(NoDevice())) == UNSIGNED


def test_without_an_authority_nothing_is_checked_and_other_entries_never_are(fleet: Fleet) -> None:
    event = fleet.event(NoDevice())
    assert Checkpoints(None).alarms([event], "") == []
    journal = Journal(A)
    other = parse(f"jumpguard/1/{FLEET}/{A}/event", json.dumps(journal.event(journal.add())).encode(), FLEET)
    assert isinstance(other, Event)
    assert Checkpoints(fleet.authority).alarms([other], "") == []


def test_an_authority_whose_files_are_gone_does_not_stop_the_backend(fleet: Fleet) -> None:
    event = fleet.event(fleet.signers[A])
    fleet.authority.devices_file.unlink()
    assert fleet.why(event) == "checkpoint 1: it cannot be checked; see the backend's log"


def test_a_device_key_that_cannot_be_used_signs_nothing(fleet: Fleet) -> None:
    (fleet.directory / f"{A}.key").write_text("")
    with pytest.raises(JournalError, match="checkpoint cannot be signed"):
        fleet.event(fleet.signers[A])
