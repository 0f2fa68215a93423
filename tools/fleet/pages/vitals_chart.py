"""A terminal's vitals as lines over one time axis; where none came there is a gap."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from provisioning.texts import _
from tools.fleet.pages.elements import text
from tools.fleet.shown_vitals import READINGS, name_of
from tools.fleet.views.vitals import Course

# In the order in which they are drawn: what a terminal fails of first. Others come behind.
_FIRST = (
    "outbox_depth",
    "link_round_trip_ms",
    "wlan_signal_dbm",
    "cpu_temperature_milli_c",
    "load1_milli",
    "memory_available_kib",
    "disk_free_kib",
)
MOST = 8
_HEIGHT, _TITLE, _BOTTOM = 92, 34, 56
_LINE = "#3b82d6"
_GREY = "#8896a5"
# What is divided by to have a unit that reads well.
_UNITS = {
    "_milli_c": (1000, "°C"),
    "_milli": (1000, ""),
    "_kib": (1024, "MiB"),
    "_dbm": (1, "dBm"),
    "_ms": (1, "ms"),
    "_s": (1, "s"),
}


def chosen(courses: Sequence[Course]) -> list[Course]:
    """Those that are drawn, in order."""
    known = {course.reading: course for course in courses}
    order = [*_FIRST, *(reading for reading in READINGS if reading not in _FIRST), *sorted(set(known) - set(READINGS))]
    return [known[reading] for reading in order if reading in known][:MOST]


def height(courses: Sequence[Course]) -> int:
    """The chart's height in pixels."""
    return len(courses) * (_HEIGHT + _TITLE) + _BOTTOM


def options(courses: Sequence[Course]) -> dict[str, Any]:
    """What ECharts draws: a grid for each reading, one below the other, all over the same time."""
    times = [point[0] for course in courses for point in course.points]
    span = {"min": min(times, default=None), "max": max(times, default=None)}
    numbers = range(len(courses))
    return {
        "animation": False,
        "textStyle": {"color": _GREY},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "line"}, "renderMode": "richText"},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "dataZoom": [{"type": "slider", "xAxisIndex": list(numbers), "bottom": 8, "height": 20}],
        "title": [_heading(course, number) for number, course in enumerate(courses)],
        "grid": [{"top": _top(number), "height": _HEIGHT - 24, "left": 56, "right": 16} for number in numbers],
        "xAxis": [_time_axis(number, number == len(courses) - 1, span) for number in numbers],
        "yAxis": [_value_axis(number) for number in numbers],
        "series": [_series(course, number) for number, course in enumerate(courses)],
    }


class Chart:
    """The element that draws them; it keeps the part that somebody looks at when newer readings come."""

    def __init__(self) -> None:
        self._readings: list[str] | None = None
        self._chart: ui.echart | None = None
        self._place = ui.element("div").classes("jg-body")

    def show(self, courses: Sequence[Course]) -> None:
        """Draw `courses`."""
        drawn = chosen(courses)
        readings = [course.reading for course in drawn]
        if readings != self._readings:
            self._readings = readings
            self._build(drawn)
        elif self._chart is not None and self._chart.options["series"] != options(drawn)["series"]:
            self._chart.options.update(options(drawn))

    def _build(self, drawn: Sequence[Course]) -> None:
        self._place.clear()
        self._chart = None
        with self._place:
            if drawn:
                self._chart = ui.echart(options(drawn)).classes("jg-chart").style(f"height: {height(drawn)}px")
            else:
                text("div", _("No vitals came in this time."), "jg-empty")


def _heading(course: Course, number: int) -> dict[str, Any]:
    style = {"fontSize": 12, "fontWeight": "normal", "color": _GREY}
    return {"text": _title(course.reading), "top": _top(number) - 24, "left": 8, "textStyle": style}


def _time_axis(number: int, is_last: bool, span: dict[str, str | None]) -> dict[str, Any]:
    lines = {"axisLabel": {"show": is_last, "color": _GREY}, "axisLine": {"lineStyle": {"color": _GREY}}}
    return {"type": "time", "gridIndex": number, **span, **lines}


def _value_axis(number: int) -> dict[str, Any]:
    lines = {"axisLabel": {"color": _GREY}, "splitLine": {"lineStyle": {"color": _GREY, "opacity": 0.25}}}
    return {"type": "value", "gridIndex": number, "scale": True, "splitNumber": 2, **lines}


def _series(course: Course, number: int) -> dict[str, Any]:
    factor, _unit = _scale(course.reading)
    points = [[at, None if value is None else round(value / factor, 2)] for at, value in course.points]
    return {
        "type": "line",
        "name": _title(course.reading),
        "xAxisIndex": number,
        "yAxisIndex": number,
        "data": points,
        "connectNulls": False,
        # A reading between two gaps would be no line: it is a dot.
        "showSymbol": len(points) < 60,
        "symbolSize": 3,
        "lineStyle": {"width": 1.5, "color": _LINE},
        "itemStyle": {"color": _LINE},
    }


def _title(reading: str) -> str:
    unit = _scale(reading)[1]
    return f"{name_of(reading)} ({unit})" if unit else name_of(reading)


def _scale(reading: str) -> tuple[int, str]:
    return next((scale for suffix, scale in _UNITS.items() if reading.endswith(suffix)), (1, ""))


def _top(number: int) -> int:
    return number * (_HEIGHT + _TITLE) + _TITLE
