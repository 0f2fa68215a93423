"""What is around every page, in a real browser."""

import httpx2
import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.tools.fleet.pages.desk import PHONE, Desk, Person, window


def test_a_page_is_shown_to_who_has_logged_in_alone(desk: Desk) -> None:
    answer = httpx2.get(f"{desk.address}/?x=1", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/%3Fx%3D1")


@pytest.mark.parametrize("password", ["", "wrong", "x" * 900])
def test_a_wrong_password_lets_nobody_in(desk: Desk, password: str) -> None:
    form = {"name": desk.process.ready["user"], "password": password or "-"}
    answer = httpx2.post(f"{desk.address}/login", data=form)
    assert answer.headers["location"] == "/login?failed=1"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/terminals?q=1", "/terminals?q=1"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
    ],
)
def test_a_log_in_leads_to_pages_of_ours_alone(desk: Desk, wanted: str, led: str) -> None:
    ready = desk.process.ready
    form = {"name": ready["user"], "password": ready["password"], "next": wanted}
    assert httpx2.post(f"{desk.address}/login", data=form).headers["location"] == led


def test_a_form_of_another_site_logs_nobody_in(desk: Desk) -> None:
    ready = desk.process.ready
    form = {"name": ready["user"], "password": ready["password"]}
    answer = httpx2.post(f"{desk.address}/login", data=form, headers={"Origin": "https://evil.example"})
    assert "set-cookie" not in answer.headers


def test_whoever_logs_out_is_out(desk: Desk, browser: Browser) -> None:
    person = window(desk, browser).log_in()
    person.page.get_by_role("button", name="Log out").click()
    person.page.wait_for_url("**/login")
    person.open("/")
    expect(person.page.locator("input[name=password]")).to_be_visible()
    person.close()


def test_a_page_whose_session_is_over_leads_to_the_log_in(desk: Desk, browser: Browser) -> None:
    person = window(desk, browser).log_in()
    (cookie,) = [each for each in person.page.context.cookies() if each["name"] == "jumpguard-session"]
    httpx2.post(f"{desk.address}/logout", cookies={"jumpguard-session": cookie["value"]})
    person.page.wait_for_url("**/login")
    person.close()


def test_the_language_is_chosen_and_remembered(home: Person) -> None:
    home.page.get_by_role("link", name="简体中文").click()
    expect(home.page.get_by_role("heading", level=1)).to_have_text("总览")
    expect(home.page.locator("html")).to_have_attribute("lang", "zh-CN")
    home.open("/")
    expect(home.page.get_by_role("heading", level=1)).to_have_text("总览")
    home.page.get_by_role("link", name="English").click()
    expect(home.page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_light_or_dark_is_chosen_and_remembered(home: Person) -> None:
    body = home.page.locator("body")
    expect(body).to_have_class("desktop no-touch body--light")
    home.page.locator("#jg-dark").click()
    expect(body).to_have_class("desktop no-touch body--dark")
    home.open("/")
    expect(body).to_have_class("desktop no-touch body--dark")


def test_the_keyboard_is_enough(home: Person) -> None:
    home.page.keyboard.press("Tab")
    expect(home.page.locator(":focus")).to_have_text("Skip to the content")
    home.page.keyboard.press("Enter")
    assert home.page.evaluate("document.activeElement.tagName") == "MAIN"
    home.page.keyboard.press("?")
    expect(home.page.locator("#jg-help")).to_be_visible()
    home.page.keyboard.press("Escape")
    expect(home.page.locator("#jg-help")).to_be_hidden()


def test_a_phone_shows_all_of_it_without_scrolling_sideways(
    desk: Desk, browser: Browser, logged_in: StorageState
) -> None:
    person = window(desk, browser, logged_in, PHONE)
    person.open("/")
    assert person.page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    person.close()


def test_every_answer_forbids_what_the_pages_do_not_need(desk: Desk) -> None:
    for path in ("/login", "/assets/jumpguard.js", "/nowhere"):
        policy = httpx2.get(desk.address + path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy
