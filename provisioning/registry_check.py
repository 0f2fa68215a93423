"""What a third party asks of a registry beyond its chain: whose keys signed it, and whether its entries make sense."""

from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.binding.record import Binding, parse
from agent.errors import BindingError, CanonicalError
from agent.keys.key_set import REVOKED
from provisioning.chain import Sealed
from provisioning.key_set import load_proven
from provisioning.keys import BINDING
from provisioning.registry import Registry
from provisioning.registry_entry import CHANGED, CLOSED, ISSUED, RENEWED, Entry


def faults(registry: Registry, vouched: dict[str, str] | None = None) -> Iterator[str]:
    """What is wrong with the entries, a line each; their chain and signatures are proven already.

    With `vouched`, the public halves of binding signers by their ids, an entry of another key is a fault.
    """
    before: dict[str, Entry] = {}
    for sealed in registry.entries:
        entry = sealed.entry
        where = f"entry {entry.sequence} ({entry.serial} version {entry.version})"
        if vouched is not None and vouched.get(entry.key_id) != entry.public:
            yield f"{where}: the operator does not vouch for its key {entry.key_id}"
        yield from (f"{where}: {fault}" for fault in _of_binding(entry))
        yield from (f"{where}: {fault}" for fault in _of_order(sealed, before.get(entry.serial)))
        before[entry.serial] = entry


def vouched_keys(path: Path, root_public: str) -> dict[str, str]:
    """The public halves of the binding signers by id that the key set `path` names and has not revoked.

    The operator root whose public half is `root_public` (hexadecimal) has to have signed it. Raises KeyFileError.
    """
    keys = load_proven(path, root_public).keys
    return {name: key.public for (role, name), key in keys.items() if role == BINDING and key.standing != REVOKED}


def _of_binding(entry: Entry) -> Iterator[str]:
    if entry.action == CLOSED:
        if entry.binding:
            yield "a closing has a binding"
        return
    try:
        document = entry.binding["document"]
        binding = parse(document)
        signature = bytes.fromhex(str(entry.binding["signature"]))
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(entry.public)).verify(signature, binding.canonical())
    except (BindingError, CanonicalError, LookupError, ValueError) as error:
        yield f"its binding is none: {error}"
    except InvalidSignature:
        yield f"its binding is not signed by {entry.key_id}"
    else:
        if _named(binding) != (entry.serial, entry.version, *entry.bound) or entry.binding["key_id"] != entry.key_id:
            yield "its binding says something else than it does"


def _named(binding: Binding) -> tuple[str, int, str, str, str, str]:
    return binding.serial, binding.version, binding.acquirer, binding.mid, binding.tid, binding.uscc


def _of_order(sealed: Sealed[Entry], before: Entry | None) -> Iterator[str]:
    entry = sealed.entry
    if before is None:
        if entry.action != ISSUED or entry.closes or entry.switches:
            yield f"the first entry of a terminal is {entry.action}, and closes {entry.closes}"
        return
    if entry.action == CLOSED:
        if before.action == CLOSED or entry.version != before.version or entry.bound != before.bound:
            yield "it closes a binding that is not in force"
        return
    if entry.version <= before.version:
        yield f"its version is not newer than {before.version}"
    switched = entry.bound != before.bound
    due = CHANGED if switched else ISSUED if before.action == CLOSED else RENEWED
    if entry.action != due:
        yield f"it is {entry.action}, and should be {due}"
    if entry.switches != before.switches + switched:
        yield f"its count of switches is {entry.switches}, and should be {before.switches + switched}"
