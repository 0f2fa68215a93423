"""Whether a terminal is there: what it says, what its will says, and which of them is the later word."""

import json
import time

from tests.tools.fleet.publisher import CONFIG, INFO, Journal, Publisher, state, utc, wait_until
from tools.fleet.rows import Terminal
from tools.fleet.store import Reader


class Watch:
    """Sends for one terminal, and waits until the store knows."""

    def __init__(self, publisher: Publisher, reader: Reader) -> None:
        self.publisher = publisher
        self.reader = reader

    def known(self) -> Terminal | None:
        return next((t for t in self.reader.terminals() if t.terminal == self.publisher.terminal), None)

    def presence(self) -> str | None:
        known = self.known()
        return known.presence if known else None

    def wait_for_presence(self, presence: str) -> None:
        wait_until(lambda: self.presence() == presence, f"{presence}, not {self.presence()}")


def test_a_terminal_is_what_it_says(publisher: Publisher, reader: Reader) -> None:
    watch = Watch(publisher, reader)
    for session, word in ((1, "online"), (1, "offline"), (2, "online"), (2, "lost")):
        publisher.send("state", state(word, session))
        watch.wait_for_presence(word)
    known = watch.known()
    assert known is not None
    assert (known.session, known.lifecycle) == (2, "active")


def test_info_vitals_and_settings_are_kept_as_last_told(publisher: Publisher, reader: Reader) -> None:
    watch = Watch(publisher, reader)
    publisher.send("vitals", {"cpu_temperature_milli_c": 48_500, "of_a_newer_terminal": 1.5})
    wait_until(lambda: watch.known(), "the terminal")
    publisher.send("info", INFO, retain=True)
    publisher.send("config/reported", CONFIG)
    wait_until(lambda: (known := watch.known()) and known.info and known.config, "info and settings")
    known = watch.known()
    assert known is not None
    assert known.vitals == '{"cpu_temperature_milli_c":48500,"of_a_newer_terminal":1.5}'
    assert (json.loads(known.info or ""), json.loads(known.config or "")) == (INFO, CONFIG)


def test_the_will_of_an_older_session_is_ignored(publisher: Publisher, reader: Reader) -> None:
    watch = Watch(publisher, reader)
    publisher.send("state", state("online", 5))
    watch.wait_for_presence("online")
    publisher.send("state", state("lost", 4))
    publisher.send("state", {})  # refused, which shows that the one before it was taken
    wait_until(lambda: any(r.topic == publisher.topic("state") for r in reader.refusals()), "the refusal")
    known = watch.known()
    assert known is not None
    assert (known.presence, known.session) == ("online", 5)
    publisher.send("state", state("lost", 5))
    watch.wait_for_presence("lost")


def test_vitals_after_the_will_are_a_sign_of_life(publisher: Publisher, reader: Reader) -> None:
    watch = Watch(publisher, reader)
    publisher.send("state", state("lost", 1))
    watch.wait_for_presence("lost")
    publisher.send("vitals", {"uptime_s": 48})
    watch.wait_for_presence("online")


def test_only_an_event_from_after_the_will_is_a_sign_of_life(
    publisher: Publisher, journal: Journal, reader: Reader
) -> None:
    watch = Watch(publisher, reader)
    publisher.send("state", state("lost", 1))
    watch.wait_for_presence("lost")
    publisher.send_entries(journal, journal.add(time=utc(time.time() - 3600)), journal.add(clock="unsynced"))
    publisher.wait_for_ack(2)
    assert watch.presence() == "lost"
    publisher.send_entries(journal, journal.add())
    publisher.wait_for_ack(3)
    assert watch.presence() == "online"
