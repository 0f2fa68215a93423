"""Orders that a person gives by hand: who may give them, and that it is noted who did."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from agent.command.types import INSTALL_CERTIFICATE, TYPES
from tools.contract.validator import check_args
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.audit import note
from tools.fleet.contract import check_name
from tools.fleet.errors import OrderError
from tools.fleet.orders import LASTS_S, order_command
from tools.fleet.tables import terminals

# What a person orders of many at once; more is a roll-out, which can be stopped.
MOST_AT_ONCE = 1000
# An answer to what a terminal asked: the backend gives it by itself.
BY_HAND = tuple(kind for kind in TYPES if kind != INSTALL_CERTIFICATE)


def command(
    connection: Connection,
    actor: Actor,
    names: Sequence[str],
    kind: str,
    args: dict[str, object],
    lasts_s: int = LASTS_S,
) -> list[str]:
    """Order `kind` with `args` of each of the terminals `names`; returns the ids, in their order. The caller commits.

    Raises ForbiddenError, OrderError for a terminal that is unknown or too many, ContractError, BrokenContractError.
    """
    actor.must_be(Role.OPERATOR)
    check_args(kind, args)
    if kind not in BY_HAND:
        raise OrderError(f"command {kind}: the backend gives it by itself; order renew_certificate")
    if not 1 <= len(names) <= MOST_AT_ONCE:
        raise OrderError(f"command: for {len(names)} terminals; at most {MOST_AT_ONCE} at once, more by a roll-out")
    ordered = []
    for name in names:
        check_name(name)
        if connection.execute(select(terminals.c.terminal).where(terminals.c.terminal == name)).first() is None:
            raise OrderError(f"terminal {name}: the backend never heard of it; see `jumpguard fleet terminals`")
        number = order_command(connection, name, kind, args, lasts_s)
        note(connection, actor, "command.order", name, id=number, type=kind, args=args)
        ordered.append(number)
    return ordered
