"""`{% load aftersale %}`: what came after an order, on its page."""

from typing import Any

from django import template

from orders.aftersale import AfterSale
from orders.aftersale_forms import ReturnForm
from orders.models import Order

register = template.Library()


@register.simple_tag
def after_sale(order: Order) -> AfterSale:
    """For `_shipments.html`, `_cancellations.html`, `_returns.html`, `_invoices.html`.

    As many queries as `AfterSale.of` says.
    """
    return AfterSale.of(order)


@register.simple_tag
def return_form(order: Order, after: AfterSale) -> ReturnForm | None:
    """The form to give something back; None where nothing can be (any more)."""
    lines: list[Any] = list(order.lines.all())
    return ReturnForm(lines=lines, left=after.returnable) if after.returnable else None
