"""The hand-over sheet as one A4 page (PDF). It needs no colour, and the same facts make the same bytes.

Text is made smaller until everything fits, so that the longest address leaves the page whole; a sign that no font has
is written as its number in Unicode.
"""

from collections.abc import Iterator
from datetime import datetime

from fpdf import FPDF
from fpdf.fonts import TTFFont

from provisioning.handover import code, sections
from provisioning.handover.facts import Facts
from provisioning.handover.fonts import Fonts
from provisioning.handover.lines import brief, plain, wrap
from provisioning.handover.sections import COLUMNS, Cell, both
from provisioning.texts import CHINESE, said_in

# Millimetres; a millimetre is 2.83 points.
_WIDTH, _LEFT, _RIGHT, _TOP = 210.0, 16.0, 194.0, 15.0
# Titles of sections stand left of it, their cells right.
_CELLS = 46.0
# Without the quiet zone of four modules, which the margins of the page are.
_CODE_SIZE = 33.0
_HEAD_END = _TOP + _CODE_SIZE + 7
_SIGNATURES = 242.0
_FOOT = 284.0
_GAP = 3.0
_POINT = 0.3528
_LEADING = 1.32
# Points: values, of which the first size counts that lets everything fit.
_SIZES = tuple(size / 4 for size in range(36, 15, -1))
_LABEL_OF_VALUE = 0.74
_GREY = 90
# Points at which characters are measured: widths grow with the size.
_MEASURED = 100


def render(facts: Facts, fonts: Fonts) -> bytes:
    """The page. Raises HandoverError."""
    page = _Page(fonts, facts)
    page.head()
    page.body()
    page.signatures()
    return page.bytes()


class _Page:
    def __init__(self, fonts: Fonts, facts: Facts) -> None:
        self.facts = facts
        self.pdf = pdf = FPDF(format="A4")
        pdf.add_font("latin", "", fonts.latin)
        pdf.add_font("latin", "B", fonts.bold)
        pdf.add_font("chinese", "", fonts.chinese)
        pdf.set_fallback_fonts(["chinese"], exact_match=False)
        pdf.set_auto_page_break(False)
        pdf.set_creation_date(datetime.fromisoformat(facts.time))
        pdf.set_producer("JumpGuard")
        pdf.set_title(f"{sections.TITLE} {facts.bound.serial}")
        pdf.set_lang("zh-CN")
        pdf.add_page()
        self._widths: dict[tuple[str, str], float] = {}
        loaded = [font for font in pdf.fonts.values() if isinstance(font, TTFFont)]
        self._known = {sign for font in loaded if font.fontkey != "latinB" for sign in font.cmap}

    def bytes(self) -> bytes:
        """The document."""
        return bytes(self.pdf.output())

    def head(self) -> None:
        """Title, terminal, merchant and time on the left, the square code on the right."""
        binding = self.facts.bound
        widest = _RIGHT - _CODE_SIZE - 6 - _LEFT
        at = self._lines(_LEFT, _TOP, sections.TITLE, widest, 20, "B")
        at = self._lines(_LEFT, at, said_in(CHINESE, sections.TITLE), widest, 14) + 3
        at = self._lines(_LEFT, at, binding.serial, widest, 12, "B")
        at = self._lines(_LEFT, at, plain(binding.name), widest, 10)
        time = f"{sections.local(self.facts, self.facts.time)}, {binding.timezone}"
        self._lines(_LEFT, at, plain(time), widest, 9, grey=_GREY)
        self._draw_code(_RIGHT - _CODE_SIZE, _TOP)

    def body(self) -> None:
        """The summary, the sections and the checks, in the largest size that leaves room for the signatures."""
        size = next((size for size in _SIZES if self._draw_body(size, dry=True) <= _SIGNATURES - _GAP), _SIZES[-1])
        self._draw_body(size, dry=False)

    def signatures(self) -> None:
        """Where merchant and technician sign, and what this terminal is not."""
        middle = (_LEFT + _RIGHT) / 2
        self._sign(_LEFT, middle - 4, sections.MERCHANT_SIGNS, plain(self.facts.bound.name))
        self._sign(middle + 4, _RIGHT, sections.TECHNICIAN_SIGNS, brief(self.facts.technician, 60))
        self._lines(_LEFT, _FOOT, both(sections.PROTOTYPE), _RIGHT - _LEFT, 6.5, grey=_GREY)

    def _draw_body(self, size: float, dry: bool) -> float:
        """Draw everything between head and signatures, or only measure it; returns where it ends."""
        at = _HEAD_END
        good = sections.in_order(self.facts)
        said = f"{'✓' if good else '!'}  {both(sections.IN_ORDER if good else sections.NOT_IN_ORDER)}"
        if not dry:
            self.pdf.set_draw_color(0)
            self.pdf.set_line_width(0.3 if good else 0.9)
            self.pdf.rect(_LEFT, at, _RIGHT - _LEFT, 7.5)
        self._lines(_LEFT + 2.5, at + 1.8, said, _RIGHT - _LEFT, 9, "B", dry=dry)
        at += 7.5 + 2 * _GAP
        for section in sections.sections(self.facts):
            start = at
            self._title(section.title, start, size, dry)
            for row in _rows(section.cells):
                at = self._row(row, at, size, dry)
            at = max(at, start + 2 * size * _POINT * _LEADING) + _GAP * size / 9
        if self.facts.checks:
            self._title(sections.CHECKED, at, size, dry)
            at = self._checks(at, size, dry)
        return at

    def _title(self, title: str, at: float, size: float, dry: bool) -> None:
        if not dry:
            self.pdf.set_draw_color(150)
            self.pdf.set_line_width(0.15)
            self.pdf.line(_LEFT, at - _GAP * size / 18, _RIGHT, at - _GAP * size / 18)
        below = self._lines(_LEFT, at, title, _CELLS - _LEFT - 3, size, "B", dry=dry)
        self._lines(_LEFT, below, said_in(CHINESE, title), _CELLS - _LEFT - 3, size, dry=dry)

    def _row(self, row: list[Cell], at: float, size: float, dry: bool) -> float:
        column = (_RIGHT - _CELLS) / COLUMNS
        x, lowest = _CELLS, at
        for cell in row:
            width = cell.columns * column - 3
            below = self._lines(x, at, both(cell.label), width, size * _LABEL_OF_VALUE, grey=_GREY, dry=dry)
            lowest = max(lowest, self._lines(x, below, cell.value, width, size, dry=dry))
            x += cell.columns * column
        return lowest + 0.14 * size

    def _checks(self, at: float, size: float, dry: bool) -> float:
        """In two columns, row by row."""
        width = (_RIGHT - _CELLS) / 2
        checks = self.facts.checks
        for left in range(0, len(checks), 2):
            lowest = at
            for side, check in enumerate(checks[left : left + 2]):
                x = _CELLS + side * width
                self._lines(x, at, sections.SIGNS[check.level], 5, size, "B", dry=dry)
                said = sections.check_line(check)
                lowest = max(lowest, self._lines(x + 0.45 * size, at, said, width - 0.45 * size - 3, size, dry=dry))
            at = lowest
        return at

    def _sign(self, left: float, right: float, said: str, who: str) -> None:
        below = self._lines(left, _SIGNATURES, said, right - left, 7.5)
        below = self._lines(left, below, said_in(CHINESE, said), right - left, 7.5)
        self._lines(left, below + 1, who, right - left, 9)
        self.pdf.set_draw_color(0)
        self.pdf.set_line_width(0.25)
        self.pdf.line(left, _FOOT - 9, right, _FOOT - 9)
        self._lines(left, _FOOT - 8.3, both(sections.SIGNATURE), right - left, 6.5, grey=_GREY)

    def _draw_code(self, left: float, top: float) -> None:
        rows = code.modules_of(self.facts)
        module = _CODE_SIZE / len(rows)
        self.pdf.set_fill_color(0)
        for y, row in enumerate(rows):
            for x, length in _runs(row):
                # A run at a time, a little lower than a module: viewers show seams otherwise.
                self.pdf.rect(left + x * module, top + y * module, length * module, module * 1.02, style="F")

    def _lines(
        self,
        x: float,
        y: float,
        text: str,
        width: float,
        size: float,
        style: str = "",
        grey: int = 0,
        dry: bool = False,
    ) -> float:
        """Write `text` in lines from `x`, `y` (its upper left corner) on, or only measure it; returns where it ends."""
        leading = size * _POINT * _LEADING
        for line in wrap(self._with_glyphs(text), lambda sign: size * self._wide(sign, style), width):
            if line and not dry:
                self.pdf.set_font("latin", style, size)
                self.pdf.set_text_color(grey)
                self.pdf.set_xy(x - self.pdf.c_margin, y)
                self.pdf.cell(h=leading, text=line)
            y += leading
        return y

    def _wide(self, sign: str, style: str) -> float:
        """How wide a character is at one point."""
        if (sign, style) not in self._widths:
            self.pdf.set_font("latin", style, _MEASURED)
            self._widths[sign, style] = self.pdf.get_string_width(sign) / _MEASURED
        return self._widths[sign, style]

    def _with_glyphs(self, text: str) -> str:
        """`text` with the number of each sign that no font has in its place."""
        return "".join(sign if ord(sign) in self._known else f"[U+{ord(sign):04X}]" for sign in text)


def _rows(cells: tuple[Cell, ...]) -> Iterator[list[Cell]]:
    row: list[Cell] = []
    for cell in cells:
        if sum(one.columns for one in row) + cell.columns > COLUMNS:
            yield row
            row = []
        row.append(cell)
    yield row


def _runs(row: bytearray) -> Iterator[tuple[int, int]]:
    """Where dark modules begin in a row of the code, and how many follow each other."""
    start = None
    for place, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place - start
            start = None
