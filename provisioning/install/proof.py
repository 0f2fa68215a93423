"""Proving a signed binding at the desk, before anybody walks to a terminal: key set, validity, registry."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.binding.record import Binding, parse
from agent.errors import BindingError, CanonicalError
from agent.keys.key_set import ACTIVE, BINDING_SIGNER
from provisioning import registry as registries
from provisioning.errors import InstallError
from provisioning.key_set import load_proven
from provisioning.registry import Registry
from provisioning.texts import _


class SignedBinding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `jumpguard provision sign` hands out."""

    document: dict[str, Any]
    key_id: str
    signature: str


@dataclass(frozen=True, slots=True)
class Proven:
    """A binding that counts now; `elsewhere` is which of its numbers another terminal has as well, and what to say."""

    binding: Binding
    signed: SignedBinding
    elsewhere: tuple[tuple[str, str], ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd about it, a line each."""
        return tuple(text for _name, text in self.elsewhere)


def read(path: Path) -> SignedBinding:
    """The signed binding in `path`. Raises InstallError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=SignedBinding)
    except OSError as error:
        raise InstallError("BINDING_FILE", f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InstallError("BINDING_FILE", f"{path}: {error}") from error


class Proof:
    """What bindings are proven by, read once for any number of them: the key set of `fleet`, and the registry.

    Making one raises InstallError, and KeyFileError and RegistryError for what cannot be read.
    """

    def __init__(self, key_set: Path, root_public: str, fleet: str, registry: Path | None) -> None:
        keys = load_proven(key_set, root_public)
        named = keys.signed["document"]
        if not isinstance(named, dict) or named.get("fleet") != fleet:
            raise InstallError("OTHER_FLEET", f"{key_set}: {fleet}")
        self.registry = registries.reading(registry) if registry else None
        self._keys = keys.keys

    def prove(self, signed: SignedBinding, now: datetime) -> Proven:
        """Prove that `signed` is a binding that counts `now`. Raises InstallError."""
        key = self._keys.get((BINDING_SIGNER, signed.key_id))
        if key is None or key.standing != ACTIVE:
            raise InstallError("SIGNER", f"{signed.key_id}: {key.standing}" if key else signed.key_id)
        try:
            binding = parse(signed.document)
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public)).verify(
                bytes.fromhex(signed.signature), binding.canonical()
            )
        except (BindingError, CanonicalError) as error:
            raise InstallError("BINDING_FILE", str(error)) from error
        except (InvalidSignature, ValueError) as error:
            raise InstallError("SIGNATURE", f"{signed.key_id}") from error
        _check_validity(binding, now)
        return Proven(binding, signed, tuple(_beside(binding, signed, self.registry)) if self.registry else ())


def _check_validity(binding: Binding, now: datetime) -> None:
    at = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if at < binding.valid_from:
        raise InstallError("NOT_YET_VALID", binding.valid_from)
    if at >= binding.valid_to:
        raise InstallError("EXPIRED", binding.valid_to)


def _beside(binding: Binding, signed: SignedBinding, registry: Registry) -> list[tuple[str, str]]:
    """Which of its numbers the registry has elsewhere, too. Raises InstallError where it is not in force by it."""
    live = registry.live(binding.serial)
    if live is None:
        known = binding.serial in registry.latest
        raise InstallError("CLOSED" if known else "NOT_REGISTERED", f"{binding.serial}, {registry.path}")
    if live.version > binding.version:
        raise InstallError("SUPERSEDED", f"{binding.version} < {live.version}")
    if live.binding != msgspec.to_builtins(signed):
        raise InstallError("NOT_REGISTERED", f"{binding.serial} {binding.version}, {registry.path}")
    said = {"tid": _("terminal number {value} is bound to {serial} as well"),
            "mid": _("merchant number {value} is bound to {serial} as well")}  # fmt: skip
    return [
        (name, said[name].format(value=getattr(other, name), serial=other.serial))
        for name, other in registry.others_with(binding.serial, binding.acquirer, binding.mid, binding.tid)
        # A merchant may have many terminals.
        if name == "tid" or other.uscc != binding.uscc
    ]
