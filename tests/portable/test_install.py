"""Taking a new binding into the store."""

from agent.binding.install import install
from agent.binding.record import Binding
from agent.canonical import encode
from agent.errors import BindingError, StoreError
from agent.keys.key_set import ACTIVE, RETIRED, REVOKED
from tests.portable.helpers import raises
from tests.portable.ports.binding import MID, OTHER_MID, SERIAL, SIGNER, KnownKeys, MemoryMark, MemoryStore, altered

KEYS = KnownKeys()


def take(document: "dict[str, object]", store: MemoryStore, mark: MemoryMark) -> Binding:
    signature = KEYS.sign("binding", SIGNER, encode(document))
    return install(document, SIGNER, signature, SERIAL, store, mark, KEYS)


def refusal(document: "dict[str, object]", store: MemoryStore, mark: MemoryMark) -> str:
    """Why `document` is not taken; neither the store nor the mark has changed then."""
    before, level = store.stored, mark.mark
    error = raises(BindingError, take, document, store, mark)
    assert (store.stored, mark.mark) == (before, level)
    return str(error)


def test_a_first_and_a_newer_binding_are_taken_and_raise_the_mark() -> None:
    store, mark = MemoryStore(), MemoryMark()
    assert take(altered({"version": 1}), store, mark).mid == MID
    assert mark.mark == 1
    assert take(altered({"version": 5, "mid": OTHER_MID}), store, mark).mid == OTHER_MID
    assert mark.mark == 5
    assert store.stored is not None
    assert store.stored.document == altered({"version": 5, "mid": OTHER_MID})


def test_an_older_version_is_refused_and_another_content_of_the_same_one() -> None:
    store, mark = MemoryStore(), MemoryMark(5)
    take(altered({"version": 5}), store, mark)
    assert "5 is not above 5" in refusal(altered({"version": 5, "address": "elsewhere"}), store, mark)
    for version in (4, 1):
        text = refusal(altered({"version": version}), store, mark)
        assert text == "binding.version: {} is not above 5; sign it as a new version".format(version)
    take(altered({"version": 6}), store, mark)


def test_a_binding_of_another_terminal_is_refused() -> None:
    text = refusal(altered({"serial": "JG-DEMO-0002"}), MemoryStore(), MemoryMark())
    assert text == "binding.serial: 'JG-DEMO-0002', this terminal is 'JG-DEMO-0001'"


def test_what_a_retired_or_revoked_signer_signs_anew_is_refused_with_its_reason() -> None:
    keys, store, mark = KnownKeys(), MemoryStore(), MemoryMark()
    first, second = altered({"version": 1}), altered({"version": 2})
    install(first, SIGNER, keys.sign("binding", SIGNER, encode(first)), SERIAL, store, mark, keys)
    before, signature = store.stored, keys.sign("binding", SIGNER, encode(second))
    for standing, code in ((RETIRED, "BINDING_KEY_RETIRED"), (REVOKED, "BINDING_KEY_REVOKED")):
        keys.standings[("binding", SIGNER)] = standing
        error = raises(BindingError, install, second, SIGNER, signature, SERIAL, store, mark, keys)
        assert isinstance(error, BindingError)
        assert error.code == code
        assert (store.stored, mark.mark) == (before, 1)
    keys.standings[("binding", SIGNER)] = ACTIVE
    assert install(second, SIGNER, signature, SERIAL, store, mark, keys).version == 2


def test_a_binding_that_is_not_signed_as_it_stands_is_refused() -> None:
    store, mark = MemoryStore(), MemoryMark()
    signature = KEYS.sign("binding", SIGNER, encode(altered({})))
    for document, key_id, signed in (
        (altered({"mid": OTHER_MID}), SIGNER, signature),
        (altered({}), "somebody", signature),
        (altered({}), SIGNER, bytes(32)),
        (altered({}), SIGNER, b""),
    ):
        error = raises(BindingError, install, document, key_id, signed, SERIAL, store, mark, KEYS)
        assert "not signed by a known binding signer" in str(error)
    assert (store.stored, mark.mark) == (None, None)


def test_a_malformed_binding_is_refused_although_it_is_signed() -> None:
    text = refusal(altered({"mcc": "54"}), MemoryStore(), MemoryMark())
    assert text.startswith("binding.mcc: ")


def test_what_has_no_canonical_bytes_is_a_binding_error() -> None:
    for value in (1.5, None, 2**53):
        error = raises(
            BindingError, install, altered({"limit": value}), SIGNER, b"", SERIAL, MemoryStore(), MemoryMark(), KEYS
        )
        assert str(error).startswith("binding: $.limit: ")


def test_a_store_that_cannot_be_written_leaves_the_mark() -> None:
    store, mark = MemoryStore(), MemoryMark(3)
    store.problem = StoreError("STORE_UNREADABLE", "merchant.json: the disk is full; free some space")
    raises(StoreError, take, altered({"version": 4}), store, mark)
    assert mark.mark == 3


def test_a_lost_mark_does_not_open_the_way_back_to_an_older_version() -> None:
    store, mark = MemoryStore(), MemoryMark(3)
    take(altered({"version": 5}), store, mark)
    for version in (4, 5):
        other = altered({"version": version, "address": "elsewhere"})
        error = raises(BindingError, take, other, store, MemoryMark(None))
        assert "{} is not above 5".format(version) in str(error)
    take(altered({"version": 6}), store, MemoryMark(None))


def test_a_damaged_or_old_store_is_repaired_by_the_binding_in_force() -> None:
    store, mark = MemoryStore(), MemoryMark(4)
    force = altered({"version": 5})
    take(force, store, mark)
    older, forged = altered({"version": 4}), altered({"version": 1000})
    for document, signature in ((older, KEYS.sign("binding", SIGNER, encode(older))), (forged, bytes(64))):
        store.write(document, SIGNER, signature)
        take(force, store, mark)
        assert store.stored is not None
        assert store.stored.document == force


def test_a_power_cut_between_store_and_mark_can_be_made_good() -> None:
    store, mark = MemoryStore(), MemoryMark(3)
    mark.full = True
    raises(StoreError, take, altered({"version": 4}), store, mark)
    assert store.stored is not None
    assert store.stored.document == altered({"version": 4})
    mark.full = False
    take(altered({"version": 4}), store, mark)
    assert mark.mark == 4
