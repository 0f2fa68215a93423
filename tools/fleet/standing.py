"""What is up at a terminal as it last told: alarms of its vitals, and its case. It ends them itself.

All of it comes from a terminal, or from whoever poses as one.
"""

import json

from agent.binding.reasons import LIFECYCLE_TAMPERED, TAMPER_OPEN
from agent.lifecycle import TAMPERED
from agent.report import alarms
from tools.fleet.rows import Alarm, Terminal


def standing(terminal: Terminal) -> list[Alarm]:
    """The alarms that `terminal` says are up, without a number; their time is when it was last heard."""
    readings = json.loads(terminal.vitals or "{}")
    told = str(readings.get("alarms", "")).split()
    kinds = [kind for kind in alarms.KINDS if kind in told]
    if readings.get("tamper") is True:
        kinds.insert(0, TAMPER_OPEN)
    if terminal.lifecycle == TAMPERED:
        kinds.insert(0, LIFECYCLE_TAMPERED)
    return [Alarm(terminal.terminal, "", kind, 0, "", terminal.seen_at or "") for kind in kinds]
