"""What happened to whom: a bounded journal of hops, and counts of them, in Redis.

No entry holds a token, a key, a code, a challenge or an address; a session is named by its
fingerprint, a handshake by a digest of its flow. When Redis is away nothing is written and nothing
fails.
"""

import hashlib
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sessionsync import store
from sessionsync.protocol import first_try_of, flow_age

STREAM = f"{store.PREFIX}journal"
LONGEST = 100_000
"""Entries kept; older ones go."""
PAGE = 2_000
"""Entries read at a time, so that Redis is never held up."""
STATS = f"{store.PREFIX}stats:"
STATS_AGE = 90 * 24 * 3600
"""Seconds that the counts of an hour are kept."""
TOTALS = f"{store.PREFIX}totals"
"""The same counts since Redis was last emptied: what a Prometheus counter is."""
TIME_BUCKETS = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Upper bounds, in seconds, by which the time a handshake took is counted."""
MORE = "more"
"""The bucket above the last bound."""

_ADD = """
local last = 3 + ARGV[3]
for at = 4, last, 2 do
  redis.call('HINCRBY', KEYS[2], ARGV[at], ARGV[at + 1])
  redis.call('HINCRBY', KEYS[3], ARGV[at], ARGV[at + 1])
end
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, last + 1))
"""
"""One command where there were eight: what a client sends and reads one by one costs it most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One hop. `at` is Unix seconds; `session` and `other` are fingerprints.

    hop, outcome: one of `sessionsync.operations.outcomes.MEANINGS`. why: in prose. took: seconds
    since the browser left, where a handshake ends; "" elsewhere.
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


_NAMES = tuple(field.name for field in fields(Entry) if field.name != "at")


def flow_digest(flow: str) -> str:
    """What a flow and its second try are called here; "" for what is no flow's name.

    Enough to tell two handshakes apart.
    """
    if flow_age(flow, 0) is None:
        return ""
    return hashlib.sha256(first_try_of(flow).encode()).hexdigest()[:8]


def add(pipe: Any, entry: Entry) -> None:
    """Add an entry and its counts: to a pipeline that is going to Redis anyway, or at once."""
    said = {name: value for name in _NAMES if (value := getattr(entry, name))}
    hour = STATS + datetime.fromtimestamp(time.time(), UTC).strftime("%Y%m%d%H")
    counts = {"|".join((entry.hop, entry.outcome, entry.engine, entry.transport)): 1}
    if entry.took:
        took = float(entry.took)
        bucket = next((str(bound) for bound in TIME_BUCKETS if took <= bound), MORE)
        counts |= {f"took|{bucket}": 1, "took|ms": round(took * 1000)}
    numbers = [each for pair in counts.items() for each in pair]
    words = [each for pair in said.items() for each in pair]
    limits = (LONGEST, STATS_AGE, len(numbers))
    pipe.eval(_ADD, 3, STREAM, hour, TOTALS, *limits, *numbers, *words)


def note(*entries: Entry) -> None:
    """Write entries in a round trip of their own; silently nothing if Redis is away."""
    try:
        with store.answering() as redis:
            if len(entries) == 1:  # as nearly always: no need of a pipeline
                add(redis, entries[0])
                return
            pipe = redis.pipeline(transaction=False)
            for entry in entries:
                add(pipe, entry)
            pipe.execute()
    except store.StoreUnavailable:
        return


def _entry(number: bytes, values: dict[bytes, bytes]) -> Entry:
    """An entry as the stream holds it. Its words repeat, so each is kept in memory once."""
    said = {name.decode(): sys.intern(value.decode()) for name, value in values.items()}
    at = int(number.partition(b"-")[0]) / 1000
    return Entry(
        **{"hop": "", "outcome": "", **{n: v for n, v in said.items() if n in _NAMES}}, at=at
    )


def entries() -> Iterator[Entry]:
    """The journal, oldest first, page by page. Raises StoreUnavailable."""
    start = "-"
    while True:
        with store.answering() as redis:
            page = redis.xrange(STREAM, min=start, count=PAGE)
        for number, values in page:
            yield _entry(number, values)
        if len(page) < PAGE:
            return
        start = f"({page[-1][0].decode()}"


def journey(fingerprint: str, log: Iterable[Entry]) -> list[Entry]:
    """Every hop of one shopper, oldest first, through all the sessions that became one.

    fingerprint: of any of them. log: the journal.
    """
    written = list(log)
    by_name = defaultdict[str, list[int]](list)
    for place, entry in enumerate(written):
        for name in _names(entry):
            by_name[name].append(place)
    seen, ahead, found = {fingerprint}, [fingerprint], set[int]()
    while ahead:
        for place in by_name.get(ahead.pop(), ()):
            found.add(place)
            new = _names(written[place]) - seen
            seen |= new
            ahead += new
    return [written[place] for place in sorted(found)]


def _names(entry: Entry) -> set[str]:
    """What an entry shares with others of the same shopper: sessions, and the handshake."""
    flow = f"flow {entry.flow}" if entry.flow else ""
    return {name for name in (entry.session, entry.other, flow) if name}


def figures(hours: int) -> dict[datetime, Counter[str]]:
    """Counts by hour, oldest first, for the last so many hours. Raises StoreUnavailable.

    A name is `hop|outcome|engine|transport`, `took|<bound in seconds>` (how many took at most so
    long, and longer than the bound before it) or `took|ms` (milliseconds that all took together).
    """
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    moments = [start - timedelta(hours=back) for back in reversed(range(hours))]
    with store.answering() as redis:
        pipe = redis.pipeline(transaction=False)
        for moment in moments:
            pipe.hgetall(STATS + moment.strftime("%Y%m%d%H"))
        answers = pipe.execute()
    return {moment: _counts(held) for moment, held in zip(moments, answers, strict=True)}


def totals() -> Counter[str]:
    """The same counts since Redis was last emptied. Raises StoreUnavailable."""
    with store.answering() as redis:
        return _counts(redis.hgetall(TOTALS))


def _counts(held: dict[bytes, bytes]) -> Counter[str]:
    return Counter({name.decode(): int(count) for name, count in held.items()})
