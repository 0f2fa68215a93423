"""What is kept with a jump to prove its journal: signed by the backend, and no more than was acknowledged."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from agent.journal.entry import Record
from agent.sale import kinds
from provisioning import keys
from tests.tools.fleet.intake import events
from tests.tools.fleet.jumps.shop import OTHER, Shop
from tests.tools.fleet.publisher import FLEET, Ack, Journal, digest
from tools.fleet.jumps.tables import jumps
from tools.fleet.signers import Signers
from tools.fleet.store import Store

AT, SOON = "2026-11-26T07:00:00.000Z", "2026-11-26T07:00:01.000Z"


def anchored(store: Store, connection: Connection, key_file: Path) -> list[dict[str, Any]]:
    store.look_at_jumps(FLEET, Signers([keys.load(key_file)]))
    return [
        json.loads(text) if text else {}
        for text in connection.execute(select(jumps.c.anchor).order_by(jumps.c.id)).scalars()
    ]


def test_the_acknowledgement_is_kept_as_the_terminal_got_it(
    store: Store, shop: Shop, connection: Connection, key_file: Path, public_key: Ed25519PublicKey
) -> None:
    [head] = store.take(shop.sell(OTHER, AT), SOON)
    [anchor] = anchored(store, connection, key_file)
    Ack(anchor).verify(public_key)
    assert (anchor["terminal"], anchor["journal_id"]) == (shop.journal.terminal, shop.journal.journal_id)
    assert (anchor["sequence"], anchor["counter"]) == (head.sequence, head.counter) == (5, head.counter)
    assert anchor["head_hash"] == digest(shop.journal.entries[4])


def test_a_jump_behind_a_gap_has_none_until_that_is_filled(
    store: Store, shop: Shop, connection: Connection, key_file: Path
) -> None:
    said = shop.sell(OTHER, AT)
    store.take(said[1:], SOON)
    assert anchored(store, connection, key_file) == [{}]
    store.take(said[:1], SOON)
    assert [anchor["sequence"] for anchor in anchored(store, connection, key_file)] == [5]


def test_what_follows_of_its_sale_is_anchored_too(
    store: Store, shop: Shop, connection: Connection, key_file: Path
) -> None:
    store.take(shop.sell(OTHER, AT), SOON)
    sale = str(shop.journal.entries[2]["body"]["sale"])
    anchored(store, connection, key_file)
    store.take(shop.sell({}, AT), SOON)
    assert [anchor["sequence"] for anchor in anchored(store, connection, key_file)] == [5]
    store.take(shop.settle(sale, AT), SOON)
    assert [anchor["sequence"] for anchor in anchored(store, connection, key_file)] == [9]


def test_a_jump_in_a_line_that_was_set_aside_has_none(
    store: Store, shop: Shop, connection: Connection, key_file: Path
) -> None:
    store.take(shop.sell({}, AT), SOON)
    other = Shop(shop.journal.terminal)
    other.journal = Journal(shop.journal.terminal, shop.journal.journal_id, shop.journal.entries[:1])
    entry = other.journal.add(kind=kinds.JUMP_DETECTED, body=Record(kinds.JUMP_DETECTED, {}).body, time=AT)
    store.take(events(other.journal, entry["sequence"]), SOON)
    assert anchored(store, connection, key_file) == [{}]
