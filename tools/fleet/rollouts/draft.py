"""A roll-out before it begins: what it would do, and which terminals it would leave out."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from provisioning.texts import _
from tools.fleet.access.actor import Actor, Role
from tools.fleet.contract import check_name
from tools.fleet.errors import OrderError
from tools.fleet.plain import plain
from tools.fleet.rollouts.content import Content
from tools.fleet.rollouts.fitness import look_at
from tools.fleet.rollouts.plan import SKIP, Plan

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Draft:
    """`content` for `terminals`, as `plan` says; people know it by its `name`."""

    name: str
    content: Content
    terminals: Sequence[str]
    plan: Plan

    def check(self) -> None:
        """Raise OrderError, ContractError, BindingError or BrokenContractError for a draft that is none."""
        if not self.name.strip() or len(self.name) > LONGEST_NAME or not self.name.isprintable():
            raise OrderError(_("roll-out: its name is 1 to {most} printable characters").format(most=LONGEST_NAME))
        if not self.terminals:
            raise OrderError(_("roll-out: it has no terminal"))
        for terminal in self.terminals:
            check_name(terminal)
        self.content.check()
        self.plan.check()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A terminal that would be left out: `code` is one of `codes`."""

    terminal: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen: `waves` of terminals, who is left out, and who would be skipped unless it comes back."""

    waves: Sequence[Sequence[str]]
    refused: Sequence[Refusal]
    away: Sequence[str]

    @property
    def terminals(self) -> int:
        """How many it is for."""
        return sum(map(len, self.waves))


def preview(connection: Connection, actor: Actor, draft: Draft) -> Preview:
    """What `draft` would do now; changes nothing.

    Raises ForbiddenError for a viewer, and what `Draft.check` raises; OrderError, too, where nobody is left.
    """
    actor.must_be(Role.OPERATOR)
    draft.check()
    names = sorted(set(draft.terminals))
    fitness = look_at(connection, names)
    refused = []
    for name in names:
        own = draft.content.own(name) if name in draft.content.bindings else ""
        code, detail = fitness[name].refusal(draft.content, own)
        if code:
            refused.append(Refusal(name, code, plain(detail)))
    out = {refusal.terminal for refusal in refused}
    fit = [name for name in names if name not in out]
    away = [name for name in fit if draft.plan.away == SKIP and not fitness[name].is_online]
    return Preview(draft.plan.waves(draft.name, fit) if fit else [], refused, away)
