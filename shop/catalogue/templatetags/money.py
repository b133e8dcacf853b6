"""`{% load money %}{{ amount|money }}`."""

from decimal import Decimal

from django import template

from shop.catalogue.money import format_money

register = template.Library()


@register.filter
def money(amount: Decimal | int | str | None) -> str:
    """An amount in the network's currency, "€1,299.00"; empty where there is none."""
    return "" if amount is None or amount == "" else format_money(Decimal(amount))
