"""Who the made-up terminals are: each the same at every run of a seed."""

import random
from typing import NamedTuple

ACQUIRERS = ("898", "48020000", "01030000", "48470000")
# Codes of GB/T 2260; a region of the load is one of these.
REGIONS = ("350102", "110105", "310115", "440305", "330106", "510107", "420106", "610113")
_PLACES = ("鼓楼", "朝阳", "浦东", "南山", "西湖", "武侯", "武昌", "雁塔", "Harbour", "Station", "Old Town")
_TRADES = ("茶馆", "面馆", "药店", "水果店", "便利店", "书店", "Noodles", "Tea House", "Pharmacy", "Fruit", "Books")
_HARDWARE = ("Raspberry Pi 4 Model B Rev 1.4", "Raspberry Pi 4 Model B Rev 1.5", "Raspberry Pi Zero 2 W Rev 1.0")
_SOFTWARE = ("0.1.0", "0.1.0", "0.1.0", "0.1.1", "0.2.0")
_MCC = ("5411", "5812", "5912", "5942")


class Who(NamedTuple):
    """One terminal: `serial` names it, `number` counts from 0, and the rest is its binding and machine.

    `busy` says how often it sells beside others.
    """

    number: int
    serial: str
    acquirer: str
    mid: str
    tid: str
    merchant: str
    region: str
    hardware: str
    software: str
    busy: float

    @property
    def bound(self) -> dict[str, str]:
        """The fields of its binding that an answer is held against."""
        return {
            "acquirer": self.acquirer,
            "mid": self.mid,
            "tid": self.tid,
            "name": self.merchant,
            "currency": "156",
        }


def chance(seed: int, *names: object) -> random.Random:
    """A source of chance that is the same for the same `seed` and `names`."""
    return random.Random("/".join(map(str, (seed, *names))))  # noqa: S311 - made-up terminals, nothing to guard


def terminals(count: int, seed: int) -> list[Who]:
    """The first `count` terminals of `seed`."""
    return [_one(number, chance(seed, "who", number)) for number in range(count)]


def _one(number: int, draw: random.Random) -> Who:
    region = draw.choice(REGIONS)
    acquirer = draw.choice(ACQUIRERS)
    merchant = f"{draw.choice(_PLACES)}{draw.choice(_TRADES)}{draw.randrange(1, 99)}"
    return Who(
        number,
        f"JG-LOAD-{number + 1:05d}",
        acquirer,
        f"{acquirer[:3]}{region[:4]}{draw.choice(_MCC)}{draw.randrange(10_000):04d}",
        f"{30_000_000 + number:08d}",
        merchant,
        region,
        draw.choice(_HARDWARE),
        draw.choice(_SOFTWARE),
        draw.lognormvariate(0, 1),
    )
