"""What stands on an invoice or a credit note: plain data, kept as it was when it was issued.

Amounts are strings of decimal numbers in major units of `currency`; dates are ISO 8601. Nothing
here is translated but the country: words are chosen when it is drawn, in `language`.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NotRequired, TypedDict

from django.conf import settings
from django.utils import timezone, translation

from accounts.countries import country_name
from orders.models import Address, CancellationLine, Order, OrderLine, ReturnLine

type Undone = ReturnLine | CancellationLine
"""Goods that came back, or were cancelled."""


class Seller(TypedDict):
    """Who sells."""

    name: str
    address: list[str]
    tax_id: str
    contact: str


class Item(TypedDict):
    """One line; with a negative quantity and amount, it was cancelled before it was paid."""

    title: str
    detail: str
    sku: str
    quantity: int
    unit_price: str
    tax_rate: str
    amount: str


class Amount(TypedDict):
    """A named amount: a discount, a way of delivery."""

    name: str
    amount: str


class TaxAmount(TypedDict):
    """The tax at one rate: `amount` on `base`. rate: in percent."""

    name: str
    rate: str
    base: str
    amount: str


class Document(TypedDict):
    """An invoice, or a credit note where `credits` names the invoice it is about.

    items: of a credit note, what came back or was cancelled; empty where it is about money alone.
    adjustment: what a credit note gives back beside them, such as the delivery, or less; on an
    invoice, what is taken off beside cancelled items. total: what is to be paid, or goes back; with
    `unpaid`, what a credit note takes off what is to be paid.
    """

    number: str
    credits: str
    issued: str
    order: str
    ordered: str
    language: str
    currency: str
    shop: str
    seller: Seller
    buyer: list[str]
    deliver_to: list[str]
    payment: str
    items: list[Item]
    items_total: str
    discounts: list[Amount]
    delivery: Amount | None
    adjustment: str
    taxes: list[TaxAmount]
    tax_included: bool
    total: str
    unpaid: NotRequired[bool]


def taxes_of(order: Order) -> list[TaxAmount]:
    """The taxes of an order as it was bought. One query."""
    return [
        {
            "name": each.name,
            "rate": str(each.rate),
            "base": str(each.base),
            "amount": str(each.amount),
        }
        for each in order.taxes.all()
    ]


def invoice(
    order: Order,
    number: str,
    issued: datetime,
    *,
    cancelled: Sequence[CancellationLine],
    taxes: list[TaxAmount],
) -> Document:
    """What stands on the invoice for an order. Three queries.

    cancelled: the items that are taken off. taxes: of what is to be paid.
    """
    listed = sum((_sold_for(order, each) for each in cancelled), Decimal(0))
    added = Decimal(0)
    if not order.tax_included:
        added = order.tax_total - sum(Decimal(tax["amount"]) for tax in taxes)
    rest = order.waived_total - listed - added
    return {
        **_head(order, number, issued),
        "credits": "",
        "items": [
            *(_item(line, line.quantity, line.subtotal) for line in order.lines.all()),
            *(_item(each.line, -each.quantity, -_sold_for(order, each)) for each in cancelled),
        ],
        "items_total": str(order.items_subtotal - listed),
        "discounts": [
            {
                "name": f"{each.name} ({each.code})" if each.code else each.name,
                "amount": str(each.amount),
            }
            for each in order.discounts.all()
        ],
        "delivery": {"name": order.shipping_method_name, "amount": str(order.shipping_price)},
        "adjustment": str(-rest) if rest else "",
        "taxes": taxes,
        "total": str(order.payable),
        "unpaid": False,
    }


def credit_note(
    order: Order,
    number: str,
    issued: datetime,
    *,
    about: str,
    amount: Decimal,
    taxes: Sequence[TaxAmount],
    undone: Sequence[Undone],
    is_paid_back: bool,
) -> Document:
    """What stands on a credit note. about: the invoice's number.

    amount: what goes back, or is taken off what is to be paid.
    """
    items = [_item(each.line, each.quantity, _sold_for(order, each)) for each in undone]
    listed = sum((Decimal(item["amount"]) for item in items), Decimal(0))
    added = Decimal(0) if order.tax_included else sum(Decimal(tax["amount"]) for tax in taxes)
    rest = amount - listed - added
    return {
        **_head(order, number, issued),
        "credits": about,
        "items": items,
        "items_total": "",
        "discounts": [],
        "delivery": None,
        "adjustment": str(rest) if items and rest else "",
        "taxes": list(taxes),
        "total": str(amount),
        "unpaid": not is_paid_back,
    }


def _sold_for(order: Order, each: Undone) -> Decimal:
    """What it was sold for, as items are priced: with its tax or without."""
    return each.amount - (0 if order.tax_included else each.tax)


def _head(order: Order, number: str, issued: datetime) -> "_Head":
    with translation.override(order.language):
        billing = getattr(order, "billing_address", None)
        deliver_to = _lines_of(order)
        buyer = _lines_of(billing) if billing else deliver_to
        return {
            "number": number,
            "issued": timezone.localtime(issued).date().isoformat(),
            "order": order.number,
            "ordered": timezone.localtime(order.placed_at).date().isoformat(),
            "language": order.language,
            "currency": order.currency,
            "shop": order.storefront.name,
            "seller": {
                "name": settings.SELLER_NAME,
                "address": list(settings.SELLER_ADDRESS),
                "tax_id": settings.SELLER_TAX_ID,
                "contact": settings.SELLER_CONTACT,
            },
            "buyer": buyer,
            "deliver_to": deliver_to if deliver_to != buyer else [],
            "payment": str(order.get_payment_method_display()),
            "tax_included": order.tax_included,
        }


class _Head(TypedDict):
    number: str
    issued: str
    order: str
    ordered: str
    language: str
    currency: str
    shop: str
    seller: Seller
    buyer: list[str]
    deliver_to: list[str]
    payment: str
    tax_included: bool


def _lines_of(address: Address) -> list[str]:
    lines = [
        f"{address.first_name} {address.last_name}",
        address.company,
        address.address_1,
        address.address_2,
        f"{address.postal_code} {address.city}".strip(),
        address.province,
        country_name(address.country_code),
    ]
    return [line for line in lines if line]


def _item(line: OrderLine, quantity: int, amount: Decimal) -> Item:
    return {
        "title": line.product_title,
        "detail": line.variant_title,
        "sku": line.sku,
        "quantity": quantity,
        "unit_price": str(line.unit_price),
        "tax_rate": str(line.tax_rate),
        "amount": str(amount),
    }
