"""`{% load prices %}`: how prices, taxes and quantity breaks are written."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def percent(rate: Decimal) -> str:
    """A rate in percent without needless zeros: 19 %, 5.5 %."""
    plain = Decimal(f"{rate.normalize():f}")
    return f"{number_format(plain, use_l10n=True)}\N{NO-BREAK SPACE}%"
