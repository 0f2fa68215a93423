"""The dialog in which an operator orders a command, of one terminal or of many."""

from collections.abc import Callable, Sequence

from nicegui import ui

from provisioning.texts import _
from tools.fleet import ordering
from tools.fleet.pages.command_words import WORDS, Words
from tools.fleet.pages.elements import button, text
from tools.fleet.pages.visit import Visit

# In one transaction, since the backend's wait for it.
_PIECE = 100


class CommandForm:
    """Orders of the terminals `names`; `on_given` gets the ids of what was ordered."""

    def __init__(self, visit: Visit, names: Sequence[str], on_given: Callable[[list[str]], None]) -> None:
        self._visit = visit
        self._names = names
        self._on_given = on_given
        self._values: dict[str, ui.input | ui.number] = {}
        with ui.dialog() as self._dialog, ui.element("div").classes("jg-dialog jg-form"):
            text("h2", _("Order a command"))
            ui.label(self._whom()).classes("jg-muted jg-wrap")
            names_of = {kind: _(words.name) for kind, words in WORDS.items()}
            self._kind = ui.select(names_of, label=_("Command"), on_change=visit.does(self._fill)).classes("jg-full")
            self._arguments = ui.element("div").classes("jg-stack")
            with ui.element("div").classes("jg-row"):
                ui.element("span").classes("jg-grow")
                button(_("Cancel"), self._dialog.close)
                self._order = button(_("Order"), visit.does(self._give)).classes("jg-primary")
            self._order.props["disabled"] = True
        self._dialog.open()

    def _whom(self) -> str:
        if len(self._names) == 1:
            return self._names[0]
        return _("{count} terminals: {names}").format(count=len(self._names), names=", ".join(self._names[:5])) + (
            " …" if len(self._names) > 5 else ""
        )

    @property
    def _words(self) -> Words:
        return WORDS[self._kind.value]

    def _fill(self) -> None:
        self._arguments.clear()
        self._values.clear()
        with self._arguments:
            ui.label(_(self._words.what))
            for argument in self._words.arguments:
                if argument.is_number:
                    self._values[argument.name] = ui.number(_(argument.label), suffix=_(argument.unit), precision=0)
                else:
                    self._values[argument.name] = ui.input(_(argument.label)).props("maxlength=200")
            if self._words.is_grave:
                question = _("This interrupts the counter. Order it of {count} terminals?")
                ui.label(question.format(count=len(self._names))).classes("jg-state jg-warn jg-question")
        del self._order.props["disabled"]
        self._order.update()

    async def _give(self) -> None:
        args: dict[str, object] = {}
        for argument in self._words.arguments:
            value = self._values[argument.name].value
            args[argument.name] = int(value or 0) if argument.is_number else str(value or "")
        given: list[str] = []
        for begin in range(0, len(self._names), _PIECE):
            piece = self._names[begin : begin + _PIECE]
            given += await self._visit.order(ordering.command, piece, self._kind.value, args)
        self._dialog.close()
        self._on_given(given)
