"""What happened to whom: a bounded journal of hops and hourly counts of them, in Redis.

No entry holds a token, a key, a code, a challenge or an address; a session is named by its
fingerprint, a handshake by a digest of its flow. When Redis is away nothing is written and nothing
fails.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sessionsync import store

STREAM = f"{store.PREFIX}journal"
LONGEST = 100_000
"""Entries kept; older ones go."""
STATS = f"{store.PREFIX}stats:"
STATS_AGE = 90 * 24 * 3600
"""Seconds that the counts of an hour are kept."""
TIME_BUCKETS = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Upper bounds, in seconds, by which the time a handshake took is counted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One hop. `at` is Unix seconds; `session` and `other` are fingerprints.

    hop: leave, generate, consume, adopt, resume, link, serve. outcome: one word. why: in prose.
    took: seconds since the browser left, where a handshake ends; "" elsewhere.
    """

    hop: str
    outcome: str
    site: str = ""
    session: str = ""
    other: str = ""
    flow: str = ""
    why: str = ""
    transport: str = ""
    engine: str = ""
    took: str = ""
    at: float = 0.0


def flow_digest(flow: str) -> str:
    """What a flow is called here: enough to tell two handshakes apart."""
    return hashlib.sha256(flow.encode()).hexdigest()[:8]


def add(pipe: Any, entry: Entry) -> None:
    """Add an entry and its count to a pipeline that is going to Redis anyway."""
    now = time.time()
    pipe.xadd(
        STREAM,
        {name: str(value) for name, value in asdict(entry).items() if value and name != "at"},
        maxlen=LONGEST,
        approximate=True,
    )
    hour = STATS + datetime.fromtimestamp(now, UTC).strftime("%Y%m%d%H")
    pipe.hincrby(hour, "|".join((entry.hop, entry.outcome, entry.engine, entry.transport)), 1)
    if entry.took:
        took = float(entry.took)
        bucket = next((bound for bound in TIME_BUCKETS if took <= bound), "more")
        pipe.hincrby(hour, f"took|{bucket}", 1)
    pipe.expire(hour, STATS_AGE)


def note(*entries: Entry) -> None:
    """Write entries in a round trip of their own; silently nothing if Redis is away."""
    try:
        with store.answering() as redis:
            pipe = redis.pipeline(transaction=False)
            for entry in entries:
                add(pipe, entry)
            pipe.execute()
    except store.StoreUnavailable:
        return


def entries(newest: int = LONGEST) -> Iterator[Entry]:
    """The journal, oldest first. Raises StoreUnavailable."""
    known = {field.name for field in fields(Entry)}
    with store.answering() as redis:
        held = redis.xrevrange(STREAM, count=newest)
    for number, values in reversed(held):
        said = {name.decode(): value.decode() for name, value in values.items()}
        at = int(number.decode().partition("-")[0]) / 1000
        yield Entry(**{name: value for name, value in said.items() if name in known}, at=at)


def journey(fingerprint: str, log: Iterable[Entry] | None = None) -> list[Entry]:
    """Every hop of one shopper, oldest first, through all the sessions that became one.

    fingerprint: of any of them. Raises StoreUnavailable.
    """
    written = list(entries() if log is None else log)
    names, flows = {fingerprint}, set[str]()
    while True:
        found = [
            entry
            for entry in written
            if entry.session in names
            or entry.other in names
            or (entry.flow and entry.flow in flows)
        ]
        more = {name for entry in found for name in (entry.session, entry.other) if name}
        more_flows = {entry.flow for entry in found if entry.flow}
        if more <= names and more_flows <= flows:
            return found
        names |= more
        flows |= more_flows


def figures(hours: int) -> dict[datetime, Counter[str]]:
    """Counts by hour, oldest first, for the last so many hours. Raises StoreUnavailable.

    A name is `hop|outcome|engine|transport`, or `took|<seconds>`.
    """
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    moments = [start - timedelta(hours=back) for back in reversed(range(hours))]
    with store.answering() as redis:
        pipe = redis.pipeline(transaction=False)
        for moment in moments:
            pipe.hgetall(STATS + moment.strftime("%Y%m%d%H"))
        answers = pipe.execute()
    return {
        moment: Counter({name.decode(): int(count) for name, count in counts.items()})
        for moment, counts in zip(moments, answers, strict=True)
    }
