"""Ways of delivery in the Store API."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.caller import read
from orders.api import cart_shapes as shapes
from orders.api.cart_build import OPTION, option_id
from orders.api.carts import answer
from orders.api.lookup import Basket, CartView, actor_on, basket_of
from orders.checkout.entries import enter
from orders.checkout.errors import ShippingNotOffered
from orders.shipping import Quote
from shop.api.base.errors import InvalidData, NotFound
from shop.api.base.parameters import FIELDS
from shop.api.base.wire import number, numbered, value
from shop.pricing.breakdown import ZERO


class Options(CartView):
    """How a cart could get there."""

    @extend_schema(
        operation_id="list_shipping_options",
        parameters=[OpenApiParameter("cart_id", str, required=True), FIELDS],
        responses={200: shapes.Options},
    )
    def get(self, request: Request) -> Response:
        """The ways to where it goes; to the storefront's home country while that is not known."""
        asked = value(request.GET, "cart_id")
        if not asked:
            raise InvalidData("cart_id: is required.")
        basket = basket_of(request, asked)
        return Response({"shipping_options": [option(basket, q) for q in basket.offer.quotes]})


class Calculation(CartView):
    """What one way of delivery costs."""

    @extend_schema(
        operation_id="calculate_shipping_option",
        request=shapes.CartName,
        responses={200: shapes.OneOption},
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Its price for a cart; the list has it already."""
        basket = basket_of(request, read(shapes.CartName, request)["cart_id"])
        quote = _quote(basket, id)
        if quote is None:
            raise NotFound(str(ShippingNotOffered().problems[0]))
        return Response({"shipping_option": option(basket, quote)})


class Methods(CartView):
    """How a cart gets there."""

    @extend_schema(
        operation_id="choose_shipping_option",
        parameters=[FIELDS],
        request=shapes.Choice,
        responses={200: shapes.OneCart},
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Choose one, in place of the one before."""
        chosen = read(shapes.Choice, request)["option_id"]
        basket = basket_of(request, id)
        quote = _quote(basket, chosen)
        if quote is None:
            raise ShippingNotOffered
        enter(
            basket.holder,
            "shipping",
            {"shipping_method": quote.method.slug},
            customer=basket.customer,
            by=actor_on(request, basket.holder),
        )
        return answer(request, id)


def option(basket: Basket, quote: Quote) -> dict[str, Any]:
    """A way of delivery, at its price before any promotion."""
    amount, currency = number(quote.price), settings.SHOP_CURRENCY.lower()
    included = basket.offer.breakdown.tax_included
    return {
        "id": option_id(quote.method.pk),
        "name": quote.method.name,
        "description": quote.method.description,
        "price_type": "flat",
        "amount": amount,
        "is_tax_inclusive": included,
        "insufficient_inventory": False,
        "prices": [
            {
                "id": f"price_{option_id(quote.method.pk)}_{place}",
                "amount": number(price),
                "currency_code": currency,
                "price_rules": _rules(total),
            }
            for place, (total, price) in enumerate(_prices(basket, quote))
        ],
        "calculated_price": {
            "calculated_amount": amount,
            "original_amount": amount,
            "currency_code": currency,
            "is_calculated_price_tax_inclusive": included,
        },
        "service_zone": {"fulfillment_set": {"type": "shipping", "location": {"address": None}}},
        "data": {},
    }


def _prices(basket: Basket, quote: Quote) -> Iterator[tuple[Decimal, Decimal]]:
    """What a parcel as heavy as this one costs there, from which total of the items on."""
    offer = basket.offer
    rates = next(rates for method, rates in offer.tariff.methods if method.pk == quote.method.pk)
    before: Decimal | None = None
    for total in sorted({ZERO, *(rate.min_total for rate in rates)}):
        quotes = offer.tariff.quotes(offer.buyer.country, weight=offer.weight, total=total)
        price = next(each.price for each in quotes if each.method.pk == quote.method.pk)
        if price != before:
            yield total, price
        before = price


def _rules(total: Decimal) -> list[dict[str, str]]:
    if not total:
        return []
    return [{"attribute": "item_total", "operator": "gte", "value": str(number(total))}]


def _quote(basket: Basket, option_id: str) -> Quote | None:
    pk = numbered(OPTION, option_id)
    return next((quote for quote in basket.offer.quotes if quote.method.pk == pk), None)
