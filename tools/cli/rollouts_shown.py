"""How `jumpguard fleet rollout` shows roll-outs to a person."""

from collections.abc import Sequence

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table

from provisioning.texts import _
from tools.cli.shown import print_table
from tools.fleet.plain import plain
from tools.fleet.rollouts import codes
from tools.fleet.rollouts.draft import Preview
from tools.fleet.views.rollouts import Rollout, Target


def print_list(found: Sequence[Rollout]) -> None:
    """A row for each."""
    print_table(
        (_("number"), _("name"), _("gives"), _("state"), _("wave"), _("terminals"), _("begun"), _("by")),
        [
            (str(r.id), r.name, codes.gives(r.kind), codes.state(r.state), f"{r.wave}/{len(r.waves)}",
             codes.counted(r.counts), r.created_at, r.by)
            for r in found
        ],
    )  # fmt: skip


def one(rollout: Rollout) -> Group:
    """The state of a roll-out, and its waves."""
    table = Table(_("wave"), _("terminals"), _("may fail"), _("so far"), box=None, header_style="bold")
    for wave in rollout.waves:
        mark = "▶" if wave.number == rollout.wave else " "
        table.add_row(f"{mark} {wave.number}", str(wave.size), str(wave.limit), codes.counted(wave.counts))
    state = f"{rollout.id} {escape(plain(rollout.name))}: [bold]{codes.state(rollout.state)}[/bold]"
    why = escape(plain(codes.meaning(rollout.why))) if rollout.why else ""
    return Group(state, *([why] if why else []), table)


def print_one(rollout: Rollout) -> None:
    """Show what `one` says."""
    Console(highlight=False).print(one(rollout))


def print_targets(told: Sequence[Target]) -> None:
    """A row for each, and what their codes mean."""
    if told:
        print()
        print_table(
            (_("terminal"), _("wave"), _("state"), _("code"), _("detail")),
            [(t.terminal, str(t.wave), codes.state(t.state), t.code, t.detail) for t in told],
        )
    explain([target.code for target in told])


def print_preview(found: Preview) -> None:
    """The waves, and who is left out."""
    print_table(
        (_("wave"), _("terminals"), _("for example")),
        [(str(number), str(len(wave)), ", ".join(wave[:3])) for number, wave in enumerate(found.waves, 1)],
    )
    if found.away:
        print(_("{count} are away now and would be skipped unless they come back: {names}").format(
            count=len(found.away), names=", ".join(found.away[:5])))  # fmt: skip
    if found.refused:
        print()
        print_table(
            (_("left out"), _("code"), _("detail")),
            [(refusal.terminal, refusal.code, refusal.detail) for refusal in found.refused],
        )
    explain([refusal.code for refusal in found.refused])


def explain(found: Sequence[str]) -> None:
    """What each of the codes means, once."""
    for code in dict.fromkeys(found):
        if code and codes.meaning(code) != code:
            print(f"\n{code}: {codes.meaning(code)}")
