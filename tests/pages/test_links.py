"""Every address that a page of ours names is there."""

import re
from collections import deque
from html import unescape
from urllib.parse import urljoin, urlsplit

from tests.pages.running import SLUGS, Demo
from tests.pages.survey import Survey

_ADDRESS = re.compile(r"""<(?:a|link|img|script|source)\b[^>]*?\s(?:href|src)="([^"]+)\"""")
_SRCSET = re.compile(r'\ssrcset="([^"]+)"')
_META = re.compile(r'<meta property="og:(?:image|url)" content="([^"]+)"')
_HINT = re.compile(r"[?&]_ss?=")


def named_in(text: str) -> set[str]:
    """All addresses in a page's source, without fragments."""
    found = {*_ADDRESS.findall(text), *_META.findall(text)}
    for candidates in _SRCSET.findall(text):
        found |= {candidate.split()[0] for candidate in candidates.split(",")}
    return {unescape(address).partition("#")[0] for address in found} - {""}


def test_no_link_leads_nowhere(demo: Demo, survey: Survey, figures: list[str]) -> None:
    # given the front pages, the sitemaps, and whatever the survey's shopper has seen
    ours = {demo.host(slug): slug for slug in SLUGS}
    queue = deque(
        demo.url(slug, path) for slug in SLUGS for path in ("/", "/robots.txt", "/sitemap.xml")
    )
    linked = {
        link.partition("#")[0]
        for shown, links in survey.links.items()
        if shown.name != "not-found"
        for link in links
    }
    queue.extend(sorted(linked))
    seen: set[str] = set(queue)
    broken: list[str] = []
    pages = 0

    # when
    while queue:
        address = queue.popleft()
        parts = urlsplit(address)
        if parts.netloc not in ours or parts.path.startswith(
            ("/checkout/", "/sessionsync/", "/account/logout/")
        ):
            continue
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = demo.fetch(ours[parts.netloc], path)
        if answer.headers.get("Location", "").startswith("/account/login/"):
            continue  # a page for those who are signed in
        if answer.status_code != 200:
            broken.append(f"{answer.status_code} {address}")
            continue
        kind = answer.headers["Content-Type"]
        if kind.startswith("text/html"):
            pages += 1
            named = {urljoin(address, each) for each in named_in(answer.text)}
        elif kind.startswith("application/xml"):
            named = set(re.findall(r"<loc>([^<]+)</loc>", answer.text))
        else:
            named = set()
        for each in sorted(named - seen):
            seen.add(each)
            queue.append(each)

    # then
    figures.append(f"links: {len(seen)} addresses from {pages} pages, {len(broken)} broken")
    assert broken == []
    assert pages > 100
