"""A mail server on this machine, which says what a test wants it to say."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks enough SMTP (RFC 5321) to take mails from smtplib, or to refuse them.

    `answers` maps the first word of a command, or a recipient, to the answer in place of "250 OK".
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.answers: dict[str, str] = {}
        self.received: list[bytes] = []
        self.port: int = self.server_address[1]


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 test")
        while line := self.rfile.readline().decode().strip():
            word = line.split(maxsplit=1)[0].upper()
            if word == "DATA" and "DATA" not in self.server.answers:
                self._say("354 go on")
                body = b"".join(iter(self.rfile.readline, b".\r\n"))
                answer = self.server.answers.get("END", "250 OK")
                if answer.startswith("250"):
                    self.server.received.append(body)
                self._say(answer)
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                known = [key for key in self.server.answers if key == word or key in line]
                self._say(self.server.answers[known[0]] if known else "250 OK")

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server on a free port of this machine."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
