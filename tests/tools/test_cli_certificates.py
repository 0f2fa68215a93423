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


def said(*arguments: str | Path) -> dict[str, str]:
    """What a command that succeeds says."""
    status, output = run(*arguments)
    assert status == 0, output
    found: dict[str, str] = json.loads(output)
    return found


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
    assert said("server-certificate", "--ca", ca, "--name", "localhost", "--key", key, "--out", out)["key"] == str(key)
    assert key.stat().st_mode & 0o777 == 0o600
    other = tmp_path / "two.key"
    assert said("backend-certificate", "--ca", ca, "--key", other, "--out", out)["key"] == str(other)
    csr = tmp_path / "terminal.csr"
    csr.write_bytes(signing_request(new_key(), "demo", TERMINAL))
    answer = said("device-certificate", TERMINAL, csr, "--ca", ca, "--out", out, "--days", "7")
    made = x509.load_pem_x509_certificate(out.read_bytes())
    assert answer == {"certificate": str(out), "expires": f"{made.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"}
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


def test_the_key_for_tls_is_not_taken_for_the_one_that_signs(ca: Path, tmp_path: Path) -> None:
    key, out = tmp_path / "backend-link.key", tmp_path / "backend-link.crt"
    said("backend-certificate", "--ca", ca, "--key", key, "--out", out)
    broker = ("--dir", tmp_path / "store", "--fleet", "demo", "--broker", "127.0.0.1:1883")
    status, output = run("ingest", *broker, "--key", key)
    assert status == 1 and "this is a TLS key: it belongs to --key-file" in output
    key.write_text("{}")
    assert "not a key; make a new one" in run("ingest", *broker, "--key", key)[1]


def test_a_broker_keeps_its_certificate_until_a_new_one_is_wanted(ca: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    arguments = ("broker", folder, "--engine", "nats", "--ca", ca, "--node", "localhost")
    files = [folder / "server.crt", folder / "server.key"]
    said(*arguments)
    first = [file.read_bytes() for file in files]
    said(*arguments)
    assert [file.read_bytes() for file in files] == first
    status, output = run(*arguments, "--new-certificate")
    assert status == 0 and "no broker runs there" in output
    assert all(file.read_bytes() != before for file, before in zip(files, first, strict=True))
    (ca / "servers.key").unlink()
    assert run(*arguments)[0] == 0
    status, output = run(*arguments, "--new-certificate")
    assert status == 1 and "servers.key" in output
