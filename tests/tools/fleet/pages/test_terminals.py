"""The terminals page, in a real browser."""

import csv
import io

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.tools.fleet.known import ago, put, put_terminal
from tests.tools.fleet.pages.desk import PHONE, Desk, Person, window
from tests.tools.fleet.publisher import state, wait_until
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place
from tools.fleet.reader import Reader
from tools.fleet.tables import alarms

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
FORMULA = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture(scope="module")
def fleet(desk: Desk) -> OpenStore:
    """Some terminals that will not be heard in these tests."""
    opened = OpenStore(Place(desk.store))
    for number in range(60):
        known = {"mid": f"8984601058{number:05d}", "tid": f"{64100000 + number}", "timezone": "Asia/Shanghai"}
        known |= {"merchant": f"海岛茶馆{number}", "region": "460105", "software": "0.1.0"}
        presence = ("online", "offline", "lost")[number % 3]
        opened.change(put_terminal, f"JG-LIST-{number:04d}", presence, seen_at=ago(number), since=ago(90), **known)
    opened.change(
        put_terminal, "JG-EVIL-0001", merchant=HOSTILE, reason=HOSTILE, tid="{{constructor}}", mid="x" * 10_000
    )
    opened.change(put_terminal, "JG-EVIL-0002", merchant=FORMULA, seen_at="2099-01-01T00:00:00.000Z", since="1970")
    alarm = {"terminal": "JG-LIST-0003", "kind": "jump.detected", "at": ago(5), "detail": HOSTILE}
    opened.change(put, alarms, **alarm, journal_id="0" * 32, sequence=1)
    return opened


@pytest.fixture
def listed(fleet: OpenStore, person: Person) -> Person:
    person.open("/terminals?q=JG-LIST")
    expect(person.rows).to_have_count(50)
    return person


def test_states_are_counted_and_a_count_is_a_filter(listed: Person) -> None:
    listed.page.get_by_role("button", name="lost").click()
    expect(listed.rows).to_have_count(20)
    expect(listed.page.locator("tbody .jg-state").first).to_contain_text("lost")
    assert listed.page.url.endswith("/terminals?q=JG-LIST&presence=lost")
    listed.page.reload()
    expect(listed.rows).to_have_count(20)
    expect(listed.page.get_by_role("button", name="lost")).to_have_attribute("aria-pressed", "true")
    listed.page.get_by_role("button", name="lost").click()
    expect(listed.rows).to_have_count(50)
    listed.photograph("terminals")


def test_what_is_typed_is_found(listed: Person) -> None:
    listed.page.keyboard.press("/")
    listed.page.keyboard.press("Control+a")
    listed.page.keyboard.type("茶馆5 64100050")
    expect(listed.rows).to_have_count(1)
    expect(listed.rows.first).to_contain_text("JG-LIST-0050")
    expect(listed.page.locator("[role=status]").first).to_contain_text("1 of")


def test_a_heading_sorts_and_the_next_page_goes_on(listed: Person) -> None:
    listed.page.locator("th", has_text="TID").click()
    listed.page.wait_for_url("**sort=tid*")
    listed.page.locator("th", has_text="TID").click()
    expect(listed.rows.first).to_contain_text("64100059")
    listed.page.locator(".q-table__bottom button").last.click()
    expect(listed.rows).to_have_count(10)
    expect(listed.rows.last).to_contain_text("64100000")
    assert "page=2" in listed.page.url


def test_what_a_terminal_says_appears_by_itself(desk: Desk, person: Person, terminal: str) -> None:
    person.open(f"/terminals?q={terminal}")
    expect(person.rows).to_have_count(0)
    publisher = desk.publisher(terminal)
    publisher.send("state", state("online", 1))
    expect(person.rows.first).to_contain_text("online", timeout=3000)
    publisher.send("state", state("lost", 1) | {"lifecycle": "locked"})
    expect(person.rows.first).to_contain_text("lost", timeout=3000)
    expect(person.rows.first).to_contain_text("locked")
    publisher.stop()


def test_what_a_terminal_said_is_text_whatever_it_is(fleet: OpenStore, person: Person) -> None:
    person.page.on("dialog", lambda dialog: person.troubles.append(dialog.message))
    person.open("/terminals?q=JG-EVIL")
    expect(person.rows).to_have_count(2)
    expect(person.rows.first).to_contain_text("<img src=x")
    expect(person.rows.first).to_contain_text("{{constructor}}")
    expect(person.rows.last.locator("time").nth(1)).to_have_text("2099-01-01")
    expect(person.page.locator("tbody img")).to_have_count(0)
    assert person.page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_several_are_ordered_a_command_at_once(listed: Person, desk: Desk) -> None:
    for number in (1, 2):
        listed.rows.nth(number).locator(".q-checkbox").click()
    expect(listed.page.locator(".jg-bulk")).to_contain_text("2 chosen")
    listed.page.get_by_role("button", name="Order a command").click()
    listed.choose("Ping")
    listed.page.get_by_role("button", name="Order", exact=True).click()
    expect(listed.page.get_by_text("2 commands are ordered.")).to_be_visible()
    reader = Reader(desk.store)
    ordered = {one.terminal: one.type for one in reader.commands() if one.terminal.startswith("JG-LIST")}
    reader.close()
    assert ordered == {"JG-LIST-0001": "ping", "JG-LIST-0002": "ping"}


def test_all_that_are_found_are_chosen_beyond_the_page(listed: Person) -> None:
    listed.rows.first.locator(".q-checkbox").click()
    listed.page.get_by_role("button", name="All that are found").click()
    expect(listed.page.locator(".jg-bulk")).to_contain_text("60 chosen")
    listed.page.get_by_role("button", name="None").click()
    expect(listed.page.locator(".jg-bulk")).to_be_hidden()


def test_the_file_has_what_is_found_and_no_formula(fleet: OpenStore, person: Person) -> None:
    answer = person.page.request.get(f"{person.desk.address}/terminals.csv?q=JG-EVIL&sort=terminal")
    rows = list(csv.DictReader(io.StringIO(answer.text().removeprefix("\ufeff"))))
    assert [row["terminal"] for row in rows] == ["JG-EVIL-0001", "JG-EVIL-0002"]
    assert rows[0]["merchant"] == HOSTILE
    assert rows[1]["merchant"] == f"'{FORMULA}"
    everything = person.page.request.get(f"{person.desk.address}/terminals.csv?q=JG-LIST").text()
    assert len(everything.splitlines()) == 61


@pytest.mark.parametrize(
    "query", ["q=%00&page=0&size=7&sort=;drop&order=x", "q=" + "%F0%9F" * 500 + "&page=" + "9" * 400]
)
def test_an_address_of_any_kind_shows_a_page(fleet: OpenStore, person: Person, query: str) -> None:
    answer = person.page.goto(f"{person.desk.address}/terminals?{query}")
    assert answer is not None and answer.status == 200
    expect(person.page.locator("h1")).to_have_text("Terminals")
    assert person.page.request.get(f"{person.desk.address}/terminals.csv?{query}").status == 200


def test_a_phone_shows_terminal_state_and_alerts(
    fleet: OpenStore, desk: Desk, browser: Browser, logged_in: StorageState
) -> None:
    person = window(desk, browser, logged_in, PHONE, "dark")
    person.open("/terminals?q=JG-LIST")
    expect(person.rows.nth(3)).to_contain_text("critical")
    assert person.page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    person.photograph("terminals-phone-dark")
    person.close()


def test_a_page_that_nobody_sees_asks_nothing(desk: Desk, person: Person, terminal: str) -> None:
    person.open(f"/terminals?q={terminal}")
    expect(person.page.locator("h1")).to_be_visible()
    person.page.evaluate("emitEvent('jg-visible', false)")
    publisher = desk.publisher(terminal)
    publisher.send("state", state("online", 1))
    reader = Reader(desk.store)
    wait_until(lambda: reader.terminals(terminal), "the terminal")
    reader.close()
    person.page.wait_for_function("() => new Promise(done => setTimeout(() => done(true), 800))")
    expect(person.rows).to_have_count(0)
    person.page.evaluate("emitEvent('jg-visible', true)")
    expect(person.rows).to_have_count(1)
    publisher.stop()
