"""Orders in the Store API's words: what was bought, as it was bought."""

from collections.abc import Sequence
from typing import Any, Final

from rest_framework.request import Request

from accounts.api import regions
from accounts.api.caller import storefront_of
from orders.api.amounts import Amounts
from orders.api.goods import variant_shape
from orders.api.providers import collection_id, provider_of
from orders.checkout.visit import ADDRESS_FIELDS
from orders.models import Order, OrderLine
from orders.payment.gateways import gateway
from orders.payment.models import Payment
from orders.payment.moves import OPEN
from shop.api.base.wire import number
from shop.catalogue.models import Variant
from shop.catalogue.queries import variants_for
from shop.pricing.breakdown import ZERO

PREFIX: Final = "order_"

Paid = Order.PaymentStatus
Sent = Order.FulfilmentStatus

STATUS: Final[dict[str, str]] = {
    Order.Status.PENDING: "requires_action",
    Order.Status.PLACED: "pending",
    Order.Status.FULFILLED: "completed",
    Order.Status.CANCELLED: "canceled",
    Order.Status.RETURNED: "completed",
}
PAYMENT_STATUS: Final[dict[str, str]] = {
    Paid.AWAITING: "not_paid",
    Paid.AUTHORIZED: "authorized",
    Paid.PAID: "captured",
    Paid.PARTIALLY_REFUNDED: "partially_refunded",
    Paid.REFUNDED: "refunded",
    Paid.FAILED: "requires_action",
    Paid.CANCELLED: "canceled",
}
FULFILMENT_STATUS: Final[dict[str, str]] = {
    Sent.UNFULFILLED: "not_fulfilled",
    Sent.PARTIAL: "partially_shipped",
    Sent.FULFILLED: "shipped",
    Sent.RETURNED: "returned",
}


def order_id(order: Order) -> str:
    """How the API names an order: 128 random bits that open nothing on the web."""
    return PREFIX + order.public_id


def order_shape(request: Request, order: Order) -> dict[str, Any]:
    """One order, to whom it belongs."""
    return order_shapes(request, [order])[0]


def order_shapes(request: Request, orders: Sequence[Order]) -> list[dict[str, Any]]:
    """Orders, to whom they belong, fetched by `orders.api.orders.told_of`. Three queries."""
    lines = [line for order in orders for line in order.lines.all()]
    variants = variants_for({line.variant_id for line in lines if line.variant_id})
    return [_order(request, order, variants) for order in orders]


def _order(request: Request, order: Order, variants: dict[int, Variant]) -> dict[str, Any]:
    id_ = order_id(order)
    shipping = {"id": f"{id_}_shipping", **_address(order)}
    billing = getattr(order, "billing_address", None)
    delivery = _delivery(order)
    items = [_item(request, line, order, variants) for line in order.lines.all()]
    return {
        "id": id_,
        "display_id": order.pk,
        "custom_display_id": order.number,
        "status": STATUS[order.status],
        "payment_status": PAYMENT_STATUS[order.payment_status],
        "fulfillment_status": FULFILMENT_STATUS[order.fulfilment_status],
        "email": order.email,
        "customer_id": f"cus_{order.customer_id}" if order.customer_id else None,
        "region_id": regions.region_id(),
        "currency_code": order.currency.lower(),
        "locale": order.language,
        "created_at": order.placed_at,
        "canceled_at": order.cancelled_at,
        "items": items,
        "shipping_address": shipping,
        "billing_address": {"id": f"{id_}_billing", **_address(billing)} if billing else shipping,
        "shipping_methods": [
            {
                "id": f"{id_}_delivery",
                "name": order.shipping_method_name,
                "amount": number(order.shipping_price),
                "is_tax_inclusive": order.tax_included,
                **delivery.told(),
            }
        ],
        "payment_collections": [_payments(order, id_)],
        **_totals(order, delivery),
        "metadata": {
            "storefront": order.storefront.slug,
            "cancelled_total": number(order.cancelled_total),
        },
    }


def _item(
    request: Request, line: OrderLine, order: Order, variants: dict[int, Variant]
) -> dict[str, Any]:
    found = variants.get(line.variant_id) if line.variant_id else None
    variant = variant_shape(request, storefront_of(request), found) if found else None
    return {
        "id": f"ordli_{line.pk}",
        "title": line.product_title,
        "subtitle": line.variant_title,
        "thumbnail": variant["product"]["thumbnail"] if variant else None,
        "quantity": line.quantity,
        "created_at": order.placed_at,
        "product_id": variant["product_id"] if variant else None,
        "product_title": line.product_title,
        "product_handle": line.product_slug,
        "variant_id": variant["id"] if variant else None,
        "variant_sku": line.sku or None,
        "variant_title": line.variant_title,
        "variant": variant,
        "is_tax_inclusive": order.tax_included,
        "unit_price": number(line.unit_price),
        "compare_at_unit_price": number(line.compare_at),
        **_amounts(line, order).told(),
        "metadata": {
            "storefront": line.storefront.slug,
            "cancelled_quantity": line.cancelled_quantity,
        },
    }


def _address(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ADDRESS_FIELDS}


def _amounts(line: OrderLine, order: Order) -> Amounts:
    return Amounts.of(
        line.subtotal, line.discount_total, line.tax, line.tax_rate, included=order.tax_included
    )


def _delivery(order: Order) -> Amounts:
    """What delivery came to. Its tax is what the lines' leave of the order's."""
    tax = order.tax_total - sum(line.tax for line in order.lines.all())
    net = order.shipping_total - tax if order.tax_included else order.shipping_total
    return Amounts.of(
        order.shipping_price,
        order.shipping_discount,
        tax,
        100 * tax / net if net else tax,
        included=order.tax_included,
    )


def _totals(order: Order, delivery: Amounts) -> dict[str, Any]:
    items = Amounts.sum(_amounts(line, order) for line in order.lines.all())
    return {
        **Amounts.sum([items, delivery]).told(),
        **items.told("item_"),
        **delivery.told("shipping_"),
        "gift_card_total": 0,
        "gift_card_tax_total": 0,
    }


def _payments(order: Order, id_: str) -> dict[str, Any]:
    """Its payments, the newest first. An order that cost nothing has none."""
    return {
        "id": collection_id(id_),
        "status": PAYMENT_STATUS[order.payment_status],
        "currency_code": order.currency.lower(),
        "amount": number(order.payable),
        "captured_amount": number(sum((each.captured for each in _own(order)), ZERO)),
        "refunded_amount": number(order.refunded_total),
        "payments": [_payment(each, order) for each in _own(order)],
    }


def _own(order: Order) -> list[Payment]:
    return [each for each in order.payments.all() if not each.unwanted]


def _payment(payment: Payment, order: Order) -> dict[str, Any]:
    """One. While it is open, `data` says where or how to pay."""
    return {
        "id": f"pay_{payment.pk}",
        "provider_id": provider_of(payment.gateway),
        "currency_code": payment.currency.lower(),
        "amount": number(payment.amount),
        "created_at": payment.created_at,
        "data": _how_to_pay(payment) if _owes(order) and payment.status in OPEN else {},
    }


def _how_to_pay(payment: Payment) -> dict[str, Any]:
    if payment.redirect_url:
        return {"redirect_url": payment.redirect_url}
    told = gateway(payment.gateway).instructions(payment)
    rows = [{"label": str(each.label), "value": each.value} for each in told]
    return {"instructions": rows} if rows else {}


def _owes(order: Order) -> bool:
    return order.payment_status == Paid.AWAITING and order.status != Order.Status.CANCELLED
