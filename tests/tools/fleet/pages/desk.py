"""A whole desk for the browser tests: `jumpguard fleet serve` with its broker and backend, and who uses it."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, StorageState

from tests.tools.fleet.publisher import FLEET, Publisher
from tools.rig.process import Process
from tools.rig.started import Started

SCREENSHOTS = Path(__file__).parents[4] / "build" / "screenshots"
WIDE = (1440, 900)
PHONE = (360, 740)


class Desk(Started):
    """The process, and where it is."""

    def __init__(self, directory: Path, *options: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        arguments = ["serve", "--dir", str(directory / "fleet"), "--port", "0", "--mqtt-port", "0", "--fleet", FLEET]
        self.process = Process("serve", "tools.fleet", [*arguments, "--json", *options], directory)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process.start()

    def stop(self) -> None:
        """End it."""
        self.process.stop()

    @property
    def store(self) -> Path:
        """The directory of its store."""
        return self.directory / "fleet"

    @property
    def address(self) -> str:
        """Where the pages are, without a slash at the end."""
        return str(self.process.ready["address"]).rstrip("/")

    @property
    def broker_port(self) -> int:
        """Where its broker speaks MQTT."""
        return int(self.process.ready["broker"].rpartition(":")[2])

    def publisher(self, terminal: str) -> Publisher:
        """A connection of `terminal` to the desk's broker."""
        return Publisher(self.broker_port, terminal).start()


class Person:
    """Somebody at a browser of their own; what it asked for, and what went wrong in it."""

    def __init__(self, desk: Desk, context: BrowserContext) -> None:
        self.desk = desk
        self.requests: list[str] = []
        self.troubles: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("request", self._on_request)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)

    def log_in(self, name: str = "", password: str = "") -> "Person":
        """Give a name and its password, the first ones by default."""
        ready = self.desk.process.ready
        self.open("/login")
        self.page.fill("input[name=name]", name or ready["user"])
        self.page.fill("input[name=password]", password or ready["password"])
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".jg-nav")
        return self

    def open(self, path: str) -> None:
        """Open a page of the desk, and wait until it is alive."""
        self.page.goto(self.desk.address + path)
        self.page.wait_for_selector("main")

    @property
    def rows(self) -> Locator:
        """The rows of the page's table."""
        return self.page.locator("tbody tr:has(td:nth-child(2))")

    def choose(self, option: str) -> None:
        """Choose `option` in the list of the dialog."""
        self.page.locator(".q-dialog .q-select").click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def close(self) -> None:
        """Close the window; nothing may have gone wrong in it, or have been asked of another host."""
        self.page.context.close()
        assert self.strangers() == []
        assert self.troubles == []

    def photograph(self, name: str) -> None:
        """Keep what is seen for whoever looks at it."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def strangers(self) -> list[str]:
        """What was asked of any other host."""
        own = (self.desk.address, self.desk.address.replace("http:", "ws:"), "data:")
        return [url for url in self.requests if not url.startswith(own)]

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)


def window(
    desk: Desk,
    browser: Browser,
    state: StorageState | None = None,
    size: tuple[int, int] = WIDE,
    scheme: Literal["light", "dark"] = "light",
) -> Person:
    """Somebody with a browser window of `size`; with the `state` of one who has logged in."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB", storage_state=state
    )
    context.set_default_timeout(10_000)
    return Person(desk, context)
