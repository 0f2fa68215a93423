"""Channels: what is one, what is shown of it, and what is due to it when."""

import io
import logging
from collections.abc import Iterator

import pytest

from tests.tools.fleet.alerts.servers import Hook, Post
from tests.tools.fleet.alerts.shift import Shift
from tools.fleet.access.actor import Actor, Role
from tools.fleet.alerts import address, changes, channels, pending
from tools.fleet.alerts.pending import GATHER, Parcel
from tools.fleet.alerts.rules import Rules
from tools.fleet.errors import ForbiddenError, MissingError, OrderError
from tools.fleet.open_store import OpenStore

CHEN = Actor("chen", Role.ADMINISTRATOR)
FLAP_S = Rules().flap_s
GATHER_S = GATHER.total_seconds()


class Told:
    """One channel of a shift, and a hand that sends what is due to it."""

    def __init__(self, shift: Shift, per_hour: int = 30, severity: str = "info") -> None:
        self.shift = shift
        self.store = OpenStore(shift.store.place)
        self.store.change(channels.add, CHEN, "ops", "json://127.0.0.1:9/x", severity, "en", per_hour)

    def next(self) -> Parcel | None:
        for channel in self.store.ask(pending.channels_with_work, self.shift.now):
            return self.store.change(pending.next_parcel, channel, self.shift.now)
        return None

    def sent(self) -> list[tuple[str, str]]:
        """What the next message tells, and that it was sent; none is due when empty."""
        parcel = self.next()
        if parcel is None:
            return []
        self.store.change(pending.sent, parcel, self.shift.now)
        return [(told.what, told.kind) for told in parcel.told]

    def fails(self) -> bool:
        parcel = self.next()
        if parcel is not None:
            self.store.change(pending.not_sent, parcel, "the server answered 500", self.shift.now)
        return parcel is not None


@pytest.fixture
def told(shift: Shift) -> Iterator[Told]:
    told = Told(shift)
    yield told
    told.store.close()


def test_what_is_raised_is_told_once_and_that_it_is_over_when_it_did_not_come_back(shift: Shift, told: Told) -> None:
    shift.vitals("DISK_LOW")
    assert told.sent() == [("raised", "DISK_LOW")]
    shift.vitals("DISK_LOW")
    shift.vitals("")
    shift.seconds += FLAP_S - 1
    assert told.sent() == []
    shift.seconds += 1
    assert told.sent() == [("over", "DISK_LOW")]
    shift.seconds += 3600
    assert told.sent() == []


def test_what_flaps_is_told_once_until_it_is_over_for_good(shift: Shift, told: Told) -> None:
    shift.vitals("DISK_LOW")
    assert told.sent() == [("raised", "DISK_LOW")]
    for _ in range(3):
        shift.vitals("")
        shift.seconds += 60
        shift.vitals("DISK_LOW")
        shift.seconds += 60
        assert told.sent() == []
    shift.vitals("")
    shift.later(FLAP_S)
    assert [alert.kind for alert in shift.open() if alert.kind == "DISK_LOW"] == []
    assert ("over", "DISK_LOW") in told.sent()


def test_a_channel_hears_of_nothing_less_than_it_asked_for(shift: Shift) -> None:
    told = Told(shift, severity="warning")
    shift.vitals("MEMORY_LOW")
    assert told.sent() == []
    shift.vitals("MEMORY_LOW DISK_LOW")
    assert told.sent() == [("raised", "DISK_LOW")]
    shift.vitals("")
    shift.seconds += FLAP_S
    assert told.sent() == [("over", "DISK_LOW")]


def test_what_is_closed_by_hand_is_told_at_once(shift: Shift, told: Told) -> None:
    shift.jump("1")
    assert told.sent() == [("raised", "jump.detected")]
    told.store.change(changes.close, Actor("wang", Role.OPERATOR), [1], "seen", shift.now)
    shift.seconds += GATHER_S
    assert told.sent() == [("over", "jump.detected")]


def test_what_the_broker_hides_is_told_only_when_it_outlives_it(shift: Shift, told: Told) -> None:
    fleet = [f"JG-{number}" for number in range(6)]
    shift.told("online", *fleet)
    shift.told("lost", *fleet)
    shift.later(2)
    assert told.sent() == [("raised", "broker_down")]
    shift.later(100)
    assert told.sent() == []
    shift.told("online", *fleet[1:], session=2)
    shift.later(2)
    shift.later(Rules().lost_s)
    assert told.sent() == [("raised", "terminal_lost")]


def test_many_at_once_are_one_message_and_what_follows_closely_is_the_next(shift: Shift, told: Told) -> None:
    shift.vitals("DISK_LOW UNDERVOLTAGE CLOCK_UNSET")
    assert len(told.sent()) == 3
    for number in range(4):
        shift.vitals("DISK_LOW", terminal=f"JG-{number}")
        shift.seconds += 1
        assert told.sent() == []
    shift.seconds += GATHER_S
    assert len(told.sent()) == 4


def test_what_is_above_the_rate_is_dropped_and_summed_up_in_one_message(shift: Shift) -> None:
    told = Told(shift, per_hour=2)
    for number in range(6):
        shift.vitals("DISK_LOW", terminal=f"JG-{number}")
        assert len(told.sent()) == (number < 2)
        shift.seconds += GATHER_S
    shift.seconds += 3600 - 6 * GATHER_S
    parcel = told.next()
    assert parcel is not None
    assert (len(parcel.told), len(parcel.dropped)) == (0, 4)
    told.store.change(pending.sent, parcel, shift.now)
    shift.seconds += GATHER_S
    assert told.next() is None
    shift.vitals("CLOCK_UNSET")
    assert told.sent() == [("raised", "CLOCK_UNSET")]


def test_a_message_that_is_not_taken_is_tried_again_later_and_later_with_what_came_meanwhile(
    shift: Shift, told: Told
) -> None:
    shift.vitals("DISK_LOW")
    assert told.fails()
    shift.vitals("DISK_LOW CLOCK_UNSET")
    for wait in (10, 20, 40):
        shift.seconds += wait - 1
        assert told.next() is None
        shift.seconds += 1
        assert told.fails()
    shift.seconds += 80
    assert told.sent() == [("raised", "DISK_LOW"), ("raised", "CLOCK_UNSET")]


def test_a_message_that_nobody_takes_for_a_day_is_given_up(shift: Shift, told: Told) -> None:
    shift.vitals("DISK_LOW")
    tries = 0
    while told.fails():
        tries += 1
        shift.seconds += 600
    assert 24 * 6 <= tries < 24 * 6 + 3
    query = "SELECT state, detail FROM notifications"
    assert told.store.ask(lambda c: c.exec_driver_sql(query).all()) == [("failed", "the server answered 500")]


def test_a_kill_after_a_message_was_sent_has_it_sent_again(shift: Shift, told: Told) -> None:
    shift.vitals("DISK_LOW")
    before = told.next()
    assert before is not None
    shift.store.stop()
    shift.start_again()
    assert told.sent() == [("raised", "DISK_LOW")]


def test_a_channel_that_is_removed_is_told_nothing_that_waited(shift: Shift, told: Told) -> None:
    shift.vitals("DISK_LOW")
    told.store.change(channels.remove, CHEN, "ops", shift.now)
    told.store.change(channels.add, CHEN, "ops", "json://127.0.0.1:9/y", "info", "en", 1)
    assert told.sent() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 65},
        {"name": "ops"},
        {"severity": "bad"},
        {"language": "de"},
        {"per_hour": 0},
        {"per_hour": 1001},
        {"address": "file:///etc/passwd"},
        {"address": "slack://geheim/b/c"},
        {"address": "json://"},
        {"address": "jsons://geheim@host\n/x"},
        {"address": "json://h/" + "x" * 1000},
    ],
)
def test_a_channel_that_is_none_is_refused_without_its_address(told: Told, wrong: dict[str, object]) -> None:
    good: dict[str, object] = {
        "name": "more",
        "address": "json://h/x",
        "severity": "info",
        "language": "en",
        "per_hour": 1,
    }
    with pytest.raises(OrderError) as refused:
        told.store.change(channels.add, CHEN, **(good | wrong))  # type: ignore[arg-type]
    assert "geheim" not in str(refused.value)
    told.store.change(channels.add, CHEN, **good)  # type: ignore[arg-type]


def test_only_an_administrator_sees_to_channels(told: Told) -> None:
    wang = Actor("wang", Role.OPERATOR)
    with pytest.raises(ForbiddenError):
        told.store.change(channels.add, wang, "more", "json://h/x", "info", "en", 1)
    with pytest.raises(ForbiddenError):
        told.store.change(channels.remove, wang, "ops", "2026-11-26T10:00:00.000Z")
    with pytest.raises(MissingError, match="there is none"):
        told.store.change(channels.remove, CHEN, "other", "2026-11-26T10:00:00.000Z")
    assert [channel.name for channel in told.store.ask(channels.every)] == ["ops"]
    assert "9/x" not in repr(told.store.ask(channels.every))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("jsons://u:geheim@hooks.example:8443/geheim?token=geheim", "jsons://hooks.example:8443/…"),
        ("mailtos://wang:geheim@mail.example?to=geheim@x.example", "mailtos://mail.example/…"),
        ("wecombot://geheim-geheim", "wecombot://…"),
        ("dingtalk://geheim0123456789abcdef01234567/", "dingtalk://…"),
        ("dingtalk://geheim@geheim0123456789abcdef01234567/", "dingtalk://…"),
    ],
)
def test_an_address_is_good_and_shown_without_its_secrets(given: str, shown: str) -> None:
    address.check(given)
    assert address.masked(given) == shown


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the backend's log would have, at its most talkative."""
    log = io.StringIO()
    handler, root = logging.StreamHandler(log), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield log
    root.setLevel(before)
    root.removeHandler(handler)


def test_a_message_goes_to_a_web_address_and_by_mail_and_names_no_other_host(log: io.StringIO) -> None:
    hook, post = Hook(), Post()
    assert address.send(f"json://127.0.0.1:{hook.port}/geheim", "T 终端", "a <b>b</b>\nc") == ""
    taken = hook.next()
    assert (taken["title"], taken["message"]) == ("T 终端", "a <b>b</b>\nc")
    assert "http" not in str(taken)
    mail = f"mailto://127.0.0.1:{post.port}?from=jg@fleet.example&to=wang@shop.example&mode=insecure"
    assert address.send(mail, "T 终端", "a <b>b</b>\nc") == ""
    letter = post.next()
    assert (letter["from"], letter["to"], letter["subject"]) == ("jg@fleet.example", ["wang@shop.example"], "T 终端")
    assert letter["text"].split() == ["a", "<b>b</b>", "c"]
    hook.status = 302
    assert address.send(f"json://127.0.0.1:{hook.port}/geheim", "T", "b") == "the server answered 302"
    hook.next()
    assert hook.taken.empty(), "it followed"
    hook.stop()
    post.stop()
    gone = f"json://127.0.0.1:{hook.port}/geheim"
    assert address.send(gone, "T", "b") == "there is no connection, or it broke off"
    assert "JSON" not in log.getvalue()
