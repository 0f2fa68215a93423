"""Sends what is to be told of alerts, in threads of its own: a slow server holds up nobody but itself.

A message counts as sent once the other side took it and that is written down. A kill in between has it sent again.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from provisioning.texts import spoken_here
from tools.fleet.alerts import address, letters, pending
from tools.fleet.alerts.channels import Channel
from tools.fleet.alerts.pending import Parcel
from tools.fleet.errors import StoreError
from tools.fleet.open_store import OpenStore
from tools.fleet.place import Place
from tools.fleet.times import utc_now

LOOK_SECONDS = 1.0

log = logging.getLogger("jumpguard.fleet")


class Messenger:
    """Looks into the store at `place` for what the channels of `fleet` are to be told.

    It calls `on_end` when the thread that looks ends, whatever ended it.
    """

    def __init__(self, place: Place, fleet: str, on_end: Callable[[], None]) -> None:
        self._store = OpenStore(place)
        self._fleet = fleet
        self._on_end = on_end
        self._stopped = threading.Event()
        self._executor = ThreadPoolExecutor(1, "fleet-messenger")
        self._looking: Future[None] | None = None
        self._busy: dict[int, threading.Thread] = {}

    def start(self) -> None:
        """Begin to look."""
        self._looking = self._executor.submit(self._look)

    def stop(self) -> None:
        """End; harmless when it never began. Raises whatever ended it before.

        What is on its way is not waited for, and sent again after a restart.
        """
        self._stopped.set()
        self._executor.shutdown()
        self._store.close()
        if self._looking is not None:
            self._looking.result()

    def _look(self) -> None:
        try:
            while not self._stopped.wait(LOOK_SECONDS):
                for channel in self._store.ask(pending.channels_with_work, utc_now()):
                    self._begin(channel)
        finally:
            self._on_end()

    def _begin(self, channel: Channel) -> None:
        """Send what `channel` is to be told, unless a message to it is on its way."""
        busy = self._busy.get(channel.id)
        if busy is not None and busy.is_alive():
            return
        parcel = self._store.change(pending.next_parcel, channel, utc_now())
        if parcel is not None:
            self._busy[channel.id] = threading.Thread(target=self._send, args=(parcel,), daemon=True)
            self._busy[channel.id].start()

    def _send(self, parcel: Parcel) -> None:
        channel, dropped = parcel.channel, len(parcel.dropped)
        with spoken_here(channel.language):
            title = letters.title(self._fleet, parcel.told, dropped)
            body = letters.body(parcel.told, dropped, channel.per_hour)
        why = address.send(channel.address, title, body)
        try:
            if why:
                log.warning("channel %s: not sent, and tried again: %s", channel.name, why)
                self._store.change(pending.not_sent, parcel, why, utc_now())
            else:
                self._store.change(pending.sent, parcel, utc_now())
        except StoreError as error:
            log.error("messages: %s", error)
