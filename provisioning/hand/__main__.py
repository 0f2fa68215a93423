"""`python -m provisioning.hand`: the hand; or, beside it, its guard; or what a start of the service does first."""

import argparse
import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

import msgspec

from provisioning.errors import HandError, ProvisioningError
from provisioning.hand.ledger import Ledger, held
from provisioning.hand.places import Places
from provisioning.hand.service import Service

# Whoever asks says ten times as often that they are there; a cable that was pulled says nothing at all.
SILENCE_S = 30.0
# A TMK, a binding and a certificate are far less.
_LONGEST_LINE = 1 << 20


def _recover(places: Places) -> int:
    """What a start of the service does first. Not while an installation is under way, which starts it itself."""
    if not places.ledger.exists():
        return 0
    with contextlib.suppress(HandError), held(places, wait_s=0):
        # The service manager is starting the service at this moment: asking it to stop would wait for itself.
        Ledger(places, Service(places)).recover(with_service=False)
    return 0


async def _serve(places: Places, recovered: str, silence_s: float) -> None:
    """Answer until there is no more input, or silence for `silence_s`; then put back what does not count."""
    # Here and not above: the guard, and a start of the service, need none of it.
    from provisioning.hand.hand import Hand
    from provisioning.hand.requests import Alive, AnyRequest

    hand, decoder = Hand(places, recovered), msgspec.json.Decoder(AnyRequest)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(_LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    waiting: asyncio.Queue[bytes] = asyncio.Queue()

    async def answer() -> None:
        while True:
            line = await waiting.get()
            try:
                request = decoder.decode(line)
            except msgspec.DecodeError as error:
                said = {"ok": False, "code": "FAILED", "error": f"{type(error).__name__}: no request of ours"}
            else:
                if isinstance(request, Alive):
                    continue
                said = await hand.do(request)
            print(json.dumps(said), flush=True)  # noqa: T201 - that is the line on which it answers

    answering = asyncio.create_task(answer())
    try:
        with contextlib.suppress(TimeoutError, ValueError, OSError):
            while True:
                line = await asyncio.wait_for(reader.readline(), silence_s)
                if not line.endswith(b"\n"):
                    break
                waiting.put_nowait(line)
    finally:
        answering.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await answering
        await hand.leave()


def main(arguments: list[str]) -> int:
    """Run what the arguments say; 0, or 1 when the terminal could not be put back, which is said."""
    parser = argparse.ArgumentParser(prog="python -m provisioning.hand", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("/"), help="the terminal's root folder")
    parser.add_argument("--silence", type=float, default=SILENCE_S, help="seconds after which nobody is there any more")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--guard", action="store_true", help="put the terminal back once the hand is gone")
    other.add_argument("--recover", action="store_true", help="put the terminal back, if nobody works on it")
    chosen = parser.parse_args(arguments)
    places = Places(chosen.root.absolute())
    try:
        if chosen.recover:
            return _recover(places)
        if chosen.guard:
            from provisioning.hand import guard

            guard.watch(places)
            return 0
        with held(places):
            # lgpio makes its pipes where it is started.
            os.chdir(places.lock.parent)
            asyncio.run(_serve(places, Ledger(places, Service(places)).recover(), chosen.silence))
    except (ProvisioningError, OSError) as error:
        code = error.code if isinstance(error, HandError) else "DISK"
        print(json.dumps({"ok": False, "code": code, "error": str(error)}), flush=True)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
