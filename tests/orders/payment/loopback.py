"""A server on this machine that records what it is asked and answers what it was told to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form, or of the query where there is no body."""
        text = self.body.decode() or self.path.partition("?")[2]
        return dict(parse_qsl(text))


@dataclass(slots=True)
class Loopback:
    """Answers each request by `answer`, which may wait, send nonsense, or raise to hang up."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[Asked], tuple[int, bytes]] = lambda asked: (404, b"{}")
    drip: float = 0.0
    """Seconds between the bytes of an answer."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def loopback() -> Iterator[Loopback]:
    """A server for the block."""
    told = Loopback()
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            told.asked.append(asked)
            status, body = told.answer(asked)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not told.drip:
                self.wfile.write(body)
                return
            for byte in body:
                if ended.wait(told.drip):
                    return
                self.wfile.write(bytes([byte]))
                self.wfile.flush()

        do_GET = do_POST = do_DELETE = _any  # noqa: N815 (http.server's names)

        def handle(self) -> None:
            """Hang up on an error, and when the client has."""
            try:
                super().handle()
            except (ConnectionError, BrokenPipeError):
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield told
    finally:
        ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
