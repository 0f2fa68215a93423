"""Who may do what with roll-outs, what is refused, and that it is noted who did it."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from agent.errors import BindingError
from tests.tools.fleet.rollouts.bindings import signed
from tests.tools.fleet.rollouts.fleet import OPERATOR, PERIOD, PING, VIEWER, Fleet, named
from tools.contract.errors import BrokenContractError
from tools.fleet.access.tables import audit
from tools.fleet.errors import ContractError, ForbiddenError, MissingError, OrderError
from tools.fleet.orders import desire, order_command
from tools.fleet.rollouts import codes
from tools.fleet.rollouts.changes import pause, resume, return_, start, stop
from tools.fleet.rollouts.content import BINDING, COMMAND, RELEASE, SETTINGS, Content
from tools.fleet.rollouts.draft import Draft, preview
from tools.fleet.rollouts.plan import Plan

RELEASED = Content(RELEASE, {"version": "0.2.0"})
LOCK = Content(COMMAND, {"type": "lock", "args": {"reason": "stolen"}})


def refused(fleet: Fleet, content: Content, *terminals: str) -> dict[str, str]:
    found = fleet.do(preview, Draft("r", content, terminals, Plan()))
    return {refusal.terminal: refusal.code for refusal in found.refused}


def test_a_dry_run_says_which_waves_there_would_be_and_changes_nothing(fleet: Fleet) -> None:
    fleet.join(*named(10))
    fleet.presence(named(10)[9], "lost")
    draft = Draft("r", PING, [*named(10), "JG-NEVER-0001"], Plan(canary=1, percents=(50, 100)))
    found = fleet.do(preview, draft)
    assert [len(wave) for wave in found.waves] == [1, 4, 5] and found.terminals == 10
    assert [(each.terminal, each.code) for each in found.refused] == [("JG-NEVER-0001", codes.UNKNOWN)]
    assert found.away == [named(10)[9]]
    number = fleet.do(start, draft, True)
    assert [sorted(fleet.wave(wave, number)) for wave in (1, 2, 3)] == [sorted(wave) for wave in found.waves]


def test_who_cannot_take_an_order_is_refused_by_name_and_reason(fleet: Fleet) -> None:
    fit, retired, fresh, busy, asked, locked, old = named(7)
    fleet.join(fit, busy, asked)
    fleet.join(retired, lifecycle="retired")
    fleet.join(fresh, lifecycle="unprovisioned")
    fleet.join(locked, lifecycle="locked")
    fleet.join(old, software="0.2.0")
    with fleet.engine.begin() as connection:
        desire(connection, busy, {"settings": {}})
        order_command(connection, asked, "ping", {}, 60)
    everywhere = {retired: codes.OUT_OF_SERVICE, fresh: codes.OUT_OF_SERVICE,
                  busy: codes.OPEN_ORDER, asked: codes.OPEN_ORDER}  # fmt: skip
    assert refused(fleet, PERIOD, *named(7)) == everywhere
    assert refused(fleet, RELEASED, *named(7)) == everywhere | {locked: codes.NOT_ACTIVE, old: codes.NOT_NEWER}
    sign_on = Content(COMMAND, {"type": "sign_on", "args": {}})
    assert refused(fleet, sign_on, fit, retired) == {fit: codes.COMMAND_UNKNOWN, retired: codes.OUT_OF_SERVICE}
    with pytest.raises(OrderError, match=f"4 terminals cannot be ordered, {retired} for one: It is retired"):
        fleet.begin(PERIOD, named(7), Plan())
    with pytest.raises(OrderError, match="no terminal is left"):
        fleet.begin(PERIOD, [retired], Plan(), leave_out=True)
    fleet.begin(PERIOD, named(7), Plan(), leave_out=True)
    assert sorted(fleet.targets()) == [fit, locked, old]


def test_a_binding_is_for_its_terminal_and_newer_than_what_that_has(fleet: Fleet) -> None:
    fit, without, same = named(3)
    fleet.join(*named(3), binding=4)
    bindings = {fit: signed(fit, 5), same: signed(same, 4)}
    content = Content(BINDING, {}, bindings)
    assert refused(fleet, content, *named(3)) == {without: codes.NO_BINDING, same: codes.BINDING_NOT_NEWER}
    wrongs: list[tuple[dict[str, object], str]]
    wrongs = [(signed(same, 5), "the binding is for"), ({"document": {}}, "no signed binding")]
    for wrong, what in wrongs:
        with pytest.raises(OrderError, match=what):
            Content(BINDING, {}, {fit: wrong}).check()
    with pytest.raises(BindingError, match="missing"):
        Content(BINDING, {}, {fit: signed(fit, 5) | {"document": {}}}).check()
    fleet.begin(content, [fit], Plan())
    fleet.look()
    assert json.loads(fleet.configuration(fit).document) == {"binding": bindings[fit]}


def test_what_no_terminal_could_take_is_refused() -> None:
    for kind, given in (
        ("firmware", {}),
        (SETTINGS, {}),
        (SETTINGS, {"link": 5}),
        (RELEASE, {"version": "new"}),
        (RELEASE, {}),
        (COMMAND, {"type": "ping"}),
        (COMMAND, {"type": "update", "args": {"version": "0.2.0"}}),
        (COMMAND, {"type": "install_certificate", "args": {"certificate": "x"}}),
        (BINDING, {}),
    ):
        with pytest.raises(OrderError):
            Content(kind, dict(given)).check()
    with pytest.raises(BrokenContractError):
        Content(COMMAND, {"type": "lock", "args": {}}).check()


def test_a_draft_without_name_or_terminals_is_refused(fleet: Fleet) -> None:
    fleet.join(*named(1))
    for name, terminals in (("", named(1)), ("x" * 81, named(1)), ("a\nb", named(1)), ("r", [])):
        with pytest.raises(OrderError):
            fleet.begin(PING, terminals, Plan(), name)
    with pytest.raises(ContractError):
        fleet.begin(PING, ["no/name"], Plan())


def test_a_terminal_is_in_one_rollout_at_a_time(fleet: Fleet) -> None:
    fleet.join(*named(3))
    fleet.begin(PING, named(2), Plan(soak_s=0), "first")
    assert refused(fleet, LOCK, *named(3)) == dict.fromkeys(named(2), codes.IN_ROLLOUT)
    with pytest.raises(OrderError, match="there is one of this name"):
        fleet.begin(PING, named(3)[2:], Plan(), "first")
    fleet.do(stop, 1)
    assert refused(fleet, LOCK, *named(3)) == {}


def test_a_rollout_is_not_returned_while_another_has_its_terminals(fleet: Fleet) -> None:
    fleet.join(*named(1))
    fleet.begin(PERIOD, named(1), Plan(percents=(100,), soak_s=0), "first")
    fleet.look()
    fleet.report(named(1)[0])
    fleet.look()
    fleet.look()
    assert fleet.state()[0] == "done"
    other = fleet.begin(PERIOD, named(1), Plan(), "second")
    with pytest.raises(OrderError, match=f"'second' has {named(1)[0]} now"):
        fleet.do(return_, 1)
    fleet.do(stop, other)
    fleet.do(return_, 1)


def test_a_viewer_changes_nothing(fleet: Fleet) -> None:
    fleet.join(*named(1))
    draft = Draft("r", PING, named(1), Plan())
    with pytest.raises(ForbiddenError):
        fleet.do(start, draft, actor=VIEWER)
    with pytest.raises(ForbiddenError):
        fleet.do(preview, draft, actor=VIEWER)
    number = fleet.do(start, draft)
    for change in (pause, resume, stop, return_):
        with pytest.raises(ForbiddenError):
            fleet.do(change, number, actor=VIEWER)
    assert fleet.state() == ("running", "", 1)


@pytest.mark.parametrize(
    ("before", "wrong"),
    [((), resume), ((pause,), pause), ((stop,), resume), ((stop,), stop), ((stop,), pause), ((return_,), return_)],
)
def test_what_a_rollout_cannot_become_is_refused(fleet: Fleet, before: tuple[Any, ...], wrong: Any) -> None:
    fleet.join(*named(1))
    number = fleet.begin(PING, named(1), Plan())
    for change in before:
        fleet.do(change, number)
    with pytest.raises(OrderError, match="it cannot become"):
        fleet.do(wrong, number)
    with pytest.raises(MissingError, match="there is none"):
        fleet.do(wrong, number + 1)


def test_a_reason_that_is_none_is_refused(fleet: Fleet) -> None:
    fleet.join(*named(1))
    number = fleet.begin(PING, named(1), Plan())
    for why in ("x" * 201, "a\x1b[2J"):
        with pytest.raises(OrderError, match="say why"):
            fleet.do(stop, number, why)


def test_it_is_noted_who_did_what_the_backend_as_well(fleet: Fleet) -> None:
    fleet.join(*named(2))
    number = fleet.begin(PING, named(2), Plan())
    fleet.do(pause, number, "lunch")
    fleet.do(resume, number)
    fleet.look()
    fleet.answer(fleet.wave(1)[0], "failed", "NOT_ALLOWED")
    fleet.look()
    fleet.do(return_, number)
    with fleet.engine.begin() as connection:
        rows = connection.execute(select(audit.c.by, audit.c.action, audit.c.subject).order_by(audit.c.id)).all()
    assert [tuple(row) for row in rows] == [
        (OPERATOR.name, "rollout.start", "first"),
        (OPERATOR.name, "rollout.pause", "first"),
        (OPERATOR.name, "rollout.resume", "first"),
        ("backend", "rollout.stop", "first"),
        (OPERATOR.name, "rollout.return", "first"),
    ]
