"""Whose cart it is: web pages and the Store API use the same services and tell them this.

A web page knows a session, and hands over its key. What that names is told by the session itself:
a guest's session owns a cart; one that is signed in leads to its customer's cart, which is one and
the same in all their browsers. The API knows no session: a guest has a cart's public id, which is a
secret, and a customer says who they are with each call.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, F, Q, QuerySet, Subquery
from django.db.models.functions import Cast

from carts.models import Cart, FormerId
from sessionsync.goods import lock_session
from sessionsync.models import Session


@dataclass(frozen=True, slots=True)
class CartHolder:
    """What a caller without a session has to show for a cart.

    public_id: the cart's secret name, or "" for the customer's own cart. customer_id: whom the
    call itself identified; None for a guest. At least one of them is given.
    """

    public_id: str = ""
    customer_id: int | None = None

    def __post_init__(self) -> None:
        """Refuse to name no cart at all."""
        if not self.public_id and self.customer_id is None:
            raise ValueError("A cart is named by its public id, or by its customer.")


type Holder = str | CartHolder
"""A session's key, or what the API knows instead."""


def new_public_id() -> str:
    """A cart's name in the API, which nobody can guess (128 bits)."""
    return secrets.token_urlsafe(16)


def carts_of(holder: Holder) -> QuerySet[Cart]:
    """The holder's cart: at most one row, without a lock, in one query.

    A cart that has a customer is nobody else's, whatever they know of it.
    """
    if isinstance(holder, str):
        signed_in = Session.objects.filter(key=holder, state=Session.State.OPEN)
        customer = signed_in.exclude(principal="").values(
            customer=Cast("principal", BigIntegerField())
        )[:1]
        mine = Cart.objects.filter(Q(session_key=holder) | Q(customer_id=Subquery(customer)))
        return mine.order_by(F("customer_id").asc(nulls_last=True))[:1]
    if not holder.public_id:
        return Cart.objects.filter(customer_id=holder.customer_id)
    formerly = FormerId.objects.filter(public_id=holder.public_id).values("cart_id")[:1]
    allowed = Q(customer_id=None)
    if holder.customer_id is not None:
        allowed |= Q(customer_id=holder.customer_id)
    return Cart.objects.filter(allowed, Q(public_id=holder.public_id) | Q(pk=Subquery(formerly)))


def locked_cart(holder: Holder) -> Cart | None:
    """The holder's cart, locked until the caller's transaction ends; None where there is none.

    A session is locked first, which keeps merges out (see sessionsync.goods). Raises
    sessionsync's SessionGone, ValueError for what is no session's key, RuntimeError outside a
    transaction.
    """
    if isinstance(holder, CartHolder) and holder.public_id:
        # A cart that was waited for may have become a part of another: its id leads there now.
        waited = carts_of(holder).select_for_update(no_key=True)
        return waited.first() or waited.all().first()
    return Cart.objects.select_for_update(no_key=True).filter(**_owner(holder)).first()


def make_cart(holder: Holder) -> tuple[Cart, bool]:
    """A cart for a session or a customer that had none, locked, and whether it was made now."""
    made, is_new = Cart.objects.get_or_create(**_owner(holder))
    return Cart.objects.select_for_update(no_key=True).get(pk=made.pk), is_new


def _owner(holder: Holder) -> dict[str, Any]:
    if isinstance(holder, CartHolder):
        return {"customer_id": holder.customer_id}
    return owner_of(lock_session(holder))


def owner_of(root: str) -> dict[str, Any]:
    """What a session's cart is known by, given the session's own key: the customer, or the key."""
    customer = customer_of(root)
    return {"session_key": root} if customer is None else {"customer_id": customer}


def customer_of(root: str) -> int | None:
    """Who is signed in with a session; None for a guest."""
    principal = Session.objects.filter(key=root).values_list("principal", flat=True).first()
    return int(principal) if principal else None
