"""A counter with an encrypted link prunes its journal: its device key signs, and the backend tells what it did not."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from board.identity import Identity, Pair
from provisioning.authority import Authority
from tests.conftest import wait_until_prepared
from tests.structure.places import ROOT
from tools.brokers.setup import Engine
from tools.demo.scene import Scene
from tools.fleet.checkpoints import CHECKPOINT_UNPROVEN
from tools.fleet.rows import Alarm
from tools.rig.files import FLEET, SERIAL
from tools.rig.rig import Rig


@pytest.fixture(params=[(Engine.MOSQUITTO, 1), (Engine.NATS, 2)], ids=["one backend", "two workers"])
def rig(request: pytest.FixtureRequest, short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # where the agent that prunes is found
    engine, workers = request.param
    with Rig(short_dir, secure=engine, workers=workers) as rig:
        wait_until_prepared(rig)
        Scene(rig, "").sell("sale-1", "12.50", "unionpay")
        yield rig


def pruned_by(rig: Rig, device: str) -> dict[str, Any]:
    """Let an agent prune whose checkpoints the key of `device` signs; the body of its first one, which is stored."""
    rig.wait_until_stored()
    rig.agent.stop()
    before = rig.journal()[-1].sequence
    rig.start_agent("tests.board.pruning_agent", "--device", device)
    rig.wait_until(lambda: any(entry.kind == "journal.pruned" for entry in rig.journal(before)), "a checkpoint")
    rig.agent.stop()
    rig.start_agent()
    rig.wait_until_stored()
    return [entry for entry in rig.journal(before) if entry.kind == "journal.pruned"][-1].body


def alarms(rig: Rig) -> list[Alarm]:
    with closing(rig.reader()) as reader:
        return reader.alarms(SERIAL)


def canonical(value: object) -> bytes:
    """RFC 8785 for these plain values, independent of the code under test."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_third_party_can_check_a_checkpoint_and_the_backend_names_one_that_is_not_signed(rig: Rig) -> None:
    body = pruned_by(rig, "own")
    assert alarms(rig) == []
    device = body.pop("device")
    journal_id = json.loads(rig.stored_events()[-1].entry)["journal_id"]
    certificate = x509.load_pem_x509_certificate(device["certificate"].encode())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(rig.files.authority.devices_file.read_bytes()))
    assert certificate.subject.rfc4514_string() == f"CN={SERIAL},O={FLEET}"
    key, raw = certificate.public_key(), bytes.fromhex(device["signature"])
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    signed = canonical(body | {"format": "jumpguard.checkpoint/1", "journal_id": journal_id})
    key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))  # raises InvalidSignature

    assert pruned_by(rig, "none")["device"] == {"certificate": "", "signature": ""}
    raised = alarms(rig)
    assert {alarm.kind for alarm in raised} == {CHECKPOINT_UNPROVEN}
    assert all("it is not signed, and the terminal has a certificate" in alarm.detail for alarm in raised)


def test_a_checkpoint_that_a_stranger_signed_is_named(rig: Rig) -> None:
    """Whoever can write the journal's file, but has neither the device key nor the authority's."""
    stranger = Authority(rig.directory / "stranger")
    stranger.create(FLEET)
    pair = Pair(rig.directory / "other.crt", rig.directory / "other.key")
    request = Identity(FLEET, SERIAL, pair, rig.directory).enrolment_request()
    pair.certificate.write_bytes(stranger.issue_terminal(SERIAL, request))
    pruned_by(rig, str(pair.certificate))
    assert {alarm.kind for alarm in alarms(rig)} == {CHECKPOINT_UNPROVEN}
