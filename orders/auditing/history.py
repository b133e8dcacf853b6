"""All that an audit looks at, fetched for many orders at once: the checks make no query."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Count, Q, Sum

from accounts.models import User
from orders.auditing.models import KnownTrail
from orders.models import Order
from orders.payment.models import Payment
from shop.audit.actors import email_fingerprint
from shop.audit.models import Entry
from shop.audit.trail import Break, Head, verify_all
from shop.stock.models import Reservation, StockMovement

ZERO = Decimal("0.00")
DEPTH = 5
"""How many merges back a cart's history is followed."""


@dataclass(slots=True)
class History:
    """An order and everything that tells of it.

    entries: of its own trail, in order. merged: of the trails of carts that became a part of its
    cart before it was placed. payments: oldest first. sold: units that left stock for it, less
    those put back, by variant. emails: fingerprints of all addresses of the customers in it, by
    account. doubles: sessions of this history in which other customers acted, too, with these.
    known: how far its trail had come at an earlier audit.
    """

    order: Order
    entries: list[Entry]
    merged: list[Entry] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    reservations: list[Reservation] = field(default_factory=list)
    sold: dict[int, int] = field(default_factory=dict)
    emails: dict[int, set[str]] = field(default_factory=dict)
    doubles: dict[str, set[int]] = field(default_factory=dict)
    known: Head = field(default_factory=lambda: Head(0, ""))

    @property
    def placed(self) -> Entry | None:
        """The entry of the moment it was ordered."""
        return next((each for each in self.entries if each.action == "order.placed"), None)

    @property
    def before(self) -> list[Entry]:
        """What happened to its cart until it was ordered, merged carts first."""
        placed = self.placed
        own = [each for each in self.entries if placed is None or each.seq < placed.seq]
        return [*self.merged, *own]


def histories(orders: Sequence[Order]) -> Iterable[History]:
    """The histories of these orders. A constant number of queries for all of them together."""
    trails = [order.trail for order in orders]
    entries = _entries(trails)
    merged = _merged(entries)
    breaks: dict[str, list[Break]] = defaultdict(list)
    known = {
        each.order_id: Head(each.length, each.head)
        for each in KnownTrail.objects.filter(order__in=orders)
    }
    heads = {order.trail: known[order.pk] for order in orders if order.pk in known}
    for each in verify_all(trails, heads):
        breaks[each.trail].append(each)
    payments = _by(_payments(orders), "order_id")
    tokens = [order.token for order in orders]
    reservations = _by(Reservation.objects.filter(reference__in=tokens), "reference")
    sold = _sold(tokens)
    everything = [
        *(each for own in entries.values() for each in own),
        *(each for own in merged.values() for each in own),
    ]
    emails = _emails(everything, orders)
    doubles = _doubles(everything)
    for order in orders:
        own, brought = entries.get(order.trail, []), merged.get(order.trail, [])
        sessions = {each.session for each in [*own, *brought]}
        yield History(
            order=order,
            entries=own,
            merged=brought,
            breaks=breaks.get(order.trail, []),
            payments=payments.get(order.pk, []),
            reservations=reservations.get(order.token, []),
            sold=sold.get(order.token, {}),
            emails=emails,
            doubles={each: doubles[each] for each in sessions if each in doubles},
            known=known.get(order.pk, Head(0, "")),
        )


def _payments(orders: Sequence[Order]) -> Iterable[Payment]:
    return Payment.objects.filter(order__in=orders).order_by("pk").prefetch_related("refunds")


def _entries(trails: Iterable[str]) -> dict[str, list[Entry]]:
    return _by(Entry.objects.filter(trail__in=list(trails)).order_by("trail", "seq"), "trail")


def _merged(entries: dict[str, list[Entry]]) -> dict[str, list[Entry]]:
    """The entries of the carts that went into each trail, and of those that went into them."""
    found: dict[str, list[Entry]] = defaultdict(list)
    looking = {name: _brought(own) for name, own in entries.items()}
    for _step in range(DEPTH):
        wanted = {each for names in looking.values() for each in names}
        if not wanted:
            break
        more = _entries(wanted)
        for name, names in looking.items():
            known = {each.trail for each in found[name]} | {name}
            fresh = [each for each in names if each not in known]
            rows = [entry for each in fresh for entry in more.get(each, [])]
            found[name] = [*rows, *found[name]]
            looking[name] = _brought(rows)
    return found


def _brought(entries: Iterable[Entry]) -> list[str]:
    """The trails of carts that these entries say have come in."""
    return [
        each.facts["brought"]
        for each in entries
        if each.action == "cart.merged" and "brought" in each.facts
    ]


def _sold(tokens: list[str]) -> dict[str, dict[int, int]]:
    rows = (
        StockMovement.objects.filter(reference__in=tokens)
        .order_by()
        .values_list("reference", "variant_id")
        .annotate(total=Sum("quantity"))
    )
    sold: dict[str, dict[int, int]] = defaultdict(dict)
    for reference, variant, total in rows:
        sold[reference][variant] = -total
    return sold


def _emails(entries: Iterable[Entry], orders: Iterable[Order]) -> dict[int, set[str]]:
    ids = {each.customer_id for each in entries} | {order.customer_id for order in orders}
    wanted = [each for each in ids if each is not None]
    known: dict[int, set[str]] = defaultdict(set)
    for pk, email in User.objects.filter(pk__in=wanted).values_list("pk", "email"):
        known[pk].add(email_fingerprint(email))
    proven = EmailAddress.objects.filter(user__in=wanted, verified=True)
    for pk, email in proven.values_list("user_id", "email"):
        known[pk].add(email_fingerprint(email))
    return known


def _doubles(entries: Iterable[Entry]) -> dict[str, set[int]]:
    """Sessions in which several customers acted, wherever that was."""
    sessions = {each.session for each in entries if each.session}
    acting = Q(kind="customer", customer_id__isnull=False)
    several = (
        Entry.objects.filter(acting, session__in=sessions)
        .order_by()
        .values("session")
        .annotate(customers=Count("customer_id", distinct=True))
        .filter(customers__gt=1)
        .values_list("session", flat=True)
    )
    found: dict[str, set[int]] = defaultdict(set)
    rows = Entry.objects.filter(acting, session__in=list(several)).order_by()
    for session, customer in rows.values_list("session", "customer_id").distinct():
        if customer is not None:
            found[session].add(customer)
    return found


def _by(rows: Iterable[Any], name: str) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found
