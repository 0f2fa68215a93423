"""Find card data, however it is written, in bytes and in folders:

    secrets = Secrets(pans=[...], track2=[...], expiries=["2812"])
    assert secrets.find(log) == []
    assert secrets.search_tree(data_folder) == []

A finding names the secret by its masked number, never in full. What the search cannot see: data that is encrypted or
hashed, a raw deflate stream in the middle of a large file, and a value torn over two database pages.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.leaks import views
from tests.leaks.needles import Needle, masked, pan_needles, pan_of, track2_needles

DEEPEST = 5
"""How many views may lie in one another: an escaped text in a gzip member in a zip member in a base64 text, ..."""
NEAR = 24
"""Within how many bytes of a PAN, whole or masked, an expiry counts as this card's."""


@dataclass(frozen=True)
class Finding:
    """Card data that was found: what, written how, where (a file, then what it lay in), at which offset there."""

    what: str
    encoding: str
    where: str
    offset: int

    def __str__(self) -> str:
        return f"{self.where}@{self.offset}: {self.what} as {self.encoding}"


@dataclass(frozen=True)
class Secrets:
    """The card data that must not be found: PANs, track 2 texts (`PAN=YYMM...` or `PANDYYMM...`), expiries as YYMM.

    The PAN of each track 2 is looked for as well. An expiry counts only near a PAN, whole or masked: four digits alone
    say nothing. Raises ValueError, without the value, for what is none of these.
    """

    pans: Iterable[str] = ()
    track2: Iterable[str] = ()
    expiries: Iterable[str] = ()

    def __post_init__(self) -> None:
        for name in ("pans", "track2", "expiries"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.needles:
            raise ValueError("there is nothing to look for: give a PAN or a track 2")
        if not all(re.fullmatch(r"\d{4}", expiry) for expiry in self.expiries):
            raise ValueError("an expiry is four digits, YYMM")

    def __repr__(self) -> str:
        return f"Secrets({', '.join(masked(pan) for pan in self.numbers)})"

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """All PANs, each once."""
        numbers = tuple(dict.fromkeys((*self.pans, *map(pan_of, self.track2))))
        if not all(re.fullmatch(r"\d{12,19}", number) for number in numbers):
            raise ValueError("a PAN is 12 to 19 digits (ISO/IEC 7812-1)")
        return numbers

    @cached_property
    def needles(self) -> tuple[Needle, ...]:
        """What is searched for, each sequence of bytes once."""
        needles = [needle for pan in self.numbers for needle in pan_needles(pan)]
        needles += [needle for track2 in self.track2 for needle in track2_needles(track2)]
        return tuple({(one.bytes, one.before, one.after): one for one in reversed(needles)}.values())[::-1]

    def find(self, data: bytes, where: str = "data") -> list[Finding]:
        """All card data in `data`, in whatever it is wrapped; `where` is what the findings call it."""
        return list(dict.fromkeys(self._find(data, where, 0)))

    def search_tree(self, folder: Path) -> list[Finding]:
        """All card data in the names, the link targets and the contents of everything under `folder`.

        Raises FileNotFoundError when nothing was there to search, so that a wrong folder cannot look clean.
        """
        paths = sorted(folder.rglob("*"))
        if not any(path.is_file() for path in paths):
            raise FileNotFoundError(f"{folder} holds no file to search: is it the right folder?")
        return [finding for path in paths for finding in self._find_in_path(path, folder)]

    def _find_in_path(self, path: Path, folder: Path) -> Iterator[Finding]:
        relative = str(path.relative_to(folder))
        yield from self.find(os.fsencode(relative), f"name {relative!r}" if self._is_clean(relative) else "name of a file")
        try:
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                yield from self.find(os.fsencode(path.readlink()), f"{relative} (link)")
            elif stat.S_ISREG(mode):
                yield from self.find(path.read_bytes(), relative)
        except FileNotFoundError:
            return  # a live database removed its journal between the listing and the reading

    def _find(self, data: bytes, where: str, depth: int) -> Iterator[Finding]:
        for needle in self.needles:
            for position in needle.positions(data):
                yield Finding(needle.label, needle.encoding, where, position)
        yield from self._expiries(data, where)
        if depth < DEEPEST:
            for view in self._views(data, where):
                yield from self._find(view.data, f"{where} > {view.name}@{view.offset}", depth + 1)

    def _views(self, data: bytes, where: str) -> Iterator[views.View]:
        """Views that can still show something: what was closed up has lost its bytes, and is read as text only."""
        yield from views.unescaped(data)
        if " > without " not in where:
            yield from views.closed_up(data)
            yield from views.decompressed(data)

    def _expiries(self, data: bytes, where: str) -> Iterator[Finding]:
        for pattern, encoding, expiry in self._expiry_patterns:
            for anchor in self._anchors.finditer(data):
                start = max(0, anchor.start() - NEAR)
                for found in pattern.finditer(data, start, anchor.end() + NEAR):
                    if found.end() <= anchor.start() or found.start() >= anchor.end():
                        yield Finding(f"expiry {expiry[:0]}of a card", encoding, where, found.start())
