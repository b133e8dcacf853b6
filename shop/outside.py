"""Connections to hosts that somebody outside has named.

Server-side requests to addresses that come from outside can be made to reach what only the server
can (OWASP: Server Side Request Forgery). So every address a name resolves to is checked, and the
connection goes to the very address that was checked. Nothing here follows a redirect.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

CONNECT_TIMEOUT = 5.0
"""Seconds for a connection, and for each piece of an answer."""
TOTAL_TIMEOUT = 30.0
"""Seconds for one answer from beginning to end."""

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


class NotReached(Exception):
    """Why nothing was asked. `host_is_away`: the host did not answer at all."""

    def __init__(self, reason: str, host_is_away: bool = False) -> None:
        super().__init__(reason)
        self.host_is_away = host_is_away


@contextmanager
def connected(
    address: str, *, allow: Collection[str] = (), tls: ssl.SSLContext, within: float | None = None
) -> Iterator[tuple[http.client.HTTPConnection, str]]:
    """A connection to the host of an http or https address, and the path to ask it for.

    allow: IP addresses that may be reached although they are not public. tls: how certificates are
    checked. within: seconds after which the connection is cut, whatever is going on; TOTAL_TIMEOUT
    by default. Raises NotReached.
    """
    parts = checked_parts(address)
    connection = _connection(parts, allow, tls)
    assert connection.sock is not None  # noqa: S101 - it was given one
    was_cut = threading.Event()
    alarm = threading.Timer(within or TOTAL_TIMEOUT, _cut, [connection.sock, was_cut])
    alarm.daemon = True
    alarm.start()
    try:
        yield connection, quoted((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    finally:
        alarm.cancel()
        connection.close()
    if was_cut.is_set():  # what looks like an answer may be the half of one
        raise NotReached(_("it took too long"))


def _connection(
    parts: SplitResult, allow: Collection[str], tls: ssl.SSLContext
) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    connection = http.client.HTTPConnection(host, parts.port or (443 if secure else 80))
    connection.sock = _socket(host, connection.port, allow)
    if secure:
        try:
            connection.sock = tls.wrap_socket(connection.sock, server_hostname=host)
        except OSError as problem:
            connection.close()
            raise NotReached(_("no secure connection: %s") % problem) from problem
        connection.default_port = 443  # so that the Host header leaves it out
    return connection


def _socket(host: str, port: int, allow: Collection[str]) -> socket.socket:
    """A connection to one of the host's addresses, all of which were found to be public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise NotReached(_("the host is not known"), host_is_away=True) from problem
    for *_kind, where in found:
        if str(where[0]) not in allow and not is_public(str(where[0])):
            raise NotReached(_("%s is not a public address") % where[0])
    last: OSError | None = None
    for family, kind, protocol, _name, where in found[:4]:
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(CONNECT_TIMEOUT)
        try:
            sock.connect(where)
        except OSError as failure:
            last = failure
            sock.close()
        else:
            return sock
    raise NotReached(_("no connection: %s") % last, host_is_away=True)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet at large, also when it wraps another one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def checked_parts(address: str) -> SplitResult:
    """The parts of an http or https address without a user name. Raises NotReached."""
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError as problem:
        raise NotReached(_("not an address")) from problem
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotReached(_("not an http or https address"))
    if parts.username is not None:
        raise NotReached(_("an address with a user name"))
    return parts


def quoted(target: str) -> str:
    """A path as it travels: what is not ASCII, and blanks, as per cent."""
    return "".join(
        char if "!" <= char <= "~" else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in target
    )


def _cut(sock: socket.socket, was_cut: threading.Event) -> None:
    """End a connection that another thread waits for."""
    was_cut.set()
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
