"""A counter whose state, in DIR/state, lies on a small disk that runs full: `python -m tests.faults.small_shop DIR`."""

import os
import sys
from pathlib import Path

from agent.sale import kinds
from tests.conftest import wait_until_prepared
from tests.faults.child import say
from tests.faults.selling import sell
from tools.rig.rig import Rig


class SmallShop:
    """Sells, fills the disk, and says what came of it."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.ballast = rig.files.state / "ballast"

    def play(self) -> None:
        """The scenes that the test looks at."""
        self.sell("plenty")
        self.rig.acquirer.behave("cut", when="after_booking")
        self.rig.acquirer.behave("delay", mti="0400", ms=1_500)
        self.sell("unanswered")
        self.leave_kib(8 * 1024)
        say("reversals settled", self.settled())
        self.sell("below the reserve")
        self.rig.wait_until(lambda: self.settled() == 1, "the reversal is settled")
        say("reversals settled", self.settled())
        self.leave_kib(0)
        self.sell("full")
        self.ballast.unlink()
        self.sell("room again")
        self.rig.wait_until_stored()
        say("alarms", *self.rig.alarms())

    def sell(self, what: str) -> None:
        """One sale; says how it ended."""
        say(what, sell(self.rig.board, self.rig.till, what))

    def leave_kib(self, kib: int) -> None:
        """Somebody else fills the disk up to `kib`."""
        disk = os.statvfs(self.ballast.parent)
        taken = self.ballast.stat().st_size if self.ballast.exists() else 0
        with self.ballast.open("ab") as stream:
            os.posix_fallocate(stream.fileno(), taken, disk.f_bavail * disk.f_frsize - kib * 1024)

    def settled(self) -> int:
        """How many reversals the journal holds as settled."""
        return sum(entry.kind == kinds.REVERSAL_SETTLED for entry in self.rig.journal())


if __name__ == "__main__":
    with Rig(Path(sys.argv[1])) as small:
        wait_until_prepared(small)
        SmallShop(small).play()
