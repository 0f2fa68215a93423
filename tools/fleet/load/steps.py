"""What a story is told in: steps, one behind the other, with pauses between them."""

from enum import Enum, auto
from typing import NamedTuple

from agent.journal.entry import Record


class Act(Enum):
    """What a step does beside writing something down."""

    # The agent ends in good order, and a new process begins.
    RESTART = auto()
    # The machine's power is cut and comes back: a new boot.
    BOOT = auto()


class Saying(NamedTuple):
    """A message on the channel `name` of the terminal."""

    name: str
    payload: bytes
    retain: bool = False


class Step(NamedTuple):
    """What happens `after_s` behind the step before: an act, an entry, a message, in this order."""

    after_s: float
    record: Record | None = None
    saying: Saying | None = None
    act: Act | None = None


Story = list[Step]


def written(after_s: float, kind: str, /, **body: object) -> Step:
    """The step that writes an entry down."""
    return Step(after_s, Record(kind, body))


def entries(story: Story) -> int:
    """How many entries `story` writes down."""
    return sum(step.record is not None for step in story)
