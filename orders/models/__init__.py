"""Orders: what was bought, what became of it, and the ways it can be delivered.

`checkout` holds what a shopper has entered so far, `shipping` what they may choose from, `placed`
what is frozen when an order is made, `aftersale` what happens to the goods later. Sums are checked
by the database; it rounds them to cents because SQLite adds decimals as floating point.
"""

from orders.models.addresses import Address, BillingAddress
from orders.models.aftersale import (
    Cancellation,
    CancellationLine,
    Fulfilment,
    FulfilmentLine,
    Invoice,
    InvoiceCounter,
    Return,
    ReturnLine,
)
from orders.models.checkout import Checkout
from orders.models.lookup import LookupTries
from orders.models.placed import Order, OrderDiscount, OrderLine, OrderTax, new_token
from orders.models.shipping import ShippingMethod, ShippingRate, validate_country_codes

__all__ = [
    "Address",
    "BillingAddress",
    "Cancellation",
    "CancellationLine",
    "Checkout",
    "Fulfilment",
    "FulfilmentLine",
    "Invoice",
    "InvoiceCounter",
    "LookupTries",
    "Order",
    "OrderDiscount",
    "OrderLine",
    "OrderTax",
    "Return",
    "ReturnLine",
    "ShippingMethod",
    "ShippingRate",
    "new_token",
    "validate_country_codes",
]
