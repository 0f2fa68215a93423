"""The table of alerts: its columns, what stands in a row, and how a cell looks."""

from typing import Any

from provisioning.texts import _
from tools.fleet.alarm_kinds import meaning, remedy
from tools.fleet.pages.marks import mark_of, word_of
from tools.fleet.pages.shown import exact
from tools.fleet.plain import plain
from tools.fleet.views.alerts import Line

# Vue writes what stands in double braces as text, whatever it is; `:` binds an attribute, as text as well.
_TIME = '<time :datetime="props.row.{0}.at" :title="props.row.{0}.exact"></time>'

SLOTS = {
    "body-cell-severity": """<q-td :props="props"><span :class="'jg-state jg-' + props.row.tone">
      <q-icon :name="props.row.icon" aria-hidden="true" /> {{ props.row.word }}</span></q-td>""",
    "body-cell-kind": """<q-td :props="props" class="jg-said"><div class="jg-strong-text">{{ props.row.meaning }}</div>
      <div class="jg-muted">{{ props.row.remedy }}</div>
      <div class="jg-small jg-muted">{{ props.row.kind }} {{ props.row.detail }}</div>
      <div v-if="props.row.why" class="jg-small">{{ props.row.why }}</div>
      <div class="jg-phone">
      <a v-if="props.row.link" :href="props.row.link" class="jg-strong">{{ props.row.terminal }}</a>
      <time :datetime="props.row.raised.at"></time> {{ props.row.assignee }}</div></q-td>""",
    "body-cell-terminal": """<q-td :props="props">
      <a v-if="props.row.link" :href="props.row.link" class="jg-strong">{{ props.row.terminal }}</a>
      <span v-else>{{ props.row.terminal }}</span>
      <div class="jg-small jg-cut">{{ props.row.merchant }}</div></q-td>""",
    "body-cell-raised_at": f"""<q-td :props="props">{_TIME.format("raised")}
      <div v-if="props.row.over.at" class="jg-small jg-muted">{{{{ props.row.ended }}}} {_TIME.format("over")}</div>
      </q-td>""",
    "body-cell-times": """<q-td :props="props">{{ props.row.times }}
      <span v-if="props.row.flaps" class="jg-small jg-muted" :title="props.row.flapped">
        <q-icon name="repeat" aria-hidden="true" /> {{ props.row.flaps }}</span></q-td>""",
    "body-cell-assignee": """<q-td :props="props"><div>{{ props.row.assignee }}</div>
      <div v-if="props.row.seen" class="jg-small jg-muted"><q-icon name="done" aria-hidden="true" />
        {{ props.row.seen }}</div></q-td>""",
    "no-data": '<div class="jg-empty jg-full">{{ props?.message }}</div>',
}


def columns() -> list[dict[str, Any]]:
    """The columns, in the language of whoever looks."""
    names = {
        "severity": _("Severity"),
        "kind": _("Alert"),
        "terminal": _("Terminal"),
        "raised_at": _("Since"),
        "times": _("Times"),
        "assignee": _("Who sees to it"),
    }
    # On a phone all of it stands below the alert.
    hidden = dict.fromkeys(("terminal", "raised_at", "times", "assignee"), "jg-wide")
    return [
        {"name": name, "label": label, "field": name, "sortable": True, "align": "left",
         "classes": hidden.get(name, ""), "headerClasses": hidden.get(name, "")}
        for name, label in names.items()
    ]  # fmt: skip


def row_of(line: Line) -> dict[str, Any]:
    """What the table shows of `line`."""
    look = mark_of(line.severity)
    return {
        "id": line.id,
        "word": word_of(line.severity),
        "icon": look.icon,
        "tone": look.tone,
        "kind": plain(line.kind, 60),
        "meaning": meaning(line.kind),
        "remedy": remedy(line.kind),
        "detail": plain(line.detail, 200),
        "why": plain(line.why, 200),
        "terminal": plain(line.terminal, 64) or _("Backend"),
        "link": f"/terminals/{line.terminal}" if line.terminal else "",
        "merchant": plain(line.merchant, 60),
        "raised": _time(line.raised_at, line.timezone),
        "over": _time(line.cleared_at, line.timezone),
        "ended": _("over:"),
        "times": line.times,
        "flaps": line.flaps,
        "flapped": _("It came back soon after it was over, so often."),
        "assignee": plain(line.assignee, 40),
        "seen": plain(line.acknowledged_by, 40),
    }


def _time(time: str, zone: str) -> dict[str, str]:
    return {"at": plain(time, 40), "exact": exact(time, zone) if time else ""}
