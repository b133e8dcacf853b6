"""Variants and promises for the tests of stock."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from shop.audit.actors import system
from shop.catalogue.models import Variant
from shop.stock import services
from shop.stock.models import Reservation, StockMovement
from tests.factories import VariantFactory

BY = system("tests")


def variant(stock: int | None, **fields: Any) -> Variant:
    """A variant with so many in stock. None: not tracked."""
    made: Variant = VariantFactory(stock=stock or 0, tracks_stock=stock is not None, **fields)
    return made


def reserve(reference: str, *wanted: tuple[Variant, int], minutes: int = 30) -> None:
    """Promise so many of each to a reference, for some minutes."""
    until = timezone.now() + timedelta(minutes=minutes)
    services.reserve(reference, {each.pk: n for each, n in wanted}, until=until, by=BY)


def levels(*variants: Variant) -> list[tuple[int, int]]:
    """Stock and reserved of each, as the database has them now."""
    found = Variant.objects.in_bulk([each.pk for each in variants])
    return [(found[each.pk].stock, found[each.pk].reserved) for each in variants]


def movements(variant: Variant) -> list[tuple[str, int, int, str]]:
    """The variant's ledger, oldest first: kind, quantity, stock after, reference."""
    rows = StockMovement.objects.filter(variant=variant).order_by("pk")
    return list(rows.values_list("kind", "quantity", "stock_after", "reference"))


def states(reference: str) -> list[tuple[str, int, int, int, int]]:
    """A reference's rows: state, quantity, held, owed, put back."""
    rows = Reservation.objects.filter(reference=reference).order_by("variant_id")
    return list(rows.values_list("state", "quantity", "held", "owed", "returned"))
