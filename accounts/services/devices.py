"""Where somebody is signed in: sessionsync's sessions, as their owner knows them.

Signing in writes into the session when, on which site and with which browser that was. Sessions
of one family are one sign-in (a replacement, a session linked to it): shown, and ended, together.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.tokens import services as tokens
from sessionsync import links
from sessionsync.fingerprints import fingerprint
from sessionsync.models import Session
from sessionsync.records import SessionCodec
from shop.storefronts.models import Storefront

KEPT_IN_SESSION = "signed_in_with"

_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS|Chromium)/")),
    ("Safari", re.compile(r"\bVersion/[\d.]+.*\bSafari/")),
)
_SYSTEMS = (
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("macOS", re.compile(r"\bMacintosh\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Linux", re.compile(r"\bLinux\b")),
)


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser says it is: names as people know them, "" for what we do not know."""

    name: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """One sign-in. `id` names it in a form and is no secret; `site` is a storefront's slug."""

    id: str
    browser: Browser
    site: str
    signed_in_at: datetime
    used_at: datetime
    is_this: bool


class UnknownDevice(Exception):
    """The account has no such sign-in (any more)."""


def browser_of(user_agent: str) -> Browser:
    """A browser's and a system's name, out of what the browser calls itself."""
    return Browser(_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))


def _first(known: tuple[tuple[str, re.Pattern[str]], ...], user_agent: str) -> str:
    return next((name for name, pattern in known if pattern.search(user_agent)), "")


def remember_sign_in(session: SessionBase, storefront: Storefront, user_agent: str) -> None:
    """Write into a session that was just signed in to where and with what that was done."""
    browser = browser_of(user_agent)
    session[KEPT_IN_SESSION] = [storefront.slug, browser.name, browser.system]


def signed_in(user: User, this: str | None = None) -> list[Device]:
    """Where the account is signed in, this session first, then the one used last. One query.

    this: the key of the session that asks.
    """
    rows = _open_sessions(user).order_by("-used_at")
    families: dict[str, list[Session]] = {}
    for row in rows:
        families.setdefault(row.family, []).append(row)
    devices = [_device(family, rows, this) for family, rows in families.items()]
    return sorted(devices, key=lambda device: not device.is_this)


def _open_sessions(user: User) -> QuerySet[Session]:
    return Session.objects.filter(
        ~Q(principal=""), principal=str(user.pk), state=Session.State.OPEN
    )


def _device(family: str, rows: list[Session], this: str | None) -> Device:
    newest = rows[0]
    data = SessionCodec().decode(newest.data) if newest.data else {}
    site, name, system = data.get(KEPT_IN_SESSION, ["", "", ""])
    times = [row.signed_in_at for row in rows if row.signed_in_at]
    return Device(
        id=fingerprint(family),
        browser=Browser(name, system),
        site=site,
        signed_in_at=min(times),
        used_at=newest.used_at,
        is_this=any(row.key == this for row in rows),
    )


def end(user: User, device_id: str) -> None:
    """Log one sign-in out, on all sites at once. Raises UnknownDevice."""
    for row in _open_sessions(user):
        if fingerprint(row.family) == device_id:
            links.retire_family(row.key)
            return
    raise UnknownDevice


def end_others(user: User, this: str | None) -> int:
    """Log out everywhere but here, and end every API token. Returns how many sign-ins ended.

    this: the key of the session that stays; None: none does.
    """
    kept = Session.objects.filter(key=this).values_list("family", flat=True).first()
    others = _open_sessions(user).exclude(family=kept or "")
    ended = {row.family: row.key for row in others}
    for key in ended.values():
        links.retire_family(key)
    tokens.revoke_all(user, "logged out everywhere")
    return len(ended)


def end_all(user: User) -> int:
    """Log out everywhere, here too, and end every API token. Returns how many sessions ended."""
    tokens.revoke_all(user, "logged out everywhere")
    return links.retire_all_of(str(user.pk))
