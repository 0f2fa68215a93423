"""The alerts page in a real browser: live, filtered by its address, and worked on."""

import re

import httpx2
from playwright.sync_api import Browser, Locator, StorageState, expect

from tests.tools.fleet.pages.desk import PHONE, Desk, Person, window
from tests.tools.fleet.publisher import Journal, wait_until
from tools.fleet.reader import Reader

SCRIPT = "<img src=x onerror=alert(1)>"


def jump(desk: Desk, journal: Journal, sale: str) -> None:
    publisher = desk.publisher(journal.terminal)
    publisher.send_entries(journal, journal.add(kind="jump.detected", body={"sale": sale, "fields": ["mid"]}))
    publisher.wait_for_ack(len(journal.entries))
    publisher.stop()


def say(desk: Desk, terminal: str, alarms: str) -> None:
    publisher = desk.publisher(terminal)
    publisher.send("vitals", {"alarms": alarms})
    told = f'"alarms":"{alarms}"'
    wait_until(lambda: any(told in (each.vitals or "") for each in Reader(desk.store).terminals(terminal)), "vitals")
    publisher.stop()


def row(person: Person, terminal: str) -> Locator:
    return person.page.locator("tbody tr", has_text=terminal)


def choose(person: Person, terminal: str) -> None:
    row(person, terminal).locator(".q-checkbox").click()


def test_a_jump_appears_live_is_acknowledged_and_closed(desk: Desk, person: Person) -> None:
    person.open("/alerts?terminal=JG-ALERT-0001")
    expect(person.page.locator("tbody tr")).to_have_count(0)
    jump(desk, Journal("JG-ALERT-0001"), SCRIPT)
    mine = row(person, "JG-ALERT-0001")
    expect(mine).to_contain_text("critical")
    expect(mine).to_contain_text("Report the jump to the acquirer")
    expect(mine).to_contain_text(f"sale {SCRIPT}: mid")
    expect(mine.get_by_role("link", name="JG-ALERT-0001")).to_have_attribute("href", "/terminals/JG-ALERT-0001")
    choose(person, "JG-ALERT-0001")
    person.page.get_by_role("button", name="Acknowledge", exact=True).click()
    expect(mine).to_contain_text(desk.process.ready["user"])
    choose(person, "JG-ALERT-0001")
    person.page.get_by_role("button", name="Close").click()
    dialog = person.page.locator(".q-dialog")
    dialog.get_by_role("button", name="Close").click()
    expect(person.page.get_by_text("say why")).to_be_visible()
    dialog.get_by_label("Why: what was found").fill("reported to the acquirer")
    dialog.get_by_role("button", name="Close").click()
    expect(person.page.locator("tbody tr")).to_have_count(0)
    person.page.get_by_role("button", name="over", exact=False).last.click()
    expect(row(person, "JG-ALERT-0001")).to_contain_text("reported to the acquirer")


def test_what_is_shown_stands_in_the_address_and_several_are_assigned_at_once(desk: Desk, person: Person) -> None:
    for number, alarms in ((2, "DISK_LOW MEMORY_LOW"), (3, "DISK_LOW")):
        say(desk, f"JG-ALERT-000{number}", alarms)
    person.open("/alerts?q=JG-ALERT-000")
    person.page.get_by_role("button", name="warning").click()
    expect(person.page).to_have_url(re.compile(r"severity=warning"))
    for name in ("JG-ALERT-0002", "JG-ALERT-0003"):
        expect(row(person, name)).to_have_count(1)
        choose(person, name)
    person.photograph("alerts")
    person.page.get_by_role("button", name="Assign").click()
    dialog = person.page.locator(".q-dialog")
    dialog.get_by_label("Who sees to it").fill("王芳")
    dialog.get_by_role("button", name="Assign").click()
    for name in ("JG-ALERT-0002", "JG-ALERT-0003"):
        expect(row(person, name)).to_contain_text("王芳")
    person.open("/alerts?assignee=%E7%8E%8B%E8%8A%B3&sort=terminal&order=rising")
    expect(person.page.locator("tbody tr")).to_have_count(2)
    expect(person.page.locator("tbody tr").first).to_contain_text("JG-ALERT-0002")
    say(desk, "JG-ALERT-0002", "")
    expect(person.page.locator("tbody tr")).to_have_count(1)


def test_it_speaks_chinese_and_is_read_on_a_phone(desk: Desk, browser: Browser, logged_in: StorageState) -> None:
    say(desk, "JG-ALERT-0004", "TEMPERATURE_HIGH")
    person = window(desk, browser, logged_in, PHONE, "dark")
    person.page.context.add_cookies([{"name": "jumpguard-language", "value": "zh_CN", "url": desk.address}])
    person.open("/alerts?terminal=JG-ALERT-0004")
    expect(row(person, "JG-ALERT-0004")).to_contain_text("终端过热。")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    person.photograph("alerts-phone")
    person.close()


def test_an_address_that_says_nonsense_shows_the_usual(desk: Desk, person: Person) -> None:
    for query in ("state=x&severity=y&sort=z&page=-1&size=7", "q=%27%3B+DROP+TABLE+alerts--&kind=%3Cscript%3E"):
        person.open(f"/alerts?{query}")
        expect(person.page.locator("h1")).to_have_text("Alerts")
    assert httpx2.get(f"{desk.address}/alerts", follow_redirects=False).status_code == 303
