"""Guests' carts that nobody comes back to."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from carts.models import Cart
from shop.audit.actors import Actor
from shop.audit.trail import record

AT_ONCE = 200
"""Carts that are deleted in one transaction, so that no lock is held for long."""


def left_alone(since: datetime) -> QuerySet[Cart]:
    """Carts without a customer that nobody has changed since then, the oldest first."""
    return Cart.objects.filter(customer=None, updated_at__lt=since).order_by("updated_at", "pk")


@transaction.atomic
def expire_some(since: datetime, *, by: Actor, most: int = AT_ONCE) -> int:
    """Delete up to so many carts that were left alone since then; returns how many there were.

    A cart that somebody changes at this moment is theirs: it is left out, and so is one that
    another run of this is deleting.
    """
    rows = left_alone(since).select_for_update(skip_locked=True)
    carts = list(rows.values_list("pk", "trail", "updated_at")[:most])
    for _pk, trail, updated_at in carts:
        record(trail, "cart.expired", by, untouched_since=updated_at.isoformat())
    Cart.objects.filter(pk__in=[pk for pk, _trail, _updated_at in carts]).delete()
    return len(carts)
