"""`jumpguard fleet alarms` and `close`: what somebody must look at, and that somebody has."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_json, print_table
from tools.fleet.alarm_kinds import meaning, remedy
from tools.fleet.desk import Desk
from tools.fleet.reader import Reader
from tools.fleet.refusals import EVENT_REFUSED, REPORT_REFUSED
from tools.fleet.rows import Alarm, Refusal
from tools.fleet.standing import standing


def alarms(
    directory: Directory,
    terminal: Annotated[str | None, typer.Option(help="Only this terminal's.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that are over, too, and every refusal that was counted.")
    ] = False,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """List the alarms that are open, and what to do about them.

    Those with a number are the backend's; `jumpguard fleet close` closes what is not over by itself. Those without are
    what a terminal says of itself, as last heard. Refused messages are counted by topic and reason.
    """
    speak(language)
    with said_plainly():
        noted, refused = _look(directory, terminal, everything)
    if as_json:
        for alarm in noted:
            print(json.dumps(asdict(alarm) | {"meaning": meaning(alarm.kind), "remedy": remedy(alarm.kind)}))
        print_json(refused)
        return
    _print_alarms(noted, everything)
    if refused:
        print()
        print_table(
            (_("refused on"), _("reason"), _("count"), _("first"), _("last")),
            [(r.topic, r.reason, str(r.count), r.first_at, r.last_at) for r in refused],
        )
    explain(alarm.kind for alarm in noted)


def close(
    directory: Directory,
    number: Annotated[list[int], typer.Argument(metavar="ID...", help="As `jumpguard fleet alarms` lists them.")],
    why: Annotated[str, typer.Option(help="Who looked at it, and what was found; it is kept with the time.")],
) -> None:
    """Close alarms that somebody has looked at."""
    with said_plainly():
        Desk(directory).close(number, why)
    print(json.dumps({"closed": number}))


def raised_by_terminal(directory: Path) -> dict[str, list[str]]:
    """The kinds of the open alarms of each terminal."""
    found: dict[str, list[str]] = {}
    for alarm in _look(directory, None, everything=False)[0]:
        kinds = found.setdefault(alarm.terminal, [])
        if alarm.kind not in kinds:
            kinds.append(alarm.kind)
    return found


def explain(codes: Iterable[str]) -> None:
    """Print what each of `codes` means, and what to do about it; once, and nothing of what is none of ours."""
    for code in dict.fromkeys(codes):
        if remedy(code):
            print(f"\n{code}: {meaning(code)} {remedy(code)}")


def _look(directory: Path, terminal: str | None, everything: bool) -> tuple[list[Alarm], list[Refusal]]:
    reader = Reader(directory)
    noted = [alarm for alarm in reader.alarms(terminal) if everything or alarm.cleared_at is None]
    about = {alarm.terminal for alarm in noted if alarm.kind in (EVENT_REFUSED, REPORT_REFUSED)}
    refused = [one for one in reader.refusals() if _concerns(one, terminal, about, everything)]
    for known in reader.terminals():
        if terminal in (None, known.terminal):
            noted += standing(known)
    return noted, refused


def _concerns(refusal: Refusal, terminal: str | None, about: set[str], everything: bool) -> bool:
    """Whether `refusal` is to be shown: with an open alarm of the one whose topic it is, or with all of them."""
    name = refusal.topic.split("/")[3].replace("?", "")
    return terminal in (None, name) and (everything or name in about)


def _print_alarms(noted: Sequence[Alarm], everything: bool) -> None:
    columns = [_("number"), _("terminal"), _("alarm"), _("since"), _("entry"), _("detail")]
    rows = [
        [str(alarm.id or "-"), alarm.terminal or "?", alarm.kind, alarm.at, _entry(alarm), alarm.detail]
        for alarm in noted
    ]
    if everything:
        columns += [_("over since"), _("closed because")]
        rows = [[*row, alarm.cleared_at or "", alarm.why or ""] for row, alarm in zip(rows, noted, strict=True)]
    if rows:
        print_table(columns, rows)
    else:
        print(_("No alarm is open."))


def _entry(alarm: Alarm) -> str:
    """Which entry of which journal it is about, where it is about one."""
    return f"{alarm.journal_id[:8]}/{alarm.sequence}" if alarm.journal_id else ""
