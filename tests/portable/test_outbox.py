"""The outbox, and how long to wait before connecting again."""

from agent.backoff import Backoff
from agent.report.outbox import Outbox
from tests.portable.helpers import raises


def test_what_the_backend_has_lost_is_sent_again() -> None:
    outbox = Outbox(0, 5)
    for sequence in (1, 2, 3):
        outbox.mark_sent(sequence)
    assert outbox.settle(3)
    outbox.fall_back(1)
    assert (outbox.acknowledged, outbox.sent, outbox.room()) == (1, 1, 5)
    outbox.mark_sent(2)


def test_events_leave_in_order_and_no_further_than_the_window() -> None:
    outbox = Outbox(10, 3)
    assert (outbox.sent, outbox.room()) == (10, 3)
    for sequence in (11, 12, 13):
        outbox.mark_sent(sequence)
    assert outbox.room() == 0
    for wrong in (13, 15, 11, 0):
        error = raises(ValueError, outbox.mark_sent, wrong)
        assert str(error) == "outbox: event {} does not follow 13".format(wrong)


def test_an_acknowledgement_settles_all_up_to_it() -> None:
    outbox = Outbox(0, 3)
    for sequence in (1, 2, 3):
        outbox.mark_sent(sequence)
    assert outbox.settle(2)
    assert (outbox.acknowledged, outbox.room()) == (2, 2)
    for old in (2, 1, 0):
        assert not outbox.settle(old)
    assert outbox.acknowledged == 2


def test_an_acknowledgement_of_an_earlier_sending_overtakes() -> None:
    outbox = Outbox(0, 3)
    assert outbox.settle(5)
    assert (outbox.sent, outbox.room()) == (5, 3)
    outbox.mark_sent(6)


def test_a_new_connection_begins_behind_the_last_acknowledgement() -> None:
    outbox = Outbox(0, 5)
    for sequence in (1, 2, 3):
        outbox.mark_sent(sequence)
    outbox.settle(1)
    outbox.restart()
    assert (outbox.sent, outbox.room()) == (1, 5)
    outbox.mark_sent(2)


def test_a_wait_is_anything_from_nought_to_a_ceiling_that_doubles() -> None:
    for failures, ceiling in ((0, 100), (1, 200), (2, 400), (3, 800), (4, 1000), (5, 1000), (200, 1000)):
        waits = []
        for _ in range(200):
            backoff = Backoff(100, 1000)
            backoff.failures = failures
            waits.append(backoff.next_ms())
            assert backoff.failures == failures + 1
        assert min(waits) >= 0
        assert ceiling // 2 < max(waits) <= ceiling, "at {} failures".format(failures)
        assert min(waits) < ceiling // 2


def test_a_stable_link_begins_from_the_base_again() -> None:
    backoff = Backoff(100, 60_000)
    for _ in range(20):
        backoff.next_ms()
    backoff.reset()
    assert max([Backoff(100, 60_000).next_ms() for _ in range(50)]) <= 100
    assert backoff.next_ms() <= 100
