"""The table of jumps: its columns, what stands in a row, and how a cell looks."""

from typing import Any

from provisioning.application import regions
from provisioning.texts import _
from tools.fleet.jumps.event import UNREADABLE
from tools.fleet.jumps.words import said
from tools.fleet.pages.marks import mark_of, word_of
from tools.fleet.pages.shown import exact
from tools.fleet.plain import plain
from tools.fleet.views.jumps import Line

# Vue writes what stands in double braces as text, whatever it is; `:` binds an attribute, as text as well.
_STATE = """<span :class="'jg-state jg-' + props.row.{0}.tone"><q-icon :name="props.row.{0}.icon" aria-hidden="true" />
  {{{{ props.row.{0}.word }}}}</span>"""

_DIFFERENCES = """<div class="jg-differences">
  <template v-for="each in props.row.differences"><span class="jg-muted">{{ each.field }}</span>
  <span class="jg-cut" :title="each.expected">{{ each.expected }}</span><b aria-hidden="true">≠</b>
  <b class="jg-cut" :title="each.observed">{{ each.observed }}</b></template></div>
  <span v-if="!props.row.differences.length" class="jg-muted">{{ props.row.unreadable }}</span>"""

SLOTS = {
    "body-cell-at": """<q-td :props="props"><a :href="props.row.link" class="jg-strong">
      <template v-if="props.row.doubtful">{{ props.row.doubtful }}</template>
      <template v-else>{{ props.row.when }}</template></a>
      <div class="jg-small jg-muted" :title="props.row.exact"><time :datetime="props.row.time"></time></div></q-td>""",
    "body-cell-terminal": f"""<q-td :props="props"><a :href="props.row.terminal_link">{{{{ props.row.terminal }}}}</a>
      <div class="jg-small jg-muted jg-cut" :title="props.row.merchant">{{{{ props.row.merchant }}}}</div>
      <div class="jg-phone">{_DIFFERENCES}</div></q-td>""",
    "body-cell-difference": f'<q-td :props="props">{_DIFFERENCES}</q-td>',
    "body-cell-stage": """<q-td :props="props">{{ props.row.stage }}
      <div class="jg-small jg-muted">{{ props.row.reversal }}</div></q-td>""",
    "body-cell-region": """<q-td :props="props"><span :title="props.row.place">{{ props.row.region }}</span></q-td>""",
    "body-cell-workflow": f'<q-td :props="props">{_STATE.format("workflow")}</q-td>',
    "no-data": '<div class="jg-empty jg-full">{{ props?.message }}</div>',
}


def columns() -> list[dict[str, Any]]:
    """The columns, in the language of whoever looks."""
    return [
        _column("at", _("When")),
        _column("terminal", _("Terminal")),
        _column("difference", _("Expected and observed"), wide=True, sortable=False),
        _column("stage", _("Seen"), wide=True),
        _column("acquirer", _("Acquirer"), wide=True),
        _column("region", _("Region"), wide=True),
        _column("software", _("Software"), wide=True),
        _column("workflow", _("Step")),
    ]


def row_of(line: Line) -> dict[str, Any]:
    """What the table shows of `line`."""
    place = regions.around(line.region) if line.region else None
    look = mark_of(line.workflow)
    time = line.received_at if line.doubtful else line.at
    return {
        "id": line.id,
        "link": f"/jumps/{line.id}",
        "when": exact(line.at, line.timezone)[:19],
        "exact": exact(time, line.timezone),
        "time": time,
        "doubtful": _("clock not set") if line.doubtful else "",
        "terminal": line.terminal,
        "terminal_link": f"/terminals/{line.terminal}",
        "merchant": plain(line.merchant, 60),
        "differences": [
            {
                "field": said(field),
                "expected": plain(line.expected.get(field) or "?", 60),
                "observed": plain(line.observed.get(field) or "?", 60),
            }
            for field in line.fields
        ],
        "unreadable": said(UNREADABLE),
        "stage": said(line.stage),
        "reversal": _reversal(line),
        "acquirer": line.acquirer,
        "region": line.region,
        "place": place.name if place else "",
        "software": plain(line.software, 30),
        "workflow": {"word": word_of(line.workflow), "icon": look.icon, "tone": look.tone},
    }


def _reversal(line: Line) -> str:
    if line.reversal:
        return _("reversal {state}").format(state=said(line.reversal))
    return _("to be reversed") if line.reverses and line.sale else ""


def _column(name: str, label: str, *, wide: bool = False, sortable: bool = True) -> dict[str, Any]:
    hidden = "jg-wide" if wide else ""
    return {
        "name": name, "label": label, "field": name, "sortable": sortable, "align": "left",
        "classes": hidden, "headerClasses": hidden,
    }  # fmt: skip
