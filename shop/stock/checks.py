"""Does stock agree with its ledger, and what is reserved with the promises?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from shop.catalogue.models import Variant

from .models import Reservation, StockMovement

GRACE = timedelta(minutes=15)
"""How long after its end somebody should have given a promise up."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Two numbers of one variant that should be the same.

    problem: "ledger" (expected: the sum of its movements; found: its stock, 0 if it is gone),
    "reserved" (expected: the sum of open promises; found: what is reserved), "overdue" (expected:
    0; found: units still reserved for promises that ended more than `GRACE` ago).
    """

    variant_id: int
    problem: Literal["ledger", "reserved", "overdue"]
    expected: int
    found: int


def discrepancies(now: datetime | None = None) -> Iterator[Discrepancy]:
    """All that does not agree; nothing where all is well. Four queries, however many variants.

    now: as if it were this time.
    """
    open_rows = Reservation.objects.filter(state=Reservation.State.OPEN)
    for pk, total, found in _unlike("stock", StockMovement.objects.all(), "quantity"):
        yield Discrepancy(pk, "ledger", total, found)
    there = Variant.objects.filter(pk=OuterRef("variant"))
    for pk, total in _sums(StockMovement.objects.filter(~Exists(there)), "quantity"):
        if total:
            yield Discrepancy(pk, "ledger", total, 0)
    for pk, total, found in _unlike("reserved", open_rows, "held"):
        yield Discrepancy(pk, "reserved", total, found)
    over = open_rows.filter(until__lt=(now or timezone.now()) - GRACE, held__gt=0)
    for pk, total in _sums(over, "held"):
        yield Discrepancy(pk, "overdue", 0, total)


def _sums(rows: QuerySet[Any], amount: str) -> Iterator[tuple[int, int]]:
    """What each variant's rows add up to."""
    of_variant = rows.order_by("variant_id").values("variant_id").annotate(total=Sum(amount))
    yield from of_variant.values_list("variant_id", "total").iterator()


def _unlike(field: str, rows: QuerySet[Any], amount: str) -> Iterator[tuple[int, int, int]]:
    """The variants whose rows do not add up to the field: id, sum, field."""
    own = rows.filter(variant=OuterRef("pk")).order_by().values("variant")
    total = Coalesce(Subquery(own.annotate(total=Sum(amount)).values("total")), 0)
    unlike = Variant.objects.annotate(total=total).exclude(total=F(field))
    yield from unlike.order_by("pk").values_list("pk", "total", field)
