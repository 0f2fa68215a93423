"""Messages as the backend sends them: in its own time, to real servers, over their faults and its own end."""

import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import pytest

from tests.tools.fleet.alerts.servers import Hook, Post
from tests.tools.fleet.alerts.shift import TERMINAL, Shift
from tests.tools.fleet.process import BackendProcess
from tests.tools.fleet.publisher import Publisher, wait_until
from tools.broker import Broker
from tools.fleet.access.actor import Actor, Role
from tools.fleet.alerts import channels, letters, messenger, rules
from tools.fleet.alerts.letters import Told
from tools.fleet.alerts.messenger import Messenger
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place
from tools.fleet.times import utc_now
from tools.fleet.views import alerts as views
from tools.fleet.views.found import Page

CHEN = Actor("chen", Role.ADMINISTRATOR)


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.stop()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The messenger looks all the time."""
    monkeypatch.setattr(messenger, "LOOK_SECONDS", 0.02)


@pytest.fixture
def today(tmp_path: Path) -> Iterator[Shift]:
    shift = Shift(tmp_path, utc_now())
    yield shift
    shift.store.stop()


@pytest.fixture
def running(today: Shift, soon: None) -> Iterator[Messenger]:
    messenger = Messenger(Place(today.directory), "demo", lambda: None)
    messenger.start()
    yield messenger
    messenger.stop()


def tell(shift: Shift, name: str, address: str, language: str = "en") -> None:
    store = OpenStore(shift.store.place)
    store.change(channels.add, CHEN, name, address, "warning", language, 30)
    store.close()


def states(shift: Shift) -> list[tuple[str, int]]:
    store = OpenStore(shift.store.place)
    query = "SELECT state, tries FROM notifications ORDER BY id"
    found = store.ask(lambda connection: [tuple(row) for row in connection.exec_driver_sql(query)])
    store.close()
    return found


def test_each_channel_is_told_in_its_language(today: Shift, running: Messenger, hook: Hook) -> None:
    post = Post()
    mail = f"mailto://127.0.0.1:{post.port}?from=jg@fleet.example&to=wang@shop.example&mode=insecure"
    tell(today, "hook", f"json://127.0.0.1:{hook.port}/x")
    tell(today, "mail", mail, "zh_CN")
    today.jump("7")
    said = hook.next()
    assert said["title"] == f"[demo] critical: jump.detected, {TERMINAL}, raised"
    assert "sale 7: mid" in said["message"] and "Report the jump to the acquirer" in said["message"]
    letter = post.next()
    assert letter["subject"] == f"[demo] 严重: jump.detected, {TERMINAL}, 发生"
    assert "sale 7: mid" in letter["text"] and "Report" not in letter["text"]
    wait_until(lambda: states(today) == [("sent", 0)] * 2, "that both are sent")
    post.stop()


def test_a_slow_server_holds_up_neither_the_others_nor_what_is_written(
    today: Shift, running: Messenger, hook: Hook
) -> None:
    slow = Hook()
    slow.hold.clear()
    tell(today, "slow", f"json://127.0.0.1:{slow.port}/x")
    tell(today, "hook", f"json://127.0.0.1:{hook.port}/x")
    today.vitals("DISK_LOW")
    slow.next()
    hook.next()
    begun = time.monotonic()
    today.vitals("CLOCK_UNSET", terminal="JG-TEST-0002")
    assert time.monotonic() - begun < 2
    wait_until(lambda: states(today)[1] == ("sent", 0), "that the other one is sent")
    assert states(today)[0] == ("waiting", 0) and slow.taken.empty(), "not sent twice while it is on its way"
    slow.hold.set()
    wait_until(lambda: states(today)[0] == ("sent", 0), "that the slow one is sent")
    slow.stop()


def test_a_broken_server_is_tried_again_and_no_secret_is_logged(
    today: Shift, running: Messenger, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    hook.status = 503
    tell(today, "hook", f"json://geheim:geheim@127.0.0.1:{hook.port}/geheim")
    today.vitals("DISK_LOW")
    hook.next()
    wait_until(lambda: states(today) == [("waiting", 1)], "that it is to be tried again")
    hook.status = 200
    _make_due(today)
    assert "DISK_LOW" in hook.next()["message"]
    wait_until(lambda: states(today) == [("sent", 1)], "that it is sent")
    assert "channel hook: not sent, and tried again: the server answered 503" in caplog.text
    assert not [record for record in caplog.records if record.name != "apprise" and "geheim" in record.getMessage()]


def test_what_waits_when_the_backend_ends_is_sent_by_the_next_one(today: Shift, soon: None, hook: Hook) -> None:
    tell(today, "hook", f"json://127.0.0.1:{hook.port}/x")
    today.vitals("DISK_LOW")
    with pytest.raises(Empty):
        hook.taken.get(timeout=0.1)
    following = Messenger(Place(today.directory), "demo", lambda: None)
    following.start()
    hook.next()
    following.stop()


def _make_due(shift: Shift) -> None:
    store = OpenStore(shift.store.place)
    store.change(lambda connection: connection.exec_driver_sql("UPDATE notifications SET due_at = at"))
    store.close()


def test_a_backend_tells_of_an_alert_over_its_own_kill(
    shared_broker: Broker, key_file: Path, tmp_path: Path, hook: Hook
) -> None:
    backend = BackendProcess(tmp_path / "store", shared_broker.port, key_file).start()
    store = OpenStore(Place(backend.directory))
    store.change(channels.add, CHEN, "ops", f"json://geheim@127.0.0.1:{hook.port}/geheim", "warning", "en", 30)
    hook.hold.clear()
    publisher = Publisher(shared_broker.port, "JG-TOLD-0001").start()
    publisher.send("vitals", {"alarms": "UNDERVOLTAGE"})
    assert "UNDERVOLTAGE" in hook.next()["message"]
    backend.kill()
    hook.hold.set()
    backend.start()
    assert "UNDERVOLTAGE" in hook.next()["message"], "nobody had noted that it was sent"
    publisher.stop()
    store.close()
    assert backend.terminate() == 0
    assert "geheim" not in backend.log.read_text()


def test_a_message_about_many_is_short_and_whatever_a_terminal_said_is_plain() -> None:
    many = [Told("raised", "2026-11-26T10:00:00.000Z", f"T{n}", "DISK_LOW", "warning", "\x1b[2J" + "x" * 999)
            for n in range(30)]  # fmt: skip
    over = Told("over", "2026-11-26T10:00:01.000Z", "", "broker_down", "critical", "")
    assert letters.title("demo", [*many, over], 0) == "[demo] 30 alerts raised, 1 over"
    body = letters.body([*many, over], 7, 30)
    assert "and 11 more" in body and "7 further messages were left out" in body
    assert len(body) < 8000 and "\x1b" not in body and body.count("The disk") <= 1
    assert letters.title("demo", [over], 0) == "[demo] critical: broker_down, backend, over"


def test_a_backend_whose_broker_is_gone_says_so_until_it_is_back(key_file: Path, tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    broker.start()
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / rules.FILE_NAME).write_text("broker_s = 1\n")
    backend = BackendProcess(tmp_path / "store", broker.port, key_file).start()
    store = OpenStore(Place(backend.directory))

    def down() -> list[bool]:
        filters = views.Filters("all", kind="broker_down")
        return [not line.cleared_at for line in store.ask(views.listed, filters, Page()).items]

    assert down() == []
    broker.stop()
    wait_until(lambda: down() == [True], "the alert")
    broker.start()
    wait_until(lambda: down() == [False], "its end")
    assert backend.terminate() == 0
    store.close()
    broker.stop()
