"""How many products each choice would leave."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Case, Count, IntegerField, Max, Min, Q, QuerySet, Sum, Value, When

from shop.catalogue.models import FacetValue, Product, Variant, VariantValue
from shop.catalogue.tallies import KEPT, MANY, Tallied

from .selection import Labels, Selection


@dataclass(frozen=True)
class Counts:
    """How many products there are, and would be with each choice.

    `total`: with all that is chosen. `low`, `high`: the prices there are, whatever price is chosen.
    `options`: by name, then value. `labels`: what these are called in other languages, by name and
    value, then language; a blank value is the option itself.
    """

    total: int
    low: Decimal | None
    high: Decimal | None
    available: int
    reduced: int
    vendors: dict[str, int]
    options: dict[str, dict[str, int]]
    labels: Labels = field(default_factory=dict)


def counted(products: QuerySet[Product], selection: Selection, key: str) -> Counts:
    """The counts of a list; `key` says which list it is.

    Four queries and one more for each option chosen from, whatever the number of products. Counts
    of MANY products and more come from the cache for KEPT seconds.
    """
    asked = f"{key} {replace(selection, sort=selection.default_sort).query()}"
    name = f"catalogue:facets:{hashlib.sha256(asked.encode()).hexdigest()}"
    kept: Counts | None = cache.get(name)
    if kept is not None:
        return kept
    counts = count(products, selection)
    if counts.total >= MANY:
        cache.set(name, counts, KEPT)
    return counts


def told(tally: Tallied) -> Counts:
    """The counts of a list with nothing chosen, from what is kept of it. One query."""
    options, labels = _named(tally.options)
    return Counts(
        total=tally.total,
        low=tally.low,
        high=tally.high,
        available=tally.available,
        reduced=tally.reduced,
        vendors=dict(tally.vendors),
        options=options,
        labels=labels,
    )


def count(products: QuerySet[Product], selection: Selection) -> Counts:
    """The counts of a list, counted now."""
    everyone = products.order_by()
    here = everyone.filter(vendor__in=selection.vendors) if selection.vendors else everyone
    offers = replace(selection, low=None, high=None, available=False, reduced=False).variants()
    totals = _totals(offers.filter(product__in=here.values("pk")), selection)
    vendors = (
        replace(selection, vendors=(), sort="best")
        .apply(everyone)
        .exclude(vendor="")
        .values_list("vendor")
        .annotate(n=Count("pk"))
    )
    options, labels = _options(here, selection)
    return Counts(
        total=totals["total"] or 0,
        low=totals["low"],
        high=totals["high"],
        available=totals["available"] or 0,
        reduced=totals["reduced"] or 0,
        vendors=dict(vendors),
        options=options,
        labels=labels,
    )


def _totals(offers: QuerySet[Variant], selection: Selection) -> dict[str, Any]:
    def flag(condition: Q) -> Max:
        if not condition:
            return Max(Value(1))
        return Max(
            Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())
        )

    unpriced = selection.offer(price=False)
    each = offers.values("product").annotate(
        match=flag(selection.offer()),
        can_be_had=flag(selection.offer(available=False) & Q(available=True)),
        on_sale=flag(selection.offer(reduced=False) & Q(reduced=True)),
        lowest=Min("price", filter=unpriced) if unpriced else Min("price"),
        highest=Max("price", filter=unpriced) if unpriced else Max("price"),
    )
    return each.aggregate(
        total=Sum("match"),
        available=Sum("can_be_had"),
        reduced=Sum("on_sale"),
        low=Min("lowest"),
        high=Max("highest"),
    )


def _options(
    here: QuerySet[Product], selection: Selection
) -> tuple[dict[str, dict[str, int]], Labels]:
    """Products by option and value, and the labels of these.

    One query for all not chosen from, one for each that is, and one for the values' names.
    """
    numbers: dict[int, int] = {}
    for name in ("", *selection.value_ids):
        rows = VariantValue.objects.filter(product__in=here.values("pk"))
        if selection.value_ids.keys() - {name} or selection.offer():
            rows = rows.filter(variant__in=selection.variants(without=name).values("pk"))
        if name:
            rows = rows.filter(value__name=name)
        elif selection.value_ids:
            rows = rows.exclude(value__name__in=selection.value_ids)
        numbers.update(rows.values_list("value").annotate(n=Count("product", distinct=True)))
    return _named(numbers)


def _named(numbers: Mapping[int, int]) -> tuple[dict[str, dict[str, int]], Labels]:
    """Numbers of values by option and value, and the labels of these. One query."""
    found: dict[str, dict[str, int]] = {}
    values = FacetValue.objects.filter(pk__in=numbers)
    named = FacetValue.objects.filter(name__in=values.values("name"), value="")
    labels: Labels = {}
    for value in values | named:
        if value.labels:
            labels[value.name, value.value] = value.labels
        if value.value:
            found.setdefault(value.name, {})[value.value] = numbers[value.pk]
    return found, labels
