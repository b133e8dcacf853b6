"""What a shopper has entered on the way to an order: kept with their cart, shown to nobody else."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from django.db import transaction

from accounts.models import User
from carts.holders import Holder, carts_of, locked_cart
from carts.models import Cart
from orders.checkout.errors import CartEmpty
from orders.models import Checkout, Order
from shop.audit import trail
from shop.audit.actors import Actor, email_fingerprint

type Step = Literal["contact", "address", "shipping", "payment", "terms"]

FIELDS: Final[Mapping[Step, tuple[str, ...]]] = {
    "contact": ("email", "phone"),
    "address": (
        "first_name", "last_name", "company", "address_1", "address_2", "city", "postal_code",
        "province", "country_code", "billing",
    ),
    "shipping": ("shipping_method",),
    "payment": ("payment_method",),
    "terms": ("consent_at",),
}  # fmt: skip
"""What each step enters, as the fields of `Checkout`."""


def entered(holder: Holder | None, customer: User | None) -> Checkout:
    """What this shopper has entered for their cart; an empty, unsaved row where that is nothing.

    customer: who is signed in with this request. What somebody else entered, before signing in or
    out, is not theirs to see. One query; none without a holder.
    """
    empty = Checkout(customer=customer)
    if not holder:
        return empty
    mine = Checkout.objects.filter(cart__in=carts_of(holder).values("pk"))
    found = mine.first()
    return found if found and found.customer_id == empty.customer_id else empty


@transaction.atomic
def enter(
    holder: Holder, step: Step, values: Mapping[str, Any], *, customer: User | None, by: Actor
) -> Checkout:
    """Keep what a step has entered.

    values: by the names of `FIELDS[step]`; any that is missing is emptied. customer: who is signed
    in with this request; what somebody else had entered is forgotten. Writes down that it was
    done, and of an e-mail address its fingerprint. Raises CartEmpty without a cart, or
    sessionsync's SessionGone.
    """
    cart = locked_cart(holder)
    if cart is None:
        raise CartEmpty
    row = Checkout.objects.filter(cart=cart).first()
    principal = customer.pk if customer else None
    if row is not None and row.customer_id != principal:
        row.delete()
        row = None
    row = row or Checkout(cart=cart, customer=customer)
    before = {name: getattr(row, name) for name in FIELDS[step]}
    after = {name: values.get(name) or getattr(Checkout(), name) for name in before}
    if row.pk and before == after:
        return row
    for name, value in after.items():
        setattr(row, name, value)
    row.save()
    trail.record(cart.trail, f"checkout.{step}", by, **_facts(step, row))
    return row


def follow_cart(leaving: Cart, staying: Cart) -> None:
    """One cart becomes a part of another: what belongs to it goes along.

    Called in the merge's transaction with both locked (`settings.CART_MERGE_HANDLERS`), before
    `leaving` is deleted. Orders follow, so that their goods find back. Of two checkouts the one
    that was filled in last stays; what a guest entered does not follow into a customer's cart.
    """
    # One by one, in the order in which all lock them.
    theirs_too = Order.objects.filter(cart=leaving).order_by("pk").select_for_update(no_key=True)
    if list(theirs_too.values_list("pk")):
        theirs_too.update(cart=staying)
    rows = {row.cart_id: row for row in Checkout.objects.filter(cart__in=[leaving, staying])}
    theirs, ours = rows.get(leaving.pk), rows.get(staying.pk)
    if theirs is None or theirs.customer_id != staying.customer_id:
        return
    if ours is not None:
        if ours.updated_at >= theirs.updated_at:
            return
        ours.delete()
    Checkout.objects.filter(pk=theirs.pk).update(cart=staying)


def _facts(step: Step, row: Checkout) -> dict[str, Any]:
    match step:
        case "contact":
            return {"email": email_fingerprint(row.email)}
        case "address":
            return {"country": row.country_code, "billing": bool(row.billing)}
        case "shipping":
            return {"method": row.shipping_method}
        case "payment":
            return {"method": row.payment_method}
        case "terms":
            return {"accepted": row.consent_at is not None}
