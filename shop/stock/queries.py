"""Reading stock: levels, what is low, and the story of a variant."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from .models import Reservation, StockMovement, VariantStock

PAGE = 50
_COUNTED = 60
"""Seconds for which the number on the badge is kept: every page of the admin shows it."""


@dataclass(frozen=True, slots=True)
class Story:
    """A variant's stock and how it came about.

    variant: with `for_sale`, `owed` and `low_at`. promises: open reservations, the next to end
    first. owed: sold ones of which some are still to come, oldest first.
    """

    variant: VariantStock
    movements: Page[StockMovement]
    promises: list[Reservation]
    owed: list[Reservation]


def with_levels(variants: QuerySet[VariantStock]) -> QuerySet[Any]:
    """Add `for_sale` (in stock and promised to nobody), `owed` and `low_at` to each."""
    owed = Reservation.objects.filter(variant=OuterRef("pk"), owed__gt=0).order_by()
    total = owed.values("variant").annotate(total=Sum("owed")).values("total")
    return variants.annotate(
        for_sale=F("stock") - F("reserved"),
        owed=Coalesce(Subquery(total), 0),
        low_at=Coalesce("low_stock_mark__low_at", settings.STOCK_LOW_AT),
    )


def low_stock() -> QuerySet[Any]:
    """Variants on sale that run low, the fewest left first, with their levels and products."""
    tracked = VariantStock.objects.filter(tracks_stock=True, product__is_published=True)
    low = with_levels(tracked).filter(for_sale__lte=F("low_at"))
    return low.select_related("product").order_by("for_sale", "pk")


def low_stock_badge(request: HttpRequest) -> int | None:
    """How many run low, as of a minute ago; None for none, and for those it is no matter of."""
    if not request.user.has_perm("stock.view_variantstock"):
        return None
    low = cache.get_or_set("stock.low", lambda: low_stock().order_by().count(), _COUNTED)
    return low or None


def story(variant_id: int, page: int | str = 1) -> Story:
    """A variant's stock and how it came about. Five queries.

    page: of the movements, newest first. Raises VariantStock.DoesNotExist.
    """
    variant = with_levels(VariantStock.objects.select_related("product")).get(pk=variant_id)
    movements = StockMovement.objects.filter(variant=variant_id).order_by("-pk")
    rows = Reservation.objects.filter(variant=variant_id)
    return Story(
        variant,
        Paginator(movements, PAGE).get_page(page),
        list(rows.filter(state=Reservation.State.OPEN).order_by("until", "pk")[:PAGE]),
        list(rows.filter(owed__gt=0).order_by("pk")[:PAGE]),
    )


def sold(references: Iterable[str]) -> dict[str, dict[int, int]]:
    """What each reference has bought and not brought back: variant ids and units. One query."""
    found: dict[str, dict[int, int]] = {}
    rows = Reservation.objects.filter(reference__in=references, state=Reservation.State.SOLD)
    for reference, variant, left in rows.values_list(
        "reference", "variant_id", F("quantity") - F("returned")
    ):
        found.setdefault(reference, {})[variant] = left
    return found
