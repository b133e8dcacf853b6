"""The one setting, `SESSIONSYNC`, read once and given types."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.http.request import split_domain_port
from django.utils.module_loading import import_string

MINUTE = 60
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Site:
    """One site of the network. `domain` has no scheme and no port: they come from the request."""

    id: str
    domain: str
    is_main: bool = False


_CHOICES: dict[str, tuple[str | None, ...]] = {
    "transport": ("auto", "307", "meta", "script", "ajax"),
    "trigger": ("visit", "write"),
    "heartbeat": (None, "beat", "watch"),
}

MergeHandler = Callable[[str, str], None]
"""Moves what the first session key owns to the second, inside the caller's transaction."""
TraceLookup = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Config:
    """`settings.SESSIONSYNC` with its defaults. Times are seconds.

    sites: all sites of the network, or the dotted path of a function that returns them.
    merge_handlers: dotted paths; each moves one kind of goods when two sessions become one.
    exempt_prefixes: paths that are always answered in place and never see a session.
    transport: "auto" (meta refresh for WebKit, else 307), "307", "meta", "script", or "ajax"
    (a script behind the first page; where that fails, as "auto").
    trigger: "visit", or "write" to move no page and shake hands when something is first changed.
    heartbeat: "beat" in the processes that serve the main site, "watch" in those that serve only
    sub-sites; None where the same processes serve both.
    handshakes_per_minute: how many codes one address may ask for; loopback is not counted.
    cache: alias of the django-redis cache that holds codes, kept requests and session copies.
    max_age: a token is refused this long after it was minted, and replaced at half of it.
    idle_age: a signed-in session that nobody used for so long has ended, whatever the browser kept.
    sub_cookie_age: life of the token cookie on sub-sites; None: as long as the browser session.
    resync_after: a site whose last handshake is older shakes hands again.
    trace_lookup: turns what an operator types (an order number) into a fingerprint, or None.
    checked_at: where `sessionsync check` looks unless it is told: the scheme, and the port where it
    is not the scheme's own ("http:8000").
    """

    sites: Callable[[], Sequence[Site]]
    merge_handlers: tuple[MergeHandler, ...] = ()
    exempt_prefixes: tuple[str, ...] = ()
    transport: str = "auto"
    trigger: str = "visit"
    heartbeat: str | None = None
    handshakes_per_minute: int = 600
    cache: str = "default"
    max_age: int = 400 * DAY
    idle_age: int = 30 * DAY
    sub_cookie_age: int | None = None
    resync_after: int = DAY
    trace_lookup: TraceLookup | None = None
    checked_at: str = "https"
    code_age: int = field(default=MINUTE, init=False)
    challenge_age: int = field(default=5 * MINUTE, init=False)
    pending_age: int = field(default=5 * MINUTE, init=False)
    unspent_after: int = field(default=5, init=False)
    retry_after: int = field(default=MINUTE, init=False)

    def site_for(self, host: str) -> Site | None:
        """The site a request's host belongs to; any case, with or without port and final dot."""
        domain = split_domain_port(host)[0]
        return next((site for site in self.sites() if site.domain == domain), None)

    def site_by_id(self, site_id: str) -> Site | None:
        """The site with this id."""
        return next((site for site in self.sites() if site.id == site_id), None)

    def main(self) -> Site | None:
        """The meeting point; None where it was not configured."""
        return next((site for site in self.sites() if site.is_main), None)


def _sites(value: Any) -> Callable[[], Sequence[Site]]:
    if isinstance(value, str):
        found: Callable[[], Sequence[Site]] = import_string(value)
        return found
    fixed = tuple(site if isinstance(site, Site) else Site(**site) for site in value)
    return lambda: fixed


@lru_cache(maxsize=1)
def get_config() -> Config:
    """The configuration. Raises ImproperlyConfigured on an unknown or missing name."""
    given = dict(getattr(settings, "SESSIONSYNC", {}))
    if "SITES" not in given:
        raise ImproperlyConfigured("SESSIONSYNC needs SITES: the sites of the network.")
    known = {name.upper(): name for name, f in Config.__dataclass_fields__.items() if f.init}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ImproperlyConfigured(
            f"SESSIONSYNC has no {', '.join(unknown)}; it knows {', '.join(sorted(known))}."
        )
    values: dict[str, Any] = {known[name]: value for name, value in given.items()}
    values["sites"] = _sites(values["sites"])
    values["merge_handlers"] = tuple(
        import_string(handler) if isinstance(handler, str) else handler
        for handler in values.get("merge_handlers", ())
    )
    values["exempt_prefixes"] = tuple(values.get("exempt_prefixes", ()))
    if isinstance(values.get("trace_lookup"), str):
        values["trace_lookup"] = import_string(values["trace_lookup"])
    config = Config(**values)
    for name, allowed in _CHOICES.items():
        if getattr(config, name) not in allowed:
            words = ", ".join(repr(choice) for choice in allowed)
            raise ImproperlyConfigured(f'SESSIONSYNC["{name.upper()}"] is one of {words}.')
    if not re.fullmatch(r"https?(:[0-9]{1,5})?", config.checked_at):
        raise ImproperlyConfigured('SESSIONSYNC["CHECKED_AT"] is like "https" or "http:8000".')
    return config


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "SESSIONSYNC":
        get_config.cache_clear()


setting_changed.connect(_forget)
