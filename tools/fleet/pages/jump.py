"""The page of one jump: expected beside observed, why, the sale and its reversal, what proves it, and what to do."""

from nicegui import ui
from nicegui.elements.textarea import Textarea

from agent.sale.money import CURRENCIES, major_units
from provisioning.reasons import meaning, remedy
from provisioning.texts import _, mark
from tools.fleet.access.actor import Role
from tools.fleet.errors import MissingError
from tools.fleet.jumps import workflow
from tools.fleet.jumps.event import UNREADABLE
from tools.fleet.jumps.story import Compared, Entry
from tools.fleet.jumps.words import anchored, said
from tools.fleet.pages.changing import Changing
from tools.fleet.pages.elements import button, icon, link, text, when
from tools.fleet.pages.marks import badge, mark_of
from tools.fleet.pages.shell import page_of
from tools.fleet.pages.shown import exact
from tools.fleet.pages.visit import Visit
from tools.fleet.plain import plain
from tools.fleet.views.jump import Note, Whole, whole
from tools.fleet.views.jumps import Line

_LONGEST_ENTRY = 8000
_ICONS = {"same": ("check", "good"), "different": ("close", "bad")}
_LETTERS = {number: letters for letters, number in CURRENCIES.items()}
# What a person is asked to do next, by the step that it leads to.
_DO = {
    "investigating": mark("Investigate"),
    "confirmed": mark("Confirm"),
    "false_alarm": mark("It is a false alarm"),
    "reported": mark("Reported to the acquirer"),
}


class JumpPage:
    """What one visitor sees of jump `found`."""

    def __init__(self, visit: Visit, found: Whole) -> None:
        self._visit = visit
        self._seen = found
        self._note: Textarea | None = None
        self._head = Changing(self._show_head, "jg-head")
        with ui.element("div").classes("jg-split"):
            with ui.element("div").classes("jg-stack"):
                self._compared = Changing(_show_compared, "jg-card")
                self._causes = Changing(_show_causes, "jg-card")
                self._entries = Changing(_show_entries, "jg-card")
            with ui.element("div").classes("jg-stack"):
                self._work = self._build_work()
                self._facts = Changing(_show_facts, "jg-card")
        self._show(found)

    def _build_work(self) -> Changing[Whole]:
        with ui.element("section").classes("jg-card"):
            text("h2", _("What is done about it"))
            if self._visit.actor.may_be(Role.OPERATOR):
                with ui.element("div").classes("jg-body"):
                    self._note = ui.textarea(_("Note")).props(
                        f"outlined dense autogrow maxlength={workflow.LONGEST_NOTE}"
                    )
                    self._buttons = Changing(self._show_buttons, "jg-row")
            return Changing(_show_notes)

    async def refresh(self) -> None:
        """Ask the store again, and change what is different."""
        self._show(await self._visit.ask(whole, self._seen.jump.id))

    def _show(self, found: Whole) -> None:
        self._seen = found
        self._head.show(found.jump)
        self._compared.show(found.compared)
        self._causes.show(found.jump.causes)
        self._entries.show(found)
        self._facts.show(found)
        self._work.show(found)
        if self._note is not None:
            self._buttons.show(found.next)

    def _show_head(self, jump: Line) -> None:
        text("h1", _("Jump {number}").format(number=jump.id))
        badge(jump.workflow)
        link(f"/terminals/{jump.terminal}", jump.terminal, "jg-strong")
        text("span", plain(jump.merchant, 60), "jg-strong-text")
        if jump.doubtful:
            received = exact(jump.received_at, jump.timezone)
            text("span", _("clock not set; received {time}").format(time=received), "jg-muted")
        else:
            text("span", exact(jump.at, jump.timezone), "jg-muted")
        ui.element("span").classes("jg-grow")
        with ui.element("a").classes("jg-button").props("download") as export:
            export.props["href"] = f"/api/1/jumps/{jump.id}/complaint"
            icon("outbox")
            text("span", _("Complaint (ZIP)"))

    def _show_buttons(self, following: tuple[str, ...]) -> None:
        for step in following:
            button(_(_DO[step]), self._visit.does(lambda step=step: self._take(step)), mark_of(step).icon).props[
                "data-step"
            ] = step
        button(_("Note only"), self._visit.does(self._only_note), "edit_note")

    async def _take(self, step: str) -> None:
        seen = self._seen.jump
        await self._visit.order(workflow.move, seen.id, seen.version, step, self._said())
        await self._done()

    async def _only_note(self) -> None:
        await self._visit.order(workflow.add_note, self._seen.jump.id, self._said())
        await self._done()

    def _said(self) -> str:
        return str(self._note.value or "") if self._note is not None else ""

    async def _done(self) -> None:
        if self._note is not None:
            self._note.value = ""
        await self.refresh()


def _show_compared(compared: list[Compared]) -> None:
    text("h2", _("Expected and observed"))
    with ui.element("table").classes("jg-list"):
        with ui.element("tr"):
            for head in (_("Field"), _("Expected"), _("Observed"), _("Result")):
                text("th", head)
        for each in compared:
            picture, tone = _ICONS.get(each.result, ("help", "idle"))
            with ui.element("tr").classes("jg-differs" if each.result == "different" else ""):
                text("td", said(each.field))
                text("td", each.expected or "-", "jg-wrap")
                text("td", each.observed or "-", "jg-wrap")
                with ui.element("td"), ui.element("span").classes(f"jg-state jg-{tone}"):
                    icon(picture)
                    text("span", said(each.result))


def _show_causes(causes: list[str]) -> None:
    text("h2", _("Why, the likeliest first"))
    if not causes:
        text("div", _("The event names no cause."), "jg-empty")
        return
    with ui.element("ol").classes("jg-causes"):
        for code in causes:
            with ui.element("li"):
                text("div", meaning(code), "jg-strong-text")
                text("div", remedy(code), "jg-muted")
                text("div", code, "jg-small jg-mono jg-muted")


def _show_entries(found: Whole) -> None:
    text("h2", _("Journal entries"))
    text("div", anchored(found.standing), "jg-body jg-small")
    anchor = found.standing.anchor
    for entry in found.entries:
        with ui.element("details").classes("jg-entry"):
            with ui.element("summary"):
                text("span", str(entry.sequence), "jg-mono jg-muted")
                text("span", entry.kind, "jg-strong-text" if entry.own else "jg-muted")
                _proof(entry, anchor is not None and entry.sequence <= anchor.sequence)
                text(
                    "span", exact(entry.time, found.jump.timezone) if entry.is_timed else _("clock not set"), "jg-muted"
                )
            text("div", f"SHA-256 {entry.hash}", "jg-mono jg-wrap")
            text("pre", plain(entry.text, _LONGEST_ENTRY), "jg-pre jg-mono")


def _proof(entry: Entry, is_anchored: bool) -> None:
    words = (_("set aside"), "call_split", "warn") if entry.aside else (_("not anchored yet"), "schedule", "idle")
    word, picture, tone = (_("anchored"), "link", "good") if is_anchored and not entry.aside else words
    with ui.element("span").classes(f"jg-state jg-{tone}"):
        icon(picture)
        text("span", word)


def _show_facts(found: Whole) -> None:
    jump, sale, reversal = found.jump, found.sale, found.reversal
    text("h2", _("The sale"))
    shown = [
        (_("Seen"), said(jump.stage)),
        (_("Amount"), _amount(found)),
        (_("Trace number (DE 11), batch"), f"{sale.trace} {sale.batch}"),
        (_("Reference (DE 37)"), sale.reference),
        (_("Card"), f"{sale.card} {sale.scheme}"),
        (_("Reversal"), _reversal(found)),
        (_("MID"), jump.mid),
        (_("TID"), jump.tid),
        (_("Acquirer"), jump.acquirer),
        (_("Region"), jump.region),
        (_("Software"), plain(jump.software, 40)),
    ]
    with ui.element("dl").classes("jg-facts jg-body"):
        for name, value in shown:
            text("dt", name)
            text("dd", value.strip() or "-")
        if reversal.why:
            text("dt", _("Why not"))
            text("dd", reversal.why)


def _amount(found: Whole) -> str:
    sale = found.sale
    return f"{_LETTERS.get(sale.currency, sale.currency)} {major_units(sale.amount)}" if sale.amount > 0 else ""


def _reversal(found: Whole) -> str:
    told = found.reversal
    if not told.state:
        return _("none: the money was not moved") if not found.jump.reverses and found.jump.stage != UNREADABLE else ""
    code = f", DE 39 {told.code}" if told.code else ""
    return f"{said(told.state)}{code} {exact(told.at, found.jump.timezone) if told.at else ''}"


def _show_notes(found: Whole) -> None:
    if not found.notes:
        text("div", _("Nobody noted anything yet."), "jg-empty")
    for note in reversed(found.notes):
        _show_note(note)


def _show_note(note: Note) -> None:
    with ui.element("div").classes("jg-line jg-note-line"):
        if note.workflow:
            badge(note.workflow)
        text("span", plain(note.by, 40), "jg-strong-text")
        when(note.at).classes("jg-muted")
        with ui.element("div").classes("jg-full jg-wrap"):
            for line in note.text.splitlines():
                text("div", line)


@page_of("/jumps/{jump}", title=mark("Jump"))
async def jump(visit: Visit) -> None:
    """One jump."""
    wanted = visit.request.path_params["jump"]
    try:
        found = await visit.ask(whole, int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else 0)
    except MissingError:
        text("h1", _("Jump"))
        text("p", _("There is no jump of this number."))
        return
    ui.page_title(f"{_('Jump {number}').format(number=found.jump.id)} - JumpGuard")
    page = JumpPage(visit, found)
    visit.live(page.refresh)
