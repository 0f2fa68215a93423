"""Roll-outs in a real browser: planned, begun, stopped by failures, returned, with terminals that answer over MQTT."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.tools.fleet.pages.desk import PHONE, Desk, Person, window
from tests.tools.fleet.publisher import INFO, Publisher, state, wait_until
from tools.fleet.reader import Reader
from tools.fleet.rows import Configuration

NAMES = [f"JG-PAGE-ROLL-{number}" for number in range(1, 5)]
REPORT = {"format": "jumpguard.config-reported/1", "detail": "", "binding_version": 1, "binding_digest": ""}


class Shop:
    """Terminals at the desk's broker that decide about configurations as the test says."""

    def __init__(self, desk: Desk) -> None:
        self.terminals: dict[str, Publisher] = {name: desk.publisher(name) for name in NAMES}
        self.reader = Reader(desk.store)

    def open(self) -> None:
        for name, publisher in self.terminals.items():
            publisher.send("state", state("online", 1), retain=True)
            publisher.send("info", INFO)
            wait_until(lambda name=name: self.reader.terminals(name) and self.reader.terminals(name)[0].info, name)  # type: ignore[misc]

    def close(self) -> None:
        for publisher in self.terminals.values():
            publisher.stop()
        self.reader.close()

    def ordered(self) -> list[Configuration]:
        return [each for each in self.reader.configurations() if each.terminal in NAMES]

    def decide(self, configuration: Configuration, state: str = "committed", reason: str = "") -> None:
        said = REPORT | {"version": configuration.version, "state": state, "reason": reason}
        self.terminals[configuration.terminal].send("config/reported", said, retain=True)


@pytest.fixture
def shop(desk: Desk) -> Iterator[Shop]:
    shop = Shop(desk)
    shop.open()
    yield shop
    shop.close()


def plan(person: Person, name: str) -> None:
    """Fill in the form, and look what would happen."""
    page = person.page
    page.goto(f"{person.desk.address}/rollouts")
    page.get_by_role("link", name="New roll-out").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Content").fill("link.vitals_period_s=300")
    page.get_by_label("Serials, one a line").fill("\n".join([*NAMES, "JG-NEVER-0001"]))
    page.get_by_label("Watched for").fill("0")
    page.get_by_label("Percent reached").fill("50, 100")
    expect(page.get_by_role("button", name="Begin")).to_be_disabled()
    page.get_by_role("button", name="Look").click()


def test_a_canary_that_fails_stops_a_rollout_and_it_is_returned(person: Person, shop: Shop) -> None:
    page = person.page
    plan(person, "<b>spring</b>")
    expect(page.locator("#jg-preview")).to_contain_text("Wave 1: 1 (JG-PAGE-ROLL-")
    expect(page.locator("#jg-preview")).to_contain_text("JG-NEVER-0001: The backend never heard of it.")
    person.photograph("rollout-form")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>spring</b>")
    wait_until(lambda: len(shop.ordered()) == 1, "the canary is ordered")
    (first,) = shop.ordered()
    expect(page.locator(f"tr[data-terminal={first.terminal}]")).to_contain_text("under way")
    shop.decide(first, "rejected", "SETTING_FIXED")
    expect(page.locator(".jg-head")).to_contain_text("stopped")
    expect(page.locator(".jg-head")).to_contain_text("More terminals of one wave failed than the plan allows.")
    expect(page.locator("[data-wave='1']")).to_contain_text("1 failed")
    expect(page.locator(f"tr[data-terminal={first.terminal}]")).to_contain_text("failed")
    person.photograph("rollout-stopped")
    assert len(shop.ordered()) == 1, "nobody else was ordered"
    page.get_by_role("button", name="Return").click()
    page.get_by_label("Why").fill("no good")
    person.photograph("rollout-return")
    page.get_by_role("dialog").get_by_role("button", name="Return").click()
    expect(page.locator(".jg-head")).to_contain_text("returned")
    person.open("/rollouts")
    expect(page.locator("[data-rollout]").first).to_contain_text("<b>spring</b>")


def test_a_rollout_widens_while_its_terminals_stay_well(
    person: Person, shop: Shop, desk: Desk, browser: Browser, logged_in: StorageState
) -> None:
    page = person.page
    plan(person, "summer")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("summer")
    decided: set[tuple[str, int]] = set()
    for wave in (1, 2, 4):
        wait_until(lambda wave=wave: len(_open(shop)) + len(decided) == wave, f"{wave} are ordered")  # type: ignore[misc]
        for configuration in _open(shop):
            shop.decide(configuration)
            decided.add((configuration.terminal, configuration.version))
        wait_until(lambda: not _open(shop), "they are heard")
    expect(page.locator(".jg-head")).to_contain_text("done")
    expect(page.locator("[data-wave='3']")).to_contain_text("2 healthy")
    person.photograph("rollout-done")
    phone = window(desk, browser, logged_in, PHONE, "dark")
    phone.page.goto(page.url)
    expect(phone.page.locator(".jg-head")).to_contain_text("done")
    assert phone.page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    phone.photograph("rollout-phone")
    phone.close()


def test_the_terminals_that_are_found_are_those_of_a_rollout(person: Person, shop: Shop) -> None:
    page = person.page
    person.open("/terminals?q=JG-PAGE-ROLL")
    page.get_by_role("link", name="Roll out").click()
    expect(page.get_by_label("Serials, one a line")).to_have_value("\n".join(NAMES))
    page.get_by_label("Name", exact=True).fill("autumn")
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_role("alert")).to_contain_text("settings are values by section and key")
    page.get_by_label("It gives").click()
    page.get_by_role("option", name="command").click()
    page.get_by_label("Content").fill("ping")
    page.get_by_role("button", name="Look").click()
    expect(page.locator("#jg-preview")).to_contain_text("Wave 3: 2")
    page.get_by_label("Content").fill("lock\nreason=1")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("alert").last).to_contain_text("look again what would happen")


def _open(shop: Shop) -> list[Configuration]:
    return [each for each in shop.ordered() if each.state == "open" and json.loads(each.document)["settings"]]
