"""The steps of the demonstration. Each plays one scene, and looks up in the right places what came of it."""

import signal
from collections.abc import Callable
from typing import Any

from provisioning.texts import mark
from tools.demo.scene import Facts, Scene
from tools.rig.files import MID, OTHER_MID, TID
from tools.rig.forgery import with_other_merchant
from tools.rig.rig import Rig


class Step:
    """One step: its name, its title, and how it is played."""

    def __init__(self, name: str, title: str, play: Callable[[Scene], Facts]) -> None:
        self.name = name
        self.title = title
        self.play = play


_SALE = ("sale.authorising", "sale.answered", "sale.finished")
_REVERSED = ("reversal.queued", "reversal.settled")


def clean(scene: Scene) -> Facts:
    """A sale as it should be."""
    expected: dict[str, Any] = {
        "ledger": [f"approved 18.80 under {MID}/{TID}"],
        "journal": list(_SALE),
        "backend": list(_SALE),
        "apdus_reached_card": True,
    }
    scene.sell("clean-1", "18.80", "unionpay")
    observed = {
        "ledger": scene.charges(),
        "journal": [kind for kind in scene.journal_kinds() if kind.startswith("sale.")],
        "backend": scene.stored_kinds(_SALE),
        "apdus_reached_card": scene.apdus() > 0,
    }
    return Facts(expected, observed)


def declined(scene: Scene) -> Facts:
    """The issuer says no."""
    expected: dict[str, Any] = {
        "ledger": [f"declined 20.00 under {MID}/{TID}"],
        "journal": "declined",
        "backend": ["sale.finished"],
    }
    scene.rig.acquirer.behave("decline", code="51")
    scene.sell("declined-1", "20.00", "visa")
    observed = {
        "ledger": scene.charges(),
        "journal": scene.journaled("sale.finished", "result"),
        "backend": scene.stored_kinds(("sale.finished",)),
    }
    return Facts(expected, observed)


def altered(scene: Scene) -> Facts:
    """Someone rewrites the merchant on the terminal's disk, checksum and all, so that only the signature tells."""
    expected: dict[str, Any] = {
        "journal": "BINDING_SIGNATURE_BAD",
        "backend": ["gate.refused"],
        "ledger": [],
        "apdus_reached_card": False,
    }
    path = scene.rig.files.merchant_file
    right = path.read_bytes()
    path.write_bytes(with_other_merchant(right))
    scene.sell("altered-1", "30.00", "unionpay")
    observed = {
        "journal": scene.journaled("gate.refused", "code"),
        "backend": scene.stored_kinds(("gate.refused",)),
        "ledger": scene.charges(),
        "apdus_reached_card": scene.apdus() > 0,
    }
    path.write_bytes(right)
    return Facts(expected, observed)


def jump(scene: Scene) -> Facts:
    """The host books under another merchant."""
    expected: dict[str, Any] = {
        "ledger": [f"reversed 40.00 under {OTHER_MID}/{TID}"],
        "journal": {"expected": {"mid": MID}, "observed": {"mid": OTHER_MID}},
        "backend": ["jump.detected", *_REVERSED],
    }
    scene.rig.acquirer.behave("answer_as", mid=OTHER_MID)
    scene.sell("jump-1", "40.00", "mastercard")
    scene.settle(lambda: "reversal.settled" in scene.journal_kinds())
    observed = {
        "ledger": scene.charges(),
        "journal": {name: scene.journaled("jump.detected", name) for name in ("expected", "observed")},
        "backend": scene.stored_kinds(("jump.detected", *_REVERSED)),
    }
    return Facts(expected, observed)


def broker_cut(scene: Scene) -> Facts:
    """A sale while the fleet cannot be reached."""
    expected: dict[str, Any] = {
        "ledger": [f"approved 50.00 under {MID}/{TID}"],
        "backend_meanwhile": [],
        "backend_afterwards": list(_SALE),
    }
    rig = scene.rig
    rig.processes["broker"].kill()
    scene.sell("broker-1", "50.00", "unionpay")
    head = len(rig.journal())
    start = head - len(scene.journal_kinds())
    meanwhile = [event.kind for event in rig.stored_events() if start < event.sequence and event.kind in _SALE]
    rig.start_broker()
    observed = {
        "ledger": scene.charges(),
        "backend_meanwhile": meanwhile,
        "backend_afterwards": scene.stored_kinds(_SALE),
    }
    return Facts(expected, observed)


def killed_after(scene: Scene) -> Facts:
    """The power goes right behind the commit of the answer."""
    expected: dict[str, Any] = {
        "ended_by": "SIGKILL",
        "journal_at_death": ["sale.authorising", "sale.answered"],
        "journal": list(_SALE),
        "receipt": "approved",
        "ledger": [f"approved 60.00 under {MID}/{TID}"],
        "backend": list(_SALE),
    }
    rig = scene.rig
    rig.agent.stop()
    scene.start_agent(kill_behind="sale.answered")
    scene.begin("killed-1", "60.00")
    rig.board.tap("unionpay")
    ended = rig.agent.wait()
    rig.board.remove()
    at_death = [kind for kind in scene.journal_kinds() if kind.startswith("sale.")]
    scene.start_agent()
    observed = {
        "ended_by": signal.Signals(-ended).name if ended < 0 else ended,
        "journal_at_death": at_death,
        "journal": [kind for kind in scene.journal_kinds() if kind.startswith("sale.")],
        "receipt": scene.receipt("killed-1"),
        "ledger": scene.charges(),
        "backend": scene.stored_kinds(_SALE),
    }
    return Facts(expected, observed)


def killed_before(scene: Scene) -> Facts:
    """The power goes while the acquirer has booked and its answer is still under way."""
    expected: dict[str, Any] = {
        "journal_at_death": ["sale.authorising"],
        "journal": "unknown",
        "ledger_at_death": [f"approved 70.00 under {MID}/{TID}"],
        "ledger": [f"reversed 70.00 under {MID}/{TID}"],
        "backend": ["sale.unknown", *_REVERSED],
    }
    rig = scene.rig
    rig.acquirer.behave("delay", ms=20_000)
    scene.begin("killed-2", "70.00")
    rig.board.tap("unionpay")
    scene.settle(lambda: bool(scene.charges()))
    rig.agent.kill()
    rig.board.remove()
    at_death = [kind for kind in scene.journal_kinds() if kind.startswith("sale.")]
    ledger_at_death = scene.charges()
    scene.start_agent()
    scene.settle(lambda: "reversal.settled" in scene.journal_kinds())
    observed = {
        "journal_at_death": at_death,
        "journal": scene.journaled("sale.finished", "result"),
        "ledger_at_death": ledger_at_death,
        "ledger": scene.charges(),
        "backend": scene.stored_kinds(("sale.unknown", *_REVERSED)),
    }
    return Facts(expected, observed)


def complete(scene: Scene) -> Facts:
    """At the end the backend holds what the terminal's disk holds."""
    expected: dict[str, Any] = {"backend_equals_journal": True, "alarms": []}
    rig = scene.rig

    def same() -> bool:
        stored = [(event.sequence, event.kind, event.hash) for event in rig.stored_events()]
        return stored == [(entry.sequence, entry.kind, entry.hash) for entry in rig.journal()]

    scene.settle(same, 15.0)
    observed = {"backend_equals_journal": same(), "alarms": rig.alarms()}
    return Facts(expected, observed)


STEPS = (
    Step("clean", mark("A sale: the card is tapped, the merchant proven, the payment authorised"), clean),
    Step("declined", mark("The issuer declines: nothing is charged"), declined),
    Step("altered", mark("The merchant record is rewritten on disk: refused, and the card is never asked"), altered),
    Step("jump", mark("A jump: the acquirer answers with another merchant, and the charge is reversed"), jump),
    Step("broker_cut", mark("The broker is gone during a sale: its events arrive once it is back"), broker_cut),
    Step(
        "killed_after_answer",
        mark("Killed once the answer is on disk: the restart finishes the sale, and its receipt can be had"),
        killed_after,
    ),
    Step("killed_before_answer", mark("Killed before the answer came: the restart reverses the charge"), killed_before),
    Step(
        "complete",
        mark("The backend holds every event of the journal once, in order and with the same hashes"),
        complete,
    ),
)


def prepare(rig: Rig, without: str) -> None:
    """Have the agent run that the steps are to meet: the real one, or one that lacks the part `without`."""
    if without:
        rig.agent.stop()
        Scene(rig, without).start_agent()
