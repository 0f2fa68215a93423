"""`jumpguard doctor`: whether everything about this terminal is well, and what to do where it is not."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import set_cell_size
from rich.console import Console
from rich.markup import escape

from provisioning.doctor.codes import NOT_EXAMINED
from provisioning.doctor.examine import examine
from provisioning.doctor.finding import Fact, Finding, Level
from provisioning.doctor.meanings import CHECKS, FACTS
from provisioning.doctor.patient import Patient
from provisioning.reasons import meaning, remedy, worded
from provisioning.texts import _, mark
from tools.cli.language import Tongue, speak

app = typer.Typer(add_completion=False)

_INDENT = 6
_SAID = {
    Level.OK: (mark("well"), "green"),
    Level.WARNING: (mark("look"), "yellow"),
    Level.PROBLEM: (mark("bad"), "red"),
    Level.UNKNOWN: (mark("?"), "dim"),
}


@app.command(epilog="Exit code 0 when there is no problem, 1 when there is; warnings do not count.")
def doctor(
    settings: Annotated[
        Path | None,
        typer.Option("--settings", metavar="FILE", help="The terminal's settings; /etc/jumpguard/terminal.toml."),
    ] = None,
    root: Annotated[Path, typer.Option("--root", metavar="DIR", help="Where the terminal's tree begins.")] = Path("/"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
    language: Tongue = None,
) -> None:
    """Look at everything about this terminal, beside the running service; nothing is changed and nothing is paid."""
    speak(language)
    findings = asyncio.run(_examined(Patient(settings, root), as_json))
    problems = sum(found.level is Level.PROBLEM for found in findings)
    if as_json:
        print(json.dumps(_as_json(findings), ensure_ascii=False))
    else:
        print(_("No problem was found.") if not problems else _("Problems: {n}.").format(n=problems))
    raise typer.Exit(1 if problems else 0)


async def _examined(patient: Patient, silent: bool) -> list[Finding]:
    """The findings; each is shown as soon as it is there, unless `silent`."""
    console, findings = Console(highlight=False, soft_wrap=True), []
    async for found in examine(patient):
        findings.append(found)
        if not silent:
            _show(console, found)
    return findings


def _show(console: Console, found: Finding) -> None:
    word, colour = _SAID[found.level]
    facts = "; ".join(f"{_(FACTS[name])}: {_told(name, value)}" for name, value in found.facts.items() if value != "")
    head = (
        f"[{colour}]{escape(set_cell_size(_(word), _INDENT))}[/{colour}][bold]{escape(_(CHECKS[found.check]))}[/bold]"
    )
    console.print(f"{head}  {escape(facts)}".rstrip())
    # What another check stands in the way of says that alone: one wrong key is not to fill three screens.
    if found.code and found.code != NOT_EXAMINED:
        console.print(f"{' ' * _INDENT}{meaning(found.code)} [{found.code}]", markup=False)
        console.print(f"{' ' * _INDENT}{remedy(found.code)}", markup=False)


def _told(name: str, value: Fact) -> Fact:
    if name == "because":
        return _(CHECKS[str(value)])
    return worded(str(value)) if name in ("state", "reason") else value


def _as_json(findings: list[Finding]) -> dict[str, object]:
    return {
        "healthy": all(found.level is not Level.PROBLEM for found in findings),
        **{level.value: sum(found.level is level for found in findings) for level in Level},
        "findings": [
            {
                **found._asdict(),
                "title": _(CHECKS[found.check]),
                "meaning": meaning(found.code) if found.code else "",
                "remedy": remedy(found.code) if found.code else "",
            }
            for found in findings
        ],
    }
