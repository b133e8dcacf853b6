"""Prices as pages show them, before anything is in a cart."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from shop.catalogue.models import Product, Variant
from shop.pricing.price_list import PriceList, QuantityPrice
from shop.storefronts.models import Storefront


@dataclass(frozen=True, slots=True)
class ShownPrice:
    """What one piece costs on a storefront.

    compare_at: what it cost before, if more. breaks: what each costs for those who take several.
    varies: there are variants that cost more.
    """

    price: Decimal
    compare_at: Decimal | None = None
    breaks: tuple[QuantityPrice, ...] = ()
    varies: bool = False


def prices_for(variants: Iterable[Variant], storefront: Storefront) -> dict[int, ShownPrice]:
    """What each variant costs on this storefront, by its id. Two queries, none for none."""
    rows = list(variants)
    prices = PriceList.of(rows)
    return {variant.pk: _shown(prices, variant, storefront) for variant in rows}


def card_price(product: Product, prices: dict[int, ShownPrice]) -> ShownPrice | None:
    """The lowest price of a product's variants, of one that can be bought where there is any.

    prices: of at least its variants. None for a product without variants.
    """
    variants = product.variants_list
    if not variants:
        return None
    on_offer = [variant for variant in variants if not variant.is_sold_out] or variants
    lowest = min((prices[variant.pk] for variant in on_offer), key=lambda shown: shown.price)
    varies = any(prices[variant.pk].price != lowest.price for variant in variants)
    return ShownPrice(lowest.price, lowest.compare_at, varies=varies)


def _shown(prices: PriceList, variant: Variant, storefront: Storefront) -> ShownPrice:
    unit = prices.of_one(variant, storefront)
    return ShownPrice(unit.price, unit.compare_at, prices.breaks(variant, storefront))
