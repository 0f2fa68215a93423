"""What a person sees of the demonstration: in colour on a terminal, plainly elsewhere."""

import json
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.markup import escape

from provisioning.texts import _
from tools.demo.follow import Follower
from tools.demo.scene import Facts
from tools.demo.steps import Step
from tools.rig.process import Process
from tools.rig.rig import Rig

_COLOURS = {"card": "cyan", "journal": "white", "acquirer": "magenta", "backend": "blue"}


class Screen:
    """Prints what happens as it happens, and after each step what was promised and what was found."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.console = Console(highlight=False, soft_wrap=True)
        self._follower = Follower(rig, self._tell)

    def __enter__(self) -> "Screen":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._follower.stop()

    def start(self, processes: dict[str, Process], without: str) -> None:
        """Say what stands, and begin to follow it."""
        self._say("[bold]JumpGuard[/bold]  {}", _("a counter of five processes on this machine"))
        for name, process in processes.items():
            self.console.print(f"  {name:<10}[dim]pid {process.pid}[/dim]")
        if without:
            self._say("[yellow]{}: {}[/yellow]", _("Switched off"), without)
        self.console.print()
        self._follower.start()

    def begin(self, step: Step) -> None:
        """Say what is about to be played."""
        self._say("[bold]{}[/bold]  {}", step.name, _(step.title))

    def done(self, facts: Facts) -> None:
        """Say how the step came out: each fact once, or where it differs as promised and as found."""
        self._follower.look()
        if facts.ok:
            self._say("  [green]{}[/green]", _("as promised"))
        else:
            self._say("  [red]{}[/red]", _("NOT as promised"))
        for name, expected in facts.expected.items():
            observed = facts.observed.get(name)
            if observed == expected:
                self._say("    [green]=[/green] {}: {}", name, _plain(observed))
            else:
                self._say("    [red]![/red] {}: {} {}", name, _("promised"), _plain(expected))
                self._say("      {}  {} {}", " " * len(name), _("found"), _plain(observed))
        self.console.print()

    def summary(self, played: int, failed: list[str]) -> None:
        """The last line: how many steps came out, and which did not."""
        if failed:
            self._say("[red]{}: {}[/red]", _("Steps that noticed a fault"), ", ".join(failed))
        else:
            self._say("[green]{}: {}[/green]", _("All steps came out as promised"), played)

    def staying(self) -> None:
        """Say that the counter stays up, and how to play with it."""
        self.console.print()
        self._say("{}:", _("The counter stays up; Ctrl-C ends it. Try, in another window"))
        command = Path(sys.argv[0]).absolute()
        files = self.rig.files
        self._say("  {} board tap unionpay --dir {}", command, files.board)
        self._say("  {} sale 12.50 --api {} --token-file {}", command, self.rig.agent.ready["api"], files.token_file)
        self._say("  {} fleet terminals --dir {}", command, self.rig.directory / "fleet")

    def _say(self, form: str, *words: object) -> None:
        """Print `words` in `form`; only the form has markup."""
        self.console.print(form.format(*(escape(str(word)) for word in words)))

    def _tell(self, source: str, text: str) -> None:
        self._say(f"  [{_COLOURS[source]}]{source:<9}[/] {{}}", text)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value) or _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
