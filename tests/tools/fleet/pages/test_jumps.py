"""The jumps page and one jump's page, in a real browser."""

import re
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, StorageState, expect

from agent.journal.entry import Record
from agent.sale import kinds
from tests.portable.ports import binding as bound
from tests.tools.fleet.jumps.shop import OTHER, Shop
from tests.tools.fleet.pages.desk import PHONE, Desk, Person, window
from tests.tools.fleet.publisher import utc

SCRIPT = "<script>document.title='x'</script>"


class Telling:
    """A shop whose entries go to the desk's broker as they are written."""

    def __init__(self, desk: Desk, terminal: str) -> None:
        self.shop = Shop(terminal)
        self._publisher = desk.publisher(terminal)
        self._sent = 0

    def tell(self) -> None:
        """Send what was written since, and wait until it is stored."""
        entries = self.shop.journal.entries[self._sent :]
        self._publisher.send_entries(self.shop.journal, *entries)
        self._sent += len(entries)
        self._publisher.wait_for_ack(self._sent)

    def jump(self) -> None:
        """A payment jumps, and the backend hears of it."""
        self.shop.sell(OTHER, utc())
        self.tell()

    def stop(self) -> None:
        self._publisher.stop()


@pytest.fixture(scope="module")
def telling(desk: Desk) -> Iterator[Telling]:
    telling = Telling(desk, "JG-JUMP-0001")
    telling.jump()
    yield telling
    telling.stop()


def test_a_jump_appears_while_one_looks(desk: Desk, person: Person) -> None:
    person.open("/jumps?text=JG-JUMP-0002")
    expect(person.page.get_by_role("status").filter(has_text="0 of")).to_be_visible()
    telling = Telling(desk, "JG-JUMP-0002")
    telling.jump()
    telling.stop()
    row = person.page.locator("tbody tr").filter(has_text="JG-JUMP-0002")
    expect(row).to_be_visible()
    for words in (bound.MID, bound.OTHER_MID, "别家商店", "new"):
        expect(row).to_contain_text(words)


def test_what_is_chosen_stands_in_the_address_and_is_shown_again(telling: Telling, person: Person) -> None:
    person.open("/jumps")
    person.page.get_by_role("button", name=re.compile("money moved")).click()
    person.page.wait_for_url("**/jumps?reverses=yes")
    person.page.fill(".jg-search input", "JG-JUMP-0001")
    person.page.wait_for_url("**text=JG-JUMP-0001*")
    person.page.reload()
    expect(person.page.locator(".jg-search input")).to_have_value("JG-JUMP-0001")
    expect(person.page.get_by_role("button", name=re.compile("money moved"))).to_have_attribute("aria-pressed", "true")
    person.page.get_by_role("button", name="Hour of the merchant's day").click()
    person.page.wait_for_url("**by=hour*")
    expect(person.page.locator(".jg-rate").first).to_be_visible()
    person.photograph("jumps")
    person.page.get_by_role("button", name="Merchant", exact=True).click()
    person.page.locator(".jg-rate a").filter(has_text=bound.MID).click()
    person.page.wait_for_url(f"**/jumps?mid={bound.MID}")
    expect(person.page.locator("tbody tr").filter(has_text="JG-JUMP-0001")).to_be_visible()


def test_one_jump_is_shown_worked_on_and_taken_to_the_acquirer(telling: Telling, person: Person) -> None:
    person.open("/jumps?text=JG-JUMP-0001")
    person.page.locator("tbody tr a").first.click()
    page = person.page
    expect(page.get_by_role("heading", name=re.compile(r"Jump \d+"))).to_be_visible()
    row = page.locator("tr").filter(has_text=bound.OTHER_MID)
    expect(row).to_contain_text("different")
    expect(page.get_by_text("Have the acquirer correct its record of this terminal.")).to_be_visible()
    expect(page.locator(".jg-entry").filter(has_text="anchored").first).to_be_visible()
    page.get_by_label("Note").fill("asked 银联")
    page.get_by_role("button", name="Investigate").click()
    expect(page.locator(".jg-note-line").filter(has_text="asked 银联")).to_be_visible()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("button", name="Reported to the acquirer")).to_be_visible()
    person.photograph("jump")
    with page.expect_download() as download:
        page.get_by_text("Complaint (ZIP)").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert "acknowledgement.json" in archive.namelist()


def test_what_nobody_can_read_is_text_and_breaks_nothing(desk: Desk, person: Person) -> None:
    telling = Telling(desk, "JG-JUMP-0003")
    body: dict[str, object] = {"sale": SCRIPT, "stage": 7, "observed": {"name": SCRIPT * 50}}
    telling.shop.write([Record(kinds.JUMP_DETECTED, body)], utc())
    telling.tell()
    telling.stop()
    person.open("/jumps?text=JG-JUMP-0003")
    expect(person.page.locator("tbody tr")).to_contain_text("unreadable")
    person.page.locator("tbody tr a").first.click()
    expect(person.page.get_by_text("The event names no cause.")).to_be_visible()
    person.page.locator(".jg-entry summary").first.click()
    expect(person.page.locator("pre").first).to_contain_text("<script>")
    assert "JumpGuard" in person.page.title()


def test_it_reads_on_a_phone_in_the_dark_and_in_chinese(
    telling: Telling, desk: Desk, browser: Browser, logged_in: StorageState
) -> None:
    person = window(desk, browser, logged_in, PHONE, "dark")
    person.open("/jumps")
    person.page.get_by_role("link", name="简体中文").click()
    expect(person.page.get_by_role("heading", name="跳商户", exact=True)).to_be_visible()
    person.photograph("jumps-phone")
    person.page.locator("tbody tr a").first.click()
    expect(person.page.get_by_text("应有与实际")).to_be_visible()
    person.photograph("jump-phone")
    assert person.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    person.page.get_by_role("link", name="English").click()
    expect(person.page.get_by_text("Expected and observed")).to_be_visible()
    person.close()


def test_a_jump_that_there_is_not_is_said_so(person: Person) -> None:
    for path in ("/jumps/999999", "/jumps/0", "/jumps/x"):
        person.open(path)
        expect(person.page.get_by_text("There is no jump of this number.")).to_be_visible()
