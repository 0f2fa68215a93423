"""What a technician does to an installed terminal, and what the audit trail says of it."""

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from provisioning import trail
from provisioning.hand.evidence import entries
from provisioning.install.here import Here
from provisioning.install.proof import read
from provisioning.install.reach import Reach
from provisioning.install.steps import TAP_CARD, Person
from provisioning.install.work import Order
from provisioning.trail_entry import Deed
from provisioning.upkeep.change import Change
from provisioning.upkeep.clear import Clear
from provisioning.upkeep.retire import Retire, Retirement
from tests.provisioning.install.counter import CARD, Counter
from tools.desk import desk
from tools.rig.practice import Practice


class Customer:
    """Answers each question as told, and holds a card to the reader."""

    def __init__(self, counter: Counter, agrees: bool = True) -> None:
        self.board = counter.terminal.board
        self.agrees = agrees
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def says_yes(self, question: str, **facts: str) -> bool:
        self.asked.append((question, facts))
        return self.agrees

    async def told(self, what: str, **facts: str) -> None:
        self.asked.append((what, facts))
        if what == TAP_CARD:
            self.board.tap(CARD)


def change(
    counter: Counter, binding: Path, reach: Reach | None = None, person: Person | None = None, *, sale: bool = False,
    why: str = "", desk_file: Path | None = None,
) -> Change:  # fmt: skip
    """The change of the terminal at `counter` to `binding`."""
    order = Order(signed=read(binding), technician="Wang", why=why, sale=sale, by_person=person is not None)
    return Change(order, desk(desk_file or counter.practice.desk_file), reach or Here(counter.terminal.root), person)


def deeds(counter: Counter) -> list[Deed]:
    """What the trail says of the terminal at `counter`."""
    serial, found = counter.binding.document["serial"], trail.reading(counter.practice.trail).entries
    return [one.entry.deed for one in found if one.entry.deed.serial == serial]


def clear(counter: Counter, person: Person, serial: str = "") -> Clear:
    """Clear the terminal at `counter`."""
    place = desk(counter.practice.desk_file)
    return Clear(
        serial or serial_of(counter), "Wang", "fell off the counter", place, Here(counter.terminal.root), person
    )


def retire(
    counter: Counter, reach: Reach | None = None, person: Person | None = None, *, desk_file: Path | None = None,
    lose: int = 0, journal: Path | None = None, heard_within_s: float = 60, serial: str = "",
) -> Retire:  # fmt: skip
    """Retire the terminal at `counter`."""
    order = Retirement(
        serial=serial or serial_of(counter), technician="Wang", why="worn out", lose=lose, journal=journal,
        heard_within_s=heard_within_s,
    )  # fmt: skip
    return Retire(order, desk(desk_file or counter.practice.desk_file), reach or Here(counter.terminal.root), person)


def serial_of(counter: Counter) -> str:
    """The serial of the terminal at `counter`."""
    return str(counter.binding.document["serial"])


def certificates(counter: Counter) -> int:
    """How many good certificates the terminal at `counter` has."""
    return [one.name for one in counter.practice.rig.files.authority.admitted()].count(serial_of(counter))


def states(counter: Counter) -> list[str]:
    """The states that the terminal's journal tells of, in order."""
    found = entries(counter.places.journal, 0)
    return [one["body"]["to"] for one in found if one["kind"] == "lifecycle.changed"]


def desk_with(practice: Practice, **sections: dict[str, Any]) -> Path:
    """A desk file whose terminals' settings say something else in these sections."""
    desk_file = tomllib.loads(practice.desk_file.read_text())
    for name, keys in sections.items():
        desk_file["settings"][name] = {**desk_file["settings"].get(name, {}), **keys}
    path = practice.desk_file.with_name("other-desk.toml")
    path.write_text(tomli_w.dumps(desk_file))
    return path
