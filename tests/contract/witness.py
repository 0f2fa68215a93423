"""Sees the messages that tests bring about: each must be one of the contract, and is remembered as built."""

from tests.contract.fields import described, told
from tools.contract import document
from tools.contract.errors import BrokenContractError
from tools.contract.validator import validate

# What was seen so far in this process: `channel/message` and `channel/message field`.
seen: set[str] = set()


def is_of_fleet(topic: str) -> bool:
    """Whether the contract is about `topic`, in whatever version; what Home Assistant is told has that one's form."""
    return topic.startswith("jumpguard/")


def see(topic: str, payload: bytes, action: str = "", retain: bool | None = None) -> None:
    """Hold one message of our own agent or backend against the document; `retain` as it is sent, where that is known.

    Raises BrokenContractError; also for a field that the document does not describe: a receiver would let it through,
    but what our own sides send is described.
    """
    found = validate(topic, payload, action)
    if retain not in (None, found.channel.retained):
        raise BrokenContractError(f"{topic}: {found.message.key}: retain is {retain}")
    known, beyond = told(found.message.schema, found.payload)
    if beyond:
        raise BrokenContractError(f"{topic}: {found.message.key}: not described: {', '.join(sorted(beyond))}")
    name = f"{found.channel.key}/{found.message.key}"
    seen.add(name)
    seen.update(f"{name} {field}" for field in known)


def everything() -> set[str]:
    """What there is to see of the document."""
    messages = [(channel, message) for channel in document.channels() for message in channel.messages.values()]
    names = {f"{channel.key}/{message.key}" for channel, message in messages}
    fields = {
        f"{channel.key}/{message.key} {field}" for channel, message in messages for field in described(message.schema)
    }
    return names | fields
