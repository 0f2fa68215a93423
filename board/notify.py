"""What the agent tells the service manager that started it: ready, alive, how it is, ending (sd_notify(3)).

Written out here, since all of it is one datagram; the libraries that do it need systemd's headers or do no more.
"""

import logging
import os
import socket

log = logging.getLogger(__name__)

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"

# A manager that is this busy does not get to hold up a sale.
_SEND_WITHIN_S = 1.0


class Notify:
    """Says things at `address`: a socket's path, or its abstract name behind an `@`; "" where nobody is to be told.

    `watchdog_s` is the longest silence that is borne, in seconds; 0 when none is watched for.
    """

    def __init__(self, address: str, watchdog_s: float = 0) -> None:
        self.address = address
        self.watchdog_s = watchdog_s
        self._failing = False

    def say(self, assignment: str) -> None:
        """Tell READY, ALIVE or STOPPING. Never raises: a terminal sells whether or not anybody watches it."""
        if not self.address:
            return
        # sd_notify(3): an abstract name has a zero byte where the variable has an @.
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
                connection.settimeout(_SEND_WITHIN_S)
                connection.sendto(assignment.encode(), address)
            self._failing = False
        except OSError as error:
            if not self._failing:
                log.warning("the service manager at NOTIFY_SOCKET cannot be told anything: %s", error)
            self._failing = True

    def say_status(self, text: str) -> None:
        """Tell people how the agent is; on one line, since a second one would be an assignment of its own."""
        self.say("STATUS=" + " ".join(text.split()))


def service_manager() -> Notify:
    """The one that started this process, as NOTIFY_SOCKET and WATCHDOG_USEC name it (sd_watchdog_enabled(3))."""
    period = os.environ.get("WATCHDOG_USEC", "")
    is_ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    watchdog_s = int(period) / 1_000_000 if period.isascii() and period.isdigit() and is_ours else 0
    return Notify(os.environ.get("NOTIFY_SOCKET", ""), watchdog_s)
