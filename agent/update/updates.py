"""Takes the terminal from one release to the next: never during a sale or while a reversal is open, and not for good
before the new one has proven itself.

What was asked for is in the journal, so that a power cut forgets nothing; so is what came of it.
"""

import asyncio

from agent.command.status import NOT_ALLOWED
from agent.compat import monotonic_ms, since_ms
from agent.journal.entry import Record
from agent.journal.ports import Journal
from agent.lifecycle import ACTIVE
from agent.sale.counter import Counter
from agent.update.codes import (
    UPDATE_NO_ANSWER,
    UPDATE_NOT_ACKNOWLEDGED,
    UPDATE_NOT_NEWER,
    UPDATE_NOT_SIGNED_ON,
    UPDATE_NOT_STARTED,
    UPDATE_UNDER_WAY,
)
from agent.update.ports import SIGNED_ON, STARTED, Slots, Tried
from agent.update.trial import Trial
from agent.update.version import is_newer

ASKED = "update.asked"
FAILED = "update.failed"
COMMITTED = "update.committed"

_LOOK_MS = 1_000
# As long as a large package takes over a poor mobile line.
_ANSWER_WITHIN_MS = 30 * 60_000
# systemd does not see a request that is made just as the service which answered another one ends.
_REPEAT_MS = 60_000
# What a trial lacked that came so far and no further.
_LACKED = {STARTED: UPDATE_NOT_SIGNED_ON, SIGNED_ON: UPDATE_NOT_ACKNOWLEDGED}


class Updates:
    """Sets `restart_wanted` when the terminal is to end, so that another release can be started."""

    def __init__(
        self, slots: Slots, journal: Journal, counter: Counter, trial: Trial, restart_wanted: asyncio.Event
    ) -> None:
        self.slots = slots
        self.journal = journal
        self.counter = counter
        self.trial = trial
        self.restart_wanted = restart_wanted
        self.look_ms = _LOOK_MS
        self.answer_within_ms = _ANSWER_WITHIN_MS
        self.repeat_ms = _REPEAT_MS
        # The release that was asked for and is not fetched yet, the request for it, "" before it is made, and when.
        self._asked = ""
        self._request = ""
        self._since = 0
        self._repeated = 0
        # Whether this run is a trial that has not proven itself; and whether it will not, so that it is to end.
        self._trying = slots.on_trial != ""
        self._leaving = False

    async def ask(self, version: str) -> str:
        """Take release `version` as soon as there is no sale; "" once that is in the journal, else why not.

        Only a terminal that takes payments can show that it goes on doing so. Raises JournalError.
        """
        if not self.slots.present or self.trial.lifecycle.state != ACTIVE:
            return NOT_ALLOWED
        if not is_newer(version, self.slots.version):
            return UPDATE_NOT_NEWER
        if self._trying or self._asked not in ("", version):
            return UPDATE_UNDER_WAY
        if self._asked == "":
            await self.journal.append(Record(ASKED, {"version": version}))
            self._asked = version
        return ""

    async def run(self) -> None:
        """Finish what the last run left, and look what is to be done, for ever. Raises JournalError, UpdateError."""
        if not self.slots.present:
            return
        await self._tell_end()
        await self._tell_declined()
        if self._trying:
            self._trying = self._leaving = not await self._is_proven()
        await self._find_asked()
        while True:
            await self._look()
            await asyncio.sleep(self.look_ms / 1000)

    async def _is_proven(self) -> bool:
        tried = self.slots.tried()
        if tried is not None and tried.proven:
            return True  # a fault brought this task back
        if not await self.trial.passed():
            return False
        self.slots.prove()
        await self._tell_end()
        return True

    async def _tell_end(self) -> None:
        tried = self.slots.tried()
        if tried is None or tried.told or not tried.begun:
            return
        if tried.proven:
            await self._tell(Record(COMMITTED, {"id": tried.name, "version": tried.version}))
        elif tried.name != self.slots.on_trial:
            await self._tell(_failed(tried.version, _LACKED.get(tried.reached, UPDATE_NOT_STARTED), tried.name))

    async def _tell_declined(self) -> None:
        """A trial that what started the terminal did not begin will not be begun."""
        tried = self.slots.tried()
        if tried is not None and tried.name == self.slots.declined and _is_due(tried):
            await self._tell(_failed(tried.version, UPDATE_NOT_STARTED, tried.name))

    async def _tell(self, end: Record) -> None:
        """The end of a trial is told once: a power cut may come between the journal and the mark."""
        last = await self.journal.last(end.kind)
        if last is None or last.body["id"] != end.body["id"]:
            await self.journal.append(end)
        self.slots.tell(str(end.body["id"]))

    async def _find_asked(self) -> None:
        asked = await self.journal.last(ASKED)
        if asked is None or self._asked != "":
            return
        for kind in (FAILED, COMMITTED):
            ended = await self.journal.last(kind)
            if ended is not None and ended.sequence > asked.sequence:
                return
        version = str(asked.body["version"])
        if is_newer(version, self.slots.version):
            self._asked = version

    async def _look(self) -> None:
        tried = self.slots.tried()
        if self._leaving or (tried is not None and _is_due(tried)):
            if await self._idle():
                self.restart_wanted.set()
        elif self._asked != "" and self._request == "":
            if await self._idle():
                self._request = self.slots.request(self._asked)
                self._since = self._repeated = monotonic_ms()
        elif self._request != "":
            await self._hear()

    async def _hear(self) -> None:
        """What became of the request; a slot that waits to be tried is found by the next look."""
        outcome = self.slots.outcome(self._request)
        if outcome is None and since_ms(self._since) > self.answer_within_ms:
            outcome = (UPDATE_NO_ANSWER, "")
        if outcome is None:
            if since_ms(self._repeated) > self.repeat_ms:
                self.slots.repeat(self._request, self._asked)
                self._repeated = monotonic_ms()
            return
        code, detail = outcome
        if code != "":
            await self.journal.append(_failed(self._asked, code, self._request, detail))
        self._asked = self._request = ""

    async def _idle(self) -> bool:
        """Whether no reversal is open and no sale under way."""
        return not await self.counter.reversals.due() and not self.counter.busy


def _is_due(tried: Tried) -> bool:
    return not tried.begun and not tried.proven and not tried.told


def _failed(version: str, code: str, name: str, detail: str = "") -> Record:
    return Record(FAILED, {"id": name, "version": version, "code": code, "detail": detail})
