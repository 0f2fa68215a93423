"""What a made-up terminal makes of commands and configurations: told step by step, as the real agent does."""

import random
from collections.abc import Callable

from agent.binding.ports import Keys
from agent.canonical import encode, sha256_hex
from agent.command import types
from agent.command.commands import ENDED, TAKEN, named
from agent.command.order import Order, read_order
from agent.command.status import ACCEPTED, FAILED, NOT_ALLOWED, RUNNING, SUCCEEDED, TYPE_UNKNOWN, Status
from agent.config.desired import BINDING, SETTINGS, Desired, read_desired
from agent.journal.entry import Record
from agent.lifecycle import ACTIVE, CHANGED, LOCKED
from agent.report.topics import Topics
from agent.sale import outcome
from tools.fleet.load.steps import Act, Saying, Step, Story, written
from tools.fleet.load.stories import Scene, started

KNOWN = (
    types.PING,
    types.DIAGNOSIS,
    types.DIAGNOSTICS,
    types.SIGN_ON,
    types.LOCK,
    types.UNLOCK,
    types.SET_VITALS_PERIOD,
    types.RESTART,
    types.UPDATE,
)
REPORTED = "config/reported"
_FORMAT = "jumpguard.config-reported/1"
_MAY_FAIL = (types.DIAGNOSIS, types.SIGN_ON, types.UPDATE)
_FAILS = 0.03
_KEPT = 20
_RESULTS: dict[str, dict[str, object]] = {
    types.DIAGNOSIS: {"codes": [], "detail": ""},
    types.DIAGNOSTICS: {"settings": {"link": {"keepalive_s": 30}}, "versions": {"agent": "0.1.0"}},
}


class Orders:
    """Of the terminal that `topics` names; what comes counts when `keys` vouch for its signature."""

    def __init__(self, topics: Topics, keys: Keys) -> None:
        self._topics = topics
        self._keys = keys
        self._statuses: dict[str, Saying] = {}
        self._version = 0
        self._binding = (1, sha256_hex(topics.terminal.encode()))
        self.reported = self._report("committed")

    def command(self, name: str, payload: bytes, scene: Scene) -> Story:
        """What follows from a command on the topic `name`. Raises RefusedMessageError."""
        order = read_order(name, payload, self._topics, self._keys)
        if order.id in self._statuses:
            return [Step(0.0, saying=self._statuses[order.id])]
        self._statuses[order.id] = _saying(Status(order, ACCEPTED))
        while len(self._statuses) > _KEPT:
            self._statuses.pop(next(iter(self._statuses)))
        return self._carried_out(order, scene)

    def configuration(self, payload: bytes, draw: random.Random) -> Story:
        """What follows from a configuration. Raises RefusedMessageError."""
        desired = read_desired(payload, self._topics, self._keys)
        if desired.version <= self._version:
            return []
        self._version = desired.version
        named = self._named(desired)
        trial = [self._step(1.0, desired, "trial", **named)] if BINDING in desired.document else []
        pending = self._step(0.1, desired, "pending", **named)
        if draw.random() < _FAILS:
            end = self._step(1.5, desired, "rejected", reason="TRIAL_FAILED", detail="")
        else:
            self._binding = int(str(named["binding_version"])), str(named["binding_digest"])
            end = self._step(1.5, desired, "committed", **named)
        assert end.saying is not None
        self.reported = end.saying
        return [pending, *trial, end]

    def _carried_out(self, order: Order, scene: Scene) -> Story:
        code = _why_not(order, scene)
        status = Status(order, FAILED, code) if code else Status(order, SUCCEEDED, "", _RESULTS.get(order.type))
        ended = {**named(order), "state": status.state, "code": code, "result": status.result}
        self._statuses[order.id] = last = _saying(status)
        return [
            Step(0.05, Record(TAKEN, named(order)), _saying(Status(order, ACCEPTED))),
            Step(scene.draw.uniform(0.1, 0.5), saying=_saying(Status(order, RUNNING))),
            *([] if code else _effect(order, scene)),
            Step(scene.draw.uniform(0.2, 1.5), Record(ENDED, ended), last),
        ]

    def _named(self, desired: Desired) -> dict[str, object]:
        """What is in force with `desired`."""
        version, digest = self._binding
        signed, settings = desired.document.get(BINDING), desired.document.get(SETTINGS)
        if isinstance(signed, dict) and isinstance(binding := signed.get("document"), dict):
            version, digest = int(binding.get("version", 0)), sha256_hex(encode(binding))
        values = {
            f"{section}.{key}": value
            for section, keys in (settings.items() if isinstance(settings, dict) else ())
            for key, value in keys.items()
        }
        return {"binding_version": version, "binding_digest": digest, "values": values}

    def _step(self, after_s: float, desired: Desired, state: str, **more: object) -> Step:
        body = {"version": desired.version, "digest": desired.digest, **more}
        return Step(after_s, Record(f"config.{state}", body), self._report(state, str(more.get("reason", ""))))

    def _report(self, state: str, reason: str = "") -> Saying:
        version, digest = self._binding
        report = {
            "format": _FORMAT,
            "version": self._version,
            "state": state,
            "reason": reason,
            "detail": "",
            "binding_version": version,
            "binding_digest": digest,
        }
        return Saying(REPORTED, encode(report), True)


def _saying(status: Status) -> Saying:
    return Saying(status.order.status_topic, status.payload())


def _why_not(order: Order, scene: Scene) -> str:
    """Why a command fails; "" when it does not."""
    if order.type not in KNOWN:
        return TYPE_UNKNOWN
    if order.type == types.UNLOCK and scene.lifecycle not in (ACTIVE, LOCKED):
        return NOT_ALLOWED
    return outcome.ACQUIRER_UNREACHABLE if order.type in _MAY_FAIL and scene.draw.random() < _FAILS else ""


def _changes_to(state: str) -> Callable[[Order, Scene], Story]:
    def change(order: Order, scene: Scene) -> Story:
        if scene.lifecycle == state:
            return []
        reason = str(order.args.get("reason", ""))
        return [written(0.0, CHANGED, **{"from": scene.lifecycle, "to": state, "reason": reason})]

    return change


def _restarted(_order: Order, scene: Scene) -> Story:
    return [written(0.0, "terminal.stopped"), Step(0.5, act=Act.RESTART), started(scene.software)]


def _updated(order: Order, _scene: Scene) -> Story:
    version = str(order.args.get("version", ""))
    tried = {"id": sha256_hex(order.id.encode())[:16], "version": version}
    return [
        written(0.0, "update.asked", version=version),
        Step(1.0, act=Act.RESTART),
        started(version),
        written(0.2, "update.tried", **tried),
        written(1.0, "update.committed", **tried),
    ]


_EFFECTS: dict[str, Callable[[Order, Scene], Story]] = {
    types.LOCK: _changes_to(LOCKED),
    types.UNLOCK: _changes_to(ACTIVE),
    types.RESTART: _restarted,
    types.UPDATE: _updated,
}


def _effect(order: Order, scene: Scene) -> Story:
    return _EFFECTS[order.type](order, scene) if order.type in _EFFECTS else []
