"""Tags and filters for the pages of cart, checkout and order."""

from typing import Any

from django import template

from accounts.countries import country_name
from carts.views import customer_of
from orders.checkout.offers import Offer
from orders.queries import waiting_orders
from orders.shipping import CountryPrice, Quote

register = template.Library()


@register.filter
def country(code: str) -> str:
    """A country's name in the active language, by its code."""
    return country_name(code)


@register.inclusion_tag("orders/_waiting.html", takes_context=True)
def orders_that_wait(context: dict[str, Any]) -> dict[str, Any]:
    """The visitor's own orders that wait for their payment. One query; none without a session."""
    request = context["request"]
    waiting = waiting_orders(request.session.session_key, customer_of(request))
    return {"waiting": waiting, "csrf_token": context.get("csrf_token")}


@register.filter
def country_prices(offer: Offer, quote: Quote) -> list[CountryPrice]:
    """Where a way of delivery costs something else than it says."""
    return offer.country_prices(quote)
