"""Headings of people's tables: what they mean, however they are spelled, and what a misspelled one may mean."""

import difflib
from collections.abc import Iterable, Mapping


class Headings:
    """The columns of a kind of table: `names` are what each is called beside its own name."""

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        self._names = {_plain(text): name for name, texts in names.items() for text in (name, *texts)}

    def meant(self, heading: str) -> str | None:
        """The column that `heading` stands above; None when there is none."""
        return self._names.get(_plain(heading))

    def nearest(self, heading: str) -> str:
        """The column that `heading` may be a misspelling of; "" when none is near."""
        found = difflib.get_close_matches(_plain(heading), list(self._names), 1)
        return self._names[found[0]] if found else ""


def _plain(heading: str) -> str:
    """Case, spaces and dashes do not count."""
    return "".join(c for c in heading.lower() if c.isalnum())
