"""Servers that messages are sent to: a web address that takes JSON, and a mail server (RFC 5321, as far as asked)."""

import json
import socketserver
import threading
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any

SECONDS = 30


class Hook:
    """Answers POST with `status`, after `hold` is set; `taken` has the bodies, whatever was answered."""

    def __init__(self, port: int = 0) -> None:
        self.status = 200
        self.hold = threading.Event()
        self.hold.set()
        self.taken: SimpleQueue[dict[str, Any]] = SimpleQueue()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.taken.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                hook.hold.wait(SECONDS)
                self.send_response(hook.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def next(self) -> dict[str, Any]:
        return self.taken.get(timeout=SECONDS)

    def stop(self) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()


class Post:
    """A mail server that takes everything; `taken` has sender, recipients, subject and text."""

    def __init__(self) -> None:
        self.taken: SimpleQueue[dict[str, Any]] = SimpleQueue()
        post = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 post")
                envelope: dict[str, Any] = {"to": []}
                while line := self.rfile.readline():
                    word, _, rest = line.decode().strip().partition(" ")
                    word = word.upper()
                    if word == "DATA":
                        self._say("354 go on")
                        post.taken.put(envelope | self._letter())
                    elif word == "MAIL":
                        envelope["from"] = rest.partition("<")[2].partition(">")[0]
                    elif word == "RCPT":
                        envelope["to"].append(rest.partition("<")[2].partition(">")[0])
                    elif word == "QUIT":
                        self._say("221 bye")
                        return
                    self._say("250 fine")

            def _letter(self) -> dict[str, Any]:
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line.removeprefix(b"."))
                letter = message_from_bytes(b"".join(lines), policy=policy.default)
                text = letter.get_body(("plain", "html"))
                assert text is not None
                return {"subject": letter["Subject"], "text": text.get_content()}

            def _say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def next(self) -> dict[str, Any]:
        return self.taken.get(timeout=SECONDS)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
