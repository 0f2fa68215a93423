"""Regions by GB/T 2260: six digits for a province, city or county, and what bears or bore each code.

The table is python-stdnum's, with the years in which each code was in force.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from stdnum import numdb

from provisioning.application import tidy
from provisioning.errors import EntryError
from provisioning.texts import _

# `[1983-1994]郊区`: from when until when a code was of that name; one that ends nowhere is in force.
_SPAN = re.compile(r"(?:\[(?P<begin>\d*)-(?P<end>\d*)\])?(?P<name>[^,\[]+)")
# Heads of a list and no places: 市辖区, 县 and the like bear no name of their own.
_NO_PLACE = re.compile(r"市辖区|县|郊区|市区|(?:省|自治区)直辖.*")
_MOST_FOUND = 9


@dataclass(frozen=True, slots=True)
class Region:
    """A code and the place that bears it, or the last that did; `abolished` is the year in which that ended, or ""."""

    code: str
    name: str
    place: str
    abolished: str = ""


@lru_cache(1024)  # the shops of a file are in few regions
def region(text: str) -> str:
    """The code of the region that `text` names, by code or by name. Raises EntryError."""
    plain = tidy.identifier(text)
    if plain.isascii() and plain.isdigit():
        if len(plain) != 6:
            raise EntryError(_("{count} characters; {due} are due").format(count=len(plain), due=6))
        return _in_force(plain).code
    found = search(text)
    if not found:
        raise EntryError(_("no region of that name; try a shorter one, such as 鼓楼, or its 6 digits"))
    exact = [one for one in found if _joined(one.name) == _joined(text)] or found
    if len(exact) > 1:
        raise EntryError(
            _("more than one region is called so: {regions}; give the 6 digits").format(
                regions=_("; ").join(f"{one.code} {one.name}" for one in exact)
            )
        )
    return exact[0].code


def known(code: str) -> Region | None:
    """The region of six digits, in force or abolished; None when there never was one."""
    return _all().get(code)


def around(code: str) -> Region | None:
    """The region of the digits `code` or, where there is none of them, the city or province around it."""
    return known(code) or known(f"{code[:4]}00") or known(f"{code[:2]}0000")


def search(words: str, most: int = _MOST_FOUND) -> list[Region]:
    """The regions in force whose name has every one of `words` or, without spaces, begins and goes on as they do."""
    wanted = words.split()
    found = [one for one in _all().values() if not one.abolished and _matches(one, wanted)]
    # A place of that very name first, then those in which it stands earliest.
    return sorted(found, key=lambda one: (wanted[-1] not in one.place, len(one.place), one.code))[:most]


def _matches(one: Region, wanted: list[str]) -> bool:
    if len(wanted) != 1:
        return bool(wanted) and all(word in one.name or one.code.startswith(word) for word in wanted)
    # 福建福州鼓楼: the names without what kind of place each is.
    return wanted[0] in _joined(one.name) or one.code.startswith(wanted[0]) or wanted[0] in _short(one.name)


def _joined(name: str) -> str:
    return "".join(name.split())


def _short(name: str) -> str:
    return "".join(re.sub(r"(?:省|市|区|县|自治区|自治州)$", "", part) for part in name.split())


def _in_force(code: str) -> Region:
    found = _all().get(code)
    if found is None:
        raise EntryError(_("GB/T 2260 has no region {code}").format(code=code))
    if found.abolished:
        raise EntryError(
            _("region {code} ({name}) was abolished in {year}; search the one that took its place by name").format(
                code=code, name=found.name, year=found.abolished
            )
        )
    return found


@cache
def _all() -> dict[str, Region]:
    return {one.code: one for one in _read()}


def _read() -> Iterator[Region]:
    for _length, province, _high, names, places in numdb.get("cn/loc").prefixes:
        yield Region(f"{province}0000", names["province"], names["province"])
        latest = {low: _latest(props["county"]) for _length, low, _high, props, _children in places}
        for low, (place, abolished) in latest.items():
            if low == "0000" or _NO_PLACE.fullmatch(place):
                continue
            above = [names["province"]]
            city = latest.get(f"{low[:2]}00", ("", ""))[0]
            if city and not low.endswith("00") and not _NO_PLACE.fullmatch(city):
                above.append(city)
            yield Region(f"{province}{low}", " ".join([*above, place]), place, abolished)


def _latest(county: str) -> tuple[str, str]:
    """The name that a code bears or bore last, and the year in which that ended."""
    last = list(_SPAN.finditer(county))[-1]
    return last["name"], last["end"] or ""


def elsewhere(address: str, code: str) -> str:
    """A province or city that `address` begins with and `code` is not in; "" when there is none."""
    for one in _all().values():
        if not one.code.endswith("00") or one.abolished or not address.startswith((one.place, _joined(one.name))):
            continue
        if not code.startswith(one.code.removesuffix("00").removesuffix("00")):
            return one.place
    return ""
