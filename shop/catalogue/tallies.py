"""What was counted of the categories of a storefront, kept until something in them changes.

The database notes every change (`ListChange`), and a tally says which changes it knows of: another
version, and it is counted anew, for that category alone. A product is in one category, so that the
tallies of several add up. A tally of MANY products is believed for KEPT seconds whatever changed.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import CharField, Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from shop.storefronts.models import Storefront

from .models import Category, ListChange, Product, Tally, Variant, VariantValue

MANY = 1000
"""Products from which on a list's counts are kept for KEPT seconds."""
KEPT = 60
FORGOTTEN = timedelta(hours=1)
"""How old changes are when they may be forgotten, once there is a newer one."""


@dataclass
class Tallied:
    """What facets count of a list. `options`: products by the id of a FacetValue."""

    total: int = 0
    low: Decimal | None = None
    high: Decimal | None = None
    available: int = 0
    reduced: int = 0
    vendors: Counter[str] = field(default_factory=Counter)
    options: Counter[int] = field(default_factory=Counter)

    def add(self, details: dict[str, Any]) -> None:
        """Add a category's details."""
        self.total += details.get("total", 0)
        self.available += details.get("available", 0)
        self.reduced += details.get("reduced", 0)
        self.vendors.update(details.get("vendors", {}))
        self.options.update({int(pk): n for pk, n in details.get("options", {}).items()})
        prices = [Decimal(details[name]) for name in ("low", "high") if name in details]
        self.low = min([*prices, *([self.low] if self.low is not None else [])], default=None)
        self.high = max([*prices, *([self.high] if self.high is not None else [])], default=None)


def with_totals(
    storefront: Storefront, count: Callable[[list[int]], dict[int, int]]
) -> list[Category]:
    """All categories in the order of the tree, each with `sold`, the products right in it.

    count: gives the products of categories by their ids. One query, and two more where something
    has changed.
    """
    tally = Tally.objects.filter(storefront_id=storefront.pk, category_id=OuterRef("pk"))
    nodes = list(
        Category.objects.order_by("path").annotate(
            version=_version(storefront),
            sold=Subquery(tally.values("total")),
            known=Subquery(tally.values("version")),
            counted_at=Subquery(tally.values("counted_at")),
        )
    )
    now = timezone.now()
    stale = [
        node for node in nodes if not _holds(node.known, node.version, node.counted_at, node.sold)
    ]
    if stale:
        totals = count([node.pk for node in stale])
        for node in stale:
            node.sold = totals.get(node.pk, 0)
        rows = [
            Tally(
                storefront_id=storefront.pk, category_id=node.pk, total=node.sold,
                version=node.version, counted_at=now,
            )
            for node in stale
        ]  # fmt: skip
        _keep(rows, ["total", "version", "counted_at"])
        _forget([node.pk for node in stale], now)
    return nodes


def tallied(storefront: Storefront, nodes: list[Category], products: QuerySet[Product]) -> Tallied:
    """What there is in these categories, which `with_totals` gave.

    products: those of all storefronts' categories that this storefront sells. One query, and four
    more where something has changed.
    """
    rows = {
        row.category_id: row
        for row in Tally.objects.filter(
            storefront_id=storefront.pk, category_id__in=[node.pk for node in nodes]
        )
    }
    now = timezone.now()
    stale: list[Tally] = []
    for node in nodes:
        row = rows.get(node.pk)
        version: str = node.version
        if row is None or not _holds(
            row.details_version, version, row.detailed_at, row.details.get("total")
        ):
            row = rows[node.pk] = Tally(
                storefront_id=storefront.pk, category_id=node.pk, counted_at=now,
                details_version=version, detailed_at=now,
            )  # fmt: skip
            stale.append(row)
    if stale:
        details = _details(products.filter(category__in=[row.category_id for row in stale]))
        for row in stale:
            row.details = details.get(row.category_id, {"total": 0})
        _keep(stale, ["details", "details_version", "detailed_at"])
    found = Tallied()
    for row in rows.values():
        found.add(row.details)
    return found


def _version(storefront: Storefront) -> Any:
    """Which changes of a category's list there are; who sells everything is a part of it."""
    text = CharField()
    changes = (
        ListChange.objects.filter(category_id=OuterRef("pk"))
        .order_by()
        .values("category_id")
        .annotate(
            version=Concat(
                Cast(Max("pk"), text), Value(" "), Cast(Count("pk"), text), Value(" "),
                Cast(Sum("pk"), text), output_field=text,
            )
        )
    )  # fmt: skip
    everything = "all " if storefront.is_main else "own "
    return Concat(Value(everything), Subquery(changes.values("version")), output_field=text)


def _holds(known: str | None, version: str, counted_at: datetime | None, total: int | None) -> bool:
    if known == version:
        return True
    if not known or counted_at is None or known[:4] != version[:4]:
        return False
    return (total or 0) >= MANY and timezone.now() - counted_at < timedelta(seconds=KEPT)


def _keep(rows: Iterable[Tally], fields: list[str]) -> None:
    """Store what was counted; where the database is busy, the next one counts again."""
    with contextlib.suppress(OperationalError), transaction.atomic():
        Tally.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["storefront_id", "category_id"],
            update_fields=fields,
        )


def _forget(categories: list[int], now: datetime) -> None:
    newest = (
        ListChange.objects.filter(category_id=OuterRef("category_id"))
        .order_by("-pk")
        .values("pk")[:1]
    )
    old = ListChange.objects.filter(category_id__in=categories, at__lt=now - FORGOTTEN)
    with contextlib.suppress(OperationalError), transaction.atomic():
        old.filter(pk__lt=Subquery(newest)).delete()


def _details(products: QuerySet[Product]) -> dict[int, dict[str, Any]]:
    """By category what facets count, as JSON holds it. Three queries."""
    products = products.order_by()
    found: dict[int, dict[str, Any]] = {}
    offers = (
        Variant.objects.filter(product__in=products.values("pk"))
        .order_by()
        .values("product__category")
        .annotate(
            total=Count("product", distinct=True),
            can_be_had=Count("product", filter=Q(available=True), distinct=True),
            on_sale=Count("product", filter=Q(reduced=True), distinct=True),
            low=Min("price"),
            high=Max("price"),
        )
    )
    for row in offers:
        found[row["product__category"]] = {
            "total": row["total"],
            "available": row["can_be_had"],
            "reduced": row["on_sale"],
            "low": str(row["low"]),
            "high": str(row["high"]),
            "vendors": {},
            "options": {},
        }
    vendors = products.exclude(vendor="").values_list("category", "vendor")
    for category, vendor, number in vendors.annotate(n=Count("pk")):
        if category in found:
            found[category]["vendors"][vendor] = number
    values = (
        VariantValue.objects.filter(product__in=products.values("pk"))
        .values_list("product__category", "value")
        .annotate(n=Count("product", distinct=True))
    )
    for category, value, number in values:
        if category in found:
            found[category]["options"][str(value)] = number
    return found
