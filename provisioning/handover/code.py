"""The square code of a hand-over sheet: a few lines that any phone shows, by which sheet and terminal are compared."""

import segno

from provisioning.handover.facts import Facts
from provisioning.handover.lines import plain


def text_of(facts: Facts) -> str:
    """What the code says, a fact a line. Nothing in it is secret."""
    binding = facts.bound
    return "\n".join(
        (
            "JumpGuard",
            f"Serial {binding.serial}",
            f"Merchant {plain(binding.name)}",
            f"MID {binding.mid}",
            f"TID {binding.tid}",
            f"Version {binding.version}",
            f"Head {facts.head}",
        )
    )


def modules_of(facts: Facts) -> list[bytearray]:
    """The code's rows, a byte a module, 1 for a dark one; without the quiet zone of four modules around it."""
    made = segno.make(text_of(facts), encoding="utf-8", error="m", micro=False)
    return [bytearray(row) for row in made.matrix]
