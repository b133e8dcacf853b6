"""Amounts as gateways count them: whole numbers of a currency's smallest unit."""

from decimal import Decimal
from typing import Final

from orders.payment.errors import BadAmount

# Stripe's lists; ISO 4217's minor units for everything a shop here could be run in.
WITHOUT_DECIMALS: Final = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
THREE_DECIMALS: Final = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


def places(currency: str) -> int:
    """Digits after the point that a currency's amounts have."""
    if currency.upper() in WITHOUT_DECIMALS:
        return 0
    return 3 if currency.upper() in THREE_DECIMALS else 2


def to_minor(amount: Decimal, currency: str) -> int:
    """19.99 EUR is 1999; 500 JPY is 500. Raises BadAmount for 500.50 JPY."""
    minor = amount.scaleb(places(currency))
    if minor != minor.to_integral_value():
        raise BadAmount(f"{amount} {currency} has more digits than the currency")
    return int(minor)


def from_minor(minor: int, currency: str) -> Decimal:
    """1999 of EUR is 19.99; 500 of JPY is 500."""
    return Decimal(minor).scaleb(-places(currency))
