"""The states of roll-outs and of their targets."""

RUNNING = "running"
PAUSED = "paused"
STOPPED = "stopped"
DONE = "done"
RETURNING = "returning"
RETURNED = "returned"

# What still orders or answers, so that its terminals are nobody else's.
ALIVE = (RUNNING, PAUSED, RETURNING)

# Of targets, beside the last two of the above: nothing was ordered yet, it has no answer, it took the order and is
# watched, it stayed well; it did not; it was left out; it cannot be given back what it had.
WAITING = "waiting"
ORDERED = "ordered"
WATCHED = "watched"
HEALTHY = "healthy"
FAILED = "failed"
SKIPPED = "skipped"
KEPT = "kept"

UNDER_WAY = (WAITING, ORDERED, WATCHED)
# Those of which there is something to tell.
TOLD = (FAILED, SKIPPED, KEPT, RETURNING, RETURNED, ORDERED, WATCHED)
