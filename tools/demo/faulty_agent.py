"""The agent with one part switched off, or one that kills itself behind a journal entry.

The demonstration shows with it that its steps notice a part that does not work, and what a power cut at a chosen place
leaves behind. Everything else is the agent as `board.main` puts it together.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

from agent.binding.gate import Gate, Request, Verdict
from agent.binding.record import Binding, parse
from agent.journal.entry import Entry, Record
from agent.jump.match import ABSENT, SAME, Match, match
from agent.messages import Message
from agent.sale import judge
from board.main import run
from board.main.parts import Parts
from board.settings.file import load

MATCH = "match"
GATE = "gate"
JOURNAL = "journal"
OUTBOX = "outbox"
PARTS = (MATCH, GATE, JOURNAL, OUTBOX)


class OpenGate(Gate):
    """A gate that takes the store at its word and refuses nothing."""

    def check(self, request: Request | None, lifecycle: str) -> Verdict:
        """Allow, whatever it is."""
        del request, lifecycle
        return self.prove()

    def prove(self) -> Verdict:
        """Believe the record without a look at its signature."""
        verdict = Verdict()
        stored = self.store.read()
        assert stored is not None
        verdict.binding, verdict.digest = parse(stored.document), stored.digest
        return verdict


def blind_match(binding: Binding, answer: Message) -> Match:
    """A match that finds everything the same."""
    found = match(binding, answer)
    result = {name: ABSENT if said == ABSENT else SAME for name, said in found.result.items()}
    return Match(found.expected, found.expected, result, reverses=False)


async def never() -> None:
    """Send nothing, for ever."""
    await asyncio.Event().wait()


def switch_off(parts: Parts, name: str) -> None:
    """Make the part `name` of the terminal do nothing."""
    if name == MATCH:
        setattr(judge, "match", blind_match)  # noqa: B010 - the one name that the judge looks up
    elif name == GATE:
        parts.sale.gate.__class__ = OpenGate
    elif name == JOURNAL:
        # A journal that the next start does not find again.
        forgotten = tempfile.mkdtemp(prefix="forgotten-", dir=parts.settings.terminal.state_dir)
        parts.state.journal.path = Path(forgotten, parts.state.journal.path.name)
    elif name == OUTBOX:
        parts.fleet.reporter._send_events = never  # type: ignore[method-assign]


def kill_behind(parts: Parts, kind: str) -> None:
    """Kill this process (SIGKILL) as soon as an entry of `kind` is on disk."""
    append = parts.state.journal.append

    async def append_and_die(*records: Record) -> list[Entry]:
        entries = await append(*records)
        if any(record.kind == kind for record in records):
            os.kill(os.getpid(), signal.SIGKILL)
        return entries

    parts.state.journal.append = append_and_die  # type: ignore[method-assign]


def main() -> int:
    """Run the agent with the fault that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo.faulty_agent")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--without", choices=PARTS)
    parser.add_argument("--kill-behind", metavar="KIND", default="")
    chosen = parser.parse_args()
    parts = Parts(load(chosen.settings))
    if chosen.without:
        switch_off(parts, chosen.without)
    if chosen.kill_behind:
        kill_behind(parts, chosen.kill_behind)
    asyncio.run(run(parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
