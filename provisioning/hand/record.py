"""What the terminal's own record says, read beside the running service."""

from typing import Any

from agent.binding.history import TAKEN_UP, History
from agent.errors import StoreError
from agent.journal.ports import Journal
from agent.lifecycle import Lifecycle
from agent.sale.unresolved import Unresolved
from board.by_hand import unfinished
from board.errors import IdentityError
from board.identity import Identity, Pair
from board.main.state import State
from board.settings.file import load
from board.settings.sections import Settings
from provisioning.errors import HandError
from provisioning.hand.places import Places


async def record(places: Places) -> dict[str, Any]:
    """Whose it is, in which state, bound to what, and what it has not finished. Raises HandError and JournalError."""
    settings = load(places.settings)
    state = State(settings)
    journal = state.journal
    if not journal.path.exists():
        raise HandError("JOURNAL", f"{journal.path}: not there")
    await journal.look()
    try:
        lifecycle, history = Lifecycle(journal), History(journal, state.clock)
        await lifecycle.start()
        await history.start()
        return {
            "fleet": settings.terminal.fleet,
            "lifecycle": lifecycle.state,
            "reason": lifecycle.reason,
            "document": _document(state),
            "switches": history.switches_since(state.clock.utc(-settings.gate.switch_days)),
            "most_switches": settings.gate.most_switches,
            "switch_days": settings.gate.switch_days,
            "unfinished": await unfinished(journal),
            "unresolved": await Unresolved(journal).sales(),
            "journal_id": journal.journal_id,
            "sequence": await journal.head(),
            "taken_up": await _taken_up(journal),
            "acknowledged": await journal.acknowledged(),
            "secrets": len(places.secrets()),
            "certificate": _certificate(settings),
            "till": f"{settings.api.host}:{settings.api.port}",
        }
    finally:
        await journal.stop()


async def lines(places: Places, after: int, most: int) -> list[dict[str, str]]:
    """Up to `most` entries of the journal behind `after`: their canonical bytes as text, and their hashes."""
    journal = State(load(places.settings)).journal
    await journal.look()
    try:
        return [{"data": entry.data.decode(), "hash": entry.digest} for entry in await journal.after(after, most)]
    finally:
        await journal.stop()


async def _taken_up(journal: Journal) -> int:
    """The entry by which a binding came into force last, 0 where none did."""
    taken = await journal.last(TAKEN_UP)
    return taken.sequence if taken else 0


def _document(state: State) -> dict[str, Any]:
    """The merchant record that is stored here, {} where there is none that can be read."""
    try:
        stored = state.store.read()
    except StoreError:
        return {}
    return dict(stored.document) if stored and isinstance(stored.document, dict) else {}


def _certificate(settings: Settings) -> str:
    """The certificate in PEM by which the brokers know this terminal, "" where it has none any more."""
    link, terminal = settings.link, settings.terminal
    if link.certificate_file is None or link.key_file is None:
        return ""
    first = Pair(link.certificate_file, link.key_file)
    try:
        pem, _ = Identity(terminal.fleet, terminal.serial, first, terminal.state_dir).in_use()
    except IdentityError:
        return ""
    return pem.decode("ascii")
