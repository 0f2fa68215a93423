"""A journal that was put back, copied or replaced: the backend names each, and keeps every entry that came."""

import copy
from typing import Any

from tests.tools.fleet.publisher import Journal, Publisher, digest, state, wait_until
from tools.fleet.store import Reader


def alarms(reader: Reader, terminal: str) -> list[tuple[str, int]]:
    """What is wrong with the terminal now: kind and entry."""
    return [(alarm.kind, alarm.sequence) for alarm in reader.alarms(terminal) if alarm.cleared_at is None]


def wait_for_alarms(reader: Reader, terminal: str, *expected: tuple[str, int]) -> None:
    wait_until(lambda: alarms(reader, terminal) == list(expected), f"the alarms {expected}")


def wait_for_strays(reader: Reader, terminal: str, *entries: dict[str, Any]) -> None:
    """Wait until exactly these entries are set aside."""
    hashes = sorted(digest(entry) for entry in entries)
    wait_until(lambda: sorted(stray.hash for stray in reader.strays(terminal)) == hashes, "set aside")


def sent(publisher: Publisher, journal: Journal, count: int) -> list[dict[str, Any]]:
    """Add `count` entries and have them acknowledged."""
    entries = [journal.add() for _ in range(count)]
    publisher.send_entries(journal, *entries)
    publisher.wait_for_ack(len(journal.entries))
    return entries


def goes_on_elsewhere(journal: Journal, after: int) -> Journal:
    """A copy of the journal up to `after`, which goes on in its own way."""
    other = copy.deepcopy(journal)
    del other.entries[after:]
    for number in range(4):
        other.add(kind="sale.elsewhere", body={"number": number})
    return other


def online(journal: Journal, session: int, disowned: int = 0) -> dict[str, Any]:
    return state("online", session) | {"journal_id": journal.journal_id, "disowned": disowned}


def test_another_entry_in_a_taken_place_is_a_fork_once_and_kept_beside_the_first(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    first, second = sent(publisher, journal, 2)
    other = second | {"kind": "sale.declined"}
    publisher.send_entries(journal, other, other, second)
    wait_for_strays(reader, journal.terminal, other)
    alarm = reader.alarms(journal.terminal)[0]
    assert (alarm.kind, alarm.sequence) == ("fork", 2)
    assert digest(second) in alarm.detail
    assert digest(other) in alarm.detail
    assert [event.hash for event in reader.events(journal.terminal)] == [digest(first), digest(second)]


def test_what_follows_a_fork_is_kept_aside_without_more_alarms_and_takes_no_place(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    sent(publisher, journal, 5)
    other = goes_on_elsewhere(journal, 3)
    publisher.send_entries(other, *other.entries)
    wait_for_strays(reader, journal.terminal, *other.entries[3:])
    assert alarms(reader, journal.terminal) == [("fork", 4)]
    assert [event.hash for event in reader.events(journal.terminal)] == [digest(entry) for entry in journal.entries]
    # Entries 6 and 7 of the other line are set aside as well: their places are free for the first line.
    (six, _) = sent(publisher, journal, 2)
    assert digest(six) in [event.hash for event in reader.events(journal.terminal)]


def test_the_first_line_is_acknowledged_to_whoever_sends_for_the_journal(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    last = sent(publisher, journal, 5)[-1]
    other = goes_on_elsewhere(journal, 3)
    publisher.send_entries(other, other.entries[3])
    ack = publisher.wait_for_ack(1)
    assert (ack.sequence, ack.document["head_hash"]) == (5, digest(last))


def test_whoever_sends_for_a_forked_journal_hears_what_is_kept_of_it(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    sent(publisher, journal, 5)
    other = goes_on_elsewhere(journal, 3)
    named: list[str] = []
    for entries in (other.entries[3:], other.entries[5:]):
        publisher.send_entries(other, *entries)
        named.clear()
        while named[-1:] != [digest(entries[-1])]:
            named += publisher.wait_for_ack(1).document.get("held", [])
        assert named == [digest(entry) for entry in entries], "also what comes again"
    wait_for_strays(reader, journal.terminal, *other.entries[3:])


def test_the_line_of_a_journal_that_is_in_no_other_is_acknowledged_alone(
    publisher: Publisher, journal: Journal
) -> None:
    publisher.send_entries(journal, *(journal.add() for _ in range(3)))
    assert "held" not in publisher.wait_for_ack(3).document


def test_a_new_session_is_told_how_far_its_journal_is_stored(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    last = sent(publisher, journal, 3)[-1]
    publisher.send("state", online(journal, 7))
    ack = publisher.wait_for_ack(1)
    assert (ack.sequence, ack.document["head_hash"]) == (3, digest(last))
    # Neither a goodbye nor a journal that is not known yet has an answer; the next session has.
    publisher.send("state", online(journal, 7) | {"state": "offline"})
    publisher.send("state", online(Journal(journal.terminal), 8))
    publisher.send("state", online(journal, 9))
    publisher.wait_for_ack(1)
    wait_until(lambda: any(each.session == 9 for each in reader.terminals()), "session 9")
    assert publisher.acks.empty()


def test_a_terminal_that_does_not_hold_what_is_acknowledged_was_restored(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    sent(publisher, journal, 5)
    other = goes_on_elsewhere(journal, 3)
    publisher.send_entries(other, *other.entries[3:5])
    wait_for_alarms(reader, journal.terminal, ("fork", 4))  # a broker may deliver what follows on another topic first
    publisher.send("state", online(journal, 8, disowned=5))
    wait_for_alarms(reader, journal.terminal, ("fork", 4), ("restored", 4))
    assert "does not hold entry 5" in reader.alarms(journal.terminal)[1].detail
    publisher.send("state", online(journal, 9, disowned=6))
    publisher.send_entries(other, *other.entries[5:])
    wait_for_strays(reader, journal.terminal, *other.entries[3:])
    wait_for_alarms(reader, journal.terminal, ("fork", 4), ("restored", 4))


def test_a_restored_terminal_is_named_although_it_has_sent_nothing_new(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    sent(publisher, journal, 5)
    publisher.send("state", online(journal, 8, disowned=5))
    wait_for_alarms(reader, journal.terminal, ("restored", 5))


def test_two_lines_that_both_go_on_are_a_clone(publisher: Publisher, journal: Journal, reader: Reader) -> None:
    sent(publisher, journal, 5)
    other = goes_on_elsewhere(journal, 3)
    publisher.send_entries(other, *other.entries[3:])
    wait_for_alarms(reader, journal.terminal, ("fork", 4))
    publisher.send("state", online(journal, 8, disowned=5))
    wait_for_alarms(reader, journal.terminal, ("fork", 4), ("restored", 4))
    sent(publisher, journal, 1)
    wait_for_alarms(reader, journal.terminal, ("fork", 4), ("cloned", 4))
    publisher.send("state", online(journal, 9, disowned=6))
    sent(publisher, journal, 3)
    assert alarms(reader, journal.terminal) == [("fork", 4), ("cloned", 4)]
    assert [event.hash for event in reader.events(journal.terminal)] == [digest(entry) for entry in journal.entries]


def test_what_was_under_way_before_a_fork_makes_no_clone(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    sent(publisher, journal, 3)
    late = [journal.add() for _ in range(3)]
    other = goes_on_elsewhere(journal, 2)
    publisher.send_entries(journal, *late)
    publisher.send_entries(other, *other.entries[2:])
    wait_for_strays(reader, journal.terminal, *other.entries[2:])
    assert alarms(reader, journal.terminal) == [("fork", 3)]


def test_a_second_fork_is_news_of_its_own(publisher: Publisher, journal: Journal, reader: Reader) -> None:
    sent(publisher, journal, 6)
    for after in (3, 1):
        other = goes_on_elsewhere(journal, after)
        publisher.send_entries(other, *other.entries[after:])
    wait_for_alarms(reader, journal.terminal, ("fork", 4), ("fork", 2))
