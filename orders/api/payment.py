"""Choosing how to pay in the Store API.

A payment collection is a cart seen from that side, so it needs no row of its own: what is kept is
the checkout's way to pay, as on the web. The payment itself begins with the order
(docs/decisions/0013-the-order-comes-before-its-payment.md).
"""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import regions
from accounts.api.caller import read
from orders.api import order_shapes as shapes
from orders.api.lookup import Basket, CartView, actor_on, basket_of
from orders.api.providers import COLLECTION, collection_shape, offered_providers
from orders.checkout.entries import enter
from shop.api.base.errors import InvalidData, NotFound
from shop.api.base.views import StoreView
from shop.api.base.wire import value


class PaymentProviders(StoreView):
    """The ways to pay."""

    @extend_schema(
        operation_id="list_payment_providers",
        parameters=[OpenApiParameter("region_id", str)],
        responses=shapes.PaymentProviders,
    )
    def get(self, request: Request) -> Response:
        """All of them: few, and the same for everyone."""
        region = value(request.GET, "region_id")
        if region and region != regions.region_id():
            raise InvalidData(f"Region with id: {region} was not found")
        found = [{"id": name, "is_enabled": True} for name in offered_providers()]
        return Response(
            {"payment_providers": found, "count": len(found), "limit": len(found), "offset": 0}
        )


class PaymentCollections(CartView):
    """How a cart is to be paid."""

    @extend_schema(
        operation_id="create_payment_collection",
        request=shapes.PaymentCollectionIn,
        responses=shapes.OnePaymentCollection,
    )
    def post(self, request: Request) -> Response:
        """The cart's one payment collection, however often it is asked for."""
        cart = read(shapes.PaymentCollectionIn, request)["cart_id"]
        return _answer(basket_of(request, cart))


class PaymentSessions(CartView):
    """The way to pay."""

    @extend_schema(
        operation_id="create_payment_session",
        request=shapes.PaymentSessionIn,
        responses=shapes.OnePaymentCollection,
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Choose a way to pay, in place of an earlier one."""
        if not id.startswith(COLLECTION):
            raise NotFound(f"Payment collection with id: {id} was not found")
        cart = id.removeprefix(COLLECTION)
        basket = basket_of(request, cart)
        provider = read(shapes.PaymentSessionIn, request)["provider_id"]
        method = offered_providers().get(provider)
        if method is None:
            raise InvalidData(f"Payment provider with id: {provider} is not offered")
        by = actor_on(request, basket.holder)
        values = {"payment_method": method}
        enter(basket.holder, "payment", values, customer=basket.customer, by=by)
        return _answer(basket_of(request, cart))


def _answer(basket: Basket) -> Response:
    method, total = basket.checkout.payment_method, basket.offer.breakdown.total
    return Response({"payment_collection": collection_shape(basket.id, method, total)})
