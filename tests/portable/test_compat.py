"""What both interpreters must offer alike: the monotonic clock and the ports."""

import time

from agent.compat import Protocol, monotonic_ms, since_ms


def test_the_monotonic_clock_measures_milliseconds() -> None:
    started = monotonic_ms()
    time.sleep(0.03)  # the interval that is measured, not a wait for something
    elapsed = since_ms(started)
    assert isinstance(started, int)
    assert 29 <= elapsed < 5_000


def test_the_monotonic_clock_never_steps_back() -> None:
    started = monotonic_ms()
    readings = [since_ms(started) for _ in range(200)]
    assert readings == sorted(readings)
    assert readings[0] >= 0


def test_a_port_is_a_plain_class_that_an_unrelated_one_can_serve() -> None:
    class Port(Protocol):
        def answer(self) -> int:
            """A number."""

    class Served:
        def answer(self) -> int:
            return 42

    port: Port = Served()
    assert port.answer() == 42
