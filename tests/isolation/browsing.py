"""A browser for each person: its own cookies, over connections that all of them share."""

import random
import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from tests.isolation.connections import Connections, Reply, Request
from tests.isolation.people import Person
from tests.isolation.watching import Watch

CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Safari/605.1.15"
)
MOST_HOPS = 12

_REFRESH = re.compile(r'http-equiv="refresh" content="0;url=([^"]+)"')
_COOKIE = re.compile(r"([^=;]+)=([^;]*)(.*)", re.DOTALL)


class Trouble(Exception):
    """A page that was no page: an error, or not what the person came for."""


@dataclass
class Form:
    """A form of a page, with what it is filled in with."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = Form(given.get("action", ""))
            self.forms.append(self._inside)
        elif tag == "select":
            self._select = given.get("name", "")
        elif self._inside is not None and "disabled" not in given:
            self._fill_in(self._inside.fields, tag, given)

    def _fill_in(self, fields: dict[str, str], tag: str, given: dict[str, str]) -> None:
        """A field as the page presets it; of choices without a preset one, the first."""
        name, value = given.get("name", ""), given.get("value", "")
        kind = given.get("type", "")
        if tag == "option" and self._select:
            if self._select not in fields or "selected" in given:
                fields[self._select] = value
        elif tag in {"input", "textarea"} and name:
            preset = "checked" in given or (kind == "radio" and name not in fields)
            if preset or kind not in {"radio", "checkbox"}:
                fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "select":
            self._select = ""


@dataclass(frozen=True)
class Page:
    """Where a navigation ended."""

    url: str
    reply: Reply

    @property
    def path(self) -> str:
        """The address on its site."""
        return urlsplit(self.url).path

    def form(self, action: str) -> Form:
        """The form that is sent to this path, or below it. Raises Trouble."""
        parser = _Forms()
        parser.feed(self.reply.text)
        there = {urlsplit(urljoin(self.url, each.action)).path: each for each in parser.forms}
        for path in sorted(there):
            if path.startswith(action):
                return there[path]
        raise Trouble(f"no form for {action} on {self.path} ({self.reply.status})")

    def links(self, pattern: str) -> list[str]:
        """Where its links lead, of those that match, each once."""
        found = re.findall(rf'href="({pattern}[^"]*)"', self.reply.text)
        return [unescape(each) for each in dict.fromkeys(found)]


class Browser:
    """Who sits before it may change: `person` is who is asking now."""

    def __init__(
        self, connections: Connections, watch: Watch, person: Person, chance: random.Random
    ) -> None:
        self.connections = connections
        self.watch = watch
        self.person = person
        self.chance = chance
        self.agent = chance.choice((CHROMIUM, CHROMIUM, SAFARI))
        self.jars: dict[str, dict[str, str]] = {}
        self.url = ""

    def open(self, url: str) -> Page:
        """Type an address, or follow a link. Raises Trouble for an error page, HungUp."""
        return self._navigate("GET", urljoin(self.url, url), b"")

    def submit(self, page: Page, action: str, **typed: str) -> Page:
        """Fill in a form of a page, and send it. Raises Trouble, HungUp."""
        form = page.form(action)
        return self.send(urljoin(page.url, form.action), {**form.fields, **typed})

    def send(self, url: str, fields: dict[str, str]) -> Page:
        """Send fields, whatever a form may have said. Raises Trouble, HungUp."""
        return self._navigate("POST", urljoin(self.url, url), urlencode(fields).encode())

    def fetch(self, url: str, **headers: str) -> Reply:
        """Ask as a script of the page does; nothing is followed. Raises HungUp."""
        mode = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        return self._ask(self._request("GET", urljoin(self.url, url), b"", {**mode, **headers}))

    def announce(self, url: str, length: int) -> Reply:
        """Announce a body of so many bytes, and send none of it. Raises HungUp."""
        return self._ask(self._request("POST", url, b"", {"Content-Length": str(length)}))

    def give_up(self, url: str) -> None:
        """Ask for a page, and close it before it is there."""
        self.watch.sent()
        self.watch.did("requests given up")
        request = self._request("GET", urljoin(self.url, url), b"", {})
        self.connections.give_up(request, after=self.chance.choice((0, 0, 1, 200)))

    def _navigate(self, method: str, url: str, body: bytes) -> Page:
        for _ in range(MOST_HOPS):
            headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
            if method == "POST":
                here = urlsplit(self.url)
                headers["Origin"] = f"{here.scheme}://{here.netloc}"
                headers["Referer"] = self.url
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            reply = self._ask(self._request(method, url, body, headers))
            refresh = _REFRESH.search(reply.text)
            target = reply.header("Location") or (refresh and unescape(refresh[1]))
            if not target:
                self.url = url
                if reply.status >= 500:
                    raise Trouble(f"{method} {url}: {reply.status}")
                return Page(url, reply)
            url = urljoin(url, target)
            if reply.status not in {307, 308}:
                method, body = "GET", b""
        raise Trouble(f"no page at {url} after {MOST_HOPS} requests")

    def _request(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Request:
        parts = urlsplit(url)
        jar = self.jars.get(parts.netloc, {})
        sent = {
            "User-Agent": self.agent,
            "Accept": "text/html,application/xhtml+xml",
            "Accept-Encoding": "gzip",
            "Accept-Language": "en",
            **headers,
        }
        if jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Request(method, parts.netloc, path, sent, body)

    def _ask(self, request: Request) -> Reply:
        person = self.person
        self.watch.sent()
        reply = self.connections.ask(request)
        self.watch.saw(person, request, reply)
        jar = self.jars.setdefault(request.host, {})
        for name, value in reply.headers:
            if name.lower() == "set-cookie" and (cookie := _COOKIE.match(value)):
                if "max-age=0" in cookie[3].lower():
                    jar.pop(cookie[1], None)
                else:
                    jar[cookie[1]] = cookie[2]
                    self.watch.given(self.jars, cookie[1], cookie[2])
        return reply
