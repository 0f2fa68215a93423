"""`jumpguard fleet rollout`: an order to many terminals, a few first."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from agent.command.types import TYPES
from provisioning.texts import _
from tools.cli import rollouts_shown
from tools.cli.language import Tongue, speak
from tools.cli.plainly import files_named, said_plainly
from tools.cli.shown import AsJson, Directory
from tools.cli.store import me, opened
from tools.contract.validator import texts_of
from tools.fleet.alerts.words import SEVERITIES
from tools.fleet.open_store import OpenStore
from tools.fleet.rollouts import changes
from tools.fleet.rollouts.bindings import bindings_in
from tools.fleet.rollouts.content import BINDING, COMMAND, RELEASE, SETTINGS, Content
from tools.fleet.rollouts.draft import Draft, preview
from tools.fleet.rollouts.plan import SKIP, WAIT, Plan
from tools.fleet.rollouts.states import ALIVE, STOPPED, TOLD
from tools.fleet.views import rollouts as view
from tools.fleet.views.found import MOST, Page
from tools.given import ValueGivenError, named, sections, value_of

REFUSED = 1
_WATCH_S = 1.0
_DEFAULT = Plan()

app = typer.Typer(
    add_completion=False,
    help="Give settings, bindings, a release or a command to many terminals: a few first, more while they stay well.",
    no_args_is_help=True,
)

Number = Annotated[int, typer.Argument(metavar="ID", help="As `jumpguard fleet rollout list` has it.")]
Why = Annotated[str, typer.Option(help="Why, for the log of changes.")]


def _beginning(dry: bool) -> Callable[..., None]:
    """The command that looks what would happen, or the one that begins: they take the same."""

    def begin(
        directory: Directory,
        name: Annotated[str, typer.Argument(help="How people will know it.")],
        terminal: Annotated[list[str] | None, typer.Option(help="A terminal's serial; may be given again.")] = None,
        terminals: Annotated[Path | None, typer.Option(help="A file of serials, one a line.", dir_okay=False)] = None,
        settings: Annotated[
            list[str] | None,
            typer.Option("--set", metavar="SECTION.KEY=VALUE", help="A setting; together all that differ."),
        ] = None,
        bindings: Annotated[
            list[Path] | None,
            typer.Option(help="Signed bindings, one a file or a line; without terminals it is for theirs."),
        ] = None,
        update: Annotated[str | None, typer.Option(metavar="VERSION", help="A release.")] = None,
        command: Annotated[str | None, typer.Option(metavar="TYPE", help=f"{', '.join(TYPES)}.")] = None,
        arg: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="The command's.")] = None,
        canary: Annotated[str, typer.Option(help="How many terminals are first, or which: serials with commas.")] = str(
            _DEFAULT.canary
        ),
        percents: Annotated[
            str, typer.Option(help="How many percent are reached with each wave after that.")
        ] = ",".join(map(str, _DEFAULT.percents)),
        soak: Annotated[
            int, typer.Option(help="Seconds that each is watched after it took the order.")
        ] = _DEFAULT.soak_s,
        timeout: Annotated[int, typer.Option(help="Seconds that each has to take it.")] = _DEFAULT.timeout_s,
        most_failures: Annotated[int, typer.Option(help="As many of a wave may fail.")] = _DEFAULT.most_failures,
        most_percent: Annotated[int | None, typer.Option(help="Or so many percent of it, if that is more.")] = None,
        severity: Annotated[
            str, typer.Option(help=f"New alerts from this severity on are failures: {', '.join(SEVERITIES)}.")
        ] = _DEFAULT.severity,
        away: Annotated[
            str, typer.Option(help=f"Terminals that are away when their wave begins: {SKIP} or {WAIT}.")
        ] = _DEFAULT.away,
        leave_out: Annotated[
            bool, typer.Option("--leave-out", help="Begin without the terminals that cannot be ordered.")
        ] = False,
        as_json: AsJson = False,
        language: Tongue = None,
    ) -> None:
        speak(language)
        with said_plainly():
            content = _content(settings, bindings, update, command, arg)
            plan = Plan(
                _canary(canary), _percents(percents), soak, timeout, most_failures, most_percent, severity, away
            )
            draft = Draft(name, content, _names(terminal, terminals, content), plan)
            with opened(directory) as store:
                if dry:
                    _dry_run(store, draft, leave_out, as_json)
                else:
                    number = store.change(changes.start, me(), draft, leave_out)
                    _started(number, draft, as_json)

    return begin


app.command("plan", help="Say what `start` with the same options would do: waves, and who would be left out and why. "
            "Exit code 1 when `start` would refuse.")(_beginning(dry=True))  # fmt: skip
app.command("start", help="Begin a roll-out; `jumpguard fleet ingest` goes on with it.")(_beginning(dry=False))


@app.command("list")
def list_(directory: Directory, as_json: AsJson = False, language: Tongue = None) -> None:
    """List the roll-outs, the latest first."""
    speak(language)
    with said_plainly(), opened(directory) as store:
        found = store.ask(view.listed, Page(MOST)).items
    if as_json:
        for each in found:
            print(json.dumps(asdict(each), ensure_ascii=False))
    else:
        rollouts_shown.print_list(found)


@app.command()
def show(
    directory: Directory,
    number: Number,
    watch: Annotated[bool, typer.Option("--watch", help="Until it is over; exit code 1 when it stopped.")] = False,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Show how far a roll-out is, and each terminal that is not healthy with the reason."""
    speak(language)
    with said_plainly(), opened(directory) as store:
        rollout = _watched(store, number, quietly=as_json) if watch else store.ask(view.one, number)
        targets = store.ask(view.its_targets, number, Page(MOST), TOLD).items
    if as_json:
        print(json.dumps(asdict(rollout) | {"targets": [asdict(each) for each in targets]}, ensure_ascii=False))
    else:
        if not watch:
            rollouts_shown.print_one(rollout)
        rollouts_shown.print_targets(targets)
    raise typer.Exit(REFUSED if watch and rollout.state == STOPPED else 0)


@app.command()
def pause(directory: Directory, number: Number, why: Why = "", language: Tongue = None) -> None:
    """Order nothing more for now; what is ordered already takes its course."""
    _change(directory, number, why, language, changes.pause)


@app.command()
def resume(directory: Directory, number: Number, why: Why = "", language: Tongue = None) -> None:
    """Go on with a roll-out that was paused."""
    _change(directory, number, why, language, changes.resume)


@app.command()
def stop(directory: Directory, number: Number, why: Why = "", language: Tongue = None) -> None:
    """End a roll-out: nothing more is ordered, and what was stays."""
    _change(directory, number, why, language, changes.stop)


@app.command("return")
def return_(directory: Directory, number: Number, why: Why = "", language: Tongue = None) -> None:
    """Give every terminal that a roll-out touched what it had, as far as there is a way back; `show` says where not."""
    _change(directory, number, why, language, changes.return_)


def _change(directory: Path, number: int, why: str, language: Tongue, change: Callable[..., None]) -> None:
    speak(language)
    with said_plainly(), opened(directory) as store:
        store.change(change, me(), number, why)
        print(json.dumps({"rollout": number, "state": store.ask(view.one, number).state}))


def _content(
    settings: list[str] | None,
    bindings: list[Path] | None,
    update: str | None,
    command: str | None,
    args: list[str] | None,
) -> Content:
    given = [each for each in (settings, bindings, update, command) if each is not None]
    if len(given) != 1 or (args is not None and command is None):
        raise ValueGivenError(_("give one of --set, --bindings, --update and --command; --arg belongs to --command"))
    if settings is not None:
        return Content(SETTINGS, sections(settings))
    if bindings is not None:
        with files_named():
            return Content(BINDING, {}, bindings_in("\n".join(file.read_text("utf-8").strip() for file in bindings)))
    if update is not None:
        return Content(RELEASE, {"version": update})
    texts = texts_of(str(command))
    values = {name: text if name in texts else value_of(text) for name, text in map(named, args or [])}
    return Content(COMMAND, {"type": command, "args": values})


def _names(terminal: list[str] | None, file: Path | None, content: Content) -> list[str]:
    names = list(terminal or [])
    if file is not None:
        with files_named():
            names += file.read_text("utf-8").split()
    return names or list(content.bindings)


def _canary(text: str) -> int | tuple[str, ...]:
    return int(text) if text.isascii() and text.isdigit() else tuple(filter(None, text.split(",")))


def _percents(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueGivenError(_("{text!r} is not numbers with commas, such as 1,10,50,100").format(text=text))
    return tuple(map(int, parts))


def _dry_run(store: OpenStore, draft: Draft, leave_out: bool, as_json: bool) -> None:
    found = store.ask(preview, me(), draft)
    if as_json:
        print(json.dumps(asdict(found), ensure_ascii=False))
    else:
        rollouts_shown.print_preview(found)
    raise typer.Exit(REFUSED if not found.waves or (found.refused and not leave_out) else 0)


def _started(number: int, draft: Draft, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"rollout": number, "name": draft.name}, ensure_ascii=False))
    else:
        print(
            _("Roll-out {number} has begun: see `jumpguard fleet rollout show {number} --watch`.").format(number=number)
        )


def _watched(store: OpenStore, number: int, quietly: bool) -> view.Rollout:
    with Live(console=Console(quiet=quietly), auto_refresh=False) as live:
        while True:
            rollout = store.ask(view.one, number)
            live.update(rollouts_shown.one(rollout), refresh=True)
            if rollout.state not in ALIVE:
                return rollout
            time.sleep(_WATCH_S)
