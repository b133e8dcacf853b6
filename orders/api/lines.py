"""The lines of a cart in the Store API."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.caller import read
from carts.refusals import UnknownLine
from carts.services import change_line
from orders.api import cart_shapes as shapes
from orders.api.cart_build import ITEM, cart_shape
from orders.api.carts import answer
from orders.api.changing import put_in
from orders.api.lookup import CartView, actor_on, basket_of, cart_of, holder_of
from shop.api.base.parameters import FIELDS
from shop.api.base.wire import numbered


class Lines(CartView):
    """What is put in."""

    @extend_schema(
        operation_id="add_item",
        parameters=[FIELDS],
        request=shapes.ItemIn,
        responses={200: shapes.OneCart},
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Put so many more of a variant in, as chosen on the key's storefront."""
        item = read(shapes.ItemIn, request)
        put_in(request, holder_of(request, id), item)
        return answer(request, id)


class OneLine(CartView):
    """One line."""

    @extend_schema(
        operation_id="change_item",
        parameters=[FIELDS],
        request=shapes.Quantity,
        responses={200: shapes.OneCart},
    )
    def post(self, request: Request, id: str, line: str) -> Response:  # noqa: A002
        """Set the quantity; 0 takes it out."""
        _set(request, id, line, read(shapes.Quantity, request)["quantity"])
        return answer(request, id)

    @extend_schema(operation_id="remove_item", responses={200: shapes.ItemGone})
    def delete(self, request: Request, id: str, line: str) -> Response:  # noqa: A002
        """Take it out."""
        _set(request, id, line, 0)
        cart = cart_shape(request, basket_of(request, id))
        return Response({"id": line, "object": "line-item", "deleted": True, "parent": cart})


def _set(request: Request, asked_id: str, line: str, quantity: int) -> None:
    """Set a line's quantity. Raises UnknownCart, and what `carts.services.change_line` raises."""
    cart_of(request, asked_id)
    holder, pk = holder_of(request, asked_id), numbered(ITEM, line)
    if pk is None:
        raise UnknownLine
    change_line(holder, pk, quantity, by=actor_on(request, holder))
