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
