"""The system's clock in the forms that the core stores."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.adapters.system_clock import SystemClock
from agent.clock import NEVER, SYNCED, UNSYNCED, seconds_between

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))


def test_utc_is_now_to_the_millisecond(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    said = SystemClock(tmp_path / "mark").utc()
    assert len(said) == len("2026-11-23T03:04:05.678Z")
    assert said.endswith("Z")
    assert before - timedelta(milliseconds=1) <= datetime.fromisoformat(said) <= datetime.now(UTC)


@pytest.mark.parametrize(("days", "seconds"), [(-1, 0), (0, -60), (1, 5)])
def test_utc_counts_days_and_seconds(tmp_path: Path, days: int, seconds: int) -> None:
    before = datetime.now(UTC) + timedelta(days=days, seconds=seconds)
    said = datetime.fromisoformat(SystemClock(tmp_path / "mark").utc(days, seconds))
    assert before - timedelta(milliseconds=1) <= said <= before + timedelta(seconds=5)


def test_synced_only_while_the_mark_is_there(tmp_path: Path) -> None:
    clock = SystemClock(tmp_path / "mark")
    assert clock.state() == UNSYNCED
    clock.mark.touch()
    assert clock.state() == SYNCED
    clock.mark.unlink()
    assert clock.state() == UNSYNCED


@pytest.mark.parametrize(("zone", "days"), [("Asia/Shanghai", 0), ("Asia/Shanghai", -1), ("UTC", 1)])
def test_local_is_the_wall_clock_of_the_zone(tmp_path: Path, zone: str, days: int) -> None:
    before = datetime.now(ZoneInfo(zone)).replace(microsecond=0) + timedelta(days=days)
    said = datetime.strptime(SystemClock(tmp_path).local(zone, days), "%Y%m%d%H%M%S").replace(tzinfo=ZoneInfo(zone))
    assert before <= said <= before + timedelta(seconds=5)


def test_an_unknown_zone_is_told(tmp_path: Path) -> None:
    with pytest.raises(ZoneInfoNotFoundError, match="Mars/Olympus"):
        SystemClock(tmp_path).local("Mars/Olympus")


def test_the_time_since_the_last_setting_is_the_mark_s_age(tmp_path: Path) -> None:
    clock = SystemClock(tmp_path / "mark")
    assert clock.synced_s() == NEVER
    clock.mark.touch()
    assert clock.synced_s() in (0, 1)
    for age, said in ((3600, 3600), (-3600, 0)):
        then = time.time() - age
        os.utime(clock.mark, (then, then))
        assert clock.synced_s() in (said, said + 1)


@given(MOMENTS, MOMENTS)
def test_the_core_s_seconds_are_those_of_the_calendar(first: datetime, second: datetime) -> None:
    texts = [moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") for moment in (first, second)]
    whole = [moment.replace(microsecond=0) for moment in (first, second)]
    assert seconds_between(*texts) == (whole[1] - whole[0]).total_seconds()
