"""`jumpguard provision apply` and `example`: what a merchant's application says, asked for or taken from files."""

import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from provisioning.application import application as applications
from provisioning.application import draft as drafts
from provisioning.application.account import AccountKey, load_key
from provisioning.application.application import SUFFIX, Application
from provisioning.application.draft import Draft
from provisioning.application.example import example
from provisioning.application.imported import applications_in
from provisioning.errors import ApplicationError
from provisioning.review import NOTE, findings
from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import INTERRUPTED, files_named, said_plainly
from tools.cli.provision_questions import Questions, yes
from tools.cli.provision_review import show_findings


class Kind(Enum):
    """What an example file is written in."""

    CSV = "csv"
    TOML = "toml"
    YAML = "yaml"


def apply(
    account_key: Annotated[
        Path, typer.Option(help="The desk's key for accounts (`jumpguard provision account-key`).", dir_okay=False)
    ],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", help="CSV, TOML or YAML; or an application to go on with.", dir_okay=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where applications go.", file_okay=False, exists=True)] = Path(),
    draft: Annotated[
        Path | None, typer.Option(help="Where answers are kept until the application is written.", dir_okay=False)
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over other applications of these terminals.")
    ] = False,
    language: Tongue = None,
) -> None:
    """Take a merchant's application: answer questions, or name files that hold one or many.

    Ctrl-C loses nothing: the next time goes on from there. All rows of files are checked before one is written.
    """
    speak(language)
    with said_plainly(), files_named():
        key = load_key(account_key)
        begun = [file for file in files or [] if file.name.endswith(SUFFIX)]
        if begun and len(files or []) > 1:
            raise ApplicationError(_("{path}: an application to go on with is named alone").format(path=begun[0]))
        if files and not begun:
            _write(_imported(files, key), out, replace)
        else:
            kept = draft or (begun[0].with_name(f"{begun[0].name}.draft") if begun else drafts.usual_path())
            _write([_asked(key, out, kept, begun)], out, replace=True)
            kept.unlink(missing_ok=True)


def print_example(
    kind: Annotated[Kind, typer.Option(help="What it is written in.")] = Kind.CSV, language: Tongue = None
) -> None:
    """Print a file of applications to start from."""
    speak(language)
    typer.echo(example(kind.value), nl=False)


def _imported(files: Sequence[Path], key: AccountKey) -> list[Application]:
    taken: list[Application] = []
    faults = []
    for file in files:
        try:
            found, notes = applications_in(file, key)
        except ApplicationError as error:
            faults.append(str(error))
            continue
        for note in notes:
            typer.echo(f"{file}: {note}", err=True)
        taken += found
    serials = [one.serial for one in taken]
    twice = sorted({serial for serial in serials if serials.count(serial) > 1})
    faults += [_("{serial} stands in two files").format(serial=serial) for serial in twice]
    if faults:
        raise ApplicationError("\n".join([*faults, _("no application was written")]))
    return taken


def _asked(key: AccountKey, out: Path, draft: Path, begun: Sequence[Path]) -> Application:
    if not sys.stdin.isatty():
        raise ApplicationError(_("nobody can be asked here; name a file, such as `jumpguard provision example` prints"))
    earlier = applications.load(begun[0]) if begun else None
    known = _offered(draft) or (drafts.of(earlier) if earlier else Draft())
    questions = Questions(key, known, earlier.account if earlier else None)
    try:
        return questions.ask(lambda: drafts.save(draft, questions.draft), lambda serial: _exists(out, serial, begun))
    except (KeyboardInterrupt, EOFError):
        drafts.save(draft, questions.draft)
        said = _("Nothing is lost: {count} answers are kept in {path}, without the account. The same command goes on.")
        typer.echo("\n\n" + said.format(count=len(questions.draft.entries), path=draft), err=True)
        raise typer.Exit(INTERRUPTED) from None


def _offered(path: Path) -> Draft | None:
    """The draft in `path` when there is one and the person wants to go on with it."""
    found = drafts.load(path)
    if found is None:
        return None
    name = found.entries.get("legal_name") or found.entries.get("serial") or "?"
    said = _("An application was begun here: {name}, {count} answers. Go on with it? No drops it.")
    return found if yes(said.format(name=name, count=len(found.entries)), True) else None


def _exists(out: Path, serial: str, begun: Sequence[Path]) -> bool:
    path = out / f"{serial}{SUFFIX}"
    return path.exists() and not any(file.samefile(path) for file in begun)


def _write(taken: Sequence[Application], out: Path, replace: bool) -> None:
    others = [one.serial for one in taken if not replace and _differs(out / f"{one.serial}{SUFFIX}", one)]
    if others:
        said = _("{folder} has other applications of {serials}; no application was written; --replace writes over them")
        raise ApplicationError(said.format(folder=out, serials=", ".join(others)))
    for one in taken:
        path = applications.save(one, out)
        typer.secho(f"✓ {path}", fg="green")
        if found := [finding for finding in findings(one) if finding.level != NOTE]:
            show_findings(found)
    names = " ".join(str(out / f"{one.serial}{SUFFIX}") for one in taken[:1]) + (" ..." if len(taken) > 1 else "")
    typer.echo(_("Next: jumpguard provision review {files} --registry REGISTRY").format(files=names))


def _differs(path: Path, one: Application) -> bool:
    try:
        return bool(msgspec.json.decode(path.read_bytes()) != msgspec.to_builtins(one))
    except FileNotFoundError:
        return False
    except ValueError:
        return True
