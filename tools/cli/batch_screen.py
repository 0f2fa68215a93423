"""What a technician sees of a batch: a bar with the time that is left, or plain lines where there is no screen."""

import json
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from provisioning.batch.outcome import DONE, Outcome
from provisioning.batch.report import said
from provisioning.batch.row import Row
from provisioning.install import steps
from provisioning.install.steps import TITLES
from provisioning.texts import _
from tools.cli.install_screen import Screen


class BatchScreen:
    """Implements `provisioning.batch.run.Screen` for a run over so many rows; with JSON, one object for each event.

    A `person` who stands at each terminal sees every step instead of the bar.
    """

    def __init__(self, due: int, *, as_json: bool, person: Screen | None) -> None:
        self.console = Console(highlight=False, soft_wrap=True)
        self._due = due
        self._as_json = as_json
        self._person = None if as_json else person
        self._done = 0
        self._under_way: dict[str, str] = {}
        self._begun_at = time.monotonic()
        self._bar = self._make_bar() if self.console.is_terminal and not as_json and not person else None
        self._task = self._bar.add_task("", total=due, left="") if self._bar else TaskID(0)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def begun(self, row: Row) -> None:
        """See `Screen.begun`."""
        self._under_way[row.serial] = ""
        here = f"→ {row.number:>4} {row.serial}  {row.address}  {row.note}" if self._person else ""
        self._say({"row": row.number, "serial": row.serial, "state": "begun"}, escape(here))

    def step(self, row: Row, progress: steps.Progress) -> None:
        """See `Screen.step`."""
        if self._person:
            self._person.show(progress)
        elif progress.state == "begun":
            self._under_way[row.serial] = progress.step
            self._describe()

    def ended(self, row: Row, outcome: Outcome) -> None:
        """See `Screen.ended`."""
        self._under_way.pop(row.serial, None)
        if self._person:
            self._person.stop()
        self._done += 1
        what, to_do = said(outcome)
        sign, colour = ("✓", "green") if outcome.state == DONE else ("✗", "red")
        text = f"[{colour}]{sign}[/{colour}] {escape(f'{row.number:>4} {row.serial}')}  {escape(what)}"
        if to_do:
            text += f"\n       [dim]{escape(to_do)}[/dim]"
        failure = outcome.failure
        self._say(
            {
                "row": row.number, "serial": row.serial, "state": outcome.state,
                **({"step": failure.step, "code": failure.code, "terminal": failure.terminal} if failure else {}),
            },
            text,
        )  # fmt: skip
        if self._bar:
            self._bar.update(self._task, completed=self._done)
            self._describe()

    def called_off(self, again: bool) -> None:
        """See `Screen.called_off`."""
        if self._as_json:
            print(json.dumps({"state": "called_off", "again": again}), flush=True)
        elif again:
            self.console.print(escape(_("The terminals under way are put back as they were.")))
        else:
            said = _("{count} under way are finished, no other is begun. Ctrl-C once more puts them back.")
            self.console.print(escape(said.format(count=len(self._under_way))))

    def _say(self, event: dict[str, object], text: str) -> None:
        if self._as_json:
            print(json.dumps(event), flush=True)
        elif text and self._bar:
            self.console.print(text)
        elif text:
            self.console.print(f"{escape(self._how_far())} {text}")

    def _how_far(self) -> str:
        return f"[{_(', ').join(filter(None, (f'{self._done}/{self._due}', self._left())))}]"

    def _left(self) -> str:
        """The time that is left, as long as each terminal takes as those before did."""
        if not self._done:
            return ""
        left_s = int((time.monotonic() - self._begun_at) / self._done * (self._due - self._done))
        return _("{minutes}:{seconds:02} left").format(minutes=left_s // 60, seconds=left_s % 60)

    def _describe(self) -> None:
        if self._bar:
            first = next(iter(self._under_way.items()), None)
            text = f"{first[0]}: {_(TITLES[first[1]])}" if first and first[1] else ""
            self._bar.update(self._task, description=escape(text), left=self._left())

    def _make_bar(self) -> Progress:
        return Progress(
            BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}"), TextColumn("{task.description}"),
            console=self.console,
        )  # fmt: skip
