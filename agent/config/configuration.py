"""The configuration from the fleet: desired and reported, `pending -> trial -> committed` or `rejected`.

Each step is in the journal before it is taken. Nothing changes while a sale runs, and what is tried and fails leaves
what was committed before in force. A version never falls: going back is a new version with the old content.
"""

import asyncio

from agent.binding.ports import Keys
from agent.canonical import encode
from agent.compat import monotonic_ms, since_ms
from agent.config import settable
from agent.config.desired import BINDING, CONFIGURATION, SETTINGS, Desired, read_desired
from agent.config.settable import Settable
from agent.config.trial import Candidate, Trial
from agent.errors import BindingError, RefusedMessageError, StoreError
from agent.journal.entry import Entry, Record
from agent.journal.newest import newest
from agent.journal.ports import Journal
from agent.report.ports import Say
from agent.report.topics import Topics
from agent.sale.outcome import ACQUIRER_UNREACHABLE

REPORT_FORMAT = "jumpguard.config-reported/1"
REPORTED = "config/reported"

PENDING = "pending"
TRIAL = "trial"
COMMITTED = "committed"
REJECTED = "rejected"
# Kinds of entries: the latest of them tells how far the versions went.
KINDS = tuple(["config.{}".format(state) for state in (PENDING, TRIAL, COMMITTED, REJECTED)])

# Why a configuration was rejected, beside the codes of the gate and of `settable`.
PART_UNKNOWN = "PART_UNKNOWN"
TRIAL_FAILED = "TRIAL_FAILED"
STORE_FAILED = "STORE_FAILED"

_LONGEST_DETAIL = 1000
_LOOK_AGAIN_S = 0.2


class _RejectedError(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class Configuration:
    """Hears what is desired (an `agent.report.ports.Receiver`) and, in `run`, puts it in force."""

    subscription = "config/desired"

    def __init__(
        self, journal: Journal, topics: Topics, keys: Keys, trial: Trial, settable: "dict[str, Settable]", say: Say
    ) -> None:
        self.journal = journal
        self.topics = topics
        self.keys = keys
        self.trial = trial
        self.settable = settable
        self.say = say
        self.version = 0
        self.state = COMMITTED
        self._digest = ""
        self._reason = ""
        self._detail = ""
        # By `section.key`: what the last committed configuration set.
        self._values: dict[str, object] = {}
        self._desired: Desired | None = None
        self._woken = asyncio.Event()

    async def start(self) -> None:
        """Find out where the last run ended, and let the committed settings take effect. Raises JournalError."""
        committed = await self.journal.last(_kind(COMMITTED))
        if committed is not None:
            self._values = _object(committed, "values")
        latest = await newest(self.journal, KINDS)
        if latest is not None:
            self._remember(latest)
        if latest is not None and latest.kind == _kind(TRIAL):
            await self._end_trial(latest)
        settable.apply(self._values, self.settable)

    def birth(self) -> "list[tuple[str, bytes]]":
        """What is reported when a connection begins."""
        return [(REPORTED, self._report())]

    async def heard(self, name: str, payload: bytes) -> None:  # noqa: ARG002 - it has one topic
        """See `agent.report.ports.Receiver.heard`."""
        desired = read_desired(payload, self.topics, self.keys)
        if desired.version < self.version:
            raise RefusedMessageError("{}: its version is below the last one's".format(CONFIGURATION))
        if desired.version == self.version and desired.digest != self._digest:
            raise RefusedMessageError("{}: another one under the version that is known".format(CONFIGURATION))
        if desired.version == self.version and self.state in (COMMITTED, REJECTED):
            await self.say(REPORTED, self._report(), True)
        elif self._desired is None or self._desired.digest != desired.digest:
            self._desired = desired
            self._woken.set()

    async def run(self) -> None:
        """Put in force what is desired, for ever."""
        while True:
            while self._desired is not None:
                await self._put_in_force(self._desired)
            self._woken.clear()
            await self._woken.wait()

    async def _put_in_force(self, desired: Desired) -> None:
        """It stays desired until its end is in the journal: what could not be written down is tried again."""
        try:
            values = self._checked_settings(desired)
            candidate = self._candidate(desired)
            if desired.version != self.version:
                await self._step(desired, PENDING, self._named(candidate, values))
            if candidate is not None and not await self._change_binding(desired, candidate, values):
                return
            await self._commit(values)
            settable.apply(values, self.settable)
        except _RejectedError as rejected:
            self._reason, self._detail = rejected.reason, rejected.detail[:_LONGEST_DETAIL]
            await self._step(desired, REJECTED, {"reason": self._reason, "detail": self._detail})
        finally:
            self.trial.end()
        if self._desired is desired:
            self._desired = None

    def _checked_settings(self, desired: Desired) -> "dict[str, object]":
        """The values that count once `desired` is committed. Raises _RejectedError."""
        if desired.unknown_parts:
            raise _RejectedError(PART_UNKNOWN, ", ".join(desired.unknown_parts))
        if SETTINGS not in desired.document:
            return self._values
        sections = desired.document[SETTINGS]
        if not isinstance(sections, dict):
            raise _RejectedError(settable.SETTING_INVALID, "settings: not an object")
        values = settable.flat(sections)
        code, detail = settable.fault(values, self.settable)
        if code:
            raise _RejectedError(code, detail)
        return values

    def _candidate(self, desired: Desired) -> "Candidate | None":
        """The binding to change to, None when it stays. Raises _RejectedError."""
        if BINDING not in desired.document:
            return None
        try:
            return self.trial.candidate(desired.document[BINDING])
        except BindingError as error:
            raise _RejectedError(error.code, str(error))
        except StoreError as error:
            raise _RejectedError(error.code, str(error))

    async def _change_binding(self, desired: Desired, candidate: Candidate, values: "dict[str, object]") -> bool:
        """Try the candidate and put it in force, between two sales; False when another one is desired meanwhile.

        Raises _RejectedError.
        """
        code = ACQUIRER_UNREACHABLE
        while code == ACQUIRER_UNREACHABLE:
            while not await self.trial.free():  # noqa: ASYNC110 - a look at the journal, now and then
                await asyncio.sleep(_LOOK_AGAIN_S)
            if self._desired is not desired:
                return False
            code = await self._try_out(desired, candidate, values)
            if code == ACQUIRER_UNREACHABLE and not await self._wait_for_acquirer(desired, candidate, values):
                return False
        self.trial.backoff.reset()
        if code:
            raise _RejectedError(TRIAL_FAILED, code)
        try:
            await self.trial.commit(candidate)
        except StoreError as error:
            raise _RejectedError(STORE_FAILED, str(error))
        return True

    async def _try_out(self, desired: Desired, candidate: Candidate, values: "dict[str, object]") -> str:
        """See `Trial.try_out`. Raises _RejectedError."""
        try:
            self.trial.check_validity(candidate.binding)
        except BindingError as error:
            raise _RejectedError(error.code, str(error))
        await self._step(desired, TRIAL, self._named(candidate, values))
        return await self.trial.try_out(candidate)

    async def _wait_for_acquirer(self, desired: Desired, candidate: Candidate, values: "dict[str, object]") -> bool:
        """Pending again, under the old binding, for a while; False when another one is desired meanwhile."""
        self.trial.end()
        await self._step(desired, PENDING, self._named(candidate, values))
        start, wait_ms = monotonic_ms(), self.trial.backoff.next_ms()
        while self._desired is desired and since_ms(start) < wait_ms:  # noqa: ASYNC110 - one look suffices now and then
            await asyncio.sleep(_LOOK_AGAIN_S)
        return self._desired is desired

    async def _end_trial(self, entry: Entry) -> None:
        """The power went in the trial: the store tells whether the new binding came into force."""
        if self.trial.in_force()[1] == entry.body["binding_digest"]:
            await self._commit(_object(entry, "values"))
        else:
            self.state = PENDING

    async def _commit(self, values: "dict[str, object]") -> None:
        version, digest = self.trial.in_force()
        body: "dict[str, object]" = {
            "version": self.version,
            "digest": self._digest,
            "binding_version": version,
            "binding_digest": digest,
            "values": values,
        }
        self._reason = self._detail = ""
        await self.journal.append(Record(_kind(COMMITTED), body))
        self.state = COMMITTED
        self._values = values
        await self.say(REPORTED, self._report(), True)

    async def _step(self, desired: Desired, state: str, more: "dict[str, object]") -> None:
        """Write the step down, then count it and report it."""
        body: "dict[str, object]" = {"version": desired.version, "digest": desired.digest}
        body.update(more)
        entry = (await self.journal.append(Record(_kind(state), body)))[0]
        self._remember(entry)
        await self.say(REPORTED, self._report(), True)

    def _named(self, candidate: "Candidate | None", values: "dict[str, object]") -> "dict[str, object]":
        version, digest = self.trial.in_force()
        if candidate is not None:
            version, digest = candidate.binding.version, candidate.digest
        return {"binding_version": version, "binding_digest": digest, "values": values}

    def _remember(self, entry: Entry) -> None:
        body = entry.body
        self.version = int(str(body["version"]))
        self.state = entry.kind.split(".")[1]
        self._digest = str(body["digest"])
        self._reason = str(body.get("reason", ""))
        self._detail = str(body.get("detail", ""))

    def _report(self) -> bytes:
        version, digest = self.trial.in_force()
        return encode(
            {
                "format": REPORT_FORMAT,
                "version": self.version,
                "state": self.state,
                "reason": self._reason,
                "detail": self._detail,
                "binding_version": version,
                "binding_digest": digest,
            }
        )


def _kind(state: str) -> str:
    return "config.{}".format(state)


def _object(entry: Entry, name: str) -> "dict[str, object]":
    value = entry.body[name]
    assert isinstance(value, dict)
    return value
