"""`jumpguard fleet ca` and the commands that issue certificates, at the desk."""

import json
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from board.device_key import new_key, signing_request
from tools.cli.fleet import app

TERMINAL = "JG-TEST-0001"


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.output


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    assert run("ca", tmp_path / "ca", "--fleet", "demo")[0] == 0
    return tmp_path / "ca"


def test_the_authorities_are_made_once_and_named(tmp_path: Path) -> None:
    status, output = run("ca", tmp_path / "ca", "--fleet", "demo")
    assert status == 0
    said = json.loads(output)
    assert said["fleet"] == "demo"
    assert all(Path(said[name]).is_file() for name in ("servers", "devices"))
    assert run("ca", tmp_path / "ca", "--fleet", "demo") == (
        1,
        f"error: {tmp_path}/ca: there are authorities already; name another folder\n",
    )
    before = Path(said["devices"]).read_bytes()
    assert run("ca", tmp_path / "ca", "--replace-devices")[0] == 0
    assert Path(said["devices"]).read_bytes() != before


def test_without_a_fleet_nothing_is_made(tmp_path: Path) -> None:
    status, output = run("ca", tmp_path / "ca")
    assert status == 2
    assert "--fleet NAME" in output
    assert not (tmp_path / "ca").exists()


def test_certificates_for_broker_backend_and_terminal(ca: Path, tmp_path: Path) -> None:
    out, key = tmp_path / "one.crt", tmp_path / "one.key"
    assert run("server-certificate", "--ca", ca, "--name", "localhost", "--key", key, "--out", out) == (0, "")
    assert key.stat().st_mode & 0o777 == 0o600
    assert run("backend-certificate", "--ca", ca, "--key", tmp_path / "two.key", "--out", out) == (0, "")
    csr = tmp_path / "terminal.csr"
    csr.write_bytes(signing_request(new_key(), "demo", TERMINAL))
    assert run("device-certificate", TERMINAL, csr, "--ca", ca, "--out", out, "--days", "7") == (0, "")
    made = x509.load_pem_x509_certificate(out.read_bytes())
    assert (made.not_valid_after_utc - made.not_valid_before_utc).days == 7


def test_what_goes_wrong_is_said_in_one_line(ca: Path, tmp_path: Path) -> None:
    out, key = tmp_path / "one.crt", tmp_path / "one.key"
    key.touch()
    for arguments, said in [
        (("server-certificate", "--ca", ca, "--name", "a b", "--key", key, "--out", out), "neither an IP address"),
        (("server-certificate", "--ca", ca, "--name", "a", "--key", key, "--out", out), f"{key}: File exists"),
        (("backend-certificate", "--ca", tmp_path, "--key", key, "--out", out), "make it: jumpguard fleet ca"),
        (("device-certificate", TERMINAL, tmp_path / "no.csr", "--ca", ca, "--out", out), "no.csr: No such file"),
    ]:
        status, output = run(*arguments)
        assert status == 1
        assert output.startswith("error: ")
        assert said in output
        assert output.count("\n") == 1
        assert not out.exists()
