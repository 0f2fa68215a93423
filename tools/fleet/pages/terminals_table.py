"""The table of terminals: its columns, what stands in a row, and how a cell looks."""

from typing import Any

from provisioning.application import regions
from provisioning.texts import _
from tools.fleet.pages.marks import mark_of, word_of
from tools.fleet.pages.shown import exact
from tools.fleet.plain import plain
from tools.fleet.views.terminals import Line

# Vue writes what stands in double braces as text, whatever it is; `:` binds an attribute, as text as well.
_STATE = """<span :class="'jg-state jg-' + props.row.{0}.tone"><q-icon :name="props.row.{0}.icon" aria-hidden="true" />
  {{{{ props.row.{0}.word }}}}</span>"""
# The page's script says how long it is over.
_TIME = '<time :datetime="props.row.{0}.at" :title="props.row.{0}.exact"></time>'
_PRESENCE = _STATE.format("presence")
_SINCE = _TIME.format("since")

SLOTS = {
    "body-cell-terminal": """<q-td :props="props">
      <a :href="props.row.link" class="jg-strong">{{ props.row.terminal }}</a>
      <div class="jg-phone jg-muted">{{ props.row.merchant }}</div></q-td>""",
    "body-cell-presence": f"""<q-td :props="props">{_PRESENCE}
      <span v-if="props.row.lifecycle.word" class="jg-gap">{_STATE.format("lifecycle")}</span></q-td>""",
    "body-cell-since": f'<q-td :props="props"><span :title="props.row.reason">{_SINCE}</span></q-td>',
    "body-cell-seen_at": f'<q-td :props="props">{_TIME.format("seen_at")}</q-td>',
    "body-cell-last_sale_at": f"""<q-td :props="props">{_TIME.format("last_sale_at")}
      <span class="jg-muted jg-gap">{{{{ props.row.last_sale_result }}}}</span></q-td>""",
    "body-cell-merchant": """<q-td :props="props"><div class="jg-cut" :title="props.row.merchant">
      {{ props.row.merchant }}</div></q-td>""",
    "body-cell-region": """<q-td :props="props"><span :title="props.row.place">{{ props.row.region }}</span></q-td>""",
    "body-cell-binding_version": """<q-td :props="props">{{ props.row.binding }}
      <q-icon v-if="props.row.behind" name="sync_problem" class="jg-tone-warn" :title="props.row.behind" /></q-td>""",
    "body-cell-alerts": f"""<q-td :props="props"><template v-if="props.row.alerts">{_STATE.format("severity")}
      </template></q-td>""",
    "no-data": '<div class="jg-empty jg-full">{{ props?.message }}</div>',
}


def columns() -> list[dict[str, Any]]:
    """The columns, in the language of whoever looks."""
    return [
        _column("terminal", _("Terminal")),
        _column("presence", _("State")),
        _column("since", _("Since"), wide=True),
        _column("seen_at", _("Last seen"), wide=True),
        _column("last_sale_at", _("Last sale"), wide=True),
        _column("merchant", _("Merchant"), wide=True),
        _column("mid", _("MID"), wide=True),
        _column("tid", _("TID"), wide=True),
        _column("region", _("Region"), wide=True),
        _column("software", _("Software"), wide=True),
        _column("binding_version", _("Binding"), wide=True),
        _column("alerts", _("Alerts")),
    ]


def row_of(line: Line) -> dict[str, Any]:
    """What the table shows of `line`."""
    place = regions.known(line.region) if line.region else None
    behind = bool(line.config_state) and line.config_state != "committed"
    desired = line.desired_binding if behind and line.desired_binding else 0
    return {
        "terminal": line.terminal,
        "link": f"/terminals/{line.terminal}",
        "presence": _state(line.presence),
        "lifecycle": _state(line.lifecycle) if line.lifecycle not in ("active", "unknown") else {"word": ""},
        "since": _time(line.since, line.timezone),
        "reason": plain(line.reason),
        "seen_at": _time(line.seen_at, line.timezone),
        "last_sale_at": _time(line.last_sale_at, line.timezone),
        "last_sale_result": word_of(line.last_sale_result) if line.last_sale_result else "",
        "merchant": plain(line.merchant, 60),
        "mid": plain(line.mid, 20),
        "tid": plain(line.tid, 20),
        "region": plain(line.region, 12),
        "place": place.name if place else "",
        "software": plain(line.software, 30),
        "binding": (str(line.binding_version) if line.binding_version else "-") + (f" → {desired}" if desired else ""),
        "behind": word_of(line.config_state) if behind else "",
        "alerts": line.alerts,
        "severity": _state(line.severity, line.alerts),
    }


def _column(name: str, label: str, *, wide: bool = False) -> dict[str, Any]:
    hidden = "jg-wide" if wide else ""
    return {
        "name": name, "label": label, "field": name, "sortable": True, "align": "left",
        "classes": hidden, "headerClasses": hidden,
    }  # fmt: skip


def _state(word: str, count: int = 1) -> dict[str, str]:
    look = mark_of(word)
    return {"word": word_of(word) + (f" {count}" if count > 1 else ""), "icon": look.icon, "tone": look.tone}


def _time(time: str, zone: str) -> dict[str, str]:
    return {"at": plain(time, 40), "exact": exact(time, zone) if time else ""}
