"""Everything `manage.py sessionsync check` looks at before it goes on the network."""

import secrets
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from sessionsync import checks, store
from sessionsync.conf import Site, get_config
from sessionsync.models import Session
from sessionsync.operations.check_sites import check_sites
from sessionsync.operations.findings import Finding, fail, ok, warn
from sessionsync.operations.wire import Network

MOST_SUB_SITES = 3
"""WebKit deletes the cookies of a site that sends browsers on to more domains than this, unless
the person clicks or types there."""
OLDEST_REDIS = (6, 2)
SKEW_SEEN, SKEW_TOO_MUCH = 1.0, 5.0
"""Seconds. Handshakes that do not come back within 5 s count as lost."""


def check(network: Network) -> Iterator[Finding]:
    """Look at the configuration, the stores, then the sites; each finding as it is made."""
    try:
        yield from check_configuration()
        sites = get_config().sites()
    except (ImproperlyConfigured, ImportError) as error:
        yield fail("configuration", "settings", str(error))
        return
    except DatabaseError as error:
        yield fail("database", "reachable", _first_line(error))
        return
    yield from check_network(sites)
    yield from check_redis()
    yield from check_database()
    yield from check_sites(network)


def check_configuration() -> Iterator[Finding]:
    """Run the system checks."""
    problems = checks.check_settings()
    for problem in problems:
        judge = fail if problem.is_serious() else warn
        hint = f" {problem.hint}" if problem.hint else ""
        yield judge("configuration", problem.id or "system check", f"{problem.msg}{hint}")
    if not problems:
        yield ok("configuration", "system checks", "no problem")


def check_network(sites: Any) -> Iterator[Finding]:
    """Exactly one main site, no name twice, and no more sub-sites than browsers put up with."""
    mains = [site.id for site in sites if site.is_main]
    if len(mains) == 1:
        yield ok("configuration", "one main site", mains[0])
    else:
        said = f"there are {len(mains)}: {', '.join(mains)}" if mains else "there is none"
        yield fail("configuration", "one main site", said)
    for what in ("id", "domain"):
        twice = [name for name, n in Counter(getattr(s, what) for s in sites).items() if n > 1]
        if twice:
            yield fail("configuration", f"one site for each {what}", f"twice: {', '.join(twice)}")
    yield _count_finding(list(sites))


def _count_finding(sites: list[Site]) -> Finding:
    main = next((site.domain for site in sites if site.is_main), "")
    away = {site.domain for site in sites if not site.is_main}
    away -= {domain for domain in away if domain.endswith(f".{main}")}
    said = f"{len(away)} beside the main site's own domain"
    if get_config().trigger == "visit" and len(away) > MOST_SUB_SITES:
        limit = f"{said}; from {MOST_SUB_SITES + 1} on, WebKit may delete the main site's cookies"
        advice = 'of shoppers who never click there. Nothing is lost; TRIGGER = "write" avoids it'
        return warn("configuration", "number of sub-sites", f"{limit} {advice}")
    return ok("configuration", "number of sub-sites", said)


def check_redis() -> Iterator[Finding]:
    """It answers, is new enough, evicts nothing that a handshake waits for, and knows the time."""
    try:
        with store.answering() as redis:
            info = redis.info()
            before = time.time()
            seconds, micros = redis.time()
            skew = seconds + micros / 1_000_000 - (before + time.time()) / 2
    except store.StoreUnavailable as error:
        yield fail("Redis", "reachable", str(error))
        return
    yield from judge_redis(info)
    yield _skew_finding("Redis", skew)
    try:
        with store.answering() as redis:
            redis.getdel(f"{store.PREFIX}check:{secrets.token_hex(8)}")
    except store.StoreUnavailable as error:
        yield fail("Redis", "GETDEL", f"{error}: without it a code could be used twice")


def judge_redis(info: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge version and eviction by what Redis says of itself (INFO)."""
    version = str(info.get("redis_version", "0"))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    name = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {version}"
    if numbers >= OLDEST_REDIS:
        yield ok("Redis", "version", name)
    else:
        yield fail("Redis", "version", f"{name} has no GETDEL; 6.2 or later is needed")
    policy, limit = info.get("maxmemory_policy", "unknown"), int(info.get("maxmemory", 0))
    if limit and policy != "noeviction":
        said = f"{policy} at {limit // 2**20} MB: codes and kept requests may vanish under load"
        yield warn("Redis", "eviction", f"{said}; give sessionsync a Redis with noeviction")
    else:
        yield ok("Redis", "eviction", f"none ({policy if limit else 'no memory limit'})")


def check_database() -> Iterator[Finding]:
    """It answers, has our tables, and knows the time."""
    try:
        Session.objects.exists()
        yield ok("database", "tables", f"{connection.vendor}, migrated")
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                before = time.time()
                cursor.execute("SELECT EXTRACT(EPOCH FROM clock_timestamp())::float8")
                skew = cursor.fetchone()[0] - (before + time.time()) / 2
            yield _skew_finding("database", skew)
    except DatabaseError as error:
        yield fail("database", "reachable", _first_line(error))


def _skew_finding(subject: str, skew: float) -> Finding:
    said = f"{abs(skew):.2f} s {'ahead of' if skew >= 0 else 'behind'} this machine"
    if abs(skew) > SKEW_TOO_MUCH:
        return fail(subject, "clock", f"{said}: set one of them right (NTP)")
    return (warn if abs(skew) > SKEW_SEEN else ok)(subject, "clock", said)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
