"""Issuing a binding: what the acquirer's desk signs for one terminal."""

from agent.binding.record import parse
from provisioning.keys import Signer


def issue(document: dict[str, object], signer: Signer) -> dict[str, object]:
    """Return the signed record of the binding `document`, as `python -m board --install` takes it.

    Raises BindingError when the document is no binding: nothing malformed is ever signed.
    """
    parse(document)
    return {"document": document, "key_id": signer.id, "signature": signer.sign(document)}
