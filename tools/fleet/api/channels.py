"""`/api/1/channels`: who is told of alerts, for administrators. No answer has an address in it as it is."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field, StringConstraints

from tools.fleet.alerts import channels
from tools.fleet.alerts.address import masked
from tools.fleet.alerts.channels import MOST_PER_HOUR, Channel
from tools.fleet.api.caller import Administrator
from tools.fleet.api.forms import PRINTS, Body
from tools.fleet.times import utc_now

router = APIRouter(prefix="/channels", tags=["channels"])

Name = Annotated[str, Path(min_length=1, max_length=channels.LONGEST_NAME, pattern=PRINTS)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A channel; of its address what is no secret."""

    name: str
    address: str
    severity: str
    language: str
    per_hour: int


class NewChannel(Body):
    """A channel to be."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=channels.LONGEST_NAME, pattern=PRINTS)]
    address: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=PRINTS)]
    severity: Literal["critical", "warning", "info"] = "warning"
    language: Literal["en", "zh_CN"] = "zh_CN"
    per_hour: Annotated[int, Field(ge=1, le=MOST_PER_HOUR)] = 30


@router.get("")
def listed(caller: Administrator) -> list[Shown]:
    """All channels, by name."""
    return [_shown(channel) for channel in caller.ask(channels.every)]


@router.post("", status_code=201)
def add(caller: Administrator, new: NewChannel) -> Shown:
    """Have alerts told to an address of Apprise: mail, a web address, WeCom or DingTalk."""
    caller.by_person()
    caller.order(channels.add, new.name, new.address, new.severity, new.language, new.per_hour)
    return _shown(caller.ask(channels.named, new.name))


@router.delete("/{name}", status_code=204)
def remove(caller: Administrator, name: Name) -> None:
    """Tell it nothing more."""
    caller.by_person()
    caller.order(channels.remove, name, utc_now())


def _shown(channel: Channel) -> Shown:
    return Shown(channel.name, masked(channel.address), channel.severity, channel.language, channel.per_hour)
