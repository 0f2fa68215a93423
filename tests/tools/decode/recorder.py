"""A TCP proxy that records every frame that goes through it, in both directions."""

import socket
import threading
from contextlib import suppress


class Recorder:
    """Stands in front of the acquirer at `port`; what went through is in `frames`, length included."""

    def __init__(self, port: int) -> None:
        self.frames: list[bytes] = []
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> "Recorder":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def types(self) -> set[str]:
        """The message types that went through."""
        return {frame[13:15].hex() for frame in list(self.frames)}

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        buffer = b""
        with suppress(OSError):  # the other side is gone
            while data := source.recv(4096):
                sink.sendall(data)
                buffer = self._take_frames(buffer + data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _take_frames(self, buffer: bytes) -> bytes:
        while len(buffer) >= 2 and len(buffer) >= (end := 2 + int.from_bytes(buffer[:2], "big")):
            self.frames.append(buffer[:end])
            buffer = buffer[end:]
        return buffer
