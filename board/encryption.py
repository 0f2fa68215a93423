"""TLS below paho, which opens its sockets on another thread and keeps to itself why one failed."""

import contextlib
import socket
import ssl
from typing import Any

from board.tls import explained


class Encryption:
    """The encryption of one connection with `context`, which paho is given: its sockets report here."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self._failure: OSError | None = None
        self._socket: ssl.SSLSocket | None = None
        self._given_up = False
        context.sslsocket_class = self._socket_class()

    def give_up(self) -> None:
        """End a handshake that may be under way, so that the thread which waits for it ends, too."""
        self._given_up = True
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it is closed already
                # Past the TLS layer, which the other thread is in.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def has_unread(self, sock: Any) -> bool:
        """Whether more was decrypted than was read: the system's socket looks empty then."""
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def why(self, answered: bool) -> str:
        """Why the connection ended, for people; `answered` says whether MQTT's CONNACK had come. "" when unknown."""
        if isinstance(self._failure, ssl.SSLError) and not isinstance(self._failure, ssl.SSLEOFError):
            return explained(self._failure)
        # In TLS 1.3 the client is through first. What the broker says of its certificate may be lost when it hangs up.
        return "" if answered else "the broker may not take this side's certificate"

    def _socket_class(self) -> type[ssl.SSLSocket]:
        encryption = self

        class Socket(ssl.SSLSocket):
            def do_handshake(self, block: bool = False) -> None:
                encryption._socket = self
                if encryption._given_up:
                    raise ConnectionAbortedError("nobody waits for the handshake any more")
                super().do_handshake(block)

            def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
                try:
                    return super().recv(buflen, flags)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    raise
                except OSError as error:
                    encryption._failure = error
                    raise

        return Socket
