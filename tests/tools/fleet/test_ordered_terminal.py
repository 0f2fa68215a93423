"""Orders at the desk, through the real backend and broker, at a real terminal."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from agent.command.types import TYPES
from provisioning import texts
from tools.cli.fleet import app
from tools.cli.fleet_orders import STILL_OPEN
from tools.demo.scene import Scene
from tools.fleet.rows import Configuration
from tools.fleet.store import Reader
from tools.rig.files import FLEET, MID, OTHER_MID, SERIAL, binding_document
from tools.rig.rig import Rig

RESTART_WANTED = 3
SOURCE = f"jumpguard/1/{FLEET}/{SERIAL}"


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    texts.use(texts.ENGLISH)


def fleet(rig: Rig, command: str, *arguments: str) -> tuple[int, str]:
    """`jumpguard fleet` at the rig's store."""
    given = [command, "--dir", str(rig.directory / "fleet"), *arguments]
    result = CliRunner().invoke(app, given, env={"COLUMNS": "200"})
    return result.exit_code, result.output


def commanded(rig: Rig, *arguments: str) -> tuple[int, dict[str, Any]]:
    """A command to the rig's terminal: exit code and what became of it."""
    status, output = fleet(rig, "command", "--json", SERIAL, *arguments)
    found: dict[str, Any] = json.loads(output)
    return status, found


def configuration(rig: Rig) -> Configuration:
    return Reader(rig.directory / "fleet").configurations(SERIAL)[0]


def configured(rig: Rig, *arguments: str) -> Configuration:
    """The terminal's configuration once it has decided about what is ordered by `arguments`."""
    status, output = fleet(rig, "configure", SERIAL, *arguments)
    assert status == 0, output
    rig.wait_until(lambda: configuration(rig).state in ("committed", "rejected"), "the terminal decides")
    return configuration(rig)


def test_a_terminal_answers_does_and_explains(own_rig: Rig) -> None:
    rig = own_rig  # its latest jump is explained, and other tests of a shared counter have had theirs
    status, found = commanded(rig, "ping")
    assert (status, found["state"], found["result"]) == (0, "succeeded", "{}")
    assert commanded(rig, "sign_on")[0] == 0
    assert commanded(rig, "set_vitals_period", "--arg", "seconds=60")[0] == 0
    assert json.loads(commanded(rig, "diagnosis")[1]["result"])["codes"] == []
    bundle = json.loads(commanded(rig, "diagnostics")[1]["result"])
    assert bundle["settings"]["terminal"]["serial"] == SERIAL and bundle["entries"]
    status, found = commanded(rig, "unlock", "--arg", "reason=by mistake")
    assert (status, found["state"], found["code"]) == (1, "failed", "NOT_ALLOWED")
    status, output = fleet(rig, "commands", "--terminal", SERIAL)
    assert status == 0 and "set_vitals_period" in output and "NOT_ALLOWED" in output
    assert "NOT_ALLOWED: The terminal's state does not allow it" in output
    status, output = fleet(rig, "commands", "--terminal", SERIAL, "--language", "zh_CN")
    assert status == 0 and "失败" in output and "NOT_ALLOWED: 终端当前状态不允许" in output


def test_a_text_that_looks_like_a_number_is_a_text(rig: Rig) -> None:
    assert commanded(rig, "lock", "--arg", "reason=12")[0] == 0
    status, output = fleet(rig, "command", SERIAL, "unlock", "--arg", "reason=true", "--language", "zh_CN")
    assert status == 0 and "成功" in output
    changes = [entry.body["reason"] for entry in rig.journal() if entry.kind == "lifecycle.changed"]
    assert changes[-2:] == ["12", "true"]


def test_an_order_to_nobody_is_an_error_and_one_to_who_is_away_waits_for_him(own_rig: Rig) -> None:
    for arguments in (["command", "JG-OTHER-0002", "ping"], ["renew", "JG-OTHER-0002"]):
        status, output = fleet(own_rig, *arguments)
        assert status == 1 and "terminal 'JG-OTHER-0002': the backend never heard of it" in output
    status, output = fleet(own_rig, "configure", "JG-OTHER-0002", "--set", "link.vitals_period_s=60")
    assert status == 1 and "never heard of it" in output
    own_rig.agent.stop()
    reader = Reader(own_rig.directory / "fleet")
    own_rig.wait_until(lambda: reader.terminals()[0].presence == "offline", "it has gone")
    status, output = fleet(own_rig, "command", SERIAL, "ping", "--language", "en")
    assert status == STILL_OPEN and "ping" in output and ": open" in output
    assert f"{SERIAL} is offline, last seen 20" in output and "sent when it comes back. It counts until" in output
    status, output = fleet(own_rig, "configure", SERIAL, "--set", "link.vitals_period_s=60", "--language", "zh_CN")
    assert status == 0 and "待其恢复后下发" in output
    own_rig.start_agent()
    own_rig.wait_until(lambda: reader.commands(SERIAL)[0].state == "succeeded", "it came back")


def test_the_help_names_every_command_and_what_can_be_set() -> None:
    for command, names in (("command", TYPES), ("configure", ("link.vitals_period_s",))):
        output = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "250"}).output
        assert all(name in output for name in names), output


def test_a_terminal_whose_link_has_no_certificate_renews_none(rig: Rig) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    for arguments in (["renew_certificate"], ["install_certificate", "--arg", f"certificate={pem}"]):
        status, found = commanded(rig, *arguments)
        assert (status, found["state"], found["code"]) == (1, "failed", "NOT_ALLOWED"), arguments


def test_a_locked_terminal_refuses_until_it_is_unlocked(rig: Rig) -> None:
    rig.board.tap("unionpay")
    assert commanded(rig, "lock", "--arg", "reason=stolen")[0] == 0
    refused = rig.till.pay("locked", "10.00")["Response"]
    assert refused["AdditionalResponse"] == "LIFECYCLE_LOCKED"
    _, found = commanded(rig, "diagnosis")
    assert json.loads(found["result"])["codes"][0] == "LIFECYCLE_LOCKED"
    assert commanded(rig, "unlock", "--arg", "reason=found")[0] == 0
    assert rig.till.pay("unlocked", "10.00")["Response"]["Result"] == "Success"
    changes = [entry.body["reason"] for entry in rig.journal() if entry.kind == "lifecycle.changed"]
    assert changes[-2:] == ["stolen", "found"]


def test_a_restart_ends_in_good_order_and_the_next_run_says_so(own_rig: Rig) -> None:
    status, found = commanded(own_rig, "restart", "--wait", "0")
    assert (status, found["state"]) == (3, "open")
    assert own_rig.agent.wait() == RESTART_WANTED
    before = own_rig.journal()[-1].sequence
    assert own_rig.journal()[-1].kind == "terminal.stopped"
    own_rig.start_agent()

    reader = Reader(own_rig.directory / "fleet")
    own_rig.wait_until(lambda: reader.commands(SERIAL)[0].state == "succeeded", "the restart is told")
    assert [entry.kind for entry in own_rig.journal(before)].count("command.ended") == 1
    assert own_rig.agent.alive


@contextmanager
def eavesdropper(rig: Rig) -> Iterator[tuple[Client, list[MQTTMessage]]]:
    """Somebody at the broker who hears all that terminal and backend say, and may say the same."""
    heard: list[MQTTMessage] = []
    client = Client(CallbackAPIVersion.VERSION2)
    subscribed: list[bool] = []
    client.on_connect = lambda client, *_: client.subscribe(f"{SOURCE}/#")
    client.on_subscribe = lambda *_: subscribed.append(True)
    client.on_message = lambda _client, _user, message: heard.append(message)
    client.connect("127.0.0.1", rig.processes["broker"].ready["port"])
    client.loop_start()
    try:
        rig.wait_until(lambda: bool(subscribed), "the eavesdropper listens")
        yield client, heard
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.forges
def test_what_is_played_again_or_forged_changes_nothing_and_is_reported(own_rig: Rig) -> None:
    with eavesdropper(own_rig) as (client, heard):
        assert commanded(own_rig, "lock", "--arg", "reason=first")[0] == 0
        assert commanded(own_rig, "unlock", "--arg", "reason=second")[0] == 0
        orders = [message for message in heard if "/cmd/lock/" in message.topic and "status" not in message.topic]
        entries = len(own_rig.journal())
        client.publish(orders[0].topic, orders[0].payload)
        other = json.loads(orders[0].payload) | {"id": "0000000000000000"}
        client.publish(f"{SOURCE}/cmd/lock/0000000000000000", json.dumps(other))
        client.publish(f"{SOURCE}/config/desired", json.dumps({"format": "jumpguard.config/1"}))
        client.publish(f"{SOURCE}/event/ack", b"{}")
        own_rig.wait_until(
            lambda: [e.kind for e in own_rig.journal(entries)].count("message.refused") == 3, "three refusals"
        )
        own_rig.wait_until_stored()
    why = [str(e.body["why"]).partition(":")[0] for e in own_rig.journal(entries) if e.kind == "message.refused"]
    assert sorted(why) == ["acknowledgement", "command", "configuration"]
    assert [e.kind for e in own_rig.journal(entries)] == ["message.refused"] * 3, "the command that was known ran not"
    own_rig.board.tap("unionpay")
    assert own_rig.till.pay("still", "10.00")["Response"]["Result"] == "Success"


@pytest.mark.forges
def test_what_a_swapped_card_has_forgotten_is_not_done_again(own_rig: Rig) -> None:
    rig = own_rig
    with eavesdropper(rig) as (client, heard):
        assert commanded(rig, "lock", "--arg", "reason=first", "--lasts", "3600")[0] == 0
        assert commanded(rig, "unlock", "--arg", "reason=second")[0] == 0
        # The backend may have sent it twice: the terminal told its new state before that the command had ended.
        order, *_ = [message for message in heard if "/cmd/lock/" in message.topic and "status" not in message.topic]
        rig.agent.stop()
        rig.files.state.rename(rig.directory / "old")
        rig.files.state.mkdir(mode=0o700)
        rig.files.clock_mark.unlink()
        rig.install_binding()
        before = len(heard)
        rig.start_agent()
        rig.wait_until(lambda: any(m.topic == f"{SOURCE}/info" for m in heard[before:]), "the terminal listens")

        def told() -> list[str]:
            statuses = [m.payload for m in heard[before:] if m.topic == f"{order.topic}/status"]
            return [json.loads(payload)["code"] for payload in statuses]

        client.publish(order.topic, order.payload)
        rig.wait_until(lambda: told() == ["COUNTER_UNKNOWN"], "it is refused while nobody knows the time")
        rig.files.clock_mark.touch()
        rig.wait_until(lambda: any(e.kind == "command.floor" for e in rig.journal()), "a clock that was set is noticed")
        client.publish(order.topic, order.payload)
        rig.wait_until(lambda: told() == ["COUNTER_UNKNOWN", "COUNTER_OLD"], "it is refused as older than the journal")
        assert commanded(rig, "ping")[0] == 0
    assert [e.body["to"] for e in rig.journal() if e.kind == "lifecycle.changed"] == ["active"]
    assert [e.kind for e in rig.journal()].count("message.refused") == 2


def signed(rig: Rig, **changes: object) -> Path:
    """A new binding for the rig's terminal, as its signer signed it."""
    rig.files.sign_binding(binding_document(**changes))  # type: ignore[arg-type]
    return rig.files.binding


def test_a_binding_from_afar_comes_into_force_and_outlives_a_restart(own_rig: Rig) -> None:
    own_rig.board.tap("unionpay")
    found = configured(own_rig, "--binding", str(signed(own_rig, version=2, limit=500)))
    assert (found.state, found.reported) == ("committed", found.version)
    assert own_rig.till.pay("small", "5.00")["Response"]["Result"] == "Success"
    assert own_rig.till.pay("large", "5.01")["Response"]["AdditionalResponse"] == "AMOUNT_OVER_LIMIT"
    own_rig.agent.kill()
    before = own_rig.journal()[-1].sequence
    own_rig.start_agent()
    own_rig.wait_until(lambda: any(e.kind == "acquirer.signed_on" for e in own_rig.journal(before)), "the sign-on")
    assert own_rig.till.pay("large-2", "5.01")["Response"]["AdditionalResponse"] == "AMOUNT_OVER_LIMIT"
    kinds = [entry.kind for entry in own_rig.journal() if entry.kind.startswith("config.")]
    assert kinds == ["config.pending", "config.trial", "config.committed"]
    status, output = fleet(own_rig, "configurations")
    assert status == 0 and "committed" in output


def test_a_merchant_that_the_acquirer_does_not_know_for_this_terminal_is_not_taken(own_rig: Rig) -> None:
    own_rig.board.tap("unionpay")
    found = configured(own_rig, "--binding", str(signed(own_rig, version=2, mid=OTHER_MID)))
    assert (found.state, found.reason) == ("rejected", "TRIAL_FAILED"), found
    answer = own_rig.till.pay("as-before", "5.00")
    assert answer["PaymentResult"]["PaymentAcquirerData"]["MerchantID"] == MID
    found = configured(own_rig, "--binding", str(signed(own_rig, version=1, limit=1)))
    assert (found.state, found.reason) == ("rejected", "BINDING_NOT_NEWER")


def test_a_terminal_killed_at_any_step_of_a_change_ends_it(own_rig: Rig) -> None:
    for number, kind in enumerate(("config.pending", "config.trial", "config.committed")):
        version = number + 2
        own_rig.acquirer.reset()
        own_rig.board.remove()
        before = own_rig.journal()[-1].sequence
        fleet(own_rig, "configure", SERIAL, "--binding", str(signed(own_rig, version=version, limit=version * 100)))
        own_rig.wait_until(lambda: any(e.kind == kind for e in own_rig.journal(before)), kind)  # noqa: B023
        own_rig.agent.kill()
        own_rig.start_agent()
        own_rig.wait_until(lambda: configuration(own_rig).state == "committed", f"killed at {kind}: it is committed")
        assert [e.kind for e in own_rig.journal(before)].count("config.committed") == 1
        own_rig.board.tap("unionpay")
        over = own_rig.till.pay(f"over-{number}", f"{version}.01")["Response"]
        assert over["AdditionalResponse"] == "AMOUNT_OVER_LIMIT", over


def test_settings_from_afar(rig: Rig) -> None:
    found = configured(rig, "--set", "link.vitals_period_s=300")
    assert found.state == "committed"
    found = configured(rig, "--set", "acquirer.host=evil.example")
    assert (found.state, found.reason) == ("rejected", "SETTING_FIXED")
    status, output = fleet(rig, "configurations", "--language", "zh_CN")
    assert status == 0 and "已拒绝" in output and "SETTING_FIXED: 该配置中有一项设置不允许远程修改。" in output
    assert configured(rig, "--set", "link.vitals_period_s=60").state == "committed"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("configure", SERIAL), "nothing to configure"),
        (("configure", SERIAL, "--set", "vitals=1"), "is not SECTION.KEY=VALUE"),
        (("configure", SERIAL, "--set", "link.vitals_period_s"), "is not NAME=VALUE"),
        (("command", SERIAL, "lock", "--arg", "reason"), "is not NAME=VALUE"),
        (("command", "no/name", "ping"), "a name is not 1 to 64"),
        (("command", SERIAL, "format_disk"), "no command of the type 'format_disk'"),
        (("command", SERIAL, "lock"), "lock: $ breaks required"),
        (("command", SERIAL, "ping", "--arg", "more=1"), "ping: $ breaks additionalProperties"),
        (("command", SERIAL, "set_vitals_period", "--arg", "seconds=1"), "set_vitals_period: $.seconds breaks minimum"),
    ],
)
def test_what_is_typed_wrong_is_told(rig: Rig, arguments: tuple[str, ...], said: str) -> None:
    status, output = fleet(rig, *arguments)
    assert status == 1 and said in output


def test_a_binding_for_another_terminal_is_not_even_ordered(rig: Rig, tmp_path: Path) -> None:
    file = tmp_path / "binding.json"
    for content, said in (("{}", "no signed binding"), ("", "no signed binding")):
        file.write_text(content)
        status, output = fleet(rig, "configure", SERIAL, "--binding", str(file))
        assert status == 1 and said in output
    document = binding_document(serial="JG-OTHER-0002")
    file.write_text(json.dumps({"document": document, "key_id": "k", "signature": "00" * 64}))
    status, output = fleet(rig, "configure", SERIAL, "--binding", str(file))
    assert status == 1 and "is for JG-OTHER-0002" in output.replace("\n", "")


def test_a_sale_under_way_is_not_disturbed_by_a_change(own_rig: Rig) -> None:
    scene = Scene(own_rig, "")
    selling = scene.begin("waiting", "5.00")
    own_rig.wait_until(lambda: own_rig.till.diagnosis()["POIStatus"]["GlobalStatus"] == "Busy", "the sale waits")
    fleet(own_rig, "configure", SERIAL, "--binding", str(signed(own_rig, version=2, limit=100)))
    own_rig.wait_until(lambda: configuration(own_rig).state == "pending", "the change waits")
    own_rig.board.tap("unionpay")
    selling.join(10)
    status = own_rig.till.status("waiting")["RepeatedMessageResponse"]["RepeatedResponseMessageBody"]
    assert status["PaymentResponse"]["Response"]["Result"] == "Success", "under the limit that it began with"
    own_rig.wait_until(lambda: configuration(own_rig).state == "committed", "the change is made")
