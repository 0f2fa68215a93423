"""The operator's keys change while a whole counter of real processes runs: nothing is restarted, nothing is lost."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from provisioning import keys
from tools.cli.fleet import app
from tools.demo.scene import Scene
from tools.fleet.rows import Command, Configuration
from tools.rig.files import FLEET, SERIAL, binding_document
from tools.rig.rig import Rig

TOPIC = f"jumpguard/1/{FLEET}/{SERIAL}/keys"


def fleet(rig: Rig, *arguments: str) -> tuple[int, str]:
    """`jumpguard fleet` at the rig's store."""
    given = [arguments[0], "--dir", str(rig.directory / "fleet"), *arguments[1:]]
    result = CliRunner().invoke(app, given, env={"COLUMNS": "200"})
    return result.exit_code, result.output


def version_told(rig: Rig) -> int:
    """The key set that the terminal told the backend of last."""
    with closing(rig.reader()) as reader:
        return next((each.version for each in reader.terminal_keys() if each.terminal == SERIAL), 0)


def handed_over(rig: Rig, key_set: Path, version: int) -> None:
    """The operator hands the set to the backend, and the terminal has it."""
    status, output = fleet(rig, "keys", str(key_set))
    assert status == 3, output
    rig.wait_until(lambda: version_told(rig) == version, f"the terminal has key set {version}")
    assert fleet(rig, "keys")[0] == 0


def restart_backend(rig: Rig) -> None:
    """The backend is started again, with the keys that it has now."""
    rig.processes["backend"].stop()
    rig.start_backend()


def sell(rig: Rig, name: str) -> None:
    """A sale goes through, and the backend acknowledges every entry of it."""
    Scene(rig, "").sell(name, "12.50", "unionpay")
    assert rig.journal()[-1].body["result"] == "approved"
    rig.wait_until_stored()


def ping(rig: Rig) -> tuple[str, str]:
    """How a command ends, and which key had signed it as the terminal wrote down."""
    status, output = fleet(rig, "command", "--json", SERIAL, "ping")
    found = Command(**json.loads(output))
    assert status == 0, found
    taken = [entry.body for entry in rig.journal() if entry.kind == "command.accepted"][-1]
    assert taken["id"] == found.id
    return found.state, str(taken["key_id"])


def configured(rig: Rig) -> Configuration:
    """What the terminal makes of the binding that was signed last."""
    status, output = fleet(rig, "configure", SERIAL, "--binding", str(rig.files.binding))
    assert status == 0, output

    def found() -> Configuration:
        with closing(rig.reader()) as reader:
            return reader.configurations(SERIAL)[0]

    rig.wait_until(lambda: found().state in ("committed", "rejected"), "the terminal decides")
    return found()


def kinds(rig: Rig, after: int = 0) -> list[str]:
    return [entry.kind for entry in rig.journal(after)]


def test_backend_key_and_binding_signer_are_replaced_while_the_terminal_sells(own_rig: Rig) -> None:
    rig, files = own_rig, own_rig.files
    rig.wait_until(lambda: version_told(rig) == 1, "the terminal tells of its first set")
    pid = rig.agent.pid
    sell(rig, "before")
    assert ping(rig) == ("succeeded", files.signer(keys.BACKEND).id)

    old_backend, old_signer = files.new_signer("backend"), files.new_signer("binding")
    restart_backend(rig)
    assert ping(rig) == ("succeeded", old_backend.id), "the terminal does not know the new one yet"
    handed_over(rig, files.sign_key_set(added=["backend", "binding"]), 2)
    assert ping(rig) == ("succeeded", files.signer(keys.BACKEND).id)
    handed_over(rig, files.sign_key_set(retired=[old_backend, old_signer]), 3)
    files.backend_keys = [files.backend_key]
    restart_backend(rig)
    assert ping(rig) == ("succeeded", files.signer(keys.BACKEND).id)

    # The committed binding was signed by who is retired: it is in force. A new one by the same is not taken.
    sell(rig, "bound by a retired signer")
    files.sign_binding(binding_document(2), old_signer)
    found = configured(rig)
    assert (found.state, found.reason) == ("rejected", "BINDING_KEY_RETIRED")
    files.sign_binding(binding_document(3))
    assert configured(rig).state == "committed"
    sell(rig, "bound by the new signer")

    # It outlives a restart, and the fleet has heard of each set.
    assert rig.agent.pid == pid
    rig.agent.stop()
    rig.start_agent()
    assert version_told(rig) == 3
    sell(rig, "after a restart")
    assert [entry.body["version"] for entry in rig.journal() if entry.kind == "keys.taken"] == [1, 2, 3]
    assert "message.refused" not in kinds(rig)
    assert rig.alarms() == []


def test_a_revoked_signer_ends_the_sales_at_once_until_another_has_signed(own_rig: Rig) -> None:
    rig, files = own_rig, own_rig.files
    rig.wait_until(lambda: version_told(rig) == 1, "the terminal tells of its first set")
    sell(rig, "before")
    old = files.new_signer("binding")
    handed_over(rig, files.sign_key_set(added=["binding"], revoked=[old]), 2)
    refused = rig.till.pay("revoked", "10.00")["Response"]
    assert (refused["ErrorCondition"], refused["AdditionalResponse"]) == ("NotAllowed", "BINDING_KEY_REVOKED")
    files.sign_binding(binding_document(2), old)
    assert configured(rig).reason == "BINDING_KEY_REVOKED"
    files.sign_binding(binding_document(2))
    assert configured(rig).state == "committed"
    sell(rig, "after")


@contextmanager
def intruder(rig: Rig) -> Iterator[Client]:
    """Whoever may publish at the broker, as a breached backend may."""
    client = Client(CallbackAPIVersion.VERSION2)
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.connect("127.0.0.1", rig.processes["broker"].ready["port"])
    client.loop_start()
    try:
        assert connected.wait(10)
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.forges
def test_a_breached_backend_brings_no_terminal_back_to_an_older_set_nor_to_one_of_its_own(own_rig: Rig) -> None:
    rig, files = own_rig, own_rig.files
    rig.wait_until(lambda: version_told(rig) == 1, "the terminal tells of its first set")
    first = files.key_set.read_bytes()
    old = files.new_signer("binding")
    second = files.sign_key_set(added=["binding"], revoked=[old])
    handed_over(rig, second, 2)
    files.sign_binding(binding_document(2))
    assert configured(rig).state == "committed"
    signed = json.loads(second.read_bytes())
    own = signed["document"] | {"version": 9}
    forged = [
        first,
        json.dumps({"document": own, "signature": signed["signature"]}).encode(),
        json.dumps({"document": own, "signature": files.signer(keys.BACKEND).sign(own)}).encode(),
        b"{",
    ]
    before = rig.journal()[-1].sequence
    with intruder(rig) as client:
        for payload in forged:
            client.publish(TOPIC, payload, qos=1, retain=True).wait_for_publish(10)
        client.publish(TOPIC, first, qos=1, retain=True).wait_for_publish(10)
        refused = ["below the one in force", "not signed by the operator root", "not JSON"]

        def told() -> list[str]:
            return [str(e.body["why"]) for e in rig.journal(before) if e.kind == "message.refused"]

        rig.wait_until(lambda: len(told()) == len(refused), "each reason is told once")
        assert all(any(word in why for why in told()) for word in refused)
        # What the broker keeps is the old set now: the terminal hears it at each start.
        rig.agent.stop()
        before = rig.journal()[-1].sequence
        rig.start_agent()
        rig.wait_until(lambda: len(told()) == 1, "it is refused again")
    rig.wait_until_stored()
    assert version_told(rig) == 2
    sell(rig, "still")
    files.sign_binding(binding_document(3), old)
    assert configured(rig).reason == "BINDING_KEY_REVOKED"


def test_files_put_back_from_before_a_rotation_sell_nothing_until_the_set_in_force_is_there_again(own_rig: Rig) -> None:
    rig, files = own_rig, own_rig.files
    rig.wait_until(lambda: version_told(rig) == 1, "the terminal tells of its first set")
    old = files.new_signer("backend")
    files.backend_keys = [files.backend_key]
    newest = files.sign_key_set(added=["backend"], retired=[old])
    # A technician brings it: the backend could not, who has but the new key, which the terminal does not know.
    rig.agent.stop()
    installed = files.key_set.read_bytes()
    files.key_set.write_bytes(newest.read_bytes())
    restart_backend(rig)
    rig.start_agent()
    rig.wait_until(lambda: version_told(rig) == 2, "the terminal has the installed set")
    sell(rig, "with the installed set")

    rig.agent.stop()
    files.key_set.write_bytes(installed)
    rig.start_agent()
    rig.wait_until(lambda: version_told(rig) == 0, "the terminal tells that it trusts none")
    refused = rig.till.pay("put back", "10.00")["Response"]
    assert (refused["ErrorCondition"], refused["AdditionalResponse"]) == ("NotAllowed", "BINDING_KEY_UNKNOWN")
    rig.wait_until(lambda: rig.alarms() == ["keys_rolled_back"], "the alarm")
    handed_over(rig, newest, 2)
    sell(rig, "with the set in force")
