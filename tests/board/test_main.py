"""`python -m board` as systemd starts it: exit codes, what a bad file does, and ending in good order."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import tomli_w
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from board.virtual import environment
from provisioning import keys
from provisioning.issue import issue
from tests.agent.adapters.authority import Authority
from tools.rig.files import FLEET, SERIAL, RigFiles, binding_document
from tools.rig.process import ProcessError
from tools.rig.rig import Rig

STATE = f"jumpguard/1/{FLEET}/{SERIAL}/state"
NOWHERE = ("127.0.0.1", 9)
UNUSABLE = 2
FAILED = 1


@pytest.fixture
def files(tmp_path: Path) -> RigFiles:
    """The files of a terminal that is not installed, whose acquirer and broker do not exist."""
    files = RigFiles(tmp_path)
    files.create()
    files.write_settings(NOWHERE, NOWHERE)
    return files


def run(files: RigFiles, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the agent until it ends by itself. It says why it ended in one line, and shows no traceback."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "board", "--settings", str(files.settings), *arguments],
        cwd=files.directory,
        env={**os.environ, **environment(files.board)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def secret_with(name: str, content: str, mode: int = 0o600) -> Callable[[RigFiles], None]:
    def write(files: RigFiles) -> None:
        (files.directory / name).write_text(content)
        (files.directory / name).chmod(mode)

    return write


def setting(section: str, **changes: object) -> Callable[[RigFiles], None]:
    def change(files: RigFiles) -> None:
        document = tomllib.loads(files.settings.read_text())
        document[section].update(changes)
        files.settings.write_text(tomli_w.dumps(document))

    return change


def certified(key_mode: int = 0o600, other_key: bool = False) -> Callable[[RigFiles], None]:
    """A certificate in the settings, with something wrong about its key."""

    def write(files: RigFiles) -> None:
        authority = Authority(files.directory)
        pair = authority.issue("terminal", "127.0.0.1")
        if other_key:
            pair.key.write_bytes(authority.issue("other", "127.0.0.1").key.read_bytes())
        pair.key.chmod(key_mode)
        setting("api", certificate_file=str(pair.certificate), key_file=str(pair.key))(files)

    return write


TMK = "0123456789ABCDEFFEDCBA9876543210"
UNUSABLE_FILES: list[tuple[str, Callable[[RigFiles], object]]] = [
    ("terminal.toml: cannot be read", lambda files: files.settings.unlink()),
    ("terminal.toml: not TOML", lambda files: files.settings.write_text("[")),
    ("[link]: Object contains unknown field `colour`", setting("link", colour="red")),
    ("[acquirer] port: ", setting("acquirer", port=0)),
    ("[link]: the link is not encrypted, and host is another machine", setting("link", host="broker.example")),
    ("[link]: ca_file, certificate_file and key_file belong together", setting("link", ca_file="servers.crt")),
    ("tpdu", setting("acquirer", tpdu="60")),
    ("terminal.tmk: others may read the terminal master key; chmod 600 it", secret_with("terminal.tmk", TMK, 0o644)),
    ("terminal.tmk: the terminal master key is not hexadecimal", secret_with("terminal.tmk", TMK[:-1] + "X")),
    ("the terminal master key has 15 bytes", secret_with("terminal.tmk", TMK[2:])),
    ("terminal.tmk: holds no terminal master key", secret_with("terminal.tmk", "")),
    ("till.token: others may read the bearer token; chmod 600 it", secret_with("till.token", "secret-token", 0o644)),
    ("till.token: holds no bearer token", secret_with("till.token", "\n")),
    ("[api]: host is open to the network", setting("api", host="0.0.0.0")),
    ("terminal.key: others may read the certificate's key; chmod 600 it", certified(key_mode=0o640)),
    ("terminal.key: is not the key of the certificate in ", certified(other_key=True)),
]


@pytest.mark.parametrize(("said", "spoil"), UNUSABLE_FILES)
def test_unusable_settings_end_with_2_and_the_reason_without_a_secret(
    files: RigFiles, said: str, spoil: Callable[[RigFiles], object]
) -> None:
    spoil(files)
    done = run(files)
    assert done.returncode == UNUSABLE
    assert done.stderr.startswith("jumpguard: ")
    assert said in done.stderr
    assert TMK[2:10] not in done.stderr
    assert "secret-token" not in done.stderr
    assert done.stdout == ""


def test_missing_arguments_are_a_usage_error(files: RigFiles) -> None:
    done = subprocess.run([sys.executable, "-m", "board"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == UNUSABLE
    assert "--settings" in done.stderr


# --- the certificate of the link


def test_a_request_for_a_certificate_is_written_and_its_key_is_made_once(files: RigFiles) -> None:
    settings = {"ca_file": "servers.crt", "certificate_file": "link.crt", "key_file": "link.key"}
    setting("link", host="broker.example", **{name: str(files.directory / file) for name, file in settings.items()})(
        files
    )
    request, key = files.directory / "terminal.csr", files.directory / "link.key"
    done = run(files, "--request-certificate", str(request))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"request": str(request), "terminal": SERIAL}
    assert key.stat().st_mode & 0o777 == 0o600
    made = key.read_bytes()
    assert run(files, "--request-certificate", str(request)).returncode == 0
    assert key.read_bytes() == made
    files.authority.create(FLEET)
    files.authority.issue_terminal(SERIAL, request.read_bytes())


def test_without_a_place_for_its_key_there_is_no_request(files: RigFiles) -> None:
    done = run(files, "--request-certificate", str(files.directory / "terminal.csr"))
    assert done.returncode == UNUSABLE
    assert "[link] certificate_file and key_file are not set" in done.stderr


# --- taking a binding


def installed(files: RigFiles, document: dict[str, object] | None = None) -> "subprocess.CompletedProcess[str]":
    if document is not None:
        files.sign_binding(document)
    return run(files, "--install", str(files.binding))


def test_a_signed_binding_is_installed_and_a_newer_one_replaces_it(files: RigFiles) -> None:
    done = installed(files)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"installed": 1, "mid": "898350154110001", "tid": "10000001"}
    assert files.state.stat().st_mode & 0o777 == 0o700
    assert json.loads(installed(files, binding_document(3, mid="898350154110009")).stdout)["installed"] == 3
    kept = sorted(each.name for each in files.state.iterdir())
    assert kept == ["high_water.json", "high_water.json.previous", "merchant.json", "merchant.json.previous"]


@pytest.fixture(scope="module")
def at_version_five(tmp_path_factory: pytest.TempPathFactory) -> RigFiles:
    files = RigFiles(tmp_path_factory.mktemp("terminal"))
    files.create()
    files.write_settings(NOWHERE, NOWHERE)
    assert installed(files, binding_document(5)).returncode == 0
    return files


def forged(files: RigFiles) -> None:
    """Signed by a key that nobody vouches for, under the name of the one that is."""
    (files.directory / "forger.key").unlink(missing_ok=True)
    forger = keys.create(files.directory / "forger.key", keys.BINDING)
    signed = issue(binding_document(6), forger)
    files.binding.write_text(json.dumps({**signed, "key_id": keys.load(files.directory / "binding.key").id}))


def by_the_backend(files: RigFiles) -> None:
    files.binding.write_text(json.dumps(issue(binding_document(6), keys.load(files.backend_key))))


def altered(files: RigFiles) -> None:
    files.sign_binding(binding_document(6))
    files.binding.write_text(files.binding.read_text().replace("898350154110001", "898440158120007"))


def malformed(files: RigFiles) -> None:
    """Rightly signed, and still no binding."""
    document = binding_document(6, limit=0)
    signer = keys.load(files.directory / "binding.key")
    signed = {"document": document, "key_id": signer.id, "signature": signer.sign(document)}
    files.binding.write_text(json.dumps(signed))


NOT_TAKEN: list[tuple[int, str, Callable[[RigFiles], object]]] = [
    (FAILED, "binding.version: 4 is not above 5", lambda files: files.sign_binding(binding_document(4))),
    (FAILED, "binding.version: 5 is not above 5", lambda files: files.sign_binding(binding_document(5, mcc="5812"))),
    (FAILED, "this terminal is", lambda files: files.sign_binding(binding_document(6, serial="JG-DEMO-0002"))),
    (FAILED, "not signed by a known binding signer", forged),
    (FAILED, "not signed by a known binding signer", by_the_backend),
    (FAILED, "not signed by a known binding signer", altered),
    (FAILED, "binding.limit: 0", malformed),
    (UNUSABLE, "no signed binding", lambda files: files.binding.write_text("{}")),
    (UNUSABLE, "no signed binding", lambda files: files.binding.write_text("[]")),
    (UNUSABLE, "no signed binding", lambda files: files.binding.write_text("")),
    (UNUSABLE, "no signed binding", lambda files: files.binding.write_text("[" * 100_000)),
    (UNUSABLE, "no signed binding", lambda files: files.binding.write_bytes(b"\xff")),
    (UNUSABLE, "no signed binding", lambda files: files.binding.unlink(missing_ok=True)),
    (FAILED, "no canonical form", lambda files: files.binding.write_text(
        '{"document": {"a": 1.5}, "key_id": "k", "signature": "00"}')),
    (FAILED, "nested too deeply", lambda files: files.binding.write_text(
        f'{{"document": {"[" * 700}{"]" * 700}, "key_id": "k", "signature": "00"}}')),
]  # fmt: skip


@pytest.mark.parametrize(("code", "said", "prepare"), NOT_TAKEN)
def test_a_binding_that_is_not_to_be_taken_leaves_the_old_one(
    at_version_five: RigFiles, code: int, said: str, prepare: Callable[[RigFiles], object]
) -> None:
    files = at_version_five
    before = {each.name: each.read_bytes() for each in files.state.iterdir()}
    prepare(files)
    done = run(files, "--install", str(files.binding))
    assert done.returncode == code
    assert said in done.stderr
    assert done.stdout == ""
    assert {each.name: each.read_bytes() for each in files.state.iterdir()} == before


def test_without_a_key_set_nothing_is_installed(files: RigFiles) -> None:
    files.key_set.unlink()
    done = installed(files)
    assert done.returncode == UNUSABLE
    assert "keys.json: the key set cannot be read" in done.stderr
    assert list(files.state.iterdir()) == []


# --- running and ending


class StateWatch:
    """What the broker keeps and says on the terminal's state topic."""

    def __init__(self, port: int) -> None:
        self._heard: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _client, _user, message: self._heard.put(json.loads(message.payload))
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_connect = lambda client, *_: client.subscribe(STATE)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert subscribed.wait(30)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def next(self) -> dict[str, Any]:
        return self._heard.get(timeout=30)

    def until(self, state: str) -> dict[str, Any]:
        while (heard := self.next())["state"] != state:
            pass
        return heard


@pytest.fixture
def states(own_rig: Rig) -> Iterator[StateWatch]:
    watch = StateWatch(int(own_rig.processes["broker"].ready["port"]))
    yield watch
    watch.stop()


def ended(rig: Rig, number: int) -> tuple[int, float]:
    """Exit code and seconds of an agent that is told to end."""
    start = time.monotonic()
    os.kill(rig.agent.pid, number)
    return rig.agent.wait(20), time.monotonic() - start


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_agent_ends_in_good_order_within_a_second(
    own_rig: Rig, states: StateWatch, number: signal.Signals
) -> None:
    online = states.until("online")
    code, took_s = ended(own_rig, number)
    assert code == 0, own_rig.agent.log.read_text()
    assert took_s < 1.0
    assert own_rig.journal()[-1].kind == "terminal.stopped"
    assert own_rig.journal()[-2].kind != "task.failed"
    offline = states.next()
    assert offline == {**online, "state": "offline"}
    kept = StateWatch(int(own_rig.processes["broker"].ready["port"]))
    assert kept.next() == offline
    kept.stop()
    assert "Traceback" not in own_rig.agent.log.read_text()


def test_a_killed_agent_is_lost_and_comes_back_in_a_later_session(own_rig: Rig, states: StateWatch) -> None:
    online = states.until("online")
    own_rig.agent.kill()
    assert states.until("lost")["session"] == online["session"]
    own_rig.start_agent()
    again = states.until("online")
    assert again["session"] > online["session"]
    assert again["journal_id"] == online["journal_id"]


def test_an_agent_that_waits_for_a_card_answers_its_till_before_it_ends(own_rig: Rig) -> None:
    answers: list[dict[str, Any]] = []
    till = own_rig.till
    paying = threading.Thread(target=lambda: answers.append(till.pay("P-1", "1.00")))
    paying.start()
    own_rig.wait_until(lambda: till.diagnosis()["POIStatus"]["GlobalStatus"] == "Busy", "the payment to begin")
    code, took_s = ended(own_rig, signal.SIGTERM)
    paying.join(10)
    assert (code, took_s < 2.0) == (0, True)
    assert answers[0]["Response"]["ErrorCondition"] == "Cancel"
    assert [entry.kind for entry in own_rig.journal()][-2:] == ["sale.failed", "terminal.stopped"]


def test_without_broker_and_acquirer_it_runs_and_ends_as_fast(own_rig: Rig) -> None:
    own_rig.agent.stop()
    own_rig.processes["broker"].stop()
    own_rig.processes["acquirer"].stop()
    own_rig.start_agent()
    assert own_rig.till.diagnosis()["POIStatus"]["GlobalStatus"] == "OK"
    answer = own_rig.till.pay("P-1", "1.00")["Response"]
    assert answer["ErrorCondition"] == "UnreachableHost"
    code, took_s = ended(own_rig, signal.SIGTERM)
    assert (code, took_s < 1.0) == (0, True)
    assert own_rig.journal()[-1].kind == "terminal.stopped"


def test_a_bad_key_set_lets_it_run_and_refuse(own_rig: Rig) -> None:
    own_rig.agent.stop()
    own_rig.files.key_set.write_text("{}")
    own_rig.start_agent()
    assert own_rig.till.diagnosis()["POIStatus"]["GlobalStatus"] == "Maintenance"
    answer = own_rig.till.pay("P-1", "1.00")["Response"]
    assert answer["ErrorCondition"] == "NotAllowed"
    assert "BINDING_KEY_UNKNOWN" in answer["AdditionalResponse"]
    assert "keys.json: " in own_rig.agent.log.read_text()
    assert own_rig.acquirer.ledger() == []


def test_the_gate_refuses_by_its_own_settings(own_rig: Rig) -> None:
    own_rig.agent.stop()
    own_rig.write_settings(gate={"reserve_kib": 1 << 32})
    own_rig.start_agent()
    answer = own_rig.till.pay("P-1", "1.00")["Response"]
    assert (answer["ErrorCondition"], answer["AdditionalResponse"]) == ("NotAllowed", "JOURNAL_SPACE")


def test_a_second_agent_on_the_same_journal_ends_with_1_and_the_first_goes_on(rig: Rig) -> None:
    done = run(rig.files)
    assert done.returncode == FAILED
    assert "another agent uses this journal; stop it first" in done.stderr
    assert rig.till.diagnosis()["POIStatus"]["GlobalStatus"] == "OK"


def test_an_altered_journal_ends_with_1_and_the_remedy(files: RigFiles) -> None:
    files.state.mkdir()
    files.journal_file.write_bytes(b"")
    done = run(files)
    assert done.returncode == FAILED
    assert "keep the file as evidence, move it away and start again" in done.stderr


def test_a_taken_port_ends_with_1_and_the_journal_tells_the_end(own_rig: Rig) -> None:
    own_rig.agent.stop()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        own_rig.write_settings(api={"port": taken.getsockname()[1]})
        start = time.monotonic()
        with pytest.raises(ProcessError, match="ended with 1 before it was ready"):
            own_rig.start_agent()
        assert time.monotonic() - start < 10
    assert own_rig.journal()[-1].kind == "terminal.stopped"
    assert "address already in use" in own_rig.agent.log.read_text().lower()
    assert "Traceback" not in own_rig.agent.log.read_text()


def test_a_running_agent_cannot_be_dumped(rig: Rig) -> None:
    limits = Path(f"/proc/{rig.agent.pid}/limits").read_text().splitlines()
    core = next(line.split() for line in limits if line.startswith("Max core file size"))
    assert core[4:6] == ["0", "0"]


def test_a_technician_clears_the_latch_of_a_terminal_that_is_stopped(own_rig: Rig) -> None:
    rig = own_rig
    rig.board.tamper("open")
    rig.wait_until(
        lambda: [e.body.get("to") for e in rig.journal() if e.kind == "lifecycle.changed"][-1] == "tampered", ""
    )
    assert run(rig.files, "--clear", "too early").returncode == FAILED, "the agent runs"
    rig.board.tamper("closed")
    rig.agent.stop()
    rig.start_agent()
    assert rig.till.pay("latched", "1.00")["Response"]["AdditionalResponse"] == "LIFECYCLE_TAMPERED"
    rig.agent.stop()
    done = run(rig.files, "--clear", "Li Lei, screw was loose")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"cleared": "tampered"}), done.stderr
    assert rig.journal()[-1].body == {"from": "tampered", "to": "active", "reason": "cleared: Li Lei, screw was loose"}
    assert run(rig.files, "--clear", "again").returncode == UNUSABLE
    rig.start_agent()
    rig.board.tap("unionpay")
    assert rig.till.pay("cleared", "1.00")["Response"]["Result"] == "Success"


def test_there_is_nothing_to_clear_without_a_journal(files: RigFiles) -> None:
    done = run(files, "--clear", "nothing")
    assert done.returncode == UNUSABLE and "never ran" in done.stderr
