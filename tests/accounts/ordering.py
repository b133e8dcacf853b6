"""Orders that are there already, for the tests of accounts."""

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from orders.models import BillingAddress, Order, OrderLine
from shop.storefronts.models import Storefront

_numbers = itertools.count(1001)
HOME: dict[str, str] = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "company": "Analytical Engines",
    "address_1": "12 St James's Square",
    "address_2": "Second floor",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "province": "",
    "country_code": "gb",
    "phone": "+44 20 7946 0000",
}


def make_order(storefront: Storefront, *, days_ago: int = 30, **fields: Any) -> Order:
    """An order of one thing, which arrived and was paid unless told otherwise."""
    number = next(_numbers)
    order = Order.objects.create(
        **{
            "number": f"G-{number}",
            "checkout_key": f"key-{number}",
            "session_fingerprint": "abcdefghij",
            "storefront": storefront,
            "email": "ada@example.com",
            **HOME,
            "status": Order.Status.FULFILLED,
            "payment_status": Order.PaymentStatus.PAID,
            "fulfilment_status": Order.FulfilmentStatus.FULFILLED,
            "shipping_method": "standard",
            "shipping_method_name": "Standard",
            "payment_method": Order.PaymentMethod.ON_DELIVERY,
            "currency": "EUR",
            "items_subtotal": Decimal("10.00"),
            "shipping_price": Decimal("4.90"),
            "shipping_total": Decimal("4.90"),
            "total": Decimal("14.90"),
            "placed_at": timezone.now() - timedelta(days=days_ago),
            **fields,
        }
    )
    OrderLine.objects.create(
        order=order,
        storefront=storefront,
        product_title="Silver ring",
        product_slug="silver-ring",
        unit_price=Decimal("10.00"),
        quantity=1,
        total=Decimal("10.00"),
    )
    return order


def bill_elsewhere(order: Order) -> BillingAddress:
    """Another address for the order's invoice."""
    return BillingAddress.objects.create(order=order, **{**HOME, "city": "Ockham Park"})
