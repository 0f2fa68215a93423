"""`python -m tools.proxy --to HOST:PORT --dir DIR`: run the fault proxy."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from tools.proxy.control import SOCKET_NAME, Control
from tools.proxy.errors import ProxyError
from tools.proxy.server import Proxy

LOOPBACK = "127.0.0.1"


async def serve(directory: Path, to: tuple[str, int], address: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; prints one JSON line when ready. Raises ProxyError."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    proxy = Proxy(*to)
    control = Control(directory / SOCKET_NAME, proxy)
    async with AsyncExitStack() as parts:
        parts.push_async_callback(control.stop)
        await control.start()
        parts.push_async_callback(proxy.stop)
        taken = await proxy.start(address, port)
        print(json.dumps({"host": address, "port": taken, "control": str(control.path)}), flush=True)
        await ended.wait()


def target(text: str) -> tuple[str, int]:
    """HOST:PORT. Raises argparse.ArgumentTypeError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def main() -> int:
    """Parse the arguments and serve; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.proxy", description="Run a TCP proxy that makes faults.")
    parser.add_argument("--to", type=target, required=True, metavar="HOST:PORT", help="where it forwards to")
    parser.add_argument("--dir", type=Path, required=True, help="where control.sock lives")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default: %(default)s)")
    parser.add_argument("--listen", type=int, default=0, metavar="PORT", help="TCP port; 0 takes a free one")
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        options.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        asyncio.run(serve(options.dir, options.to, options.host, options.listen))
    except (ProxyError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
