"""Carts in the Store API. Whose a cart is, only `orders.api.lookup` says."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api import cart_shapes as shapes
from orders.api.cart_build import cart_shape
from orders.api.lookup import CartView, basket_of


def answer(request: Request, id: str) -> Response:  # noqa: A002
    """The cart as it is now."""
    return Response({"cart": cart_shape(request, basket_of(request, id))})


class OneCart(CartView):
    """One cart."""

    @extend_schema(operation_id="read_cart", parameters=[shapes.FIELDS], responses=shapes.OneCart)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """The cart at today's prices."""
        return answer(request, id)
