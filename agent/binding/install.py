"""Taking a new binding into the store: proven first, written second, the high-water mark last.

A power cut before the write leaves the old binding; one between write and mark leaves the new one, signed and newer
than the mark, which the gate accepts and the next start catches up on.
"""

from agent.binding.gate import BINDING_SIGNER
from agent.binding.ports import BindingStore, HighWater, Keys
from agent.binding.record import Binding, parse
from agent.canonical import encode
from agent.errors import BindingError, CanonicalError, StoreError

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

    Raises BindingError when it is malformed, not signed by a key that the operator vouches for, for another serial, or
    not newer than the version that is committed; StoreError when it cannot be written.
    """
    try:
        signed = encode(document)
    except CanonicalError as error:
        raise BindingError("binding: {}; have it issued again".format(error))
    if not keys.verify(BINDING_SIGNER, key_id, signature, signed):
        raise BindingError(
            "binding: not signed by a known binding signer (key {!r}); have it issued again".format(key_id)
        )
    binding = parse(document)
    if binding.serial != serial:
        raise BindingError("binding.serial: {!r}, this terminal is {!r}".format(binding.serial, serial))
    mark = high_water.read() or 0
    if binding.version < mark:
        raise BindingError(_NOT_NEWER.format(binding.version, mark))
    committed = _committed_version(store, keys, document)
    if binding.version <= committed:
        raise BindingError(_NOT_NEWER.format(binding.version, committed))
    store.write(document, key_id, signature)
    high_water.advance(binding.version)
    return binding


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
