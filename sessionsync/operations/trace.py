"""One shopper's way: every hop the journal holds, and what their sessions are now."""

import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from django.db.models import Q

from sessionsync import journal, store
from sessionsync.conf import get_config
from sessionsync.fingerprints import fingerprint
from sessionsync.journal import Entry
from sessionsync.models import Session

LOOKED_AT = 200_000
"""The newest session rows that are compared with a fingerprint, which cannot be searched for."""
_FINGERPRINT = re.compile(r"[a-z2-7]{10}")


class NothingNamed(Exception):
    """What was typed is no fingerprint, and nothing the shop knows by that name."""


@dataclass(frozen=True, slots=True)
class SessionNow:
    """A session as the database has it. `leads_to` is the fingerprint it became, or ""."""

    fingerprint: str
    state: str
    leads_to: str
    signed_in: bool
    minted: datetime
    changed: datetime


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of one shopper.

    asked: as the operator typed it. redis_away: why the journal could not be read, or "".
    journal_from: when the journal's oldest entry was written; None if it is empty or unread.
    """

    asked: str
    fingerprint: str
    hops: list[Entry] = field(default_factory=list)
    sessions: list[SessionNow] = field(default_factory=list)
    redis_away: str = ""
    journal_from: datetime | None = None


def trace(asked: str) -> Trace:
    """Find a shopper by a session's fingerprint, or by what TRACE_LOOKUP knows (an order number).

    Raises NothingNamed. When Redis is away the result says so and holds what the database knows.
    """
    name = _named(asked.strip())
    found, away, start = list[Entry](), "", None
    try:
        log = list(journal.entries())
        found = journal.journey(name, log)
        start = moment(log[0].at) if log else None
    except store.StoreUnavailable as error:
        away = str(error)
    names = {name, *(entry.session for entry in found), *(entry.other for entry in found)}
    return Trace(asked.strip(), name, found, _sessions(names), away, start)


def _named(asked: str) -> str:
    lookup = get_config().trace_lookup
    found = lookup(asked) if lookup and asked else None
    if found:
        return found
    if _FINGERPRINT.fullmatch(asked.lower()):
        return asked.lower()
    raise NothingNamed(asked)


def _sessions(names: set[str]) -> list[SessionNow]:
    """The rows of these sessions, of what was linked to them and of what they became."""
    keys = Session.objects.order_by("-key").values_list("key", flat=True)[:LOOKED_AT].iterator()
    rows = Session.objects.in_bulk([key for key in keys if fingerprint(key) in names])
    new = list(rows.values())
    while new:
        beside = Q(key__in=[row.successor for row in new if row.successor])
        beside |= Q(successor__in=[row.key for row in new])
        new = list(Session.objects.filter(beside).exclude(key__in=rows))
        rows |= {row.key: row for row in new}
    return [
        SessionNow(
            fingerprint=fingerprint(row.key),
            state=row.state,
            leads_to=fingerprint(row.successor) if row.successor else "",
            signed_in=bool(row.principal),
            minted=minted_at(row.key),
            changed=row.used_at,
        )
        for row in sorted(rows.values(), key=lambda row: minted_at(row.key))
    ]


def moment(seconds: float) -> datetime:
    """Unix seconds as aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def minted_at(key: str) -> datetime:
    """When a session's token was minted, by its key: the only part of it that is shown."""
    return moment(int(key.partition(".")[0]) / 1_000_000_000)


def as_json(found: Trace) -> dict[str, object]:
    """The trace for programs; times are ISO 8601, UTC."""
    return {
        "asked": found.asked,
        "fingerprint": found.fingerprint,
        "redis": "away" if found.redis_away else "up",
        "journal_from": found.journal_from.isoformat() if found.journal_from else None,
        "hops": [
            asdict(entry) | {"at": moment(entry.at).isoformat(timespec="milliseconds")}
            for entry in found.hops
        ],
        "sessions": [
            asdict(session)
            | {"minted": session.minted.isoformat(), "changed": session.changed.isoformat()}
            for session in found.sessions
        ],
    }
