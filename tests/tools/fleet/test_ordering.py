"""Commands that a person gives: to whom, which, by whom; whole or not at all, and noted."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests.tools.fleet.known import put_terminal
from tools.contract.errors import BrokenContractError
from tools.errors import ToolError
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.tables import audit
from tools.fleet.errors import ContractError, ForbiddenError, OrderError
from tools.fleet.open_store import OpenStore
from tools.fleet.ordering import MOST_AT_ONCE, command
from tools.fleet.store import Store
from tools.fleet.tables import commands

WANG = Actor("wang", Role.OPERATOR)


@pytest.fixture
def opened(store: Store) -> Iterator[OpenStore]:
    opened = OpenStore(store.place)
    for number in (1, 2):
        opened.change(put_terminal, f"JG-TEST-000{number}")
    yield opened
    opened.close()


def test_each_terminal_gets_its_own_and_who_gave_it_is_noted(opened: OpenStore) -> None:
    names = ["JG-TEST-0001", "JG-TEST-0002"]
    ids = opened.change(command, WANG, names, "lock", {"reason": "stolen"})
    ordered = opened.ask(lambda connection: connection.execute(select(commands).order_by(commands.c.terminal)).all())
    assert [(row.terminal, row.id, row.type, json.loads(row.args)) for row in ordered] == [
        (name, number, "lock", {"reason": "stolen"}) for name, number in zip(names, ids, strict=True)
    ]
    noted = opened.ask(lambda connection: connection.execute(select(audit)).all())
    assert [(row.by, row.action, row.subject) for row in noted] == [("wang", "command.order", name) for name in names]


@pytest.mark.parametrize(
    ("actor", "names", "kind", "args", "refusal"),
    [
        (Actor("li", Role.VIEWER), ["JG-TEST-0001"], "ping", {}, ForbiddenError),
        (WANG, ["JG-TEST-0001", "JG-NOBODY"], "ping", {}, OrderError),
        (WANG, ["JG-TEST-0001", "a/b"], "ping", {}, ContractError),
        (WANG, [], "ping", {}, OrderError),
        (WANG, ["JG-TEST-0001"] * (MOST_AT_ONCE + 1), "ping", {}, OrderError),
        (WANG, ["JG-TEST-0001"], "lock", {}, BrokenContractError),
        (WANG, ["JG-TEST-0001"], "format_disk", {}, BrokenContractError),
        (WANG, ["JG-TEST-0001"], "install_certificate", {"certificate": "-----BEGIN CERTIFICATE-----"}, OrderError),
    ],
)
def test_what_may_not_be_ordered_is_refused_whole(
    opened: OpenStore, actor: Actor, names: list[str], kind: str, args: dict[str, object], refusal: type[ToolError]
) -> None:
    with pytest.raises(refusal):
        opened.change(command, actor, names, kind, args)
    assert opened.ask(lambda connection: connection.execute(select(commands)).all()) == []
    assert opened.ask(lambda connection: connection.execute(select(audit)).all()) == []
