"""The line between browsers and the server, which can be cut for one site alone."""

import select
import socket
import socketserver
import threading
from types import TracebackType


class Line:
    """Passes TLS connections on unread; the greeting of each names its host in clear text.

    to: the server's port on 127.0.0.1. `port` is where browsers connect. While `cut` names a host
    its connections are closed, old and new, as if nothing were there.
    """

    def __init__(self, to: int) -> None:
        self.cut = ""
        line = self

        class Connection(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                line._pass_on(self.request, to)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Connection)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> "Line":
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _is_cut(self, greeting: bytes) -> bool:
        return bool(self.cut) and self.cut.encode() in greeting

    def _pass_on(self, client: socket.socket, to: int) -> None:
        try:
            greeting = _first_record(client)
            if not greeting or self._is_cut(greeting):
                return
            with socket.create_connection(("127.0.0.1", to)) as server:
                server.sendall(greeting)
                other = {client: server, server: client}
                while not self._is_cut(greeting):
                    for ready in select.select([client, server], [], [], 0.05)[0]:
                        data = ready.recv(65536)
                        if not data:
                            return
                        other[ready].sendall(data)
        except OSError:
            return  # a browser may drop a connection at any time


def _first_record(client: socket.socket) -> bytes:
    """A TLS connection's first record, the ClientHello (RFC 8446, 5.1)."""
    greeting = b""
    while len(greeting) < 5 or len(greeting) < 5 + int.from_bytes(greeting[3:5]):
        data = client.recv(65536)
        if not data:
            return b""
        greeting += data
    return greeting
