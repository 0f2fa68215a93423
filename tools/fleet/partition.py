"""Which part of a fleet's terminals a worker takes the events of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Partition:
    """The part `number`, counted from 1, `of` so many; all terminals where there is one."""

    number: int = 1
    of: int = 1

    def __str__(self) -> str:
        """As `parse` reads it."""
        return f"{self.number}/{self.of}"

    @classmethod
    def parse(cls, text: str) -> "Partition":
        """What `text`, such as "1/3", means. Raises ValueError."""
        number, of = (int(part) for part in text.split("/"))
        if not 1 <= number <= of:
            raise ValueError(f"{text!r} is no part: give it as NUMBER/OF, such as 1/3")
        return cls(number, of)

    @property
    def all(self) -> "list[Partition]":
        """This one and the others."""
        return [Partition(number, self.of) for number in range(1, self.of + 1)]
