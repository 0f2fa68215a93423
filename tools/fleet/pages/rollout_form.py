"""The page on which a roll-out is planned: what, for whom, in which waves; what would happen is shown before."""

from nicegui import ui

from agent.command.types import TYPES
from agent.report.vitals_period import NAME as VITALS_PERIOD
from provisioning.texts import _, mark
from tools.contract.validator import texts_of
from tools.fleet.access.actor import Role
from tools.fleet.alerts.words import SEVERITIES
from tools.fleet.errors import OrderError
from tools.fleet.pages.elements import button, text
from tools.fleet.pages.marks import badge, word_of
from tools.fleet.pages.rollouts import FOUND, NEW, PATH
from tools.fleet.pages.shell import page_of
from tools.fleet.pages.terminals_address import read
from tools.fleet.pages.visit import Visit
from tools.fleet.plain import plain
from tools.fleet.rollouts import changes, codes
from tools.fleet.rollouts.bindings import bindings_in
from tools.fleet.rollouts.content import BINDING, COMMAND, KINDS, RELEASE, SETTINGS, Content
from tools.fleet.rollouts.draft import LONGEST_NAME, Draft, Preview, preview
from tools.fleet.rollouts.plan import SKIP, WAIT, Plan
from tools.fleet.views.terminals import Filters, names
from tools.given import named, sections, value_of

_MOST = 20_000
_DEFAULT = Plan()
_HINTS = {
    SETTINGS: f"{VITALS_PERIOD}=300",
    BINDING: '{"document": {"format": "jumpguard.binding/1", ...',
    RELEASE: "0.2.0",
    COMMAND: "lock reason=...",
}


class RolloutForm:
    """What one visitor plans. Only what was looked at, as it was then, can be begun."""

    def __init__(self, visit: Visit, terminals: list[str]) -> None:
        self._visit = visit
        self._looked_at: Draft | None = None
        text("h1", _("New roll-out"))
        with ui.element("div").classes("jg-split"):
            with ui.element("div").classes("jg-stack"):
                self._build_content()
                self._build_terminals(terminals)
            with ui.element("div").classes("jg-stack"):
                self._build_plan()
                self._build_end()

    def _build_content(self) -> None:
        with ui.element("section").classes("jg-card"):
            text("h2", _("What is given"))
            with ui.element("div").classes("jg-body"):
                self._name = ui.input(_("Name")).props(f"maxlength={LONGEST_NAME}")
                kinds = {kind: codes.gives(kind) for kind in KINDS}
                self._kind = ui.select(kinds, value=SETTINGS, label=_("It gives"), on_change=self._explain)
                self._content = ui.textarea(_("Content")).classes("jg-mono").props("autogrow")
                self._explain()

    def _build_terminals(self, terminals: list[str]) -> None:
        with ui.element("section").classes("jg-card"):
            text("h2", _("Terminals"))
            with ui.element("div").classes("jg-body"):
                with ui.element("div").classes("jg-row"):
                    self._search = ui.input(_("Serial, MID, TID, merchant or region")).classes("jg-grow")
                    button(_("Add those"), self._visit.does(self._add), "add")
                self._terminals = ui.textarea(_("Serials, one a line"), value="\n".join(terminals)).classes("jg-mono")

    def _build_plan(self) -> None:
        with ui.element("section").classes("jg-card"):
            text("h2", _("Waves and limits"))
            with ui.element("div").classes("jg-body"):
                self._canary = ui.input(_("Canary: how many, or serials with commas"), value=str(_DEFAULT.canary))
                percents = ", ".join(map(str, _DEFAULT.percents))
                self._percents = ui.input(_("Percent reached with each wave after that"), value=percents)
                self._soak = ui.number(_("Watched for"), value=_DEFAULT.soak_s, suffix=_("seconds"), precision=0)
                self._timeout = ui.number(_("Time to take it"), value=_DEFAULT.timeout_s, suffix=_("seconds"))
                self._most = ui.number(_("Failures allowed in a wave"), value=_DEFAULT.most_failures, precision=0)
                severities = {severity: word_of(severity) for severity in SEVERITIES}
                self._severity = ui.select(severities, value=_DEFAULT.severity, label=_("New alerts that are failures"))
                ways = {SKIP: _("skipped"), WAIT: _("waited for")}
                self._away = ui.select(ways, value=_DEFAULT.away, label=_("Who is away"))

    def _build_end(self) -> None:
        with ui.element("section").classes("jg-card"):
            text("h2", _("What would happen"))
            self._shown = ui.element("div").classes("jg-body").props("role=status id=jg-preview")
            with ui.element("div").classes("jg-row jg-body-row"):
                button(_("Look"), self._visit.does(self._look), "preview")
                self._begin = button(_("Begin"), self._visit.does(self._start), "play_arrow").classes("jg-primary")
                self._begin.props["disabled"] = True

    def _explain(self) -> None:
        self._content.props["placeholder"] = _HINTS[self._kind.value]
        self._content.props["hint"] = {
            SETTINGS: _("SECTION.KEY=VALUE, one a line; together all that differ from the terminal's file."),
            BINDING: _("Signed bindings, one a line."),
            RELEASE: _("The release's version."),
            COMMAND: _("A type, then NAME=VALUE, one a line: {types}").format(types=", ".join(TYPES)),
        }[self._kind.value]
        self._content.update()

    async def _add(self) -> None:
        found = await self._visit.ask(names, Filters(search=str(self._search.value or "").strip()), _MOST)
        there = str(self._terminals.value or "").split()
        self._terminals.value = "\n".join(dict.fromkeys([*there, *found]))

    def _draft(self) -> Draft:
        content = self._given()
        terminals = str(self._terminals.value or "").split() or list(content.bindings)
        canary, percents = str(self._canary.value or ""), str(self._percents.value or "").replace(",", " ").split()
        if not all(part.isascii() and part.isdigit() for part in percents):
            raise OrderError(_("percents: numbers with commas, such as 1, 10, 50, 100"))
        plan = Plan(
            int(canary) if canary.isascii() and canary.isdigit() else tuple(canary.replace(",", " ").split()),
            tuple(map(int, percents)),
            int(self._soak.value or 0),
            int(self._timeout.value or 0),
            int(self._most.value or 0),
            None,
            str(self._severity.value),
            str(self._away.value),
        )
        return Draft(str(self._name.value or "").strip(), content, terminals, plan)

    def _given(self) -> Content:
        kind, given = str(self._kind.value), str(self._content.value or "").strip()
        if kind == SETTINGS:
            return Content(kind, sections(given.splitlines()))
        if kind == BINDING:
            return Content(kind, {}, bindings_in(given))
        if kind == RELEASE:
            return Content(kind, {"version": given})
        command, _space, rest = given.partition(" ") if "\n" not in given else given.partition("\n")
        texts = texts_of(command)
        values = [named(line) for line in rest.splitlines() if line.strip()]
        return Content(COMMAND, {"type": command, "args": {n: v if n in texts else value_of(v) for n, v in values}})

    async def _look(self) -> None:
        draft = self._draft()
        found = await self._visit.ask(preview, self._visit.actor, draft)
        self._looked_at = draft
        self._shown.clear()
        with self._shown:
            _happens(found)
        self._begin.props["disabled"] = not found.waves
        self._begin.update()

    async def _start(self) -> None:
        draft = self._draft()
        if draft != self._looked_at:
            raise OrderError(_("It was changed since: look again what would happen."))
        number = await self._visit.order(changes.start, draft, leave_out=True)
        ui.navigate.to(f"{PATH}/{number}")


def _happens(found: Preview) -> None:
    for number, wave in enumerate(found.waves, 1):
        some = ", ".join(wave[:3]) + (" …" if len(wave) > 3 else "")
        text("div", _("Wave {number}").format(number=number) + f": {len(wave):,} ({some})", "jg-wrap")
    if found.away:
        told = _("{count} are away now and would be skipped unless they come back: {names}")
        text("div", told.format(count=len(found.away), names=", ".join(found.away[:5])), "jg-wrap")
    if found.refused:
        with ui.element("div").classes("jg-row"):
            badge("warning")
            text("span", _("{count} would be left out:").format(count=f"{len(found.refused):,}"))
    for refusal in found.refused[:20]:
        told = f"{refusal.terminal}: {codes.meaning(refusal.code)} {refusal.detail}"
        text("div", plain(told), "jg-wrap jg-small")


@page_of(NEW, title=mark("New roll-out"), role=Role.OPERATOR)
async def empty_form(visit: Visit) -> None:
    """A form for a roll-out."""
    RolloutForm(visit, [])


@page_of(FOUND, title=mark("New roll-out"), role=Role.OPERATOR)
async def form_for_found(visit: Visit) -> None:
    """The same with the terminals that the address's filters find, as the terminals page has them."""
    RolloutForm(visit, await visit.ask(names, read(visit.request.query_params).filters, _MOST))
