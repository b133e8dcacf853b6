"""Handshakes in numbers: what the command, the admin's charts and the metrics all count from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sessionsync import journal
from sessionsync.journal import MORE, TIME_BUCKETS
from sessionsync.operations.outcomes import BEGUN, ENGINES, HOPS, MEANINGS, STOPS, TRANSPORTS

BY_HOUR = 48
"""The most hours that are shown hour by hour; a longer time is shown day by day."""
UNKNOWN = "other"
"""Stands for any word that is not in the lists of `outcomes`, so that they stay bounded."""


@dataclass(slots=True)
class Tally:
    """Counts of some time. begun, arrived: handshakes; the other names: by that word.

    took: how many handshakes took at most so many seconds, by bound; took_ms: all together.
    """

    begun: int = 0
    arrived: int = 0
    healings: int = 0
    stops: int = 0
    alone: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    begun_by_engine: Counter[str] = field(default_factory=Counter)
    arrived_by_engine: Counter[str] = field(default_factory=Counter)
    begun_by_transport: Counter[str] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    took: Counter[str] = field(default_factory=Counter)
    took_ms: int = 0

    def count(self, name: str, number: int) -> None:
        """Add one of the journal's counts. A name that is no such thing counts as nothing."""
        hop, *rest = name.split("|")
        if hop == "took" and len(rest) == 1:
            if rest[0] == "ms":
                self.took_ms += number
            else:
                self.took[rest[0]] += number
        elif len(rest) == 3:
            self._count_hop(hop, rest[0], (rest[1], rest[2]), number)

    def _count_hop(self, hop: str, outcome: str, by: tuple[str, str], number: int) -> None:
        engine, transport = _one_of(by[0], ENGINES), _one_of(by[1], TRANSPORTS)
        self.outcomes[hop, outcome] += number
        if hop == "leave" and outcome in BEGUN:
            self.begun += number
            self.healings += number if outcome == "heal" else 0
            self.begun_by_engine[engine] += number
            self.begun_by_transport[transport] += number
        elif hop == "consume":
            self.stops += number if outcome in STOPS else 0
            if outcome == "accept":
                self.arrived += number
                self.arrived_by_engine[engine] += number
        elif hop == "link":
            self.links[outcome] += number
        if outcome == "alone":
            self.alone += number

    @property
    def met(self) -> int:
        """How often two sessions met, whatever came of it."""
        return self.links.total()

    def quantile(self, share: float) -> float | None:
        """An estimate of the seconds within which this share of the handshakes was done.

        Linear inside a bucket, as Prometheus' histogram_quantile; what took longer than the last
        bound counts as the last bound. None where nothing was counted.
        """
        rank, below, lower = share * self.took.total(), 0, 0.0
        if not self.took.total():
            return None
        for bound in TIME_BUCKETS:
            here = self.took[str(bound)]
            if here and below + here >= rank:
                return lower + (bound - lower) * (rank - below) / here
            below += here
            lower = bound
        return TIME_BUCKETS[-1]


def _one_of(word: str, known: tuple[str, ...]) -> str:
    return word if word in known else UNKNOWN


def labels(name: str) -> tuple[str, str, str, str] | None:
    """Hop, outcome, engine and transport of a count, each from a bounded list; None: no hop's.

    An engine or a transport that was not noted is "".
    """
    hop, *rest = name.split("|")
    if len(rest) != 3:
        return None
    outcome, engine, transport = rest
    if (hop, outcome) not in MEANINGS:
        hop, outcome = (hop if hop in HOPS else UNKNOWN), UNKNOWN
    return (
        hop,
        outcome,
        _one_of(engine, ENGINES) if engine else "",
        _one_of(transport, TRANSPORTS) if transport else "",
    )


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of the last so many hours: all together, and step by step.

    step: the length of one, an hour or a day.
    """

    hours: int
    step: timedelta
    whole: Tally
    steps: Mapping[datetime, Tally]


def report(hours: int) -> Report:
    """Count the last so many hours, the current one included. Raises StoreUnavailable."""
    by_day = hours > BY_HOUR
    whole, steps = Tally(), dict[datetime, Tally]()
    for moment, counts in journal.figures(hours).items():
        start = moment.replace(hour=0) if by_day else moment
        tally = steps.setdefault(start, Tally())
        for name, number in counts.items():
            tally.count(name, number)
            whole.count(name, number)
    return Report(hours, timedelta(days=1) if by_day else timedelta(hours=1), whole, steps)


def outcome_rows(tally: Tally) -> list[tuple[str, str, int]]:
    """Hop, outcome and count, in the order in which a handshake comes by them."""
    order = {pair: place for place, pair in enumerate(MEANINGS)}
    counted = sorted(tally.outcomes.items(), key=lambda each: (order.get(each[0], 99), each[0]))
    return [(hop, outcome, number) for (hop, outcome), number in counted]


def took_rows(tally: Tally) -> list[tuple[str, int]]:
    """How many handshakes took how long, in words and in order."""
    rows = [(f"≤ {bound:g} s", tally.took[str(bound)]) for bound in TIME_BUCKETS]
    return [*rows, (f"> {TIME_BUCKETS[-1]:g} s", tally.took[MORE])]


def as_json(found: Report) -> dict[str, object]:
    """The report for programs. Times are seconds; the median and the 95th are estimates."""
    return {
        "hours": found.hours,
        "until": datetime.now(UTC).isoformat(timespec="seconds"),
        "whole": _tally_as_json(found.whole),
        "steps": [
            {"from": start.isoformat(), **_tally_as_json(tally)}
            for start, tally in found.steps.items()
        ],
    }


def _tally_as_json(tally: Tally) -> dict[str, object]:
    return {
        "begun": tally.begun,
        "arrived": tally.arrived,
        "alone": tally.alone,
        "healings": tally.healings,
        "stops": tally.stops,
        "outcomes": [
            {"hop": hop, "outcome": outcome, "count": number}
            for hop, outcome, number in outcome_rows(tally)
        ],
        "begun_by_engine": dict(sorted(tally.begun_by_engine.items())),
        "arrived_by_engine": dict(sorted(tally.arrived_by_engine.items())),
        "begun_by_transport": dict(sorted(tally.begun_by_transport.items())),
        "links": dict(sorted(tally.links.items())),
        "took_at_most": {str(bound): tally.took[str(bound)] for bound in TIME_BUCKETS},
        "took_longer": tally.took[MORE],
        "median": tally.quantile(0.5),
        "p95": tally.quantile(0.95),
    }
