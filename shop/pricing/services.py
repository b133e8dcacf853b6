"""What things cost, and the counting of promotions that were used."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from accounts.models import User
from shop.pricing.breakdown import (
    ZERO,
    Breakdown,
    PricedLine,
    Shipping,
    ShippingQuote,
    Wanted,
)
from shop.storefronts.models import Storefront


class PromotionUsedUp(Exception):
    """Somebody else used a promotion for the last time. `code` is "" for an automatic one.

    `str()` of it is a sentence for the shopper, in their language. Nothing may be kept: roll back.
    """

    def __init__(self, promotion_id: int, code: str, name: str) -> None:
        super().__init__(promotion_id, code, name)
        self.promotion_id = promotion_id
        self.code = code
        self.name = name


def price(
    wanted: Sequence[Wanted],
    *,
    storefront: Storefront,
    country: str | None,
    customer: User | None,
    codes: Sequence[str] = (),
    shipping: ShippingQuote | None = None,
    at: datetime | None = None,
    email: str = "",
) -> Breakdown:
    """Price a purchase. Reads only, in a constant number of queries.

    storefront: where it is bought; the lines have prices of their own origins. country: ISO
    3166-1 alpha-2 in either case, where it goes; None: not known yet. customer: who is signed in.
    codes: voucher codes as typed. shipping: the chosen way of delivery. at: by the prices of that
    moment, now by default. email: as typed by a guest, for limits per customer.
    """
    lines = tuple(
        PricedLine(
            key=each.key,
            variant=each.variant,
            storefront=each.storefront,
            quantity=each.quantity,
            unit_price=each.variant.price,
            compare_at=each.variant.compare_at_price if each.variant.is_on_sale else None,
            subtotal=each.variant.price * each.quantity,
            discounts=(),
            discount_total=ZERO,
            total=each.variant.price * each.quantity,
            tax_rate=ZERO,
            tax=ZERO,
            tax_class="",
        )
        for each in wanted
    )
    delivery = (
        Shipping(
            method_slug=shipping.method_slug,
            name=shipping.name,
            price=shipping.price,
            discount=ZERO,
            total=shipping.price,
            tax_rate=ZERO,
            tax=ZERO,
        )
        if shipping
        else None
    )
    items: Decimal = sum((line.total for line in lines), ZERO)
    delivered = delivery.total if delivery else ZERO
    return Breakdown(
        lines=lines,
        shipping=delivery,
        discounts=(),
        taxes=(),
        tax_included=True,
        items_subtotal=items,
        items_total=items,
        discount_total=ZERO,
        shipping_total=delivered,
        tax_total=ZERO,
        total=items + delivered,
    )


def redeem(breakdown: Breakdown, *, reference: str, customer: User | None, email: str) -> None:
    """Count the use of every promotion in the breakdown, in the caller's transaction.

    reference: the order's token; the same one twice counts once. Raises PromotionUsedUp, upon
    which the caller must roll back.
    """


def unredeem(reference: str) -> None:
    """Give back what `redeem` counted for an order that was never paid. Safe twice."""
