"""What a terminal shall be bound to beside what it reported, field by field."""

from typing import Any, NamedTuple

from nicegui import ui

from agent.canonical import encode, sha256_hex
from agent.errors import CanonicalError
from provisioning.texts import _, mark
from tools.fleet.alarm_kinds import meaning
from tools.fleet.pages.elements import icon, text, when
from tools.fleet.pages.marks import badge
from tools.fleet.plain import plain
from tools.fleet.views.terminal import Known

# What is said of a field in the binding, and in the facts, which follow from what the terminal reported.
_FIELDS = (
    ("version", "binding_version", mark("Version")),
    ("acquirer", "acquirer", mark("Acquirer")),
    ("mid", "mid", mark("MID")),
    ("tid", "tid", mark("TID")),
    ("name", "merchant", mark("Merchant")),
    ("region", "region", mark("Region")),
    ("timezone", "timezone", mark("Time zone")),
)
_SAME, _DIFFERENT, _UNKNOWN = "same", "different", "absent"
_ICONS = {
    _SAME: ("check", "jg-tone-good"),
    _DIFFERENT: ("compare_arrows", "jg-tone-bad"),
    _UNKNOWN: ("remove", "jg-muted"),
}


class Field(NamedTuple):
    """A field as it is desired and as it is reported, and whether these are the same; "" is unknown."""

    name: str
    desired: str
    reported: str
    match: str


def fields(known: Known) -> list[Field]:
    """The fields of the desired binding of `known`, or of the reported one alone where none was ordered."""
    desired = known.desired_binding()
    found = []
    for in_binding, in_facts, name in _FIELDS:
        wanted, told = _said(desired.get(in_binding)), _said(known.facts.get(in_facts))
        match = _UNKNOWN if not wanted or not told else _SAME if wanted == told else _DIFFERENT
        found.append(Field(_(name), wanted, told, match))
    if desired:
        digest, told = _digest(desired), _said(known.told_object("config").get("binding_digest"))
        match = _UNKNOWN if not told else _SAME if digest == told else _DIFFERENT
        found.append(Field(_("All of it (SHA-256)"), digest[:12], told[:12], match))
    return found


def show(known: Known) -> None:
    """The card of the configuration and binding."""
    text("h2", _("Configuration and binding"))
    configuration = known.configuration
    if configuration:
        with ui.element("div").classes("jg-row jg-body-row"):
            badge(configuration["state"])
            text("span", _("ordered"), "jg-muted")
            when(configuration["issued"], known.zone)
            if configuration["reason"]:
                text("span", meaning(configuration["reason"]), "jg-wrap")
            if configuration["detail"]:
                text("span", plain(meaning(configuration["detail"]) or configuration["detail"]), "jg-muted jg-wrap")
    with ui.element("table").classes("jg-list"):
        with ui.element("thead"), ui.element("tr"):
            for heading in ("", _("desired"), _("reported"), ""):
                text("th", heading).props("scope=col")
        with ui.element("tbody"):
            for field in fields(known):
                _row(field)


def _row(field: Field) -> None:
    picture, tone = _ICONS[field.match]
    with ui.element("tr").classes("jg-differs" if field.match == _DIFFERENT else ""):
        text("th", field.name).props("scope=row")
        text("td", field.desired or "-", "jg-wrap")
        text("td", field.reported or "-", "jg-wrap")
        with ui.element("td"), ui.element("span").classes(tone) as sign:
            icon(picture)
        sign.props["title"] = {_SAME: _("the same"), _DIFFERENT: _("different"), _UNKNOWN: _("unknown")}[field.match]


def _said(value: Any) -> str:
    return plain(value, 60) if value not in (None, "", 0) else ""


def _digest(binding: dict[str, Any]) -> str:
    try:
        return sha256_hex(encode(binding))
    except CanonicalError:
        return ""
