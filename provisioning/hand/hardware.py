"""What the hand can tell of the terminal's hardware and network before anything is installed."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import AsyncIterator
from typing import Any

from agent import signals
from agent.errors import ReaderError
from board.errors import BoardError
from board.gpio import Gpio
from board.inputs import Inputs
from board.panel import Panel
from board.reader import NfcReader
from board.tls import explained
from provisioning.errors import HandError
from provisioning.hand.places import Places

_CONNECT_S = 10.0
# As long as the sound lasts, and long enough for a person to look.
_SHOWN_S = 2.0


async def reader(places: Places) -> dict[str, Any]:
    """The chip's firmware. Raises HandError when there is none that answers."""
    async with _gpio() as gpio:
        chip = NfcReader(str(places.reader), reset=gpio.reset_nfc)
        try:
            await chip.start()
        except ReaderError as error:
            raise HandError("READER", str(error)) from error
        try:
            return {"chip": chip.chip}
        finally:
            await chip.stop()


async def lights(_places: Places) -> dict[str, Any]:
    """Light and sound everything for a while. Raises HandError."""
    async with _gpio() as gpio:
        panel = Panel(gpio)
        try:
            await panel.start()
        except BoardError as error:
            raise HandError("LIGHTS", str(error)) from error
        try:
            panel.show(signals.APPROVED)
            await asyncio.sleep(_SHOWN_S)
        finally:
            await panel.stop()
    return {}


async def case(wanted: str, within_s: float) -> dict[str, Any]:
    """Wait until the case is `wanted`, open or closed. Raises HandError when it does not become so in time."""
    async with _gpio() as gpio:
        inputs, changed = Inputs(gpio), asyncio.Event()
        inputs.on_tamper(lambda _tampered: changed.set())
        try:
            await inputs.start()
        except BoardError as error:
            raise HandError("CASE", str(error)) from error
        try:
            async with asyncio.timeout(within_s or None):
                while inputs.tampered != (wanted == "open") and within_s:
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            pass
        finally:
            await inputs.stop()
        if inputs.tampered != (wanted == "open"):
            raise HandError("CASE", f"the tamper switch does not tell that the case is {wanted}")
    return {}


def reach(host: str, port: int, authorities: str) -> dict[str, Any]:
    """Connect, and say how long that took in milliseconds. Raises HandError."""
    begun = time.monotonic()
    try:
        with socket.create_connection((host, port), _CONNECT_S) as connection:
            if authorities:
                context = ssl.create_default_context(cadata=authorities)
                context.minimum_version = ssl.TLSVersion.TLSv1_3
                context.hostname_checks_common_name = False
                # The other side asks for our certificate, and this handshake is over before it misses it.
                with context.wrap_socket(connection, server_hostname=host):
                    pass
    except ssl.SSLError as error:
        raise HandError("NETWORK", f"{host}:{port}: {explained(error)}") from error
    except OSError as error:
        raise HandError("NETWORK", f"{host}:{port}: {error.strerror or error}") from error
    return {"ms": round((time.monotonic() - begun) * 1000)}


@contextlib.asynccontextmanager
async def _gpio() -> AsyncIterator[Gpio]:
    gpio = Gpio()
    try:
        gpio.start()
        yield gpio
    except BoardError as error:
        raise HandError("GPIO", str(error)) from error
    finally:
        gpio.stop()
