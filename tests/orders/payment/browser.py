"""A browser of a few lines: one request, with the cookies it is told to have."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import requests


@dataclass(frozen=True, slots=True)
class Page:
    """What came back. `location`: where it leads, "" if it is a page."""

    status: int
    text: str
    location: str
    cookies: dict[str, str]
    headers: dict[str, str]


def open_page(url: str, *, data: str | None = None, cookies: dict[str, str] | None = None) -> Page:
    """Open an address of `*.localhost`, as a browser does that goes there by itself."""
    parts = urlsplit(url)
    headers = {
        "Host": parts.netloc,
        "Accept": "text/html",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
        "Sec-Fetch-Site": "cross-site",
    }
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    if data is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    reply = requests.request(
        "GET" if data is None else "POST",
        parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl(),
        data=data,
        headers=headers,
        allow_redirects=False,
        timeout=20,
    )
    return Page(
        reply.status_code,
        reply.text,
        reply.headers.get("Location", ""),
        reply.cookies.get_dict(),
        {name.lower(): value for name, value in reply.headers.items()},
    )
