"""Audits: every check on every order, in constant memory; and what staff do with the findings."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import batched

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import User
from orders import lifecycle
from orders.auditing.checks import books, identity
from orders.auditing.findings import Finding
from orders.auditing.history import History, histories
from orders.auditing.models import Anomaly, Kind, KnownTrail
from orders.models import Order, OrderDiscount, OrderLine, OrderTax
from shop.stock.checks import discrepancies

BATCH = 200
"""Orders that are looked at together."""

type Check = Callable[[History], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    books.chain,
    books.money,
    books.payment,
    books.states,
    books.stock,
    identity.email_differs,
    identity.attached_late,
    identity.several_customers,
    identity.token_shared,
    identity.stranger,
)


class NoteMissing(Exception):
    """An anomaly is closed with a word on what it was."""


def orders_since(since: datetime | None = None, number: str = "") -> QuerySet[Order]:
    """The orders to audit: those placed since then, or the one with this number, or all."""
    orders = Order.objects.order_by("pk")
    if since is not None:
        orders = orders.filter(placed_at__gte=since)
    return orders.filter(number=number) if number else orders


def audit(
    orders: QuerySet[Order],
    progress: Callable[[int], None] = lambda done: None,
    *,
    keep_heads: bool = False,
) -> Iterator[Finding]:
    """Check these orders. About a dozen queries for every BATCH of them.

    An order that looks wrong is looked at again under its lock: while a shop is open, its order
    may have been read before its payment came, and its payments after. progress: called with the
    number of orders done so far. keep_heads: write down how far each sound trail has come.
    """
    done = 0
    for some in batched(_whole(orders).iterator(chunk_size=BATCH), BATCH):
        seen = list(histories(some))
        for history in seen:
            if _checked(history):
                yield from _second_look(history.order)
        if keep_heads:
            _keep_heads(seen)
        done += len(some)
        progress(done)


def _whole(orders: QuerySet[Order]) -> QuerySet[Order]:
    """With all that the checks look at."""
    return orders.prefetch_related(
        Prefetch("lines", OrderLine.objects.order_by("pk")),
        Prefetch("discounts", OrderDiscount.objects.order_by("pk")),
        Prefetch("taxes", OrderTax.objects.order_by("pk")),
        "cancellations__lines",
    )


def _checked(history: History) -> list[Finding]:
    return [finding for check in CHECKS for finding in check(history)]


@transaction.atomic
def _second_look(order: Order) -> list[Finding]:
    """What is wrong with an order that nobody can change meanwhile."""
    lifecycle.lock(order)
    return [
        finding
        for history in histories(list(_whole(Order.objects.filter(pk=order.pk))))
        for finding in _checked(history)
    ]


def _keep_heads(seen: Iterable[History]) -> None:
    """Write down how far the sound ones of these trails have come since the last time."""
    grown = [
        KnownTrail(
            order=history.order, length=history.entries[-1].seq, head=history.entries[-1].hash
        )
        for history in seen
        if not history.breaks and len(history.entries) > history.known.length
    ]
    KnownTrail.objects.bulk_create(
        grown,
        update_conflicts=True,
        unique_fields=["order"],
        update_fields=["length", "head"],
    )


def audit_stock() -> Iterator[Finding]:
    """Check stock against its ledger and its promises. Four queries."""
    wrong = list(discrepancies())
    if wrong:
        yield Finding(
            None,
            Kind.LEDGER,
            "; ".join(
                f"variant {each.variant_id}, {each.problem}: {each.found}, not {each.expected}"
                for each in wrong[:20]
            ),
            {"variants": [each.variant_id for each in wrong]},
        )


@transaction.atomic
def keep(findings: Iterable[Finding], now: datetime | None = None) -> int:
    """Put findings on staff's list; what is on it already, also closed, stays as it is there.

    Returns how many are new.
    """
    now = now or timezone.now()
    new = 0
    for each in findings:
        _row, made = Anomaly.objects.update_or_create(
            order=each.order,
            kind=each.kind,
            defaults={"seen_at": now},
            create_defaults={
                "message": each.message,
                "evidence": each.evidence,
                "found_at": now,
                "seen_at": now,
            },
        )
        new += made
    return new


@transaction.atomic
def close(anomaly: Anomaly, *, by: User, note: str) -> Anomaly:
    """Somebody has looked into it. note: what it was. Raises NoteMissing; safe twice."""
    if not note.strip():
        raise NoteMissing
    now = Anomaly.objects.select_for_update().get(pk=anomaly.pk)
    if now.closed_at is None:
        now.closed_at, now.closed_by, now.note = timezone.now(), by, note.strip()
        now.save(update_fields=["closed_at", "closed_by", "note"])
    return now


def open_count() -> int:
    """How many anomalies nobody has looked into. One query."""
    return Anomaly.objects.filter(closed_at=None).count()
