"""For tests of sites that use sessionsync: a browser with one cookie jar per domain.

It follows redirects and meta refreshes across the network and counts what it asked for, so that a
test can speak of journeys: `Browser().open("https://apparel.example/")`.
"""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client

_REFRESH = re.compile(r'http-equiv="refresh" content="0;url=([^"]+)"')
CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Safari/605.1.15"
)


class LoopError(AssertionError):
    """A navigation did not end in a page."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a navigation and what came back."""

    method: str
    url: str
    status: int


@dataclass
class Browser:
    """A person's browser.

    user_agent: what it calls itself. refuses: domains on which it keeps no cookies ("*": on
    none). Every navigation's requests are in `hops`.
    """

    user_agent: str = CHROMIUM
    refuses: set[str] = field(default_factory=set)
    most_requests: int = 12
    jars: dict[str, Client] = field(default_factory=dict)
    hops: list[Hop] = field(default_factory=list)
    url: str = ""

    def jar(self, domain: str) -> Client:
        """The client that holds this domain's cookies."""
        return self.jars.setdefault(domain, Client(enforce_csrf_checks=True))

    def cookies(self, domain: str) -> dict[str, str]:
        """Names and values of a domain's cookies."""
        return {name: morsel.value for name, morsel in self.jar(domain).cookies.items()}

    def forget(self, domain: str) -> None:
        """Clear a domain's cookies, as the person or the browser may at any time."""
        self.jars.pop(domain, None)

    def open(self, url: str) -> Any:
        """Type an address, or follow a link from elsewhere; returns the page it ends at."""
        self.hops.clear()
        return self._navigate("GET", url, None, "none")

    def click(self, url: str) -> Any:
        """Follow a link on the page last shown."""
        self.hops.clear()
        return self._navigate("GET", urljoin(self.url, url), None, self._relation(url))

    def submit(self, url: str, data: dict[str, Any], **headers: str) -> Any:
        """Send a form of the page last shown."""
        self.hops.clear()
        return self._navigate("POST", urljoin(self.url, url), data, self._relation(url), headers)

    def fetch(
        self, method: str, url: str, data: dict[str, Any] | None = None, **headers: str
    ) -> Any:
        """Send one request as a script of the page last shown does; nothing is followed."""
        given = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", **headers}
        return self.request(method, urljoin(self.url, url), data, given)

    def request(
        self, method: str, url: str, data: dict[str, Any] | None, headers: dict[str, str]
    ) -> Any:
        """Send one request with this domain's cookies and keep what it sets."""
        parts = urlsplit(url)
        domain = parts.hostname or ""
        client = self.jar(domain)
        if domain in self.refuses or "*" in self.refuses:
            client.cookies.clear()
        send = client.get if method == "GET" else client.post
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        response = send(
            path or "/",
            data if method == "POST" else None,
            secure=parts.scheme == "https",
            headers={"User-Agent": self.user_agent, "Accept": "text/html", **headers},
            SERVER_NAME=domain,
            HTTP_HOST=parts.netloc,
        )
        for name in [name for name, morsel in client.cookies.items() if morsel["max-age"] == 0]:
            del client.cookies[name]
        self.hops.append(Hop(method, url, response.status_code))
        return response

    def _relation(self, url: str) -> str:
        here, there = urlsplit(self.url), urlsplit(urljoin(self.url, url))
        return "same-origin" if here[:2] == there[:2] else "cross-site"

    def _navigate(
        self,
        method: str,
        url: str,
        data: dict[str, Any] | None,
        relation: str,
        extra: dict[str, str] | None = None,
    ) -> Any:
        referrer = self.url if relation == "same-origin" else ""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self.url)) if self.url else "null"
        while len(self.hops) < self.most_requests:
            headers = {
                "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "document",
                "Sec-Fetch-Site": relation,
                **({"Referer": referrer} if referrer else {}),
                **({"Origin": origin} if method == "POST" else {}),
                **(extra or {}),
            }
            response = self.request(method, url, data, headers)
            refresh = _REFRESH.search(response.content.decode()) if response.content else None
            target = response.headers.get("Location") or (refresh and unescape(refresh[1]))
            if not target:
                self.url = url
                return response
            target = urljoin(url, target)
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                relation, referrer = "cross-site", ""
            if response.status_code not in {307, 308}:
                method, data = "GET", None
            url = target
        journey = "\n".join(f"{hop.method} {hop.url} {hop.status}" for hop in self.hops)
        raise LoopError(f"No page after {len(self.hops)} requests:\n{journey}")
