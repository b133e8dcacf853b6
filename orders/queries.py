"""Reading orders."""

from datetime import timedelta

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import User
from carts.holders import Holder, carts_of
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine


def order_by_token(token: str) -> Order | None:
    """The order with this public token, with all that its page shows of it. Seven queries at most.

    Its lines (with where they were put in), discounts, taxes, parcels and billing address need no
    further one.
    """
    parcels = FulfilmentLine.objects.select_related("line")
    return (
        Order.objects.select_related("storefront", "billing_address")
        .prefetch_related(
            Prefetch("lines", OrderLine.objects.select_related("storefront")),
            "discounts",
            "taxes",
            Prefetch(
                "fulfilments",
                Fulfilment.objects.prefetch_related(Prefetch("lines", parcels)),
            ),
        )
        .filter(token=token)
        .first()
    )


def just_ordered(holder: Holder, within: timedelta = timedelta(minutes=10)) -> Order | None:
    """The order that the holder's cart became a moment ago. One query."""
    recent = Order.objects.filter(cart__in=carts_of(holder).values("pk"))
    return recent.filter(placed_at__gt=timezone.now() - within).order_by("-pk").first()


def waiting_orders(holder: Holder | None, customer: User | None) -> QuerySet[Order]:
    """The visitor's own orders that wait for their payment, the latest first. At most one query.

    customer: who is signed in with this request; theirs are theirs in every browser. A guest's are
    those of their cart, and go out of sight when somebody signs in: that may be another person.
    """
    waiting = Order.objects.filter(status=Order.Status.PENDING).order_by("-pk")
    if customer is not None:
        return waiting.filter(customer=customer)
    if not holder:
        return waiting.none()
    mine = carts_of(holder).values("pk")
    return waiting.filter(customer=None, cart__customer=None, cart__in=mine)


def fingerprint_of_order(number: str) -> str | None:
    """The fingerprint of the session that placed the order with this number; None if none did.

    number: as people say it, in any case. One query.
    """
    placed = Order.objects.filter(number__iexact=number.strip())
    return placed.values_list("session_fingerprint", flat=True).first() or None
