"""Each time that a terminal came to stand otherwise is kept."""

from tests.tools.fleet.history.told import AT, LATER, SOON, Told


def stood(told: Told) -> list[tuple[object, ...]]:
    return [(row["at"], row["presence"], row["lifecycle"], row["session"]) for row in told.connections()]


def test_every_change_of_presence_lifecycle_or_session_is_one(told: Told) -> None:
    told.state("online", 1, AT)
    told.state("online", 1, SOON)
    told.state("online", 1, SOON, lifecycle="locked")
    told.state("lost", 1, LATER, lifecycle="locked")
    told.state("online", 2, LATER)
    assert stood(told) == [
        (AT, "online", "active", 1),
        (SOON, "online", "locked", 1),
        (LATER, "lost", "locked", 1),
        (LATER, "online", "active", 2),
    ]
    assert {row["boot_id"] for row in told.connections()} == {"boot-1"}


def test_an_old_will_is_none_and_a_sign_of_life_is_one(told: Told) -> None:
    told.state("online", 2, AT)
    told.state("lost", 1, SOON)
    assert len(stood(told)) == 1
    told.state("lost", 2, SOON)
    told.report("vitals", {"uptime_s": 5}, LATER)
    assert stood(told)[1:] == [(SOON, "lost", "active", 2), (LATER, "online", "active", 2)]


def test_one_that_only_sends_events_is_online_and_more_is_not_known(told: Told) -> None:
    told.entry("terminal.started", {}, AT)
    assert stood(told) == [(AT, "online", "", 0)]
