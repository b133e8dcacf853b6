"""The figures of the staff's first page, in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import Cast, Coalesce, Round, TruncDate
from django.utils import timezone

from carts.models import Cart, CartLine
from orders.models import Order, OrderLine, Return
from shop.storefronts.models import Storefront
from shop.storefronts.queries import all_storefronts

RANGES = (7, 30, 90)
"""Days that can be looked at."""
TOP = 8
ZERO = Decimal("0.00")
_MONEY = DecimalField(max_digits=16, decimal_places=2)


@dataclass(frozen=True, slots=True)
class Day:
    """One day: orders that were accepted, and what they came to."""

    day: date
    orders: int
    sales: Decimal


@dataclass(frozen=True, slots=True)
class Seller:
    """A product, how many were ordered, and what for."""

    title: str
    pieces: int
    sales: Decimal


@dataclass(frozen=True, slots=True)
class Conversion:
    """One storefront: carts that something was put into there, and orders placed there."""

    storefront: Storefront
    carts: int
    orders: int
    sales: Decimal

    @property
    def share(self) -> int:
        """Orders for each hundred carts, at most 100: an order empties its cart for the next."""
        return min(100, round(100 * self.orders / self.carts)) if self.carts else 0


@dataclass(frozen=True, slots=True)
class Work:
    """What waits for somebody."""

    to_send: int
    to_be_paid: int
    returns: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All of the page. `before`: sales of as many days before these."""

    days: tuple[Day, ...]
    sellers: tuple[Seller, ...]
    conversions: tuple[Conversion, ...]
    work: Work
    before: Decimal

    @property
    def sales(self) -> Decimal:
        """What all orders of these days came to."""
        return sum((each.sales for each in self.days), ZERO)

    @property
    def orders(self) -> int:
        """How many orders there were."""
        return sum(each.orders for each in self.days)

    @property
    def average(self) -> Decimal:
        """What an order came to."""
        return round(self.sales / self.orders, 2) if self.orders else ZERO


def figures(
    days: int, storefront: Storefront | None = None, now: datetime | None = None
) -> Figures:
    """The figures of so many days up to now, of one storefront or all. Eight queries.

    Counted are orders that were accepted and not cancelled, at their total less the items that were
    cancelled, by the day they were placed in the shop's time zone.
    """
    now = now or timezone.now()
    today = timezone.localdate(now)
    first = today - timedelta(days=days - 1)
    start = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    sold = Order.objects.exclude(status__in=[Order.Status.PENDING, Order.Status.CANCELLED])
    if storefront is not None:
        sold = sold.filter(storefront=storefront)
    these = sold.filter(placed_at__gte=start)
    earlier = sold.filter(placed_at__gte=start - timedelta(days=days), placed_at__lt=start)
    return Figures(
        days=_days(these, first, days),
        sellers=_sellers(these),
        conversions=_conversions(these, start, storefront),
        work=_work(storefront),
        before=earlier.aggregate(total=_SALES)["total"],
    )


_SALES = Coalesce(Sum(F("total") - F("cancelled_total")), ZERO, output_field=_MONEY)
_LEFT = F("quantity") - F("cancelled_quantity")
# A fraction on purpose: SQLite divides whole amounts as whole numbers.
_LINE_LEFT = ExpressionWrapper(F("total") * _LEFT * 1.0 / F("quantity"), FloatField())
_LINE_SALES = Sum(Round(Cast(_LINE_LEFT, _MONEY), 2), output_field=_MONEY)


def _days(orders: QuerySet[Order], first: date, days: int) -> tuple[Day, ...]:
    rows = (
        orders.order_by()
        .annotate(day=TruncDate("placed_at"))
        .values("day")
        .annotate(orders=Count("pk"), sales=_SALES)
    )
    found = {row["day"]: Day(row["day"], row["orders"], row["sales"]) for row in rows}
    every = (first + timedelta(days=number) for number in range(days))
    return tuple(found.get(day, Day(day, 0, ZERO)) for day in every)


def _sellers(orders: QuerySet[Order]) -> tuple[Seller, ...]:
    rows = (
        OrderLine.objects.filter(order__in=orders, cancelled_quantity__lt=F("quantity"))
        .order_by()
        .values("product_slug")
        .annotate(pieces=Sum(_LEFT), sales=_LINE_SALES, title=F("product_slug"))
        .order_by("-sales", "product_slug")[:TOP]
    )
    slugs = [row["product_slug"] for row in rows]
    titles = dict(
        OrderLine.objects.filter(product_slug__in=slugs).values_list(
            "product_slug", "product_title"
        )
    )
    return tuple(
        Seller(titles.get(row["product_slug"], row["product_slug"]), row["pieces"], row["sales"])
        for row in rows
    )


def _conversions(
    orders: QuerySet[Order], start: datetime, only: Storefront | None
) -> tuple[Conversion, ...]:
    sold: dict[int, dict[str, Any]] = {
        row["storefront"]: dict(row)
        for row in orders.order_by().values("storefront").annotate(n=Count("pk"), sales=_SALES)
    }
    here = CartLine.objects.filter(cart=OuterRef("pk"))
    open_carts = Cart.objects.filter(Exists(here), updated_at__gte=start)
    filled: dict[int | None, int] = dict(
        open_carts.order_by()
        .values("lines__storefront")
        .annotate(n=Count("pk", distinct=True))
        .values_list("lines__storefront", "n")
    )
    shops: Sequence[Storefront] = [only] if only is not None else all_storefronts()
    return tuple(
        Conversion(
            shop,
            # A cart that was ordered is empty again: it counts as the cart of its order.
            carts=filled.get(shop.pk, 0) + sold.get(shop.pk, {}).get("n", 0),
            orders=sold.get(shop.pk, {}).get("n", 0),
            sales=sold.get(shop.pk, {}).get("sales", ZERO),
        )
        for shop in shops
    )


def _work(storefront: Storefront | None) -> Work:
    here = Q() if storefront is None else Q(storefront=storefront)
    counts = Order.objects.filter(here, status=Order.Status.PLACED).aggregate(
        to_send=Count("pk", filter=~Q(fulfilment_status=Order.FulfilmentStatus.FULFILLED)),
        to_be_paid=Count("pk", filter=Q(payment_status=Order.PaymentStatus.AWAITING)),
    )
    coming = Return.objects.filter(status=Return.Status.REQUESTED)
    if storefront is not None:
        coming = coming.filter(order__storefront=storefront)
    return Work(counts["to_send"], counts["to_be_paid"], coming.count())
