"""Taking a new binding into the store: proven first, written second, the high-water mark last.

A power cut before the write leaves the old binding; one between write and mark leaves the new one, signed and newer
than the mark, which the gate accepts and the next start catches up on.
"""

from agent.binding import reasons
from agent.binding.ports import BindingStore, HighWater, Keys
from agent.binding.record import Binding, parse
from agent.canonical import encode
from agent.errors import BindingError, CanonicalError, StoreError
from agent.keys.key_set import ACTIVE, BINDING_SIGNER, RETIRED, REVOKED

# Beside the gate's own reasons: what is offered is not above what is committed, or its signer signs nothing new.
BINDING_NOT_NEWER = "BINDING_NOT_NEWER"
BINDING_KEY_RETIRED = "BINDING_KEY_RETIRED"

_UNTRUSTED = {
    RETIRED: (BINDING_KEY_RETIRED, "signed by a retired key"),
    REVOKED: (reasons.BINDING_KEY_REVOKED, "signed by a revoked key"),
}

_NOT_NEWER = "binding.version: {} is not above {}; sign it as a new version"


def install(
    document: "dict[str, object]",
    key_id: str,
    signature: bytes,
    serial: str,
    store: BindingStore,
    high_water: HighWater,
    keys: Keys,
) -> Binding:
    """Write the signed `document` into `store` for the terminal `serial` and return the binding.

    Raises BindingError as `prove` does; StoreError when it cannot be written.
    """
    binding = prove(document, key_id, signature, serial, store, high_water, keys)
    store.write(document, key_id, signature)
    high_water.advance(binding.version)
    return binding


def prove(
    document: "dict[str, object]",
    key_id: str,
    signature: bytes,
    serial: str,
    store: BindingStore,
    high_water: HighWater,
    keys: Keys,
) -> Binding:
    """Return the binding that the signed `document` holds, when it may be taken into `store`.

    Raises BindingError when it is malformed, not signed by a key that the operator vouches for, for another serial, or
    not newer than the version that is committed; StoreError when the high-water mark cannot be read.
    """
    try:
        signed = encode(document)
    except CanonicalError as error:
        raise BindingError("binding: {}; have it issued again".format(error))
    _check_signature(keys, key_id, signature, signed)
    binding = parse(document)
    if binding.serial != serial:
        message = "binding.serial: {!r}, this terminal is {!r}".format(binding.serial, serial)
        raise BindingError(message, reasons.BINDING_SERIAL_OTHER)
    mark = high_water.read() or 0
    if binding.version < mark:
        raise BindingError(_NOT_NEWER.format(binding.version, mark), BINDING_NOT_NEWER)
    committed = _committed_version(store, keys, document)
    if binding.version <= committed:
        raise BindingError(_NOT_NEWER.format(binding.version, committed), BINDING_NOT_NEWER)
    return binding


def _check_signature(keys: Keys, key_id: str, signature: bytes, signed: bytes) -> None:
    right, standing = keys.verify(BINDING_SIGNER, key_id, signature, signed), keys.standing(BINDING_SIGNER, key_id)
    if right and standing == ACTIVE:
        return
    known = reasons.BINDING_KEY_UNKNOWN if right is None else reasons.BINDING_SIGNATURE_BAD
    code, why = _UNTRUSTED.get(standing, (known, "not signed by a known binding signer"))
    raise BindingError("binding: {} (key {!r}); have it issued again".format(why, key_id), code)


def _committed_version(store: BindingStore, keys: Keys, document: "dict[str, object]") -> int:
    """The version that the store proves to hold; 0 when it proves none, or holds `document` itself.

    A store that was damaged or put back is repaired by installing the binding in force once more.
    """
    try:
        stored = store.read()
        if stored is None or not isinstance(stored.document, dict) or stored.document == document:
            return 0
        proven = keys.verify(BINDING_SIGNER, stored.key_id, stored.signature, encode(stored.document))
    except (StoreError, CanonicalError):
        return 0
    version = stored.document.get("version")
    return version if proven and isinstance(version, int) else 0
