"""Signed bindings as files hold them: one, or one a line."""

import json

from provisioning.texts import _
from tools.fleet.errors import OrderError


def bindings_in(text: str) -> dict[str, dict[str, object]]:
    """The bindings in `text` by the terminal for which each is; nothing of them is proven. Raises OrderError."""
    found: dict[str, dict[str, object]] = {}
    for signed in _objects(text):
        document = signed.get("document") if isinstance(signed, dict) else None
        serial = document.get("serial") if isinstance(document, dict) else None
        if not isinstance(serial, str):
            raise OrderError(_("bindings: one names no serial; have them issued again"))
        if serial in found:
            raise OrderError(_("bindings: two are for {serial}; give the newer one").format(serial=serial))
        found[serial] = signed
    return found


def _objects(text: str) -> list[dict[str, object]]:
    try:
        try:
            return [json.loads(text)]
        except ValueError:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise OrderError(
            _("bindings: no JSON, neither as a whole nor line by line: {error}").format(error=error)
        ) from None
