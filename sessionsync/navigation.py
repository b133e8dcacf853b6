"""Which requests are navigations, which browser engine sends them, and who is a crawler.

Source of the header semantics: the W3C's Fetch Metadata Request Headers.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from sessionsync.protocol import Kind

_CRAWLER = re.compile(
    r"bot\b|bot[/_-]|crawl|spider|slurp|mediapartners|facebookexternalhit|embedly|quora link|"
    r"whatsapp|telegrambot|discordbot|pinterest|lighthouse|headless-prerender|preview|validator|"
    r"feedfetcher|bytespider|yandex|baidu|duckduck|archive\.org|ahrefs|semrush|monitor|uptime|pingdom",
    re.IGNORECASE,
)
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


def classify(method: str, headers: Mapping[str, str]) -> tuple[Kind, str]:
    """What a request is, and what told so.

    headers: by their usual names, looked up without regard to case by the mapping itself.
    """
    if method not in {"GET", "POST"}:
        return Kind.IN_PLACE, f"method {method}"
    purpose = (
        f"{headers.get('Sec-Purpose', '')} {headers.get('Purpose', '')} {headers.get('X-Moz', '')}"
    )
    if "prefetch" in purpose or "prerender" in purpose:
        return Kind.IN_PLACE, "prefetch or prerender"
    if is_crawler(headers.get("User-Agent", "")):
        return Kind.IN_PLACE, "a crawler"
    if headers.get("HX-Request") or headers.get("X-Requested-With"):
        return Kind.IN_PLACE, "sent by a script"
    mode, dest = headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")
    if mode is not None or dest is not None:
        if mode != "navigate" or dest != "document":
            return Kind.IN_PLACE, f"Sec-Fetch says {mode}, {dest}"
        return (Kind.GET if method == "GET" else Kind.POST), "Sec-Fetch says navigation"
    accept = headers.get("Accept", "")
    if "text/html" not in accept and "*/*" not in accept:
        return Kind.IN_PLACE, "no page was asked for"
    if method == "GET":
        return Kind.GET, "no Sec-Fetch, but it accepts pages"
    if not sends_form(headers):
        return Kind.IN_PLACE, "no form was sent"
    return Kind.POST, "no Sec-Fetch, but it sends a form"


def sends_form(headers: Mapping[str, str]) -> bool:
    """Whether the body is of a type that HTML's forms send."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower() in _FORM_TYPES


@lru_cache(maxsize=256)
def is_crawler(user_agent: str) -> bool:
    """Whether this agent indexes or previews pages; curl is not one."""
    return _CRAWLER.search(user_agent) is not None


@lru_cache(maxsize=256)
def engine(user_agent: str) -> str:
    """The engine behind a user agent: "webkit", "chromium", "firefox" or "other".

    Every browser on iOS is WebKit, whatever it calls itself.
    """
    if re.search(r"\b(iPhone|iPad|iPod)\b", user_agent):
        return "webkit"
    if re.search(r"Chrom(e|ium)/", user_agent):
        return "chromium"
    if "AppleWebKit/" in user_agent:
        return "webkit"
    return "firefox" if "Gecko/" in user_agent and "Firefox/" in user_agent else "other"


def is_same_origin(headers: Mapping[str, str], host: str) -> bool:
    """Whether a page of this very host led here."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    match = re.match(r"https?://([^/?#]+)", headers.get("Referer", ""))
    return match is not None and match[1].lower() == host.lower()
