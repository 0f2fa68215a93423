"""`jumpguard settings`: what a terminal's settings file says, what is wrong with it, and what there is to set."""

import json
from pathlib import Path
from typing import Annotated

import typer

from board.errors import SettingsError
from board.settings.file import document, load
from provisioning.settings.check import problems
from provisioning.settings.example import assignment, example
from provisioning.settings.keys import KEYS, SECTIONS, Key, find, keys_of, plain
from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Check, show and explain the settings of a terminal.",
    epilog="Example: jumpguard settings example > terminal.toml; jumpguard settings check terminal.toml",
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="The terminal's settings (TOML).")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


@app.command(epilog="Exit code 0 when the terminal would take it, 1 when not. Example: jumpguard settings check t.toml")
def check(
    file: File,
    files: Annotated[
        bool,
        typer.Option(
            "--files/--no-files", help="Look at the files it names, too; not when they lie on another machine."
        ),
    ] = True,
    language: Tongue = None,
) -> None:
    """Say everything that is wrong with a settings file, a line each."""
    speak(language)
    try:
        found = problems(file, files)
    except SettingsError as error:
        typer.echo(str(error))
        raise typer.Exit(1) from error
    for problem in found:
        typer.echo(f"{file}: {problem}")
    if found:
        raise typer.Exit(1)
    typer.echo(f"{file}: " + _("in order"))


@app.command(epilog="Example: jumpguard settings show /etc/jumpguard/terminal.toml")
def show(file: File, as_json: AsJson = False, language: Tongue = None) -> None:
    """Show the settings in force, and which of them the file sets. The text is TOML again."""
    speak(language)
    with said_plainly():
        settings, given = load(file), document(file)
    sections = {
        section: {key.name: _in_force(key, settings, given.get(section, {})) for key in keys_of(section)}
        for section in SECTIONS
    }
    if as_json:
        typer.echo(json.dumps(sections, ensure_ascii=False, indent=2))
        return
    said = {"file": _("from the file"), "default": _("default")}
    for section, keys in sections.items():
        typer.echo(f"[{section}]")
        for name, one in keys.items():
            if one["value"] is None:
                typer.echo(f"# {name}: " + _("not set"))
            else:
                typer.echo(f"{assignment(name, one['value'])}  # {said[str(one['from'])]}")
        typer.echo("")


@app.command(epilog="Example: jumpguard settings explain link.keepalive_s; jumpguard settings explain reader")
def explain(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="SECTION.KEY, a section or a key; all.")] = None,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """Explain keys: meaning, type, unit, range, default, and why that default."""
    speak(language)
    with said_plainly():
        found = list(KEYS) if key is None else find(key)
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in found], ensure_ascii=False, indent=2))
        return
    typer.echo("\n\n".join(_explanation(one) for one in found))


@app.command("example", epilog="Example: jumpguard settings example > terminal.toml")
def print_example(language: Tongue = None) -> None:
    """Print a settings file to start from, every key explained."""
    speak(language)
    typer.echo(example(), nl=False)


def _in_force(key: Key, settings: object, given: dict[str, object]) -> dict[str, object]:
    value = plain(getattr(getattr(settings, key.section), key.name))
    return {"value": value, "from": "file" if key.name in given else "default"}


def _explanation(key: Key) -> str:
    rows = [
        (_("type"), _(key.type)),
        (_("unit"), _(key.unit)),
        (_("range"), key.range),
        (_("default"), _default(key)),
        (_("why"), _(key.why)),
    ]
    return "\n".join([key.full_name, f"  {_(key.meaning)}", *(f"  {name}: {text}" for name, text in rows if text)])


def _default(key: Key) -> str:
    if key.required:
        return _("none: the file has to set it")
    return _("nothing") if key.default in (None, []) else key.default_text
