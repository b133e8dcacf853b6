"""A browser over real HTTP: one cookie jar a domain, and patience with a server that dies."""

import http.client
import time
from collections import Counter
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from sessionsync import testing

PATIENCE = 60.0
"""Seconds that an answer is waited for."""
AGAIN = 20
"""How often a person loads a page anew that did not come."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    status_code: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def text(self) -> str:
        """What it says."""
        return self.content.decode(errors="replace")


@dataclass
class Notes:
    """What browsers met with: requests, connections that were cut, and errors of the server."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


class Browser(testing.Browser):
    """As in tests of journeys, but every request goes out to a server on this machine."""

    def __init__(self, notes: Notes, cookies: dict[str, dict[str, str]] | None = None) -> None:
        super().__init__()
        self.notes = notes
        self.kept: dict[str, dict[str, str]] = {} if cookies is None else cookies
        self.connections: dict[int, http.client.HTTPConnection] = {}

    def twin(self) -> "Browser":
        """Another tab, on the same page and with the same cookies."""
        other = Browser(self.notes, self.kept)
        other.url = self.url
        return other

    def request(
        self, method: str, url: str, data: dict[str, Any] | None, headers: dict[str, str]
    ) -> Page:
        """Send one request; where the server dies over it, send it again, as people do."""
        parts = urlsplit(url)
        jar = self.kept.setdefault(parts.hostname or "", {})
        body = urlencode(data or {}).encode() if method == "POST" else None
        sent = {
            "Host": parts.netloc,
            "User-Agent": self.user_agent,
            "Accept": "text/html",
            **({"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}),
            **headers,
        }
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        for _time in range(AGAIN):
            if jar:
                sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in dict(jar).items())
            try:
                page = self._ask(parts.port or 80, method, path, body, sent, jar)
            except (OSError, http.client.HTTPException):
                self.notes.counts["connections cut"] += 1
                self.close()
                time.sleep(0.3)
                continue
            self.hops.append(testing.Hop(method, url, page.status_code))
            self.notes.counts["requests"] += 1
            if page.status_code >= 500:
                self.notes.errors.append(f"{method} {url}: status {page.status_code}")
            return page
        raise ConnectionError(f"{method} {url}: no answer, {AGAIN} times")

    def close(self) -> None:
        """Hang up."""
        for connection in self.connections.values():
            connection.close()
        self.connections.clear()

    def _ask(
        self,
        port: int,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        jar: dict[str, str],
    ) -> Page:
        if port not in self.connections:
            self.connections[port] = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection = self.connections[port]
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    jar.pop(name, None)
                else:
                    jar[name] = morsel.value
        return Page(answer.status, answer.headers, content)
