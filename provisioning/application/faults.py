"""What is wrong with the rows of a file, said by row and column, and two columns that were swapped said once."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from provisioning.application import tidy
from provisioning.application.headings import Headings
from provisioning.texts import _

_MOST = 50

Fits = Callable[[str, str], bool]
"""Whether a text, the second, has the form of what the first names."""


class Faults:
    """The faults of one file; `titles` are what its columns are called, in order, `table` whether it has rows."""

    def __init__(self, titles: Mapping[str, str], *, table: bool) -> None:
        self.titles = titles
        self._table = table
        self._lines: list[str] = []
        self._unknown: set[str] = set()
        self._headings: dict[str, str] = {}
        self._swapped: dict[tuple[str, str], list[int]] = defaultdict(list)

    @property
    def count(self) -> int:
        """How many were found so far."""
        return len(self._lines) + sum(map(len, self._swapped.values()))

    def place(self, number: int) -> str:
        """Row or application `number`, for people."""
        return (_("row {number}") if self._table else _("application {number}")).format(number=number)

    def add(self, number: int, column: str, what: str) -> None:
        """Something is wrong with `column` of row `number`: a heading, or the entry that it stands for."""
        called = self._headings.get(column, column)[:40]
        said = _("{place}, {column}: {what}").format(place=self.place(number), column=called, what=what)
        self._lines.append(said)

    def by_column(self, number: int, row: Mapping[str, str], headings: Headings) -> dict[str, tuple[str, str]]:
        """The heading and text of each column of a row that is known and not empty; of others it is said here."""
        given: dict[str, tuple[str, str]] = {}
        for heading, text in row.items():
            name = headings.meant(heading)
            if name is not None:
                self._headings.setdefault(name, heading)
            if name is None:
                self._add_unknown(heading, headings)
            elif name in given:
                self.add(number, heading, _("the same entry as {column}").format(column=given[name][0]))
            elif text.strip():
                given[name] = (heading, text)
        return given

    def find_swapped(self, number: int, texts: Mapping[str, str], fits: Fits) -> set[str]:
        """Columns of row `number` whose `texts` have each other's form, one of them not its own."""
        wrong = [name for name in texts if not fits(name, texts[name])]
        for one in wrong:
            for other in texts:
                if other != one and fits(other, texts[one]) and fits(one, texts[other]):
                    first, second = sorted((one, other), key=list(self.titles).index)
                    if number not in self._swapped[first, second]:
                        self._swapped[first, second].append(number)
                    return {one, other}
        return set()

    def lines(self, rows: int) -> Sequence[str]:
        """A line for each fault, as many as a person reads, of a file with so many `rows`."""
        swapped = [self._said(pair, numbers, rows) for pair, numbers in self._swapped.items()]
        found = [*self._lines, *swapped]
        if len(found) > _MOST:
            return [*found[:_MOST], _("and {count} more").format(count=len(found) - _MOST)]
        return found

    def _add_unknown(self, column: str, headings: Headings) -> None:
        if column in self._unknown:
            return
        self._unknown.add(column)
        near = headings.nearest(column)
        said = _("no entry is called {column}; {near} is") if near else _("no entry is called {column}")
        self._lines.append(said.format(column=tidy.quoted(column), near=near))

    def _said(self, pair: tuple[str, str], numbers: Sequence[int], rows: int) -> str:
        a, b = (self._headings.get(name, name) for name in pair)
        if len(numbers) == rows > 1:
            said = _("every row: the columns {a} and {b} are swapped: under {a} stands what has the form of {other}, and the other way round")  # noqa: E501  # fmt: skip
        else:
            said = _("{place}: {a} and {b} are swapped: under {a} stands what has the form of {other}, and the other way round")  # noqa: E501  # fmt: skip
        places = _(", ").join(self.place(number) for number in numbers[:10])
        return said.format(place=places, a=a, b=b, other=_(self.titles[pair[1]]))
