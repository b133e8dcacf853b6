"""A browser small enough to check a network with: cookies, TLS, one request at a time.

It connects to an address of its own choosing and still names the site in Host and SNI, because
`*.localhost` has no address that Python finds, and a new server is checked before DNS names it.
"""

import http.client
import re
import socket
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from http.cookies import Morsel, SimpleCookie
from urllib.parse import urljoin, urlsplit

TIMEOUT = 5.0
LARGEST = 1_000_000
_REFRESH = re.compile(r'http-equiv="refresh" content="0;url=([^"]+)"')
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; sessionsync check)",
    "Accept": "text/html",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Site": "none",
}


class Unreachable(Exception):
    """No answer, or a certificate that no browser would accept; the message says which."""


@dataclass(frozen=True, slots=True)
class Network:
    """How the sites are reached. port: None for the scheme's own. address: None to ask DNS.

    trust: the certificates to trust, for https.
    """

    scheme: str = "https"
    port: int | None = None
    address: str | None = None
    trust: ssl.SSLContext | None = None

    @property
    def number(self) -> int:
        """The port, also where it is the scheme's own."""
        return self.port or (443 if self.scheme == "https" else 80)

    def origin(self, domain: str) -> str:
        """Scheme, domain and port, as a browser's address bar has them."""
        return f"{self.scheme}://{domain}{f':{self.port}' if self.port else ''}"

    def address_of(self, domain: str) -> str:
        """Where to connect to for a domain."""
        if self.address:
            return self.address
        is_local = domain == "localhost" or domain.endswith(".localhost")
        return "127.0.0.1" if is_local else domain


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `target`: the address it moves the browser to, or "". Seconds in `took`.

    tls: the version, "" without. expires: when the certificate does.
    """

    status: int
    headers: http.client.HTTPMessage
    cookies: dict[str, Morsel[str]]
    target: str
    took: float
    tls: str = ""
    expires: datetime | None = None


class _Connection(http.client.HTTPConnection):
    """To an address, in the name of a domain."""

    def __init__(self, network: Network, domain: str) -> None:
        self.network, self.domain = network, domain
        super().__init__(network.address_of(domain), network.number, timeout=TIMEOUT)

    def connect(self) -> None:
        """Connect, and make TLS of it where the scheme says so."""
        super().connect()
        if self.network.scheme == "https":
            trust = self.network.trust or ssl.create_default_context()
            self.sock = trust.wrap_socket(self.sock, server_hostname=self.domain)


@dataclass(slots=True)
class Browser:
    """Keeps cookies for each domain; follows nothing by itself."""

    network: Network
    jars: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, url: str) -> Answer:
        """Open an address of the network. Raises Unreachable."""
        parts = urlsplit(url)
        domain = parts.hostname or ""
        jar = self.jars.setdefault(domain, {})
        headers = {**_HEADERS, "Host": parts.netloc}
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        connection = _Connection(self.network, domain)
        started = time.monotonic()
        try:
            connection.request("GET", _path(url), headers=headers)
            tls, expires = _certificate(connection.sock)
            response = connection.getresponse()
            body = response.read(LARGEST).decode(errors="replace")
        except ssl.SSLCertVerificationError as error:
            raise Unreachable(f"its certificate is refused: {error.verify_message}") from error
        except ssl.SSLError as error:
            raise Unreachable(f"no TLS there: {error.reason or error}") from error
        except TimeoutError as error:
            raise Unreachable(f"no answer within {TIMEOUT:g} s") from error
        except socket.gaierror as error:
            raise Unreachable(f"{domain} has no address: {error.strerror}") from error
        except (OSError, http.client.HTTPException) as error:
            said = getattr(error, "strerror", None) or type(error).__name__
            raise Unreachable(f"cannot connect: {said}") from error
        finally:
            connection.close()
        set_now = _cookies(response.headers)
        for name, morsel in set_now.items():
            jar[name] = morsel.value
            if morsel["max-age"] == "0":
                del jar[name]
        refresh = _REFRESH.search(body)
        target = response.headers.get("Location") or (unescape(refresh[1]) if refresh else "")
        return Answer(
            status=response.status,
            headers=response.headers,
            cookies=set_now,
            target=urljoin(url, target) if target else "",
            took=time.monotonic() - started,
            tls=tls,
            expires=expires,
        )


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _certificate(sock: socket.socket) -> tuple[str, datetime | None]:
    if not isinstance(sock, ssl.SSLSocket):
        return "", None
    until = str((sock.getpeercert() or {}).get("notAfter", ""))
    expires = datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if until else None
    return sock.version() or "TLS", expires


def _cookies(headers: http.client.HTTPMessage) -> dict[str, Morsel[str]]:
    found: dict[str, Morsel[str]] = {}
    for line in headers.get_all("Set-Cookie") or ():
        found |= SimpleCookie(line)
    return found
