"""Which of the trail's words a new binding of an installed terminal deserves, by what it says otherwise than before."""

from typing import Any

from provisioning.registry import Registry
from provisioning.registry_entry import content
from provisioning.trail_entry import CHANGED, MOVED, RENEWED, RESTORED, Action

_NUMBERS = ("acquirer", "mid", "tid", "uscc")
_PLACE = ("address", "region", "timezone")


def kind_of(before: dict[str, Any], after: dict[str, Any], registry: Registry | None) -> Action:
    """The kind of change from the document `before` to `after`; `registry` knows what was bound before that."""
    if content(before) == content(after):
        return RENEWED
    if registry and any(content(earlier) == content(after) for earlier in _earlier(registry, after)):
        return RESTORED
    if any(before.get(name) != after.get(name) for name in _NUMBERS):
        return CHANGED
    return MOVED if any(before.get(name) != after.get(name) for name in _PLACE) else RENEWED


def _earlier(registry: Registry, after: dict[str, Any]) -> list[dict[str, Any]]:
    entries = (sealed.entry for sealed in registry.entries if sealed.entry.serial == after["serial"])
    return [entry.document for entry in entries if entry.binding and entry.version < after["version"]]
