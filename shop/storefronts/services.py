"""Writes to the network's storefronts that concern more than one row."""

from django.db import transaction

from .models import Storefront


@transaction.atomic
def make_main(storefront: Storefront) -> Storefront:
    """Make this storefront the network's meeting point instead of the one that was."""
    locked = Storefront.objects.select_for_update(no_key=True)
    rows = {row.pk: row for row in locked.order_by("pk")}
    chosen = rows[storefront.pk]
    for row in rows.values():
        if row.is_main and row.pk != chosen.pk:
            row.is_main = False
            row.save(update_fields=["is_main"])
    if not chosen.is_main:
        chosen.is_main = True
        chosen.save(update_fields=["is_main"])
    return chosen
