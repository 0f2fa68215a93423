"""Bindings as the acquirer's desk signs them; nobody here proves the signature."""

from tools.rig.files import binding_document


def signed(terminal: str, version: int) -> dict[str, object]:
    document = binding_document(version, serial=terminal)
    return {"document": document, "key_id": "a" * 16, "signature": "b" * 128}
