"""The page of one terminal, in a real browser, with the terminal at the other end of the broker."""

import io
import json
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.tools.fleet.known import ago, put, put_terminal
from tests.tools.fleet.pages.commanded import Commanded
from tests.tools.fleet.pages.desk import Desk, Person
from tests.tools.fleet.publisher import INFO, Journal, state
from tools.fleet.history.tables import connections, samples
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place
from tools.fleet.tables import alarms, configurations

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def store(desk: Desk) -> Iterator[OpenStore]:
    opened = OpenStore(Place(desk.store))
    yield opened
    opened.close()


@pytest.fixture
def commanded(desk: Desk, terminal: str) -> Iterator[Commanded]:
    """The terminal, which answers commands when it is told to."""
    commanded = Commanded(desk, terminal)
    yield commanded
    commanded.stop()


def test_a_command_is_sent_and_watched_to_its_end(commanded: Commanded, person: Person) -> None:
    person.open(f"/terminals/{commanded.terminal}")
    person.page.get_by_role("button", name="Order a command").click()
    person.choose("Lock")
    expect(person.page.get_by_text("It takes no payment until it is unlocked.")).to_be_visible()
    person.page.get_by_label("Who and why").fill("Wang: reported stolen")
    person.page.get_by_role("button", name="Order", exact=True).click()
    order = commanded.next_order()
    assert (order["type"], order["args"]) == ("lock", {"reason": "Wang: reported stolen"})
    status = person.page.locator(f"[data-command={order['id']}]")
    commanded.answer(order, "running", progress=40)
    expect(status).to_contain_text("running", timeout=3000)
    expect(person.page.get_by_text("40 %")).to_be_visible()
    commanded.answer(order, "succeeded", result={"lifecycle": "locked"})
    expect(status).to_contain_text("succeeded", timeout=3000)
    expect(person.page.locator(".jg-moment", has_text="Lock")).to_contain_text("succeeded")
    person.photograph("terminal-command")


def test_a_command_with_arguments_that_are_none_is_refused_on_the_page(commanded: Commanded, person: Person) -> None:
    person.open(f"/terminals/{commanded.terminal}")
    person.page.get_by_role("button", name="Order a command").click()
    person.choose("Lock")
    person.page.get_by_role("button", name="Order", exact=True).click()
    expect(person.page.locator(".q-notification")).to_contain_text("reason breaks minLength")


def test_how_it_stands_changes_by_itself(commanded: Commanded, person: Person) -> None:
    person.open(f"/terminals/{commanded.terminal}")
    head = person.page.locator(".jg-head")
    expect(head).to_contain_text("online")
    commanded.publisher.send("state", state("lost", 1))
    expect(head).to_contain_text("lost", timeout=3000)


def test_the_timeline_shows_the_kinds_that_are_wanted_and_more_on_demand(
    commanded: Commanded, person: Person, store: OpenStore
) -> None:
    for number in range(40):
        lived = {"terminal": commanded.terminal, "lifecycle": "active", "session": number}
        store.change(put, connections, **lived, at=ago(100 + number), presence="offline")
    person.open(f"/terminals/{commanded.terminal}")
    moments = person.page.locator(".jg-moment")
    expect(moments).to_have_count(25)
    person.page.get_by_role("button", name="Older").first.click()
    expect(moments.nth(39)).to_be_visible()
    person.page.locator(".jg-chip", has_text="Connections").click()
    expect(moments).to_have_count(0)
    expect(person.page.get_by_text("Nothing of that is known.")).to_be_visible()


def test_desired_and_reported_binding_are_shown_side_by_side(desk: Desk, person: Person, store: OpenStore) -> None:
    name = "JG-BOUND-0001"
    store.change(put_terminal, name, mid="898460105812001", merchant="海岛茶馆", binding_version=3)
    binding = {"version": 4, "mid": "898460105812001", "name": HOSTILE}
    document = json.dumps({"binding": {"document": binding, "key_id": "k", "signature": "s"}})
    store.change(put, configurations, terminal=name, version=8, document=document, state="trial", issued=ago(3))
    person.open(f"/terminals/{name}")
    rows = person.page.locator(".jg-list tbody tr")
    expect(rows.filter(has_text="MID").locator("[title='the same']")).to_be_visible()
    expect(rows.filter(has_text="Version").locator("[title=different]")).to_be_visible()
    expect(rows.filter(has_text="海岛茶馆")).to_contain_text(HOSTILE)
    expect(person.page.locator("main img")).to_have_count(0)


def test_vitals_are_drawn_and_their_span_is_chosen(desk: Desk, person: Person, store: OpenStore) -> None:
    name = "JG-VITALS-0001"
    since_utc = "2026-11-20T20:00:00.000Z"
    store.change(put_terminal, name, merchant="海岛茶馆", timezone="Asia/Urumqi", since=since_utc)
    for minute in range(1, 120):
        if not 40 < minute < 70:
            readings = json.dumps({"cpu_temperature_milli_c": 50_000 + minute * 37 % 900, "outbox_depth": minute % 3})
            store.change(put, samples, terminal=name, at=ago(minute), readings=readings)
    person.open(f"/terminals/{name}")
    canvas = person.page.locator(".jg-chart canvas")
    expect(canvas).to_be_visible()
    person.photograph("terminal")
    person.page.get_by_role("button", name="1 h").click()
    expect(person.page.get_by_role("button", name="1 h")).to_have_attribute("aria-pressed", "true")
    expect(canvas).to_be_visible()
    since = person.page.locator(".jg-head time")
    expect(since).to_have_attribute("title", "2026-11-21 02:00:00 Asia/Urumqi")


def test_raw_messages_and_entries_are_shown_as_they_came(commanded: Commanded, person: Person) -> None:
    journal = Journal(commanded.terminal)
    commanded.publisher.send_entries(journal, journal.add(body={"name": HOSTILE}), journal.add())
    commanded.publisher.wait_for_ack(2)
    commanded.publisher.send("info", INFO)
    person.open(f"/terminals/{commanded.terminal}")
    person.page.get_by_text("Raw messages").click()
    expect(person.page.locator(".jg-raw")).to_contain_text('"session": 1')
    person.page.locator(".jg-raw summary", has_text="1 sale.approved").click()
    expect(person.page.locator(".jg-raw pre", has_text=HOSTILE)).to_be_visible()
    expect(person.page.locator("main img")).to_have_count(0)


def test_an_alert_says_what_to_do_and_ends_by_itself(commanded: Commanded, person: Person, store: OpenStore) -> None:
    commanded.publisher.send("vitals", {"alarms": "TEMPERATURE_HIGH"})
    person.open(f"/terminals/{commanded.terminal}")
    alert = person.page.locator(".jg-alert")
    expect(alert).to_contain_text("warning")
    assert alert.locator(".jg-muted").first.inner_text()


def test_the_bundle_holds_what_is_known(commanded: Commanded, person: Person, store: OpenStore) -> None:
    journal = Journal(commanded.terminal)
    commanded.publisher.send_entries(journal, journal.add())
    commanded.publisher.wait_for_ack(1)
    store.change(
        put, alarms, terminal=commanded.terminal, kind="GAP", journal_id=journal.journal_id, sequence=3, at=ago(1)
    )
    answer = person.page.request.get(f"{person.desk.address}/terminals/{commanded.terminal}/diagnostics.zip")
    with zipfile.ZipFile(io.BytesIO(answer.body())) as archive:
        files = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    assert files["terminal.json"]["terminal"] == commanded.terminal
    assert "GAP" in [alarm["kind"] for alarm in files["alarms.json"]]
    assert [entry["kind"] for entry in files[f"entries-{journal.journal_id}.json"]] == ["sale.approved"]
    assert {"versions.json", "vitals.json", "timeline.json", "commands.json", "journals.json"} < set(files)


@pytest.mark.parametrize("name", ["..%2F%3Cscript%3E", "x" * 3000])
def test_of_a_terminal_that_there_is_not_nothing_is_told(person: Person, name: str) -> None:
    answer = person.page.goto(f"{person.desk.address}/terminals/{name}")
    assert answer is not None and answer.status in (200, 404)
    assert person.page.request.get(f"{person.desk.address}/terminals/{name}/diagnostics.zip").status == 404
    person.troubles.clear()  # the browser says of a 404 that it is one
