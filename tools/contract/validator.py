"""Holds messages against the contract's document: the right topic, in the right direction, of the right form."""

import functools
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from jsonschema import Draft7Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from tools.contract import document
from tools.contract.document import Channel, Message
from tools.contract.errors import BrokenContractError
from tools.fleet.contract import json_object
from tools.fleet.errors import ContractError

_PREFIX = "jumpguard."
_OTHER = "unknown"
_COMMAND = "command"
# Where the arguments of a command stand in its schema: in the part of its own.
_ARGS = "/allOf/1/properties/args"

_formats = FormatChecker(formats=())


class Found(NamedTuple):
    """What a message is: its channel, which of the channel's messages, and the payload."""

    channel: Channel
    message: Message
    payload: dict[str, Any]


def validate(topic: str, payload: bytes, action: str = "") -> Found:
    """Say what the message is. `action` is the terminal's, SEND or RECEIVE; "" when only the topic tells.

    Raises BrokenContractError naming what breaks the contract.
    """
    channel, parameters = _channel(topic, action)
    try:
        content = json_object(payload)
    except ContractError as error:
        raise BrokenContractError(f"{topic}: {error}") from None
    message = _message(topic, channel, content)
    for broken in validator(message.schema).iter_errors(content):
        raise BrokenContractError(f"{topic}: {message.key}: {_told(broken)}")
    for parameter, field in channel.locations.items():
        if content[field] != parameters[parameter]:
            raise BrokenContractError(f"{topic}: {message.key}: {field} is not that of the topic")
    return Found(channel, message, content)


def check_args(kind: str, args: dict[str, Any]) -> None:
    """Raises BrokenContractError when there is no command `kind`, or `args` are not its arguments."""
    for broken in validator(_args_schema(kind)).iter_errors(args):
        raise BrokenContractError(f"command {kind}: {_told(broken)}")


def texts_of(kind: str) -> set[str]:
    """The arguments of the command `kind` that are texts, whatever they look like. Raises BrokenContractError."""
    schema = document.registry().resolver().lookup(_args_schema(kind)).contents
    return {name for name, described in schema.get("properties", {}).items() if described.get("type") == "string"}


def _args_schema(kind: str) -> str:
    commands = next(channel for channel in document.channels() if channel.key == _COMMAND)
    if kind not in commands.messages:
        raise BrokenContractError(f"command: there is no command of the type {kind!r}: {', '.join(commands.messages)}")
    return f"{commands.messages[kind].schema}{_ARGS}"


@functools.cache
def validator(schema: str) -> Validator:
    """A validator for the schema at the address `schema`."""
    made: Validator = _Validator({"$ref": schema}, registry=document.registry(), format_checker=_formats)
    return made


def _channel(topic: str, action: str) -> tuple[Channel, dict[str, str]]:
    for channel in document.channels():
        parameters = channel.parameters(topic)
        if parameters is not None:
            if action and action not in channel.actions:
                raise BrokenContractError(f"{topic}: a terminal does not {action} on {channel.key}")
            return channel, parameters
    raise BrokenContractError(f"{topic}: the document describes no such topic")


def _message(topic: str, channel: Channel, content: dict[str, Any]) -> Message:
    """Where a channel has several messages, the payload's `type` tells them apart."""
    if len(channel.messages) == 1:
        return next(iter(channel.messages.values()))
    key = str(content.get("type", "")).removeprefix(_PREFIX)
    message = channel.messages.get(key) or channel.messages.get(_OTHER)
    if message is None:
        raise BrokenContractError(f"{topic}: {channel.key} has no message of this type")
    return message


def _told(error: ValidationError) -> str:
    """The place and the rule that is broken there; never the value, and of unknown names only that there are some."""
    rule = f"{error.validator}: {json.dumps(error.validator_value, ensure_ascii=False)}"
    return f"{error.json_path} breaks {rule[:200]}"


def _pattern(_validator: Validator, pattern: str, value: object, _schema: object) -> Iterator[ValidationError]:
    # ECMA 262, which JSON Schema's patterns are, means the very end by `$`; Python takes one line feed more.
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError("the pattern does not match")


def _is_integer(_checker: object, value: object) -> bool:
    # Draft 7 takes 1.0 for an integer; what is hashed and signed is written without fraction.
    return isinstance(value, int) and not isinstance(value, bool)


@_formats.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value))


_Validator = extend(  # type: ignore[no-untyped-call]
    Draft7Validator,
    {"pattern": _pattern},
    type_checker=Draft7Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)
