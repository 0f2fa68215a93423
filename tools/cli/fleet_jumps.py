"""`jumpguard fleet jumps`: the payments that were booked under another merchant, and what was done about them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from board import private_file
from provisioning.reasons import meaning, remedy
from provisioning.texts import _
from tools.cli.language import Tongue, speak
from tools.cli.plainly import said_plainly
from tools.cli.shown import AsJson, Directory, print_table
from tools.cli.store import me, opened
from tools.fleet.errors import StoreError
from tools.fleet.jumps import workflow
from tools.fleet.jumps.clock import said as zoned
from tools.fleet.jumps.complaint.package import name_of, package
from tools.fleet.jumps.words import anchored, beside, rate_of, said
from tools.fleet.times import utc_now
from tools.fleet.views.found import Page
from tools.fleet.views.jump import Whole, whole
from tools.fleet.views.jump_rates import BY, rates
from tools.fleet.views.jumps import SORTS, Filters, Line, listed

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As `jumpguard fleet jumps list` has it.")]
Since = Annotated[str, typer.Option(metavar="UTC", help="From this time on, such as 2026-11-23.")]
Until = Annotated[str, typer.Option(metavar="UTC", help="Before this time.")]


def show_list(
    directory: Directory,
    text: Annotated[str, typer.Option("--find", help="Words that a jump is known by.")] = "",
    step: Annotated[str, typer.Option(help="Only in this step of the workflow.")] = "",
    stage: Annotated[str, typer.Option(help="Only seen there: answer, sign_on or unreadable.")] = "",
    field: Annotated[str, typer.Option(help="Only where this differs: acquirer, mid, tid, name or currency.")] = "",
    terminal: Annotated[str, typer.Option(help="Only this terminal's.")] = "",
    mid: Annotated[str, typer.Option(help="Only of this merchant.")] = "",
    acquirer: Annotated[str, typer.Option(help="Only of this acquirer.")] = "",
    region: Annotated[str, typer.Option(help="Only where the region's code begins so.")] = "",
    software: Annotated[str, typer.Option(help="Only under this version.")] = "",
    reverses: Annotated[str, typer.Option(help="Only those that were to be reversed: yes, or no.")] = "",
    since: Since = "",
    until: Until = "",
    sort: Annotated[str, typer.Option(help=f"One of {', '.join(SORTS)}.")] = "at",
    most: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """List the jumps, the latest first."""
    speak(language)
    filters = Filters(
        text=text,
        workflow=step,
        stage=stage,
        field=field,
        reverses=reverses,
        terminal=terminal,
        mid=mid,
        acquirer=acquirer,
        region=region,
        software=software,
        since=since,
        until=until,
    )
    with said_plainly(), opened(directory) as store:
        found = store.ask(listed, filters, Page(most), sort)
    if as_json:
        for line in found.items:
            print(json.dumps(asdict(line), ensure_ascii=False))
        return
    columns = (_("number"), _("time"), _("terminal"), _("merchant"), _("seen"), _("difference"), _("step"))
    print_table(columns, [_row(line) for line in found.items])
    if found.total > len(found.items):
        print(_("{shown} of {total}").format(shown=len(found.items), total=found.total))


def show(directory: Directory, number: Number, as_json: AsJson = False, language: Tongue = None) -> None:
    """Show one jump: what was expected and seen, why, its reversal, its journal entries and what proves them."""
    speak(language)
    with said_plainly(), opened(directory) as store:
        found = store.ask(whole, number)
    if as_json:
        print(json.dumps(asdict(found), ensure_ascii=False))
        return
    _show(found)


def export(
    directory: Directory,
    number: Number,
    out: Annotated[Path, typer.Option(help="The folder to write it into.", file_okay=False)] = Path(),
) -> None:
    """Write a jump as a complaint to the acquirer: a letter, the journal entries, and how others check them."""
    with said_plainly(), opened(directory) as store:
        made = store.ask(package, number)
        path = out / name_of(number)
        try:
            private_file.replace(path, made)
        except OSError as error:
            raise StoreError(f"{path}: cannot be written: {error.strerror}") from error
    print(json.dumps({"jump": number, "file": str(path)}, ensure_ascii=False))


def note(directory: Directory, number: Number, text: Annotated[str, typer.Argument(help="What was found.")]) -> None:
    """Note something about a jump."""
    with said_plainly(), opened(directory) as store:
        store.change(workflow.add_note, me(), number, text)
    print(json.dumps({"jump": number, "noted": True}))


def step(
    directory: Directory,
    number: Number,
    to: Annotated[str, typer.Argument(help="investigating, confirmed, false_alarm or reported.")],
    why: Annotated[str, typer.Option(help="A note to go with it.")] = "",
) -> None:
    """Take a jump a step on."""
    with said_plainly(), opened(directory) as store:
        seen = store.ask(whole, number).jump
        store.change(workflow.move, me(), number, seen.version, to, why)
    print(json.dumps({"jump": number, "step": to}))


def show_rates(
    directory: Directory,
    by: Annotated[str, typer.Option(help=f"One of {', '.join(BY)}.")] = BY[0],
    since: Since = "",
    until: Until = "",
    as_json: AsJson = False,
    language: Tongue = None,
) -> None:
    """List how often payments jump, per 1,000 sales."""
    speak(language)
    with said_plainly(), opened(directory) as store:
        found = store.ask(rates, by, since, until or utc_now())
    if as_json:
        print(json.dumps(asdict(found), ensure_ascii=False))
        return
    columns = (_(by), _("name"), _("jumps"), _("sales"), _("per 1,000"))
    rows = [(each.value or "?", each.name, str(each.jumps), str(each.sales), rate_of(each)) for each in found.rates]
    print_table(columns, [*rows, (_("all"), "", str(found.whole.jumps), str(found.whole.sales), rate_of(found.whole))])
    print(beside(found))


def _row(line: Line) -> tuple[str, ...]:
    different = ", ".join(
        f"{field} {line.expected.get(field, '?')} -> {line.observed.get(field, '?')}" for field in line.fields
    )
    return (str(line.id), _when(line), line.terminal, line.merchant, said(line.stage), different, said(line.workflow))


def _when(line: Line) -> str:
    if line.doubtful:
        return _("clock not set; received {time}").format(time=zoned(line.received_at, line.timezone))
    return zoned(line.at, line.timezone)


def _show(found: Whole) -> None:
    jump, sale = found.jump, found.sale
    facts = [
        (_("time"), _when(jump)),
        (_("merchant"), f"{jump.merchant} (MID {jump.mid}, TID {jump.tid})"),
        (_("seen"), said(jump.stage)),
        (_("sale"), f"{jump.sale} DE 11 {sale.trace} DE 37 {sale.reference} {sale.card}" if jump.sale else "-"),
        (_("reversal"), f"{said(found.reversal.state)} {found.reversal.code} {found.reversal.why}".strip() or "-"),
        (_("step"), f"{said(jump.workflow)} {jump.changed_by}"),
    ]
    print_table((jump.terminal, ""), facts)
    rows = [(said(each.field), each.expected, each.observed, said(each.result)) for each in found.compared]
    print_table((_("field"), _("expected"), _("observed"), _("result")), rows)
    for code in jump.causes:
        print(f"{code}: {meaning(code)} {remedy(code)}")
    entries = [(str(e.sequence), e.time, e.kind, e.hash, _("yes") if e.own else "") for e in found.entries]
    print_table((_("entry"), _("time"), _("kind"), _("hash"), _("of the sale")), entries)
    print(anchored(found.standing))
    print_table(
        (_("time"), _("by"), _("step"), _("note")),
        [(each.at, each.by, said(each.workflow), each.text.replace("\n", " / ")) for each in found.notes],
    )
