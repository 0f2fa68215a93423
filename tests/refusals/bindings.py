"""Causes in the binding: records that are rightly issued and do not fit now, and such as nobody should have issued."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agent.adapters.binding_store import TinyBindingStore
from provisioning import keys
from tests.refusals.counter import Cause, Counter
from tests.refusals.files import kept
from tools.rig.files import binding_document
from tools.rig.forgery import with_other_merchant


def bound(**changes: object) -> Cause:
    """A binding with `changes` was issued and installed."""
    return lambda counter: counter.bound(**changes)


def signed(document: dict[str, Any]) -> Cause:
    """`document` lies in the store under the binding signer's signature, past all checks of issue and installation."""
    return _stored(document, "binding.key")


def signed_with_changes(**changes: object) -> Cause:
    """The usual binding with `changes` lies there like this."""
    return signed(binding_document(**changes))  # type: ignore[arg-type]


@contextmanager
def signed_by_a_stranger(counter: Counter) -> Iterator[None]:
    """The usual binding lies there under the signature of somebody whom the operator does not vouch for."""
    key = counter.rig.directory / "stranger.key"
    keys.create(key, keys.BINDING)
    try:
        with _stored(binding_document(), key.name)(counter):
            yield
    finally:
        key.unlink()


@contextmanager
def rewritten_for_another_merchant(counter: Counter) -> Iterator[None]:
    """Somebody wrote another merchant into the record, with the checksum that belongs to it."""
    with kept(counter.rig.files.merchant_file) as path:
        path.write_bytes(with_other_merchant(path.read_bytes()))
        yield


def _stored(document: dict[str, Any], key: str) -> Cause:
    @contextmanager
    def cause(counter: Counter) -> Iterator[None]:
        signer = keys.load(counter.rig.directory / key)
        with kept(counter.rig.files.merchant_file) as path:
            TinyBindingStore(path).write(document, signer.id, bytes.fromhex(signer.sign(document)))
            yield

    return cause
