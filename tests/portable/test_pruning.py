"""What stays of a journal that is pruned, as rules over its entries."""

from agent.canonical import encode
from agent.journal.anchor import Anchor
from agent.journal.device import NoDevice
from agent.journal.pruning import Checkpoint, Pending, is_needed, signed_part, staying
from agent.sale import kinds

REVERSAL = Pending(kinds.REVERSAL_QUEUED, (kinds.REVERSAL_SETTLED, kinds.REVERSAL_CLEARED))


def test_a_reversal_is_pending_until_it_is_settled_or_cleared_and_again_when_it_is_queued_anew() -> None:
    queued, unresolved, settled, cleared = (
        kinds.REVERSAL_QUEUED, kinds.REVERSAL_UNRESOLVED, kinds.REVERSAL_SETTLED, kinds.REVERSAL_CLEARED,
    )  # fmt: skip
    for pending in ([queued], [queued, unresolved], [queued, unresolved, queued], [queued, cleared, queued]):
        assert REVERSAL.holds(pending), pending
    for over in (
        [],
        [unresolved],
        [queued, settled],
        [queued, unresolved, cleared],
        [queued, unresolved, queued, settled],
    ):
        assert not REVERSAL.holds(over), over


def test_a_sale_is_needed_while_it_is_pending_or_goes_on_behind_the_checkpoint() -> None:
    over = [(3, kinds.REVERSAL_QUEUED), (5, kinds.REVERSAL_SETTLED)]
    assert not is_needed(over, 5, (REVERSAL,))
    assert is_needed(over, 4, (REVERSAL,))
    assert is_needed(over[:1], 5, (REVERSAL,))
    assert not is_needed(over[:1], 5, ())


def test_the_newest_of_each_kind_stays_and_with_it_its_whole_sale() -> None:
    entries = [(1, "begun", ""), (2, "a", "s1"), (3, "b", "s1"), (4, "a", "s2"), (5, "c", ""), (6, "a", "s3")]
    newest = {"begun": 1, "a": 9, "b": 3, "c": 8}
    assert [each[0] for each in staying(entries, newest, set())] == [1, 2, 3]
    assert [each[0] for each in staying(entries, newest, {"s3", ""})] == [1, 2, 3, 6]


class Signing:
    """Implements `agent.journal.device.Device`; `signed` is what it was given."""

    def __init__(self) -> None:
        self.signed = b""

    def sign(self, data: bytes) -> "tuple[str, str]":
        self.signed = data
        return "a certificate", "ab" * 64


ANCHOR = Anchor(9, "cd" * 32, 12, "backend-1", "ef" * 64)


def test_the_device_signs_all_that_a_checkpoint_says_and_which_journal_it_is_of() -> None:
    device = Signing()
    body = Checkpoint(7, "12" * 32, "34" * 32).record("j1", 3, "age", ANCHOR, device).body
    assert body["device"] == {"certificate": "a certificate", "signature": "ab" * 64}
    anchor = {
        "sequence": 9, "head_hash": "cd" * 32, "counter": 12, "key_id": "backend-1", "signature": "ef" * 64,
    }  # fmt: skip
    assert device.signed == encode({
        "format": "jumpguard.checkpoint/1", "journal_id": "j1", "from": 3, "to": 7, "hash": "12" * 32, "why": "age",
        "kept_hash": "34" * 32, "anchor": anchor,
    })  # fmt: skip
    assert signed_part("j1", body) == device.signed
    assert signed_part("j2", body) != device.signed


def test_without_a_device_key_a_checkpoint_says_that_nobody_signed_it() -> None:
    body = Checkpoint(7, "12" * 32, "34" * 32).record("j1", 3, "age", ANCHOR, NoDevice()).body
    assert body["device"] == {"certificate": "", "signature": ""}
