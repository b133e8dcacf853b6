"""One pool of keep-alive connections to the web server, used by everybody in turn."""

import http.client
import queue
import ssl
from collections.abc import Callable
from dataclasses import dataclass

PATIENCE = 60.0
"""Seconds that an answer is waited for."""


@dataclass(frozen=True)
class Request:
    """What is sent. host: the domain, whatever the connection was made for."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} https://{self.host}{self.path.partition('?')[0]}"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header; "" if it was not sent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def everything(self) -> bytes:
        """Headers, cookies and body, for a search."""
        head = "\n".join(f"{name}: {value}" for name, value in self.headers)
        return head.encode("latin-1", errors="replace") + b"\n\n" + self.body


class HungUp(Exception):
    """The server closed the connection without an answer."""


class Closed(Exception):
    """The run is over: nothing more is asked."""


class Connections:
    """At most `most` connections over TLS; a request takes one that is free and gives it back.

    So a connection carries one person's request after another's, for every domain: what a server
    keeps by connection is kept for somebody else.
    """

    def __init__(
        self, port: int, trusted: ssl.SSLContext, most: int, is_over: Callable[[], bool]
    ) -> None:
        self._is_over = is_over
        self._port = port
        self._trusted = trusted
        self._free: queue.LifoQueue[http.client.HTTPSConnection | None] = queue.LifoQueue()
        for _ in range(most):
            self._free.put(None)

    def ask(self, request: Request) -> Reply:
        """Send a request and read the whole answer. Raises HungUp, Closed."""
        connection = self._connection()
        try:
            connection = connection or self._new()
            self._send(connection, request)
            response = connection.getresponse()
            reply = Reply(response.status, response.getheaders(), response.read())
            if response.will_close:
                connection.close()
                connection = None
        except (OSError, http.client.HTTPException) as error:
            if connection is not None:
                connection.close()
                connection = None
            raise HungUp(f"{request}: {error!r}") from error
        finally:
            self._free.put(connection)
        return reply

    def give_up(self, request: Request, after: int) -> None:
        """Send a request, hang up `after` so many bytes of the answer. Raises Closed."""
        connection = self._connection()
        try:
            connection = connection or self._new()
            self._send(connection, request)
            if after:
                assert connection.sock
                connection.sock.recv(after)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            if connection is not None:
                connection.close()
            self._free.put(None)

    def close(self) -> None:
        """Close them all; nobody may be using one."""
        while not self._free.empty():
            if connection := self._free.get_nowait():
                connection.close()

    def _connection(self) -> http.client.HTTPSConnection | None:
        """One that is free, as soon as there is one; None: a new one may be made."""
        connection = self._free.get()
        if self._is_over():
            self._free.put(connection)
            raise Closed
        return connection

    def _new(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            "127.0.0.1", self._port, timeout=PATIENCE, context=self._trusted
        )

    @staticmethod
    def _send(connection: http.client.HTTPSConnection, request: Request) -> None:
        connection.putrequest(
            request.method, request.path, skip_host=True, skip_accept_encoding=True
        )
        connection.putheader("Host", request.host)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        if request.method != "GET" and "Content-Length" not in request.headers:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
