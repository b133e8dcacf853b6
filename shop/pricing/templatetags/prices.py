"""`{% load prices %}`: what things cost on the visited storefront, and how rates are written.

A page that lists products says `{% fetch_prices products %}` before it shows the first of them, so
that their prices take two queries, however many there are. `{% price_of product as shown %}` works
without it, too, with two queries for each.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format

from shop.catalogue.models import Product, Variant
from shop.pricing.queries import ShownPrice, card_price, prices_for
from shop.storefronts.models import Storefront

register = template.Library()

_FETCHED = "fetched_prices"
"""Where a request's prices are: with the request, whoever's it is, and gone with it."""


@register.filter
def percent(rate: Decimal) -> str:
    """A rate in percent without needless zeros: 19%, 5.5%."""
    plain = Decimal(f"{rate.normalize():f}")
    return f"{number_format(plain, use_l10n=True)}%"


@register.simple_tag(takes_context=True)
def fetch_prices(context: dict[str, Any], *products: Any) -> str:
    """Fetch the prices of products, of lists of them, and of lists of those. Renders nothing."""
    _fetched(context, [variant for each in _all(products) for variant in each.variants_list])
    return ""


def _all(products: Any) -> Iterator[Product]:
    if isinstance(products, Product):
        yield products
    elif isinstance(products, Iterable) and not isinstance(products, str):
        for each in products:
            yield from _all(each)


@register.simple_tag(takes_context=True)
def price_of(context: dict[str, Any], thing: Product | Variant) -> ShownPrice | None:
    """What a variant costs here, or a product from; None for a product without variants."""
    if isinstance(thing, Variant):
        return _fetched(context, [thing])[thing.pk]
    return card_price(thing, _fetched(context, thing.variants_list))


def _fetched(context: dict[str, Any], variants: list[Variant]) -> dict[int, ShownPrice]:
    """The prices fetched for this request, those of these variants among them."""
    storefront: Storefront = context["storefront"]
    request = context.get("request")
    prices: dict[int, ShownPrice] = getattr(request, _FETCHED, {})
    missing = [variant for variant in variants if variant.pk not in prices]
    if missing:
        prices = {**prices, **prices_for(missing, storefront)}
        if request is not None:
            setattr(request, _FETCHED, prices)
    return prices
