"""Carts in the Store API. Whose a cart is, only `orders.api.lookup` says."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.caller import known_customer, read
from carts.merging import give_to_customer
from orders.api import cart_shapes as shapes
from orders.api.cart_build import cart_shape
from orders.api.changing import begin, change, set_codes
from orders.api.lookup import CartView, actor_on, basket_of, cart_id, holder_of
from shop.api.base.parameters import FIELDS
from shop.pricing.models.promotions import normal_code


def answer(request: Request, asked_id: str) -> Response:
    """The cart as it is now."""
    return Response({"cart": cart_shape(request, basket_of(request, asked_id))})


class Carts(CartView):
    """Where carts begin."""

    @extend_schema(
        operation_id="create_cart",
        parameters=[FIELDS],
        request=shapes.CartIn,
        responses={200: shapes.OneCart},
    )
    def post(self, request: Request) -> Response:
        """A guest's new cart; with a token the customer's only one, which goes on."""
        return answer(request, begin(request, read(shapes.CartIn, request)))


class OneCart(CartView):
    """One cart."""

    @extend_schema(operation_id="read_cart", parameters=[FIELDS], responses={200: shapes.OneCart})
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """The cart at today's prices."""
        return answer(request, id)

    @extend_schema(
        operation_id="change_cart",
        parameters=[FIELDS],
        request=shapes.CartChange,
        responses={200: shapes.OneCart},
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Change what is named, all of it or nothing; whose it is cannot be changed here."""
        change(request, id, read(shapes.CartChange, request))
        return answer(request, id)


class Promotions(CartView):
    """The voucher codes of a cart."""

    @extend_schema(operation_id="add_codes", request=shapes.Codes, responses={200: shapes.OneCart})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Add codes, all of them or none."""
        codes = read(shapes.Codes, request)["promo_codes"]
        basket = basket_of(request, id)
        set_codes(request, basket, [*basket.contents.codes, *codes])
        return answer(request, id)

    @extend_schema(
        operation_id="remove_codes", request=shapes.Codes, responses={200: shapes.OneCart}
    )
    def delete(self, request: Request, id: str) -> Response:  # noqa: A002
        """Take codes out; one that is not there is no mistake."""
        codes = read(shapes.Codes, request)["promo_codes"]
        gone = {normal_code(each) for each in codes if each is not None}
        basket = basket_of(request, id)
        set_codes(request, basket, [each for each in basket.contents.codes if each not in gone])
        return answer(request, id)


class CartCustomer(CartView):
    """Whose a cart is."""

    needs_token = True

    @extend_schema(
        operation_id="give_cart",
        parameters=[FIELDS],
        request=None,
        responses={200: shapes.OneCart},
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Make a guest's cart a part of the caller's own, to which its id leads from now on."""
        customer, holder = known_customer(request), holder_of(request, id)
        given = give_to_customer(holder.public_id, customer.pk, by=actor_on(request, holder))
        return answer(request, cart_id(given))
