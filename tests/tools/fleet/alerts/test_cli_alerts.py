"""`jumpguard fleet alerts`, `acknowledge`, `assign` and `channels` at the desk."""

import json

import pytest
from typer.testing import CliRunner

from tests.tools.fleet.alerts.servers import Hook
from tests.tools.fleet.alerts.shift import TERMINAL, Shift
from tools.cli.fleet import app
from tools.fleet.access.tables import audit
from tools.fleet.open_store import OpenStore


def run(shift: Shift, *arguments: str, said: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(
        app, [*arguments, "--dir", str(shift.directory)], input=said, env={"COLUMNS": "250", "LC_ALL": "C.UTF-8"}
    )
    return result.exit_code, result.output


def test_alerts_are_listed_the_worst_first_with_what_to_do(shift: Shift) -> None:
    assert run(shift, "alerts", "--language", "en") == (0, "No alert is open.\n")
    shift.vitals("DISK_LOW")
    shift.jump("7\x1b[2J[red]")
    status, output = run(shift, "alerts", "--language", "en")
    lines = output.splitlines()
    assert status == 0 and "jump.detected" in lines[1] and "DISK_LOW" in lines[2]
    assert "critical" in lines[1] and "sale 7\ufffd[2J[red]: mid" in lines[1]
    assert "Report the jump to the acquirer" in output
    status, output = run(shift, "alerts", "--language", "zh_CN", "--severity", "warning")
    assert "警告" in output and "jump.detected" not in output
    status, output = run(shift, "alerts", "--json", "--kind", "jump.detected", "--language", "zh_CN")
    (alert,) = map(json.loads, output.splitlines())
    assert (alert["terminal"], alert["id"], alert["times"]) == (TERMINAL, 2, 1) and not alert["meaning"].isascii()
    assert run(shift, "alerts", "--state", "bad")[0] == 1


def test_alerts_are_acknowledged_and_assigned_by_the_account_that_does_it(shift: Shift) -> None:
    shift.jump("7")
    assert run(shift, "acknowledge", "1") == (0, '{"acknowledged": [1]}\n')
    assert run(shift, "assign", "1", "--to", "Wang") == (0, '{"assigned": [1], "to": "Wang"}\n')
    (alert,) = shift.open()
    assert (alert.acknowledged_by or "").startswith("cli:") and alert.assignee == "Wang"
    assert run(shift, "assign", "1", "--to", "")[0] == 0
    assert shift.open()[0].assignee is None
    status, output = run(shift, "acknowledge", "1", "2")
    assert status == 1 and "alert 2: there is none" in output
    store = OpenStore(shift.store.place)
    noted = store.ask(lambda connection: connection.execute(audit.select()).first())
    assert noted is not None and noted.by == alert.acknowledged_by


def test_a_channel_is_added_tried_and_removed_and_its_address_stays_secret(shift: Shift) -> None:
    hook = Hook()
    address = f"json://geheim@127.0.0.1:{hook.port}/geheim"
    status, output = run(shift, "channels", "add", "ops", "--address-file", "-", "--language", "en", said=address)
    assert (status, json.loads(output)["address"]) == (0, f"json://127.0.0.1:{hook.port}/…")
    assert "geheim" not in run(shift, "channels", "list")[1]
    assert json.loads(run(shift, "channels", "list", "--json")[1])["per_hour"] == 30
    assert run(shift, "channels", "test", "ops") == (0, '{"sent": "ops"}\n')
    assert hook.next()["message"] == "JumpGuard: ops"
    hook.status = 403
    status, output = run(shift, "channels", "test", "ops")
    assert status == 1 and "the server answered 403" in output and "geheim" not in output
    hook.stop()
    assert run(shift, "channels", "remove", "ops")[0] == 0
    assert run(shift, "channels", "list", "--json") == (0, "")
    assert run(shift, "channels", "test", "ops")[0] == 1


@pytest.mark.parametrize("address", ["geheim://geheim", "json://geheim\n@x"])
def test_an_address_that_is_none_is_refused_and_not_quoted(shift: Shift, address: str) -> None:
    status, output = run(shift, "channels", "add", "ops", "--address-file", "-", said=address)
    assert status == 1 and "mailtos" in output and "geheim" not in output
    status, output = run(shift, "channels", "add", "ops", "--address-file", str(shift.directory / "none"))
    assert status == 1 and "none" in output
