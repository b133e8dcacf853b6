"""Gets a picture from an address that a stranger wrote.

Server-side requests to addresses that come from outside can be made to reach what only the server
can (OWASP: Server Side Request Forgery). So every address a name resolves to is checked, the
connection goes to the very address that was checked, and a redirect is checked like the first.
"""

import http.client
import io
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import SplitResult, urljoin, urlsplit

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

CONNECT_TIMEOUT = 5.0
"""Seconds for a connection, and for each piece of an answer."""
TOTAL_TIMEOUT = 30.0
"""Seconds for one answer from beginning to end."""
MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 60_000_000
MAX_REDIRECTS = 3

MAGIC = {
    "JPEG": ("jpg", re.compile(rb"\xff\xd8\xff")),
    "PNG": ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    "GIF": ("gif", re.compile(rb"GIF8[79]a")),
    "WEBP": ("webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    "AVIF": ("avif", re.compile(rb".{4}ftypavi[fs]", re.DOTALL)),
}
"""What is taken: the format, the ending of its files, and how they begin. No SVG: it can hold
scripts, and would be served as ours."""

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_REDIRECTS = {301, 302, 303, 307, 308}


class NotFetched(Exception):
    """Why a picture stays an address. `host_is_away`: the host did not answer at all."""

    def __init__(self, reason: str, host_is_away: bool = False) -> None:
        super().__init__(reason)
        self.host_is_away = host_is_away


@dataclass(frozen=True)
class Picture:
    """What was fetched."""

    content: bytes
    ending: str
    """Of its file's name: jpg."""


@dataclass(frozen=True)
class Fetcher:
    """Fetches pictures. Safe to be used from several threads.

    allow: IP addresses that may be reached although they are not public; for tests, which have no
    other server than this machine. tls: how certificates are checked, else as the system does.
    """

    allow: Collection[str] = ()
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def fetch(self, address: str) -> Picture:
        """The picture at an address. Raises NotFetched with the reason."""
        for _attempt in range(MAX_REDIRECTS + 1):
            answer = self._get(address)
            if isinstance(answer, bytes):
                return checked_picture(answer)
            address = urljoin(address, answer)
        raise NotFetched(_("more than %s redirects") % MAX_REDIRECTS)

    def _get(self, address: str) -> bytes | str:
        """The body, or where it is said to be."""
        parts = _checked_parts(address)
        connection = self._connection(parts)
        assert connection.sock is not None  # noqa: S101 - it was given one
        sock = connection.sock
        alarm = threading.Timer(TOTAL_TIMEOUT, _cut, [sock])
        alarm.daemon = True
        alarm.start()
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(
                "GET", _quoted(target),
                headers={"User-Agent": "Galleria", "Accept": "image/*",
                         "Accept-Encoding": "identity", "Connection": "close"},
            )  # fmt: skip
            return _body(connection.getresponse())
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise NotFetched(_("no proper answer: %s") % problem) from problem
        finally:
            alarm.cancel()
            connection.close()

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        host = parts.hostname or ""
        secure = parts.scheme == "https"
        connection = http.client.HTTPConnection(host, parts.port or (443 if secure else 80))
        connection.sock = self._socket(host, connection.port)
        if secure:
            try:
                connection.sock = self.tls.wrap_socket(connection.sock, server_hostname=host)
            except OSError as problem:
                connection.close()
                raise NotFetched(_("no secure connection: %s") % problem) from problem
            connection.default_port = 443  # so that the Host header leaves it out
        return connection

    def _socket(self, host: str, port: int) -> socket.socket:
        """A connection to one of the host's addresses, all of which were found to be public."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as problem:
            raise NotFetched(_("the host is not known"), host_is_away=True) from problem
        for *_kind, where in found:
            if str(where[0]) not in self.allow and not is_public(str(where[0])):
                raise NotFetched(_("%s is not a public address") % where[0])
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
        raise NotFetched(_("no connection: %s") % last, host_is_away=True)


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


def checked_picture(content: bytes) -> Picture:
    """The picture that these bytes are. Raises NotFetched where they are none that is taken."""
    kind = next((kind for kind, (_e, start) in MAGIC.items() if start.match(content)), None)
    if kind is None:
        raise NotFetched(_("not a picture: none of %s") % ", ".join(MAGIC))
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as image:
            width, height = image.size
            if width * height <= MAX_PIXELS:
                image.verify()
    except (
        OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError
    ) as problem:  # fmt: skip
        raise NotFetched(_("a broken picture")) from problem
    if width * height > MAX_PIXELS:
        raise NotFetched(_("%(width)s × %(height)s pixels are too many")
                         % {"width": width, "height": height})  # fmt: skip
    return Picture(content, MAGIC[kind][0])


def _checked_parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError as problem:
        raise NotFetched(_("not an address")) from problem
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotFetched(_("not an http or https address"))
    if parts.username is not None:
        raise NotFetched(_("an address with a user name"))
    return parts


def _quoted(target: str) -> str:
    """A path as it travels: what is not ASCII, and blanks, as per cent."""
    return "".join(
        char if "!" <= char <= "~" else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in target
    )


def _body(answer: http.client.HTTPResponse) -> bytes | str:
    if answer.status in _REDIRECTS and answer.headers["Location"]:
        return str(answer.headers["Location"])
    if answer.status != HTTPStatus.OK:
        raise NotFetched(_("answered %s") % answer.status)
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise NotFetched(_("a packed answer, which was not asked for"))
    content = b"" if (answer.length or 0) > MAX_BYTES else answer.read(MAX_BYTES + 1)
    if (answer.length or 0) > MAX_BYTES or len(content) > MAX_BYTES:
        raise NotFetched(_("larger than %s MB") % (MAX_BYTES // 1024**2))
    if answer.length:
        raise NotFetched(_("the answer broke off"))
    return content


def _cut(sock: socket.socket) -> None:
    """End a connection that another thread waits for."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
