"""What became of a row of a batch."""

from typing import Final, Literal

import msgspec

from provisioning.handover.facts import Facts
from provisioning.install.result import Failure

State = Literal["waiting", "begun", "committing", "done", "failed"]
WAITING: Final = "waiting"
BEGUN: Final = "begun"
# The terminal is told to commit, or soon is: only it knows whether it has.
COMMITTING: Final = "committing"
DONE: Final = "done"
FAILED: Final = "failed"


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How far the row of the terminal `serial` is, and since when (UTC).

    `content` is what the table said of it; `facts` are those of its hand-over sheet, from the step `committing` on.
    `found` when it was known by the terminal itself alone that it is done.
    """

    serial: str
    state: State
    time: str
    content: dict[str, str]
    facts: Facts | None = None
    failure: Failure | None = None
    found: bool = False
