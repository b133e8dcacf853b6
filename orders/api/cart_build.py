"""Carts in the Store API's words. No queries: what is needed has been fetched."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from rest_framework.request import Request

from accounts.api import regions
from accounts.api.build import customer_id
from carts.queries import Line
from orders.api.amounts import Amounts
from orders.api.goods import variant_shape
from orders.api.lookup import Basket
from orders.api.providers import collection_shape
from orders.checkout.visit import ADDRESS_FIELDS
from shop.api.base.wire import number
from shop.pricing.breakdown import Breakdown, PricedLine

ITEM, OPTION = "cali", "so"
"""What the ids of lines and of ways of delivery begin with."""


def cart_shape(request: Request, basket: Basket) -> dict[str, Any]:
    """A cart, to whom it belongs."""
    cart, entry, priced = basket.cart, basket.checkout, basket.offer.breakdown
    prices = {each.key: each for each in priced.lines}
    shipping_address = None
    if entry.address_1:
        shipping_address = address(vars(entry), f"{basket.id}_shipping")
    billing = address(entry.billing, f"{basket.id}_billing") if entry.billing else None
    return {
        "id": basket.id,
        "region_id": regions.region_id(),
        "region": regions.region(),
        "currency_code": settings.SHOP_CURRENCY.lower(),
        "locale": get_language(),
        "email": basket.email or None,
        "customer_id": customer_id(basket.customer) if basket.customer else None,
        "created_at": cart.created_at,
        "updated_at": cart.updated_at,
        "completed_at": None,
        "items": [item(request, basket, line, prices[line.pk]) for line in basket.contents.lines],
        "promotions": promotions(basket),
        "shipping_address": shipping_address,
        "billing_address": billing or shipping_address,
        "shipping_methods": shipping_methods(basket),
        "payment_collection": payment_collection(basket),
        "gift_cards": [],
        **totals(priced),
        "metadata": {
            "notices": basket.contents.notices,
            "problems": basket.contents.problems,
            "terms_accepted": entry.consent_at is not None,
        },
    }


def item(request: Request, basket: Basket, line: Line, priced: PricedLine) -> dict[str, Any]:
    """A line. `metadata` says on which storefront it was put in, and why it cannot be ordered."""
    variant, product = line.variant, line.product
    shown = variant_shape(request, basket.storefront, variant)
    return {
        "id": item_id(line.pk),
        "cart_id": basket.id,
        "title": product.title,
        "subtitle": variant.title,
        "thumbnail": shown["product"]["thumbnail"],
        "quantity": line.quantity,
        "created_at": line.created_at,
        "product_id": f"prod_{product.pk}",
        "product_title": product.title,
        "product_handle": product.slug,
        "variant_id": f"variant_{variant.pk}",
        "variant_sku": variant.sku or None,
        "variant_title": variant.title,
        "variant": shown,
        "requires_shipping": variant.requires_shipping,
        "is_discountable": True,
        "is_tax_inclusive": basket.offer.breakdown.tax_included,
        "unit_price": number(priced.unit_price),
        "compare_at_unit_price": number(priced.compare_at),
        **amounts_of(priced, included=basket.offer.breakdown.tax_included).told(),
        "metadata": {"storefront": line.storefront.slug, "problem": line.problem},
    }


def item_id(pk: int) -> str:
    """How the API names a line."""
    return f"{ITEM}_{pk}"


def option_id(pk: int) -> str:
    """How the API names a way of delivery."""
    return f"{OPTION}_{pk}"


def address(entered: Mapping[str, Any], address_id: str) -> dict[str, Any]:
    """An address that was entered."""
    return {"id": address_id, **{name: entered.get(name, "") for name in ADDRESS_FIELDS}}


def promotions(basket: Basket) -> list[dict[str, Any]]:
    """What takes something off, and the codes that count for nothing now.

    `value` is what it takes off now. One that needs no code has its name there.
    """
    discounts = basket.offer.breakdown.discounts
    counting = {each.code for each in discounts}
    worth = [
        (f"promo_{each.promotion_id}", each.code or each.name, not each.code, each.amount)
        for each in discounts
    ]
    idle = [
        (f"promo_{code}", code, False, None)
        for code in basket.contents.codes
        if code not in counting
    ]
    return [
        {
            "id": id_,
            "code": code,
            "is_automatic": automatic,
            "application_method": {
                "type": "fixed",
                "value": number(amount) or 0,
                "currency_code": settings.SHOP_CURRENCY.lower(),
            },
        }
        for id_, code, automatic, amount in [*worth, *idle]
    ]


def shipping_methods(basket: Basket) -> list[dict[str, Any]]:
    """The chosen way of delivery, as far as it can be had; none or one."""
    chosen, shipping = basket.offer.chosen, basket.offer.breakdown.shipping
    if chosen is None or shipping is None:
        return []
    return [
        {
            "id": f"casm_{basket.id}",
            "cart_id": basket.id,
            "name": shipping.name,
            "amount": number(shipping.price),
            "is_tax_inclusive": basket.offer.breakdown.tax_included,
            "shipping_option_id": option_id(chosen.method.pk),
            **delivery_of(basket.offer.breakdown).told(),
            "data": {},
        }
    ]


def payment_collection(basket: Basket) -> dict[str, Any] | None:
    """How it will be paid, once that was chosen."""
    method = basket.checkout.payment_method
    return collection_shape(basket.id, method, basket.offer.breakdown.total) if method else None


def totals(priced: Breakdown) -> dict[str, Any]:
    """What a cart comes to: in all, its items, and its delivery."""
    items = Amounts.sum(amounts_of(line, included=priced.tax_included) for line in priced.lines)
    delivery = delivery_of(priced)
    return {
        **Amounts.sum([items, delivery]).told(),
        **items.told("item_"),
        **delivery.told("shipping_"),
        "gift_card_total": 0,
        "gift_card_tax_total": 0,
    }


def amounts_of(line: PricedLine, *, included: bool) -> Amounts:
    """What a line comes to."""
    return Amounts.of(
        line.subtotal, line.discount_total, line.tax, line.tax_rate, included=included
    )


def delivery_of(priced: Breakdown) -> Amounts:
    """What delivery comes to; nothing while none is chosen."""
    way = priced.shipping
    if way is None:
        return Amounts()
    included = priced.tax_included
    return Amounts.of(way.price, way.discount, way.tax, way.tax_rate, included=included)
