"""One HTTP request to another server, with an end: five seconds and a megabyte.

`*.localhost` is this machine, as it is for browsers; Python's resolver finds no address for it.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

TIMEOUT: Final = 5.0
"""Seconds for the whole of a request: to connect, to ask and to be answered."""

LARGEST: Final = 1_000_000
"""Bytes of an answer that are read; none of ours comes near."""


class NoAnswer(Exception):
    """The other side did not answer, or not like a web server."""


class TooSlow(NoAnswer):
    """It did not answer in time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes


def ask(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Reply:
    """Send one request and read the answer; a redirect is an answer like any other.

    timeout: seconds for everything together. Raises TooSlow, NoAnswer.
    """
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _connected(parts, timeout) as connection:
            connection.request(
                method, path, body=body, headers={"Host": parts.netloc, **(headers or {})}
            )
            response = connection.getresponse()
            received = response.read(LARGEST + 1)
    except TimeoutError as error:
        raise TooSlow(f"{parts.netloc} gave no answer within {timeout:g} s") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"{parts.netloc}: {type(error).__name__}") from error
    if len(received) > LARGEST:
        raise NoAnswer(f"{parts.netloc} sent more than {LARGEST} bytes")
    return Reply(response.status, received)


@contextlib.contextmanager
def _connected(parts: SplitResult, timeout: float) -> Iterator[http.client.HTTPConnection]:
    """A connection that is cut when the time is up: a socket's own limit is for each read only.

    A server that sends a byte now and then would otherwise hold us for as long as it likes.
    """
    connection = _Connection(parts, timeout)
    opened: list[socket.socket] = []  # the connection hands its own to the response
    over = threading.Event()

    def cut() -> None:
        over.set()
        for each in opened:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(timeout, cut)
    watch.daemon = True
    watch.start()
    try:
        connection.connect()
        opened.append(connection.sock)
        if not over.is_set():
            yield connection
    except (OSError, http.client.HTTPException):
        if over.is_set():
            raise TimeoutError from None
        raise
    else:
        if over.is_set():
            raise TimeoutError
    finally:
        watch.cancel()
        connection.close()


class _Connection(http.client.HTTPConnection):
    """To the address of a host, in its name."""

    def __init__(self, parts: SplitResult, timeout: float) -> None:
        self.tls, self.named = parts.scheme == "https", parts.hostname or ""
        local = self.named == "localhost" or self.named.endswith(".localhost")
        port = parts.port or (443 if self.tls else 80)
        super().__init__("127.0.0.1" if local else self.named, port, timeout=timeout)

    def connect(self) -> None:
        """Connect, and make TLS of it where the scheme says so."""
        super().connect()
        if self.tls:
            trust = ssl.create_default_context()
            self.sock = trust.wrap_socket(self.sock, server_hostname=self.named)
