"""What a price is made of: the values that cart, order, mail and API show, all from here.

Money is Decimal in major units of the network's currency, to the cent. Rates are in percent:
`Decimal("19.000")` is nineteen percent. Whatever is here always adds up:

    total = items_subtotal - discounts on items + shipping_total (+ tax_total, if not included)
"""

from dataclasses import dataclass, field
from decimal import Decimal

from shop.catalogue.models import Variant
from shop.storefronts.models import Storefront

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many of a variant, as put in on one storefront.

    key: what the caller knows it by, such as the cart line's id; each is used once. storefront:
    where it was put in, whose price it has.
    """

    key: int | str
    variant: Variant
    storefront: Storefront
    quantity: int


@dataclass(frozen=True, slots=True)
class Discount:
    """What one promotion takes off. `amount` is above zero; `code` is "" for an automatic one."""

    promotion_id: int | None
    code: str
    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line at its price.

    compare_at: the price before, where it is higher than `unit_price`; else None. subtotal:
    `unit_price` times `quantity`. total: what is left after the discounts. tax: the tax in
    `total`, or on top of it where prices are without tax. tax_class: its slug, "" where nothing is
    taxed.
    """

    key: int | str
    variant: Variant
    storefront: Storefront
    quantity: int
    unit_price: Decimal
    compare_at: Decimal | None
    subtotal: Decimal
    discounts: tuple[Discount, ...]
    discount_total: Decimal
    total: Decimal
    tax_rate: Decimal
    tax: Decimal
    tax_class: str


@dataclass(frozen=True, slots=True)
class ShippingQuote:
    """A way of delivery and its price for what is ordered, before any promotion.

    tax_class: the slug of a `TaxClass`; "" is the default class.
    """

    method_slug: str
    name: str
    price: Decimal
    tax_class: str = ""


@dataclass(frozen=True, slots=True)
class Shipping:
    """Delivery at its price. `total` is what is left of `price` after `discount`."""

    method_slug: str
    name: str
    price: Decimal
    discount: Decimal
    total: Decimal
    tax_rate: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax of one rate over all lines and delivery. `base` is the amount without that tax."""

    rate: Decimal
    name: str
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A whole purchase at its price.

    lines: in the order they were asked for. discounts: summed by promotion, delivery's included.
    items_subtotal: before discounts; items_total: after them. discount_total: items' and
    delivery's. shipping_total: after its discount. refused_codes: the codes that do not count, as
    they were typed, each with a sentence that says why, in the active language.
    """

    lines: tuple[PricedLine, ...]
    shipping: Shipping | None
    discounts: tuple[Discount, ...]
    taxes: tuple[Tax, ...]
    tax_included: bool
    items_subtotal: Decimal
    items_total: Decimal
    discount_total: Decimal
    shipping_total: Decimal
    tax_total: Decimal
    total: Decimal
    refused_codes: dict[str, str] = field(default_factory=dict)
