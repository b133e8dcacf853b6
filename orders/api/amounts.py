"""Amounts with and without tax, as the Store API tells them of carts and orders.

They are those of the breakdown (`shop.pricing`), split so that clients can add them up their way:

    total = subtotal - discount_subtotal + tax_total
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from shop.api.base.wire import number
from shop.pricing.breakdown import ZERO
from shop.pricing.rounding import rounded


@dataclass(frozen=True, slots=True)
class Amounts:
    """What something costs; money in major units.

    subtotal, discount_subtotal: without tax; subtotal is before discounts. original_total,
    discount_total, total: with it; original_total is before discounts. tax_total: the tax in total.
    """

    subtotal: Decimal = ZERO
    discount_subtotal: Decimal = ZERO
    original_total: Decimal = ZERO
    discount_total: Decimal = ZERO
    tax_total: Decimal = ZERO
    total: Decimal = ZERO

    @classmethod
    def of(
        cls, price: Decimal, discount: Decimal, tax: Decimal, rate: Decimal, *, included: bool
    ) -> Self:
        """Of a line, or of delivery.

        price: before the discount. tax: on what is left. rate: in percent. included: whether price
        and discount include the tax.
        """
        left = price - discount
        if not discount:
            full_tax = tax
        elif included:
            full_tax = rounded(price * rate / (100 + rate))
        else:
            full_tax = rounded(price * rate / 100)
        net, total = (left - tax, left) if included else (left, left + tax)
        subtotal = price - full_tax if included else price
        original = price if included else price + full_tax
        return cls(subtotal, subtotal - net, original, original - total, tax, total)

    @classmethod
    def sum(cls, parts: Iterable[Self]) -> Self:
        """Of several things together."""
        parts = list(parts)
        return cls(*(sum((getattr(part, name) for part in parts), ZERO) for name in cls.__slots__))

    def told(self, prefix: str = "") -> dict[str, float | int | None]:
        """As JSON numbers: `total`, or with the prefix "shipping_": `shipping_total`."""
        tax = self.original_total - self.subtotal
        return {
            f"{prefix}subtotal": number(self.subtotal),
            f"{prefix}total": number(self.total),
            f"{prefix}tax_total": number(self.tax_total),
            f"{prefix}discount_subtotal": number(self.discount_subtotal),
            f"{prefix}discount_total": number(self.discount_total),
            f"original_{prefix}subtotal": number(self.subtotal),
            f"original_{prefix}total": number(self.original_total),
            f"original_{prefix}tax_total": number(tax),
        }
