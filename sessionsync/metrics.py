"""The journal's counts for Prometheus, in its text format, version 0.0.4.

Source of the format: prometheus.io/docs/instrumenting/exposition_formats/. The counts are in
Redis, so every process of the network answers the same; they begin again when Redis is emptied,
which Prometheus takes for the restart of a counter.
"""

from collections import Counter
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from sessionsync import journal, store
from sessionsync.journal import TIME_BUCKETS
from sessionsync.operations.stats import Tally, labels

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@never_cache
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics. Whoever mounts this decides who may read it: there is no check in here."""
    return HttpResponse(exposition(), content_type=CONTENT_TYPE)


def exposition() -> str:
    """The metrics as text; only `sessionsync_redis_up 0` while Redis is away."""
    try:
        counts = journal.totals()
    except store.StoreUnavailable:
        return _redis_up(up=False)
    return _redis_up(up=True) + "".join((*_hops(counts), *_seconds(counts)))


def _redis_up(*, up: bool) -> str:
    return (
        "# HELP sessionsync_redis_up Whether Redis, where the handshakes meet, answers.\n"
        "# TYPE sessionsync_redis_up gauge\n"
        f"sessionsync_redis_up {int(up)}\n"
    )


def _hops(counts: Counter[str]) -> Iterable[str]:
    yield "# HELP sessionsync_hops_total Hops of handshakes, by what came of them.\n"
    yield "# TYPE sessionsync_hops_total counter\n"
    by_labels = Counter[tuple[str, str, str, str]]()
    for name, number in counts.items():
        found = labels(name)
        if found:
            by_labels[found] += number
    for (hop, outcome, engine, transport), number in sorted(by_labels.items()):
        yield (
            f'sessionsync_hops_total{{hop="{hop}",outcome="{outcome}",engine="{engine}",'
            f'transport="{transport}"}} {number}\n'
        )


def _seconds(counts: Counter[str]) -> Iterable[str]:
    tally = Tally()
    for name, number in counts.items():
        tally.count(name, number)
    name, below = "sessionsync_handshake_seconds", 0
    yield f"# HELP {name} Seconds from leaving a site until coming back to it with a session.\n"
    yield f"# TYPE {name} histogram\n"
    for bound in TIME_BUCKETS:
        below += tally.took[str(bound)]
        yield f'{name}_bucket{{le="{bound:g}"}} {below}\n'
    yield f'{name}_bucket{{le="+Inf"}} {tally.took.total()}\n'
    yield f"{name}_sum {tally.took_ms / 1000}\n"
    yield f"{name}_count {tally.took.total()}\n"
