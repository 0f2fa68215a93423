"""What a technician sees of an installation, and how they answer: a line for each step, and what is under way."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from provisioning.install.result import Installed
from provisioning.install.steps import ATTESTING, QUESTIONS, STEPS, TITLES, Progress
from provisioning.reasons import worded
from provisioning.texts import _, mark
from tools.cli.provision_words import NO, YES

# What of the facts a technician wants to see as it goes.
_FACTS = {
    "merchant": mark("merchant"),
    "mid": mark("merchant number"),
    "tid": mark("terminal number"),
    "address": mark("terminal"),
    "model": mark("model"),
    "software": mark("software"),
    "reader": mark("reader"),
    "fingerprint": mark("key"),
    "ends": mark("valid to"),
    "amount": mark("amount"),
    "card": mark("card"),
    "approval_code": mark("approval code"),
    "entries": mark("journal entries"),
}
_LONGEST_FACT = 40


class Screen:
    """Implements `provisioning.install.steps.Person` for whoever sits at this terminal, and shows progress there."""

    def __init__(self, steps: Sequence[str] = STEPS) -> None:
        self.steps = steps
        self.console = Console(highlight=False, soft_wrap=True)
        self._status: Status | None = None

    def show(self, progress: Progress) -> None:
        """Show what is told of a step."""
        title = f"{self.steps.index(progress.step) + 1}/{len(self.steps)} {_(TITLES[progress.step])}"
        if progress.state == "begun":
            self._busy(title)
        elif progress.state == "warning":
            self.console.print(f"  [yellow]![/yellow] {escape(progress.facts['text'])}")
        elif progress.state == "done":
            self.stop()
            self.console.print(f"[green]✓[/green] {escape(title)}  [dim]{escape(_in_words(progress.facts))}[/dim]")

    def stop(self) -> None:
        """Nothing is under way any more."""
        if self._status:
            self._status.stop()

    def installed(self, done: Installed) -> None:
        """Say that it is done."""
        bound = done.facts.bound
        text = _("{serial} sells for {name}: {mid} / {tid}, binding {version}, valid to {valid_to}")
        said = text.format(
            serial=bound.serial, name=bound.name, mid=bound.mid, tid=bound.tid, version=bound.version,
            valid_to=bound.valid_to,
        )  # fmt: skip
        self.console.print(f"[bold green]{escape(said)}[/bold green]")
        self.console.print(escape(_("Tills reach it at {address}.").format(address=done.facts.till)))

    def written(self, file: Path) -> None:
        """Say that `file` was written for the hand-over."""
        self.console.print(f"[green]✓[/green] {escape(str(file))}")

    async def says_yes(self, question: str, **facts: str) -> bool:
        """See `Person.says_yes`."""
        said = {name: worded(text) for name, text in facts.items()}
        return await self.confirms(_(QUESTIONS[question]).format(**said), attests=question in ATTESTING)

    async def told(self, what: str, **facts: str) -> None:
        """See `Person.told`."""
        self.console.print(f"  [bold cyan]→ {escape(_(QUESTIONS[what]).format(**facts))}[/bold cyan]")

    async def confirms(self, question: str, *, attests: bool = False) -> bool:
        """Whether the person says yes to `question`; Enter means no, or nothing where somebody `attests` by it."""
        self.stop()
        while True:
            self.console.print(f"  [bold]{escape(question)}[/bold] {escape('[y/n]' if attests else '[y/N]')} ", end="")
            text = (await _typed()).strip().lower()
            if text in (*YES, *NO) or not (text or attests):
                if self._status:
                    self._status.start()
                return text in YES
            self.console.print(f"  [red]✗ {escape(_('y for yes, n for no'))}[/red]")

    def _busy(self, title: str) -> None:
        self._status = self.console.status(f"{escape(title)} …")
        self._status.start()


def _in_words(facts: dict[str, str]) -> str:
    return "  ".join(f"{_(_FACTS[name])} {value[:_LONGEST_FACT]}" for name, value in facts.items() if name in _FACTS)


async def _typed() -> str:
    """The line that the person types. Unlike `input` it can be called off at any moment. Raises EOFError at the end."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(sys.stdin.fileno(), ready.set)
    except PermissionError:  # a file or /dev/null: epoll takes none, and it never has to be waited for
        ready.set()
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    try:
        line = sys.stdin.readline()
    except OSError as error:  # its window is closed
        raise EOFError from error
    if not line:
        raise EOFError
    return line
