"""Filters for the pages of checkout and order."""

from django import template

from accounts.countries import country_name
from orders.checkout.offers import Offer
from orders.shipping import CountryPrice, Quote

register = template.Library()


@register.filter
def country(code: str) -> str:
    """A country's name in the active language, by its code."""
    return country_name(code)


@register.filter
def country_prices(offer: Offer, quote: Quote) -> list[CountryPrice]:
    """Where a way of delivery costs something else than it says."""
    return offer.country_prices(quote)
