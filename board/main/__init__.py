"""`python -m board`: the terminal as systemd starts it, or one thing done to it while it is stopped.

Only in this package are core, adapters and board put together: a file for each group of parts, `parts.py` for all.
"""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from agent.binding.install import install
from agent.errors import JumpGuardError
from agent.errors import SettingsError as AgentSettingsError
from agent.redact import Guard
from board.arguments import parsed
from board.by_hand import Replaceable, clear, retire, settle
from board.errors import BoardError, SettingsError
from board.hardening import forbid_memory_dumps
from board.log import start as start_log
from board.main.link import identity
from board.main.parts import Parts
from board.main.service import Service
from board.main.state import State
from board.notify import Notify, service_manager
from board.settings.file import load
from board.settings.sections import Settings

log = logging.getLogger(__name__)

FAILED = 1
UNUSABLE = 2
# What started the terminal is to start it again: systemd does, with Restart=always.
RESTART_WANTED = 3


async def run(parts: Parts, manager: Notify | None = None) -> int:
    """Run the terminal until SIGTERM, SIGINT or the fleet's order to restart, and return the exit code.

    One JSON line on standard output says that it is ready, and where; the service `manager` hears more than that.

    A SIGINT that comes while the reader is opened may be lost: nfcpy calls system(3), which ignores it meanwhile.
    """
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    parts.state.keys.load()
    if parts.state.keys.problem:
        log.error("%s", parts.state.keys.problem)
    service = Service(manager or service_manager(), parts)
    await parts.state.journal.start()
    try:
        await _start_panel(parts)
        await parts.terminal.start()
        try:
            await parts.api.start()
            print(json.dumps({"ready": True, "api": parts.api.address}), flush=True)  # noqa: T201
            service.start()
            parts.fleet.updates.trial.ready.set()
            restarts = await _until_ended(ended, parts.fleet.actions.restart_wanted)
            service.stop()
            parts.api.stop()
        finally:
            await parts.terminal.stop(parts.settings.acquirer.answer_timeout_ms)
    finally:
        await parts.state.journal.stop()
        await parts.hardware.panel.stop()
        parts.hardware.gpio.stop()
    return RESTART_WANTED if restarts else 0


async def _until_ended(ended: asyncio.Event, restart_wanted: asyncio.Event) -> bool:
    """Wait for whichever comes first; True when it is a restart."""
    waits = [asyncio.ensure_future(event.wait()) for event in (ended, restart_wanted)]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return not ended.is_set()


async def _start_panel(parts: Parts) -> None:
    """Without lights the terminal goes on: it reports, and refuses payments since the tamper switch cannot be read."""
    try:
        parts.hardware.gpio.start()
        await parts.hardware.panel.start()
    except BoardError as error:
        log.error("%s", error)


def _request_certificate(settings: Settings, request: Path) -> None:
    """Write the request for the terminal's certificate to `request`; its key is made if it is not there yet."""
    request.write_bytes(identity(settings).enrolment_request())
    print(json.dumps({"request": str(request), "terminal": settings.terminal.serial}))  # noqa: T201


def _install(settings: Settings, record: Path) -> None:
    """Take the signed binding in `record` into the store of this terminal."""
    state = State(settings)
    state.keys.load()
    if state.keys.problem:
        raise SettingsError(state.keys.problem)
    document, key_id, signature = _signed(record)
    serial = settings.terminal.serial
    binding = install(document, key_id, signature, serial, state.store, state.high_water, state.keys)
    print(json.dumps({"installed": binding.version, "mid": binding.mid, "tid": binding.tid}))  # noqa: T201


def _signed(record: Path) -> tuple[dict[str, object], str, bytes]:
    try:
        signed = json.loads(record.read_bytes())
        return signed["document"], str(signed["key_id"]), bytes.fromhex(signed["signature"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SettingsError(f"{record}: no signed binding ({error}); have it issued again") from error


async def _try(parts: Parts, record: Path) -> None:
    """Sign on under the signed binding in `record`, and print "" or the code of why the acquirer does not agree."""
    document, key_id, signature = _signed(record)
    state, trial = parts.state, parts.fleet.configuration.trial
    state.keys.load()
    if state.keys.problem:
        raise SettingsError(state.keys.problem)
    await state.journal.start()
    try:
        await parts.sale.gate.history.start()
        candidate = trial.candidate({"document": document, "key_id": key_id, "signature": signature.hex()})
        if candidate is None:
            raise SettingsError(f"{record}: this binding is in force already")
        code = await trial.try_out(candidate)
        print(json.dumps({"tried": candidate.binding.version, "code": code}))  # noqa: T201
    finally:
        await parts.sale.acquirer.close()
        await state.journal.stop()


async def _by_hand(settings: Settings, act: Callable[[Replaceable], Awaitable[dict[str, object]]]) -> None:
    """Do `act` to the journal of this terminal, which must not run, and print what it returns."""
    journal = State(settings).journal
    if not journal.path.exists():
        raise SettingsError(f"{journal.path}: there is no journal, so this terminal never ran")
    await journal.start()
    try:
        print(json.dumps(await act(journal)))  # noqa: T201
    finally:
        await journal.stop()


def main(arguments: list[str] | None = None) -> int:
    """Run the terminal, or do the one thing that an option other than `--settings` asks for. Returns the exit code."""
    chosen = parsed(arguments)
    guard, manager = Guard(), service_manager()
    start_log(guard)
    try:
        forbid_memory_dumps()
        settings = load(chosen.settings)
        settings.terminal.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if chosen.install is not None:
            _install(settings, chosen.install)
        elif chosen.candidate is not None:
            asyncio.run(_try(Parts(settings, guard), chosen.candidate))
        elif chosen.retire is not None:
            asyncio.run(_by_hand(settings, lambda journal: retire(journal, chosen.retire)))
        elif chosen.clear is not None:
            asyncio.run(_by_hand(settings, lambda journal: clear(journal, chosen.clear)))
        elif chosen.settle is not None:
            asyncio.run(_by_hand(settings, lambda journal: settle(journal, chosen.settle, chosen.why)))
        elif chosen.request_certificate is not None:
            _request_certificate(settings, chosen.request_certificate)
        else:
            manager.say_status("starting")
            return asyncio.run(run(Parts(settings, guard), manager))
    except (SettingsError, AgentSettingsError) as error:
        _say_why(guard.masked(str(error)), manager)
        return UNUSABLE
    except (JumpGuardError, BoardError, OSError) as error:
        _say_why(guard.masked(str(error)), manager)
        return FAILED
    return 0


def _say_why(why: str, manager: Notify) -> None:
    print(f"jumpguard: {why}", file=sys.stderr)  # noqa: T201
    manager.say_status(why)
