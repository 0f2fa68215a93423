"""One desk and one browser for all tests of the pages; a window of their own for each test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.tools.fleet.pages.desk import Desk, Person, window

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def logged_in(desk: Desk, browser: Browser) -> StorageState:
    """What the browser of somebody who has logged in keeps."""
    person = window(desk, browser).log_in()
    state = person.page.context.storage_state()
    person.close()
    return state


@pytest.fixture
def person(desk: Desk, browser: Browser, logged_in: StorageState) -> Iterator[Person]:
    """Somebody who has logged in."""
    person = window(desk, browser, logged_in)
    yield person
    person.close()


@pytest.fixture
def home(person: Person) -> Person:
    """Somebody who has logged in, with the first page open."""
    person.open("/")
    return person
