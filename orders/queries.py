"""Reading orders."""

from django.db.models import Prefetch

from orders.models import Order, OrderLine


def order_by_token(token: str) -> Order | None:
    """The order with this public token, with its lines and where they were put in. Two queries.

    `order.lines.all()` needs no further one.
    """
    return (
        Order.objects.select_related("storefront")
        .prefetch_related(Prefetch("lines", OrderLine.objects.select_related("storefront")))
        .filter(token=token)
        .first()
    )


def fingerprint_of_order(number: str) -> str | None:
    """The fingerprint of the session that placed the order with this number; None if none did.

    number: as people say it, in any case. One query.
    """
    placed = Order.objects.filter(number__iexact=number.strip())
    return placed.values_list("session_fingerprint", flat=True).first() or None
