"""What a person sees of the demonstration: in colour on a terminal, plainly elsewhere."""

import json
from typing import Any

from rich.console import Console
from rich.markup import escape

from provisioning.texts import _
from tools.demo.follow import Follower
from tools.demo.scene import Facts
from tools.demo.steps import Step
from tools.rig.rig import Rig

_COLOURS = {"card": "cyan", "journal": "white", "acquirer": "magenta", "backend": "blue"}


class Screen:
    """Prints what happens as it happens, and after each step what was promised and what was found."""

    def __init__(self, rig: Rig, without: str) -> None:
        self.rig = rig
        self.without = without
        self.console = Console(highlight=False, soft_wrap=True)
        self._follower = Follower(rig, self._tell)

    def start(self) -> None:
        """Say what stands, and begin to follow it."""
        self.console.print(f"[bold]JumpGuard[/bold]  {_('a counter of five processes on this machine')}")
        for name, process in self.rig.processes.items():
            self.console.print(f"  {name:<10}[dim]pid {process.pid}[/dim]")
        if self.without:
            self.console.print(f"[yellow]{_('Switched off')}: {self.without}[/yellow]")
        self.console.print()
        self._follower.start()

    def stop(self) -> None:
        """Tell what is left."""
        self._follower.stop()

    def begin(self, step: Step) -> None:
        """Say what is about to be played."""
        self.console.print(f"[bold]{step.name}[/bold]  {escape(_(step.title))}")

    def done(self, facts: Facts) -> None:
        """Say how the step came out: each fact once, or where it differs as promised and as found."""
        self._follower.look()
        verdict = f"[green]{_('as promised')}[/green]" if facts.ok else f"[red]{_('NOT as promised')}[/red]"
        self.console.print(f"  {verdict}")
        for name, expected in facts.expected.items():
            observed = facts.observed.get(name)
            if observed == expected:
                self.console.print(f"    [green]=[/green] {name}: {escape(_plain(observed))}")
            else:
                self.console.print(f"    [red]![/red] {name}: {_('promised')} {escape(_plain(expected))}")
                self.console.print(f"      {' ' * len(name)}  {_('found')} {escape(_plain(observed))}")
        self.console.print()

    def summary(self, played: int, failed: list[str]) -> None:
        """The last line: how many steps came out, and which did not."""
        if failed:
            self.console.print(f"[red]{_('Steps that noticed a fault')}: {', '.join(failed)}[/red]")
        else:
            self.console.print(f"[green]{_('All steps came out as promised')}: {played}[/green]")

    def staying(self) -> None:
        """Say that the counter stays up, and how to play with it."""
        board = self.rig.files.board
        self.console.print(f"\n{_('The counter stays up; Ctrl-C ends it. Try, in another window')}:")
        self.console.print(f"  jumpguard board tap unionpay --dir {board}", soft_wrap=True)
        self.console.print(f"  jumpguard fleet terminals --dir {self.rig.directory / 'fleet'}", soft_wrap=True)

    def _tell(self, source: str, text: str) -> None:
        self.console.print(f"  [{_COLOURS[source]}]{source:<9}[/] {escape(text)}", soft_wrap=True)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value) or _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
