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
from pathlib import Path

from tests.leaks import views
from tests.leaks.expiries import Expiries
from tests.leaks.needles import BASE64, BINARY, TEXT, masked, pan_needles, parts_of, track2_needles

DEEPEST = 5
"""How many views may lie in one another: an escaped text in a gzip member in a zip member ..."""


@dataclass(frozen=True)
class Finding:
    """Card data that was found: what, written how, where (a file, then what it lay in), at which offset there."""

    what: str
    encoding: str
    where: str
    offset: int

    def __str__(self) -> str:
        return f"{self.where}, byte {self.offset}: {self.what} as {self.encoding}"


class Secrets:
    """The card data that must not be found: PANs, track 2 texts (`PAN=YYMM...` or `PANDYYMM...`), expiries as YYMM.

    The PAN of each track 2 is looked for as well. An expiry counts only near a PAN, whole or masked: four digits alone
    say nothing. Raises ValueError, without the value, for what is none of these.
    """

    def __init__(self, pans: Iterable[str] = (), track2: Iterable[str] = (), expiries: Iterable[str] = ()) -> None:
        tracks, expiries = tuple(track2), tuple(expiries)
        self._pans = tuple(dict.fromkeys((*pans, *(parts_of(track)[0] for track in tracks))))
        if not self._pans or not all(re.fullmatch(r"[0-9]{12,19}", pan) for pan in self._pans):
            raise ValueError("give at least one PAN or track 2; a PAN is 12 to 19 digits (ISO/IEC 7812-1)")
        if not all(re.fullmatch(r"[0-9]{4}", expiry) for expiry in expiries):
            raise ValueError("an expiry is four digits, YYMM")
        needles = [needle for pan in self._pans for needle in pan_needles(pan)]
        needles += [needle for track in tracks for needle in track2_needles(track)]
        first_of_each = {(one.pattern, one.before, one.after): one for one in reversed(needles)}
        self._needles = tuple(first_of_each.values())
        self._expiries = Expiries(self._pans, expiries)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(masked(pan) for pan in self._pans)})"

    def find(self, data: bytes, where: str = "data") -> list[Finding]:
        """All card data in `data`, in whatever it is wrapped; `where` is what the findings call it."""
        return list(self._find(data, where, 0, frozenset()))

    def search_tree(self, folder: Path) -> list[Finding]:
        """All card data in the names, the link targets and the contents of everything under `folder`.

        Raises FileNotFoundError when no file was there to search, so that a wrong folder cannot look clean.
        """
        paths = sorted(folder.rglob("*"))
        if not any(path.is_file() for path in paths):
            raise FileNotFoundError(f"{folder} holds no file to search: is it the right folder?")
        return [finding for path in paths for finding in self._search_path(path, str(path.relative_to(folder)))]

    def _search_path(self, path: Path, name: str) -> Iterator[Finding]:
        try:
            status = path.lstat()
            in_name = self.find(os.fsencode(name), f"name of inode {status.st_ino}")
            where = f"inode {status.st_ino}" if in_name else name
            yield from in_name
            if stat.S_ISLNK(status.st_mode):
                yield from self.find(os.fsencode(path.readlink()), f"target of {where}")
            elif stat.S_ISREG(status.st_mode):
                yield from self.find(path.read_bytes(), where)
        except FileNotFoundError:
            return  # a live database removed its journal between the listing and the reading

    def _find(self, data: bytes, where: str, depth: int, known: frozenset[tuple[str, str]]) -> Iterator[Finding]:
        """The findings in `data` and its views, but for what is `known` because the data itself shows it already."""
        plain = [
            one for one in self._in_plain(data, where, (TEXT, BASE64, BINARY)) if (one.what, one.encoding) not in known
        ]
        yield from plain
        known = known.union((one.what, one.encoding) for one in plain)
        for view in views.closed_up(data):
            # What stood between is lost, so what is left means something only as the one kind that it was made for.
            kind = BASE64 if view.name == views.WITHOUT_WHITE_SPACE else TEXT
            found = self._in_plain(view.data, f"{where} > {view.name}", (kind,))
            yield from (one for one in found if (one.what, one.encoding) not in known)
        if depth < DEEPEST:
            for view in views.unescaped(data):
                yield from self._find(view.data, f"{where} > {view.name}", depth + 1, known)
            for view in views.decompressed(data):
                yield from self._find(view.data, f"{where} > {view.name} at {view.offset}", depth + 1, frozenset())

    def _in_plain(self, data: bytes, where: str, kinds: tuple[str, ...]) -> Iterator[Finding]:
        for needle in self._needles:
            if needle.kind in kinds:
                for position in needle.positions(data):
                    yield Finding(needle.label, needle.encoding, where, position)
        if len(kinds) > 1:
            for encoding, position in self._expiries.find(data):
                yield Finding("expiry beside a PAN", encoding, where, position)
