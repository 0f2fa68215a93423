"""Trace numbers: none is used twice within a batch, whatever was restarted or put back."""

from agent.sale.traces import Traces

LAST = 999999


def test_numbers_begin_with_one_and_follow_each_other() -> None:
    traces = Traces(0)
    assert [traces.next() for _ in range(3)] == [("000001", "000001"), ("000002", "000001"), ("000003", "000001")]


def test_after_the_last_number_the_next_batch_begins() -> None:
    traces = Traces(LAST - 1)
    assert [traces.next() for _ in range(2)] == [("999999", "000001"), ("000001", "000002")]
    traces = Traces(LAST * LAST - 1)
    assert [traces.next() for _ in range(2)] == [("999999", "999999"), ("000001", "000001")]


def test_two_runs_never_meet_although_neither_knows_of_the_other() -> None:
    used = []
    for _ in range(50):
        traces = Traces()
        used.extend([traces.next() for _ in range(100)])
    assert len(set(used)) == len(used)
    for number in (number for pair in used for number in pair):
        assert len(number) == 6
        assert "000001" <= number <= "999999"


def test_runs_begin_all_over_the_range() -> None:
    batches = [int(Traces().next()[1]) for _ in range(60)]
    assert min(batches) < 250_000
    assert max(batches) > 750_000
