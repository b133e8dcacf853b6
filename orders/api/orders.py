"""Orders in the Store API: a guest's for whoever knows its id, a customer's for them alone."""

import re
from typing import Final

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.caller import customer_of, known_customer
from accounts.models import User
from orders.api import order_shapes as shapes
from orders.api.order_build import PREFIX, order_shape, order_shapes
from orders.models import Order, OrderLine
from shop.api.base.errors import InvalidData, NotFound
from shop.api.base.parameters import FIELDS, LIMIT, OFFSET
from shop.api.base.views import StoreView
from shop.api.base.wire import paging, value

ORDERINGS: Final = {
    "created_at": ("placed_at", "pk"),
    "-created_at": ("-placed_at", "-pk"),
}
ON_A_PAGE: Final = 10
_ID: Final = re.compile(rf"{PREFIX}([A-Za-z0-9_-]{{22}})")


class OneOrder(StoreView):
    """One order."""

    @extend_schema(operation_id="read_order", parameters=[FIELDS], responses=shapes.OneOrder)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """An order that the caller may see."""
        return Response({"order": order_shape(request, order_of(request, id))})


class Orders(StoreView):
    """The caller's orders."""

    needs_token = True

    @extend_schema(
        operation_id="list_orders",
        parameters=[
            LIMIT,
            OFFSET,
            OpenApiParameter("order", str, enum=list(ORDERINGS)),
            FIELDS,
        ],
        responses=shapes.Orders,
    )
    def get(self, request: Request) -> Response:
        """A page of them, the newest first, from every storefront. A guest gets 401."""
        mine = Order.objects.filter(customer=known_customer(request))
        limit, offset = paging(request.GET, default=ON_A_PAGE)
        by = value(request.GET, "order") or "-created_at"
        if by not in ORDERINGS:
            raise InvalidData(f"order: one of {', '.join(ORDERINGS)} is expected.")
        shown = list(told_of(mine).order_by(*ORDERINGS[by])[offset : offset + limit])
        return Response(
            {
                "orders": order_shapes(request, shown),
                "count": mine.count(),
                "limit": limit,
                "offset": offset,
            }
        )


def told_of(orders: QuerySet[Order]) -> QuerySet[Order]:
    """The orders with all that the API tells of them but their goods. Three queries."""
    lines = OrderLine.objects.select_related("storefront")
    return orders.select_related("storefront", "billing_address").prefetch_related(
        Prefetch("lines", lines), "payments"
    )


def order_of(request: Request, order_id: str) -> Order:
    """The order of that id. Raises NotFound, also where it is another customer's."""
    found = told_of(Order.objects.filter(public_id=_public_id_in(order_id))).first()
    if found is None or not may_see(found, customer_of(request)):
        raise NotFound(f"Order id not found: {order_id}")
    return found


def may_see(order: Order, customer: User | None) -> bool:
    """Whether an order is there for this caller: a guest's for all who know its id."""
    return order.customer_id is None or (customer is not None and order.customer_id == customer.pk)


def _public_id_in(order_id: str) -> str:
    """What names the order in its id; "" where it is no such id."""
    match = _ID.fullmatch(order_id)
    return match[1] if match else ""
