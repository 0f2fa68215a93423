"""The first page, in a real browser: what is wrong appears by itself, with what to do about it."""

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.tools.fleet.jumps.shop import OTHER, Shop
from tests.tools.fleet.pages.desk import PHONE, WIDE, Desk, Person, window
from tests.tools.fleet.publisher import state, utc


def test_trouble_appears_by_itself_and_says_what_to_do(desk: Desk, home: Person, terminal: str) -> None:
    publisher = desk.publisher(terminal)
    publisher.send("state", state("online", 1))
    publisher.send("vitals", {"alarms": "TEMPERATURE_HIGH"})
    row = home.page.locator(".jg-trouble-row", has_text=terminal)
    expect(row).to_contain_text("warning", timeout=5000)
    assert row.locator(".jg-muted").first.inner_text()
    row.get_by_role("link", name=terminal).click()
    expect(home.page.locator("h1")).to_have_text(terminal)
    publisher.send("vitals", {"alarms": ""})
    home.open("/")
    expect(row).to_have_count(0)
    publisher.stop()


def test_a_jump_appears_live_among_the_latest(desk: Desk, home: Person, terminal: str) -> None:
    publisher = desk.publisher(terminal)
    shop = Shop(terminal)
    shop.sell(OTHER, utc())
    publisher.send_entries(shop.journal, *shop.journal.entries)
    expect(home.page.locator(".jg-line", has_text=terminal)).to_contain_text("mid", timeout=5000)
    expect(home.page.locator(".jg-tile", has_text="jumps today")).not_to_have_text("0")
    home.page.locator(".jg-trouble-row", has_text=terminal).get_by_role("link", name="Its jumps").click()
    home.page.wait_for_url(f"**/jumps?text={terminal}")
    expect(home.rows).to_have_count(1)
    publisher.stop()


def test_a_count_leads_to_the_terminals_behind_it(home: Person) -> None:
    home.page.locator(".jg-tile", has_text="lost").click()
    home.page.wait_for_url("**/terminals?presence=lost")


def test_a_broker_that_is_there_is_told_so(home: Person) -> None:
    expect(home.page.locator(".jg-facts")).to_contain_text("reachable")


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (PHONE, "light")])
def test_it_is_readable_everywhere(
    desk: Desk, browser: Browser, logged_in: StorageState, size: tuple[int, int], scheme: str
) -> None:
    person = window(desk, browser, logged_in, size, "dark" if scheme == "dark" else "light")
    person.open("/")
    expect(person.page.locator(".jg-tile").first).to_be_visible()
    assert person.page.evaluate("document.documentElement.scrollWidth") == size[0]
    person.photograph(f"overview-{size[0]}-{scheme}")
    person.close()
