"""`jumpguard demo`: a whole counter on this machine plays its main scenes."""

import json
import tempfile
import threading
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import ended_by_signals, said_plainly
from tools.demo.faulty_agent import GATE, JOURNAL, MATCH, OUTBOX
from tools.demo.scene import Scene
from tools.demo.screen import Screen
from tools.demo.steps import STEPS, prepare
from tools.rig.rig import Rig

app = typer.Typer(add_completion=False)


class Part(StrEnum):
    """A part that can be switched off."""

    MATCH = MATCH
    GATE = GATE
    JOURNAL = JOURNAL
    OUTBOX = OUTBOX


@app.command(epilog="Exit code: 0 every step came out as promised, 1 one did not, 2 wrong usage, 130 interrupted.")
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the last step instead of staying up.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a step and line, nothing else.")] = False,
    broken: Annotated[
        Part | None, typer.Option("--break", help="Switch this part off: a step has to notice, and exit 1.")
    ] = None,
    language: Tongue = None,
) -> None:
    """Start broker, backend, acquirer, virtual board and agent, play a day at the counter, and look up what came of it.

    A clean sale, a decline, an altered merchant record, a merchant jump, a broker that is gone, and two power cuts.
    Everything lives in a temporary folder and on loopback, and is gone afterwards.
    """
    speak(language)
    without = broken.value if broken else ""
    with (
        said_plainly(),
        ended_by_signals(),
        tempfile.TemporaryDirectory(prefix="jg-") as folder,
        Rig(Path(folder)) as rig,
        Screen(rig) as screen,
    ):
        failed = _print_json(rig, without) if as_json else _show(rig, screen, without)
        if not once and not broken:
            _stay_up(screen, quiet=as_json)
    raise typer.Exit(1 if failed else 0)


def _stay_up(screen: Screen, quiet: bool) -> None:
    """Until Ctrl-C, which is how it is meant to end."""
    if not quiet:
        screen.staying()
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _print_json(rig: Rig, without: str) -> bool:
    """Play, and print one JSON object a step; with a part switched off, up to the step that notices."""
    prepare(rig, without)
    failed = False
    for step in STEPS:
        facts = step.play(Scene(rig, without))
        shown = {"step": step.name, "title": _(step.title), "expected": facts.expected, "observed": facts.observed}
        print(json.dumps({**shown, "ok": facts.ok}, ensure_ascii=False), flush=True)
        failed = failed or not facts.ok
        if failed and without:
            break
    return failed


def _show(rig: Rig, screen: Screen, without: str) -> bool:
    """Play, and print for a person; with a part switched off, up to the step that notices."""
    prepare(rig, without)
    failed = []
    screen.start(rig.processes, without)
    for step in STEPS:
        screen.begin(step)
        facts = step.play(Scene(rig, without))
        screen.done(facts)
        if not facts.ok:
            failed.append(step.name)
        if failed and without:
            break
    screen.summary(len(STEPS), failed)
    return bool(failed)
