"""What carts know of a person: the one cart of a customer, on whatever site it was filled."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.services.personal_data import Outcome, Person
from carts.models import Cart, CartLine
from sessionsync.models import Session


def export(person: Person) -> dict[str, Any]:
    """The customer's cart."""
    if person.customer is None:
        return {}
    lines = CartLine.objects.filter(cart__customer=person.customer).select_related(
        "variant__product", "storefront"
    )
    return {
        "cart": [
            {
                "product": str(line.variant),
                "quantity": line.quantity,
                "shop": line.storefront.slug,
                "since": line.created_at,
            }
            for line in lines
        ]
    }


def erase(person: Person) -> list[Outcome]:
    """Delete the customer's cart. A guest's holds nothing that says whose it is.

    To be called before orders are erased: docs/locking.md.
    """
    if person.customer is None:
        return []
    # As everywhere, sessions are locked before carts, and a cart before the orders it had: the
    # sessions are ended later on, and the orders forget a cart that goes.
    mine = Session.objects.filter(principal=str(person.customer.pk), state=Session.State.OPEN)
    list(mine.order_by("key").select_for_update())
    carts = Cart.objects.filter(customer=person.customer)
    list(carts.select_for_update())
    _rows, deleted = carts.delete()
    return [Outcome(_("Carts"), deleted.get(Cart._meta.label, 0))]
