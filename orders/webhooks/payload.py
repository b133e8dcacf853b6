"""What others are told of an order. Version 1: fields are added, never changed or taken away."""

from typing import Any
from uuid import UUID

from orders.models import Order

VERSION = 1


def event_of(order: Order, event: str, event_id: UUID, happened_at: str) -> dict[str, Any]:
    """The event as JSON. Money: strings in major units. No secrets: nothing opens the order's page.

    Three queries.
    """
    return {
        "id": str(event_id),
        "version": VERSION,
        "type": event,
        "created_at": happened_at,
        "order": {
            "number": order.number,
            "storefront": order.storefront.slug,
            "status": order.status,
            "payment_status": order.payment_status,
            "fulfilment_status": order.fulfilment_status,
            "placed_at": order.placed_at.isoformat(),
            "language": order.language,
            "customer_id": order.customer_id,
            "email": order.email,
            "shipping_address": {
                name: getattr(order, name)
                for name in (
                    *("first_name", "last_name", "company", "address_1", "address_2", "city"),
                    *("postal_code", "province", "country_code", "phone"),
                )
            },
            "shipping_method": order.shipping_method,
            "payment_method": order.payment_method,
            "currency": order.currency,
            "items_subtotal": str(order.items_subtotal),
            "discount_total": str(order.discount_total),
            "shipping_total": str(order.shipping_total),
            "tax_total": str(order.tax_total),
            "tax_included": order.tax_included,
            "total": str(order.total),
            "refunded_total": str(order.refunded_total),
            "cancelled_total": str(order.cancelled_total),
            "payable": str(order.payable),
            "lines": [
                {
                    "sku": line.sku,
                    "title": line.product_title,
                    "variant": line.variant_title,
                    "storefront": line.storefront.slug,
                    "quantity": line.quantity,
                    "fulfilled_quantity": line.fulfilled_quantity,
                    "returned_quantity": line.returned_quantity,
                    "cancelled_quantity": line.cancelled_quantity,
                    "unit_price": str(line.unit_price),
                    "discount_total": str(line.discount_total),
                    "tax": str(line.tax),
                    "total": str(line.total),
                }
                for line in order.lines.select_related("storefront").order_by("pk")
            ],
            "discounts": [
                {"code": each.code, "name": each.name, "amount": str(each.amount)}
                for each in order.discounts.order_by("pk")
            ],
        },
    }
