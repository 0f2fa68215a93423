"""Somebody who has the terminals page open while the load runs: how soon it shows and does what it shall."""

import time
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.tools.fleet.pages.conftest import CHROMIUM
from tests.tools.fleet.pages.desk import Desk, Person, window
from tests.tools.fleet.publisher import Publisher, state
from tools.bench.figure import percentile
from tools.rig.started import Started

PROBE = "JG-PROBE-0001"
_LONGEST_MS = 30_000
# How often the page is asked whether it is there.
_LOOK_MS = 10
_STATES = ("lost", "online")
# Clicks, and says how many milliseconds later the expression has another value. In the page, where a person clicks:
# Playwright's own clicks first wait until nothing moves.
_CLICK = """async (element, seen) => {
    const now = () => eval(seen), before = now(), began = performance.now();
    element.click();
    while (now() === before && performance.now() - began < 30000)
        await new Promise(resolve => setTimeout(resolve, 5));
    return performance.now() - began;
}"""
# Of the row that is first, and of a chip, which is pressed in the same moment as the rows change. Not how many are
# found: before one is lost, those online are all.
_FIRST = "document.querySelector('tbody a')?.innerText"
_PRESSED = "element.getAttribute('aria-pressed')"


class Screen(Started):
    """The pages of the store of `directory`, in a process of their own, with two windows of a browser.

    One shows all terminals and is sorted and filtered; one shows a terminal that says something at `port` now and then.
    """

    def __init__(self, directory: Path, port: int) -> None:
        self.desk = Desk(directory, "--no-backend")
        self.shown_s: list[float] = []
        self.sorted_s: list[float] = []
        self.filtered_s: list[float] = []
        self._probe = Publisher(port, PROBE)
        self._stack = ExitStack()

    def start(self) -> None:
        """Log in, and open the windows."""
        with ExitStack() as stack:
            stack.enter_context(self.desk)
            browser = stack.enter_context(sync_playwright()).chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox"]
            )
            known = window(self.desk, browser).log_in().page.context.storage_state()
            self._all, self._one = window(self.desk, browser, known), window(self.desk, browser, known)
            self._probe.start()
            stack.callback(self._probe.stop)
            self._all.open("/terminals")
            # Until it is sorted by them, the list changes by itself.
            self._all.page.locator("th", has_text="TID").click()
            self._all.page.wait_for_url("**sort=tid*")
            full = "() => document.querySelectorAll('tbody .jg-state').length >= 50"
            self._all.page.wait_for_function(full, timeout=_LONGEST_MS)
            self._one.open(f"/terminals?q={PROBE}")
            self._stack = stack.pop_all()

    @property
    def pid(self) -> int:
        """The process that makes the pages."""
        return self.desk.process.pid

    def stop(self) -> None:
        """Close it all."""
        self._stack.close()

    def look(self) -> None:
        """Have the terminal say something, sort and filter the list, and note how long each took to be seen."""
        word = _STATES[len(self.shown_s) % 2]
        began = time.monotonic()
        self._probe.send("state", state(word, len(self.shown_s) + 1))
        self._seen(self._one, "word => document.querySelector('tbody .jg-state')?.innerText.includes(word)", word)
        self.shown_s.append(time.monotonic() - began)

        self.sorted_s.append(self._answered("th:has-text('TID')", _FIRST))
        for _ in ("pressed", "let go"):
            self.filtered_s.append(self._answered(".jg-chip:has-text('active')", _PRESSED))

    def _answered(self, what: str, seen: str) -> float:
        """How long after a click at `what` the expression `seen` is another in the window of all, in seconds."""
        return float(self._all.page.locator(what).first.evaluate(_CLICK, seen)) / 1000

    def told(self) -> str:
        """One line."""
        parts = {"event to screen": self.shown_s, "sort": self.sorted_s, "filter": self.filtered_s}
        return "  " + ", ".join(
            f"{what} p50 {percentile(values, 50):.3f} s, p95 {percentile(values, 95):.3f} s of {len(values)}"
            for what, values in parts.items()
        )

    @staticmethod
    def _seen(person: Person, function: str, argument: object) -> None:
        person.page.wait_for_function(function, arg=argument, polling=_LOOK_MS, timeout=_LONGEST_MS)
