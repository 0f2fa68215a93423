"""`jumpguard demo`: a whole counter on this machine plays its main scenes."""

import json
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from provisioning import texts
from provisioning.texts import _
from tools.cli.plainly import said_plainly
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


class Language(StrEnum):
    """What the demonstration speaks."""

    ENGLISH = texts.ENGLISH
    CHINESE = texts.CHINESE


@app.command(epilog="Exit code 0 when every step came out as promised, 1 when one did not, 2 for wrong usage.")
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the last step instead of staying up.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a step and line, nothing else.")] = False,
    broken: Annotated[
        Part | None, typer.Option("--break", help="Switch this part off: a step has to notice, and exit 1.")
    ] = None,
    language: Annotated[
        Language | None, typer.Option(help="Language of the texts; by default the environment's.")
    ] = None,
) -> None:
    """Start broker, backend, acquirer, virtual board and agent, play a day at the counter, and look up what came of it.

    A clean sale, a decline, an altered merchant record, a merchant jump, a broker that is gone, and two power cuts.
    Everything lives in a temporary folder and on loopback, and is gone afterwards.
    """
    texts.use(language.value if language else texts.from_environment())
    without = broken.value if broken else ""
    with (
        said_plainly(),
        _ended_by_signals(),
        tempfile.TemporaryDirectory(prefix="jg-") as folder,
        Rig(Path(folder)) as rig,
    ):
        failed = _print_json(rig, without) if as_json else _show(rig, without)
        if not once and not broken:
            _stay_up(rig, quiet=as_json)
    raise typer.Exit(1 if failed else 0)


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


def _show(rig: Rig, without: str) -> bool:
    """Play, and print for a person; with a part switched off, up to the step that notices."""
    prepare(rig, without)
    screen = Screen(rig, without)
    failed = []
    screen.start()
    try:
        for step in STEPS:
            screen.begin(step)
            facts = step.play(Scene(rig, without))
            screen.done(facts)
            if not facts.ok:
                failed.append(step.name)
            if failed and without:
                break
    finally:
        screen.stop()
    screen.summary(len(STEPS), failed)
    return bool(failed)


def _stay_up(rig: Rig, quiet: bool) -> None:
    if not quiet:
        Screen(rig, "").staying()
    threading.Event().wait()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end it as Ctrl-C does: every process is stopped and the folder removed."""

    def interrupt(number: int, frame: object) -> None:
        del number, frame
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
