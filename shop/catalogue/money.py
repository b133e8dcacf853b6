"""How an amount of money is written."""

from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.utils import numberformat
from django.utils.formats import get_format

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CNY": "¥", "JPY": "¥", "INR": "₹", "KRW": "₩"}
WITHOUT_CENTS = {"JPY", "KRW"}


def format_money(amount: Decimal, currency: str | None = None) -> str:
    """An amount in major units for people: 1299 is "€1,299.00" in English.

    The separators are the active language's; the currency is the network's unless given.
    """
    currency = currency or settings.SHOP_CURRENCY
    places = 0 if currency in WITHOUT_CENTS else 2
    amount = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    number = numberformat.format(
        abs(amount),
        get_format("DECIMAL_SEPARATOR"),
        decimal_pos=places,
        grouping=3,
        thousand_sep=get_format("THOUSAND_SEPARATOR") or ",",
        force_grouping=True,
    )
    symbol = SYMBOLS.get(currency, f"{currency} ")
    return f"{'−' if amount < 0 else ''}{symbol}{number}"
