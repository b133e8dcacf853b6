"""A browser as small as it may be: real HTTP to this machine, one cookie jar per domain."""

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"


@dataclass
class Browser:
    """Every `*.localhost` is this machine, whatever the resolver says.

    statuses: what the last navigation's requests were answered with. url, html: where it ended.
    """

    port: int
    jars: dict[str, requests.Session] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    url: str = ""
    html: str = ""

    def open(self, domain: str, path: str = "/") -> "Browser":
        """Type an address and follow it to a page."""
        return self._go("GET", f"http://{domain}:{self.port}{path}", None, "none")

    def submit(self, path: str, data: dict[str, str]) -> "Browser":
        """Send a form of the page last shown, with its CSRF token."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.html)
        hidden = {"csrfmiddlewaretoken": token[1]} if token else {}
        return self._go("POST", urljoin(self.url, path), {**hidden, **data}, "same-origin")

    def send(
        self, method: str, url: str, data: dict[str, str] | None, headers: dict[str, str]
    ) -> requests.Response:
        """Send one request; nothing is followed."""
        parts = urlsplit(url)
        jar = self.jars.setdefault(parts.hostname or "", requests.Session())
        jar.trust_env = False
        return jar.request(
            method,
            parts._replace(netloc=f"127.0.0.1:{self.port}").geturl(),
            data=data,
            headers={"Host": parts.netloc, "User-Agent": AGENT, "Accept": "text/html", **headers},
            allow_redirects=False,
            timeout=20,
        )

    def shown(self, name: str) -> str:
        """What the page shows under an id."""
        found = re.search(rf'id="{name}">([^<]*)<', self.html)
        assert found, f"no #{name} at {self.url}: {self.html[:500]}"
        return found[1]

    @property
    def notes(self) -> list[str]:
        """The notes that the page lists."""
        return re.findall(r"<li>([^<]*)</li>", self.html)

    def _go(self, method: str, url: str, data: dict[str, str] | None, site: str) -> "Browser":
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        self.statuses.clear()
        while len(self.statuses) < 10:
            headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
            headers |= {"Sec-Fetch-Site": site} | ({"Origin": origin} if data is not None else {})
            response = self.send(method, url, data, headers)
            self.statuses.append(response.status_code)
            if "Location" not in response.headers:
                self.url, self.html = url, response.text
                return self
            target = urljoin(url, response.headers["Location"])
            if urlsplit(target).netloc != urlsplit(url).netloc:
                site = "cross-site"
            if response.status_code != 307:
                method, data = "GET", None
            url = target
        raise AssertionError(f"no page after {self.statuses}, at {url}")
