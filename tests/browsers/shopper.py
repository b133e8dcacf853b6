"""A person with a browser: opens pages, clicks, and reads what they see."""

import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from .engines import Cookie, Engine
from .server import Hop, Network
from .settings import MAIN, SUB_SITES

PATIENCE = 30.0
"""Seconds until a journey must have ended in a page."""


@dataclass(frozen=True)
class Page:
    """What a page of ours says, its address, and the requests that led there."""

    session: str | None
    notes: list[str]
    user: str | None
    cookies_off: bool
    not_carried_out: bool
    url: str
    journey: list[Hop]

    @property
    def statuses(self) -> list[int]:
        return [hop.status for hop in self.journey]


class Shopper:
    """`answer` numbers the pages: a page is new if its answer is."""

    def __init__(self, engine: Engine, network: Network) -> None:
        self.engine, self.network = engine, network
        self._answer = ""

    def origin(self, site: str) -> str:
        return self.network.url(site, "")

    def open(self, site: str, path: str = "/page/") -> Page:
        """Type an address."""
        self.network.forget_requests()
        self.engine.goto(self.network.url(site, path))
        return self.look()

    def start(self, site: str) -> None:
        """Send the tab to a site, and do not wait for it."""
        self.engine.run(f"setTimeout(() => location.href = '{self.network.url(site)}')")

    def click(self, what: str) -> Page:
        """Click a link or a button by its id; returns the page it leads to in the end."""
        self.network.forget_requests()
        self.engine.click(f"#{what}")
        return self.look()

    def look(self, after: int = 1) -> Page:
        """The page that the journey under way ends at. Fails where there is none in time.

        after: so many pages must have been answered; a browser is not asked in mid-journey, which
        WebKit's driver does not always survive.
        """
        deadline = time.monotonic() + PATIENCE
        while self.network.shown() < after and time.monotonic() < deadline:
            time.sleep(0.02)
        while time.monotonic() < deadline:
            time.sleep(0.1)
            said = self.engine.text("#seen")
            found = json.loads(said) if said else {}
            if found and found["answer"] != self._answer:
                self._answer = found.pop("answer")
                return Page(**found, url=self.engine.url, journey=self.network.requests())
        journey = "\n".join(map(str, self.network.requests()))
        raise AssertionError(f"no new page; {self.engine.text('body')!r} after\n{journey}")

    def sees(self, element: str) -> bool:
        return self.engine.text(f"#{element}") is not None

    def cookies(self, site: str) -> list[Cookie]:
        return self.engine.cookies(self.origin(site))

    def tokens(self, site: str) -> list[str]:
        return [cookie.name for cookie in self.cookies(site) if "session_token" in cookie.name]

    def forget(self, *sites: str, part: str = "") -> None:
        """Clear the cookies of these sites whose names have this part."""
        for site in sites:
            self.engine.clear(self.origin(site), part)

    def everywhere(self) -> list[Page]:
        """Every site once more, main last."""
        return [self.open(site) for site in (*SUB_SITES[:3], MAIN)]


def place(url: str) -> str:
    """An address without its port: the tests' differs each time."""
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}{f'?{parts.query}' if parts.query else ''}"
