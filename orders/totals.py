"""The rows that add up to a total: the same for a checkout, an order and its mails."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from orders.models import Order, OrderDiscount, OrderTax
from shop.pricing.breakdown import ZERO, Breakdown, Discount, Tax


@dataclass(frozen=True, slots=True)
class Row:
    """A name and an amount; `code` is a voucher's."""

    name: str
    amount: Decimal
    code: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """items + delivery - discounts (+ taxes, if not included) = total.

    delivery: before discounts; None while no way of delivery is chosen. cancelled: what items were
    worth that were cancelled since.
    """

    items: Decimal
    discounts: tuple[Row, ...]
    delivery: Row | None
    taxes: tuple[Row, ...]
    tax_included: bool
    total: Decimal
    cancelled: Decimal = ZERO

    @property
    def remaining(self) -> Decimal:
        """The total without what was cancelled."""
        return self.total - self.cancelled

    @classmethod
    def of_breakdown(cls, priced: Breakdown) -> Self:
        """Of what is about to be ordered."""
        shipping = priced.shipping
        return cls(
            items=priced.items_subtotal,
            discounts=_discounts(priced.discounts),
            delivery=Row(shipping.name, shipping.price) if shipping else None,
            taxes=_taxes(priced.taxes),
            tax_included=priced.tax_included,
            total=priced.total,
        )

    @classmethod
    def of_order(cls, order: Order) -> Self:
        """Of what was ordered. Two queries, unless its discounts and taxes are fetched."""
        return cls(
            items=order.items_subtotal,
            discounts=_discounts(list(order.discounts.all())),
            delivery=Row(order.shipping_method_name, order.shipping_price),
            taxes=_taxes(list(order.taxes.all())),
            tax_included=order.tax_included,
            total=order.total,
            cancelled=order.cancelled_total,
        )


def _discounts(discounts: Sequence[Discount | OrderDiscount]) -> tuple[Row, ...]:
    return tuple(Row(each.name, each.amount, each.code) for each in discounts)


def _taxes(taxes: Sequence[Tax | OrderTax]) -> tuple[Row, ...]:
    return tuple(Row(each.name, each.amount) for each in taxes if each.amount != ZERO)
