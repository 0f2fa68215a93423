"""Vitals become samples: numbers only, and no more often than they are worth drawing."""

import json

import pytest

from tests.tools.fleet.history.told import AT, LATER, SOON, Told


def test_a_sample_holds_what_is_drawn_and_is_known(told: Told) -> None:
    told.report(
        "vitals",
        {
            "uptime_s": 5,
            "load1_milli": 120,
            "rss_kib": -1,
            "undervoltage": True,
            "wlan_signal_dbm": -61,
            "clock": "synced",
        },
    )
    (sample,) = told.samples()
    assert sample["at"] == AT
    assert json.loads(sample["readings"]) == {"load1_milli": 120, "undervoltage": 1, "wlan_signal_dbm": -61}


@pytest.mark.parametrize(
    ("times", "kept"),
    [
        ((AT, SOON, LATER), (AT, LATER)),
        ((AT, AT), (AT,)),
        # The backend's clock was wrong, and then set.
        (("2099-01-01T00:00:00.000Z", AT, SOON), (AT, "2099-01-01T00:00:00.000Z")),
        ((AT, "2099-01-01T00:00:00.000Z", AT), (AT, "2099-01-01T00:00:00.000Z")),
    ],
)
def test_samples_are_apart(told: Told, times: tuple[str, ...], kept: tuple[str, ...]) -> None:
    for number, time in enumerate(times):
        told.report("vitals", {"load1_milli": number}, time)
    assert [sample["at"] for sample in told.samples()] == list(kept)


def test_what_the_broker_had_kept_is_none(told: Told) -> None:
    told.report("vitals", {"load1_milli": 1}, retained=True)
    assert told.samples() == []
