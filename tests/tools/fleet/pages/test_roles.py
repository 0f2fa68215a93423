"""What somebody may do on the pages by role: a viewer looks, and changes nothing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.tools.fleet.known import put_terminal
from tests.tools.fleet.pages.desk import Desk, Person, window
from tools.fleet.access import users
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.passwords import hashed
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place

PASSWORD = "only to look at things"
BOSS = Actor("admin", Role.ADMINISTRATOR)


@pytest.fixture(scope="module")
def store(desk: Desk) -> Iterator[OpenStore]:
    opened = OpenStore(Place(desk.store))
    opened.change(put_terminal, "JG-ROLE-0001")
    opened.change(users.add, BOSS, "viewer", Role.VIEWER, hashed(PASSWORD))
    opened.change(users.add, BOSS, "operator", Role.OPERATOR, hashed(PASSWORD))
    yield opened
    opened.close()


@pytest.fixture
def viewer(store: OpenStore, desk: Desk, browser: Browser) -> Iterator[Person]:
    person = window(desk, browser).log_in("viewer", PASSWORD)
    yield person
    person.close()


def test_a_viewer_sees_everything_and_is_offered_no_order(viewer: Person) -> None:
    viewer.open("/terminals?q=JG-ROLE")
    expect(viewer.rows).to_have_count(1)
    expect(viewer.page.locator(".q-checkbox")).to_have_count(0)
    viewer.open("/terminals/JG-ROLE-0001")
    expect(viewer.page.get_by_role("link", name="Diagnostics")).to_be_visible()
    expect(viewer.page.get_by_role("button", name="Order a command")).to_have_count(0)


def test_a_role_that_is_taken_away_counts_at_once(store: OpenStore, desk: Desk, browser: Browser) -> None:
    person = window(desk, browser).log_in("operator", PASSWORD)
    person.open("/terminals/JG-ROLE-0001")
    person.page.get_by_role("button", name="Order a command").click()
    person.choose("Ping")
    store.change(users.set_role, BOSS, "operator", Role.VIEWER)
    person.page.get_by_role("button", name="Order", exact=True).click()
    expect(person.page.locator(".q-notification, input[name=password]").first).to_be_visible()
    person.page.wait_for_url("**/login*")
    person.close()


def test_an_administrator_makes_a_user_and_the_log_tells_of_it(person: Person) -> None:
    person.open("/users")
    person.page.get_by_role("button", name="New user").click()
    dialog = person.page.locator(".q-dialog")
    dialog.get_by_label("Name").fill("<b>li</b>")
    dialog.get_by_label("Password, at least").fill("short")
    person.page.get_by_role("button", name="Save").click()
    expect(person.page.locator(".q-notification")).to_contain_text("it has 5 characters")
    dialog.get_by_label("Password, at least").fill(PASSWORD)
    person.page.get_by_role("button", name="Save").click()
    row = person.page.locator("tbody tr", has_text="<b>li</b>")
    expect(row).to_contain_text("viewer")
    row.get_by_role("button", name="Disable").click()
    expect(row).to_contain_text("disabled")
    person.open("/audit?subject=%3Cb%3Eli%3C/b%3E")
    expect(person.page.locator("tbody tr")).to_have_count(2)
    expect(person.page.locator("tbody tr").first).to_contain_text("user.disable")
    expect(person.page.locator("tbody b")).to_have_count(0)
    person.photograph("audit")


def test_the_last_administrator_stays(person: Person) -> None:
    person.open("/users")
    person.page.locator("tbody tr", has_text="admin").first.get_by_role("button", name="Disable").click()
    expect(person.page.locator(".q-notification")).to_contain_text("the last administrator")


def test_users_and_audit_are_for_administrators_alone(viewer: Person) -> None:
    for path in ("/users", "/audit"):
        viewer.open(path)
        expect(viewer.page.get_by_text("This page is for the role administrator.")).to_be_visible()
        expect(viewer.page.locator(".jg-nav")).not_to_contain_text("Users")
