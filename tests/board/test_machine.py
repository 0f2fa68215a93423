"""The machine as it is reported: reader, certificate and readings together, always under the same keys."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.x509.oid import NameOID

from agent.errors import ReaderError
from board.certificate import Certificate
from board.machine import BoardMachine
from board.reader import NfcReader
from board.virtual.client import BoardProcess
from board.vitals import Vitals


def machine_of(board: BoardProcess, tmp_path: Path, certificate: Certificate | None = None) -> BoardMachine:
    sys = Path(board.paths["sys"])
    return BoardMachine(Vitals(tmp_path, board.paths["proc"], sys), NfcReader(board.paths["nfc"]), sys, certificate)


def certificate_until(path: Path, end: datetime) -> Certificate:
    """A device certificate that ends at `end`."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "JG-DEMO-0001")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(end - timedelta(days=400))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return Certificate(path)


async def test_the_reader_is_told_as_it_is(board: BoardProcess, tmp_path: Path) -> None:
    machine = machine_of(board, tmp_path)

    def state() -> tuple[object, object]:
        told = machine.vitals()
        return told["reader_open"], told["reader_failing"]

    assert state() == (False, False)
    await machine.reader.start()
    assert state() == (True, False)
    board.client.chip("hung")
    with pytest.raises(ReaderError):
        await machine.reader.wait_for_card(100)
    assert state() == (True, True)
    await machine.reader.stop()
    assert state() == (False, True), "closing it heals nothing"
    with pytest.raises(ReaderError):
        await machine.reader.start()
    assert state() == (False, True)
    assert machine.vitals()["reader_faults"] == 2
    board.client.chip(None)
    await machine.reader.start()
    assert state() == (True, False)
    await machine.reader.stop()
    assert state() == (False, False)


async def test_a_reader_that_works_again_without_being_opened_anew_is_no_longer_failing(
    board: BoardProcess, tmp_path: Path
) -> None:
    machine = machine_of(board, tmp_path)
    await machine.reader.start()
    board.client.chip("hung")
    await machine.reader.release()
    assert machine.vitals()["reader_failing"] is True
    board.client.chip(None)
    assert await machine.reader.wait_for_card(50) is False
    assert machine.vitals()["reader_failing"] is False
    await machine.reader.stop()


@pytest.mark.parametrize(("days", "left"), [(400, 399), (1, 0), (-3, 0)])
def test_the_certificate_s_end_is_told_in_utc_and_in_whole_days(
    board: BoardProcess, tmp_path: Path, days: int, left: int
) -> None:
    end = datetime.now(UTC) + timedelta(days=days)
    told = machine_of(board, tmp_path, certificate_until(tmp_path / "device.pem", end)).vitals()
    assert told["certificate_expiry"] == end.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["certificate_days_left"] == left


def test_a_renewed_certificate_is_noticed_and_a_lost_one_is_unknown(board: BoardProcess, tmp_path: Path) -> None:
    path = tmp_path / "device.pem"
    machine = machine_of(board, tmp_path, certificate_until(path, datetime.now(UTC) + timedelta(days=10, hours=1)))
    assert machine.vitals()["certificate_days_left"] == 10
    certificate_until(path, datetime.now(UTC) + timedelta(days=90, hours=1))
    assert machine.vitals()["certificate_days_left"] == 90
    path.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    assert machine.vitals()["certificate_days_left"] == -1
    path.unlink()
    told = machine.vitals()
    assert (told["certificate_expiry"], told["certificate_days_left"]) == ("", -1)


def test_a_machine_without_certificate_has_the_same_keys(board: BoardProcess, tmp_path: Path) -> None:
    certified = machine_of(board, tmp_path, certificate_until(tmp_path / "device.pem", datetime.now(UTC)))
    bare = machine_of(board, tmp_path)
    assert bare.vitals().keys() == certified.vitals().keys()
    assert bare.vitals()["process_uptime_s"] == 0


def test_reading_takes_less_than_the_loop_can_spare(board: BoardProcess, tmp_path: Path) -> None:
    machine = machine_of(board, tmp_path, certificate_until(tmp_path / "device.pem", datetime.now(UTC)))
    times = []
    for _ in range(50):
        start = time.perf_counter()
        machine.vitals()
        times.append(time.perf_counter() - start)
    assert sorted(times)[25] < 0.005
    print(f"median {sorted(times)[25] * 1e6:.0f} µs, worst {max(times) * 1e6:.0f} µs")
