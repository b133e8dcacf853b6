"""The countries that orders go to: their names, and what addresses there need."""

from accounts.countries import (
    NAMES,
    POSTAL_CODE_OPTIONAL,
    PROVINCE_NEEDED,
    country_name,
    delivery_countries,
)

__all__ = [
    "NAMES",
    "POSTAL_CODE_OPTIONAL",
    "PROVINCE_NEEDED",
    "country_name",
    "delivery_countries",
]
