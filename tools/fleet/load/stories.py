"""What happens to a made-up terminal next: mostly sales that go well, and everything else that happens to live ones."""

import random
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from agent.binding import reasons
from agent.binding.history import TAKEN_UP
from agent.canonical import sha256_hex
from agent.lifecycle import ACTIVE, CHANGED, LOCKED, STARTED, TAMPERED
from agent.report import alarms
from agent.sale import kinds, outcome
from agent.sale.judge import jump_detected
from tools.fleet.load.sales import JUMPED_FIELDS, Sale, jump
from tools.fleet.load.steps import Act, Step, Story, written
from tools.fleet.load.who import Who

_FAILURES = (outcome.CANCELLED, outcome.CARD_TIMEOUT, outcome.SAME_CARD_AND_AMOUNT, outcome.ACQUIRER_UNREACHABLE)
_NOT_ACTIVE = {LOCKED: reasons.LIFECYCLE_LOCKED, TAMPERED: reasons.LIFECYCLE_TAMPERED}
# An alarm's reading, a value that is bad, its threshold, and a value that is good.
_ALARMS = {
    alarms.TEMPERATURE_HIGH: ("cpu_temperature_milli_c", 84_200, 80_000, 61_000),
    alarms.DISK_LOW: ("disk_free_kib", 180_000, 204_800, 900_000),
    alarms.MEMORY_LOW: ("memory_available_kib", 41_000, 65_536, 210_000),
    alarms.UNDERVOLTAGE: ("undervoltage", 1, 1, 0),
    alarms.READER_FAILING: ("reader_failing", 1, 1, 0),
}


class Scene(NamedTuple):
    """Who it happens to, when in the merchant's zone, in which lifecycle and software, and the source of chance."""

    who: Who
    draw: random.Random
    local: datetime
    lifecycle: str
    software: str

    @property
    def sale(self) -> Sale:
        """A sale that begins now."""
        return Sale(self.who, self.draw, self.local)


def begun(who: Who) -> Story:
    """The first entries of a terminal."""
    bound = f"{who.acquirer} {who.mid} {who.tid}"
    return [
        written(0.0, "journal.created"),
        started(who.software),
        written(0.0, TAKEN_UP, version=1, digest=sha256_hex(bound.encode()), bound=bound, switches=[]),
        written(0.0, CHANGED, **{"from": "unprovisioned", "to": ACTIVE, "reason": "binding_proven"}),
    ]


def restarted(scene: Scene) -> Story:
    """It is switched off and on again: in good order, or as a power cut does it."""
    if scene.draw.random() < 0.5:
        return [
            written(0.0, "terminal.stopped"),
            Step(0.5, act=Act.RESTART),
            started(scene.software),
            *signed_on(scene),
        ]
    return [Step(0.0, act=Act.BOOT), started(scene.software), *signed_on(scene)]


def signed_on(scene: Scene) -> Story:
    """It signs on to the acquirer."""
    asked = _signing_on(scene)
    match = dict.fromkeys(scene.who.bound, "same")
    return [asked, written(0.4, kinds.SIGNED_ON, trace=_trace(asked), match=match)]


def next_of(scene: Scene) -> Story:
    """What happens next to whom, drawn by how often each happens."""
    if scene.lifecycle != ACTIVE:
        return _not_active(scene)
    story = scene.draw.choices(*_HOW_OFTEN)[0]
    return story(scene)


def _not_active(scene: Scene) -> Story:
    """A till tries in vain, and in the end somebody comes and clears it."""
    if scene.draw.random() < 0.5:
        return scene.sale.refused(_NOT_ACTIVE.get(scene.lifecycle, reasons.LIFECYCLE_SUSPENDED))
    return [written(0.0, CHANGED, **{"from": scene.lifecycle, "to": ACTIVE, "reason": "looked at on site"})]


def _jump_at_sign_on(scene: Scene) -> Story:
    fields = scene.draw.choice([fields for fields in JUMPED_FIELDS if fields != ("name",)])
    return [_signing_on(scene), Step(0.4, jump_detected("", "sign_on", jump(scene.who, scene.draw, fields)))]


def _sign_on_failed(scene: Scene) -> Story:
    asked = _signing_on(scene)
    code, detail = scene.draw.choice(
        ((outcome.SIGN_ON_REFUSED, "96"), (outcome.ACQUIRER_UNREACHABLE, "acquirer: no answer within 8000 ms"))
    )
    failed = written(0.4, kinds.SIGN_ON_FAILED, code=code, detail=detail, trace=_trace(asked))
    return [asked, failed, *scene.sale.failed(code), *signed_on(scene)]


def _jump_in_answer(scene: Scene) -> Story:
    return scene.sale.jumped(scene.draw.choice(JUMPED_FIELDS))


def _stray(scene: Scene) -> Story:
    """An answer that is none of this sale's, and then the right one."""
    sale = scene.sale
    first, *rest = sale.approved()
    body = {"sale": sale.name, "why": "other_trace", "what": "0210", "trace": "000001"}
    return [first, written(0.3, kinds.ANSWER_IGNORED, **body), *rest]


def _refused(scene: Scene) -> Story:
    return scene.sale.refused(scene.draw.choice((reasons.AMOUNT_OVER_LIMIT, reasons.MERCHANT_OTHER)))


def _failed(scene: Scene) -> Story:
    return scene.sale.failed(scene.draw.choice(_FAILURES))


def _alarm(scene: Scene) -> Story:
    kind = scene.draw.choice(list(_ALARMS))
    reading, bad, threshold, good = _ALARMS[kind]
    told = {"kind": kind, "reading": reading, "threshold": threshold}
    return [
        written(0.0, alarms.RAISED, **told, value=bad, raised=[kind]),
        written(scene.draw.uniform(5, 60), alarms.CLEARED, **told, value=good, raised=[]),
    ]


def _tampered(_: Scene) -> Story:
    return [written(0.0, CHANGED, **{"from": ACTIVE, "to": TAMPERED, "reason": "tamper_switch"})]


def _locked(scene: Scene) -> Story:
    jumped = scene.sale.jumped(("mid", "name"))
    return [*jumped, written(0.0, CHANGED, **{"from": ACTIVE, "to": LOCKED, "reason": outcome.MERCHANT_JUMP})]


def _help(_: Scene) -> Story:
    return [written(0.0, "help.wanted")]


def _reader_failed(_: Scene) -> Story:
    return [written(0.0, "reader.failed", why="reader: no answer from the chip on /dev/ttyS0")]


def _task_failed(scene: Scene) -> Story:
    times = 2 ** scene.draw.randrange(6)
    return [written(0.0, "task.failed", task="link", error="OSError", times=times, detail="")]


def started(software: str) -> Step:
    """The agent has come up, as `software`."""
    return written(0.5, STARTED, software=software, clock_floor="")


def _signing_on(scene: Scene) -> Step:
    trace = f"{scene.draw.randrange(1, 999_999):06d}"
    return written(0.0, kinds.SIGNING_ON, trace=trace, batch="000001", tid=scene.who.tid, mid=scene.who.mid)


def _trace(asked: Step) -> object:
    assert asked.record is not None
    return asked.record.body["trace"]


Teller = Callable[[Scene], Story]
# Of a thousand.
_OFTEN: dict[Teller, int] = {
    lambda scene: scene.sale.approved(): 780,
    lambda scene: scene.sale.declined(): 85,
    _failed: 35,
    _refused: 20,
    lambda scene: scene.sale.unknown(): 15,
    _jump_in_answer: 20,
    _jump_at_sign_on: 4,
    lambda scene: scene.sale.unproven(): 4,
    _stray: 5,
    _sign_on_failed: 5,
    _alarm: 10,
    restarted: 8,
    _locked: 1,
    _tampered: 1,
    _help: 3,
    _reader_failed: 2,
    _task_failed: 2,
}
_HOW_OFTEN = (list(_OFTEN), list(_OFTEN.values()))
