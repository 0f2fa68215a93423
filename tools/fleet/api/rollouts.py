"""`/api/1/rollouts`: orders to many terminals, a few first."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from tools.fleet.api.caller import Operator, Viewer
from tools.fleet.api.forms import LARGEST_NUMBER, PRINTS, Body, JsonObject, Line, Number, Paging
from tools.fleet.errors import OrderError
from tools.fleet.orders import MOST_S
from tools.fleet.rollouts import changes, draft
from tools.fleet.rollouts.content import BINDING, COMMAND, RELEASE, SETTINGS, Content
from tools.fleet.rollouts.plan import Plan
from tools.fleet.views import rollouts as view
from tools.fleet.views.found import Found

router = APIRouter(prefix="/rollouts", tags=["rollouts"])

_MOST_TERMINALS = 20_000
_DEFAULT = Plan()

Serial = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Serials = Annotated[list[Serial], Field(max_length=_MOST_TERMINALS)]
Seconds = Annotated[int, Field(ge=0, le=MOST_S)]
Percent = Annotated[int, Field(ge=0, le=100)]
State = Literal["waiting", "ordered", "watched", "healthy", "failed", "skipped", "returning", "returned", "kept"]


class Command(Body):
    """A command of the contract."""

    type: Line
    args: JsonObject = Field(default_factory=dict)


class Waves(Body):
    """How it goes on; see `Plan`."""

    canary: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)] | Serials = 1
    percents: list[Percent] = Field(default=[*_DEFAULT.percents], max_length=100)
    soak_s: Seconds = _DEFAULT.soak_s
    timeout_s: Seconds = _DEFAULT.timeout_s
    most_failures: Annotated[int, Field(ge=0, le=LARGEST_NUMBER)] = _DEFAULT.most_failures
    most_percent: Percent | None = None
    severity: Literal["critical", "warning", "info"] = "warning"
    away: Literal["skip", "wait"] = "skip"

    def plan(self) -> Plan:
        """The same for the engine."""
        canary = self.canary if isinstance(self.canary, int) else tuple(self.canary)
        return Plan(canary, tuple(self.percents), **self.model_dump(exclude={"canary", "percents"}))


class NewRollout(Body):
    """A roll-out to be: of exactly one of settings, bindings by serial, a release's version, or a command."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=draft.LONGEST_NAME, pattern=PRINTS)]
    terminals: Serials
    settings: dict[str, JsonObject] | None = None
    bindings: dict[Serial, JsonObject] | None = None
    version: Line | None = None
    command: Command | None = None
    plan: Waves = Waves()

    def draft(self) -> draft.Draft:
        """The same for the engine. Raises OrderError unless it has exactly one content."""
        contents = []
        if self.settings is not None:
            contents.append(Content(SETTINGS, dict(self.settings)))
        if self.bindings is not None:
            contents.append(Content(BINDING, {}, self.bindings))
        if self.version is not None:
            contents.append(Content(RELEASE, {"version": self.version}))
        if self.command is not None:
            contents.append(Content(COMMAND, {"type": self.command.type, "args": self.command.args}))
        if len(contents) != 1:
            raise OrderError("roll-out: give one of settings, bindings, version and command")
        return draft.Draft(self.name, contents[0], self.terminals, self.plan.plan())


class Why(Body):
    """A reason for the log of changes."""

    why: Annotated[str, StringConstraints(max_length=changes.LONGEST_WHY, pattern=PRINTS)] = ""


@router.get("")
def listed(caller: Viewer, page: Paging) -> Found[view.Rollout]:
    """The roll-outs, the latest first."""
    return caller.ask(view.listed, page)


@router.post("", status_code=201)
def start(caller: Operator, new: NewRollout, leave_out: bool = False) -> view.Rollout:
    """Begin a roll-out; terminals that cannot be ordered refuse it, or are left out."""
    return caller.ask(view.one, caller.order(changes.start, new.draft(), leave_out))


@router.post("/preview")
def preview(caller: Operator, new: NewRollout) -> draft.Preview:
    """What it would do: waves, who would be left out and why, who is away."""
    return caller.ask(draft.preview, caller.actor, new.draft())


@router.get("/{number}")
def one(caller: Viewer, number: Number) -> view.Rollout:
    """One roll-out."""
    return caller.ask(view.one, number)


@router.get("/{number}/targets")
def targets(
    caller: Viewer,
    number: Number,
    page: Paging,
    state: Annotated[list[State] | None, Query(max_length=20)] = None,
    wave: Annotated[int | None, Query(ge=1, le=LARGEST_NUMBER)] = None,
) -> Found[view.Target]:
    """Its terminals, each with its state and the reason."""
    return caller.ask(view.its_targets, number, page, state, wave)


@router.post("/{number}/pause")
def pause(caller: Operator, number: Number, given: Why) -> view.Rollout:
    """Order nothing more for now."""
    caller.order(changes.pause, number, given.why)
    return caller.ask(view.one, number)


@router.post("/{number}/resume")
def resume(caller: Operator, number: Number, given: Why) -> view.Rollout:
    """Go on."""
    caller.order(changes.resume, number, given.why)
    return caller.ask(view.one, number)


@router.post("/{number}/stop")
def stop(caller: Operator, number: Number, given: Why) -> view.Rollout:
    """Order nothing more, for good."""
    caller.order(changes.stop, number, given.why)
    return caller.ask(view.one, number)


@router.post("/{number}/return")
def return_(caller: Operator, number: Number, given: Why) -> view.Rollout:
    """Give every terminal that it touched what it had, as far as there is a way back."""
    caller.order(changes.return_, number, given.why)
    return caller.ask(view.one, number)
