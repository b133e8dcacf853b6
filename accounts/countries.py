"""Names of the countries that addresses are in, and what addresses there need.

`settings.SHOP_COUNTRIES` says which of them this shop delivers to, as ISO 3166-1 alpha-2 codes in
either case. Codes are kept in lower case.
"""

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext_lazy as _

NAMES = {
    "ae": _("United Arab Emirates"),
    "at": _("Austria"),
    "au": _("Australia"),
    "be": _("Belgium"),
    "bg": _("Bulgaria"),
    "br": _("Brazil"),
    "ca": _("Canada"),
    "ch": _("Switzerland"),
    "cn": _("China"),
    "cy": _("Cyprus"),
    "cz": _("Czechia"),
    "de": _("Germany"),
    "dk": _("Denmark"),
    "ee": _("Estonia"),
    "es": _("Spain"),
    "fi": _("Finland"),
    "fr": _("France"),
    "gb": _("United Kingdom"),
    "gr": _("Greece"),
    "hk": _("Hong Kong"),
    "hr": _("Croatia"),
    "hu": _("Hungary"),
    "ie": _("Ireland"),
    "il": _("Israel"),
    "in": _("India"),
    "is": _("Iceland"),
    "it": _("Italy"),
    "jp": _("Japan"),
    "kr": _("South Korea"),
    "li": _("Liechtenstein"),
    "lt": _("Lithuania"),
    "lu": _("Luxembourg"),
    "lv": _("Latvia"),
    "mo": _("Macao"),
    "mt": _("Malta"),
    "mx": _("Mexico"),
    "nl": _("Netherlands"),
    "no": _("Norway"),
    "nz": _("New Zealand"),
    "pl": _("Poland"),
    "pt": _("Portugal"),
    "ro": _("Romania"),
    "se": _("Sweden"),
    "sg": _("Singapore"),
    "si": _("Slovenia"),
    "sk": _("Slovakia"),
    "tr": _("Türkiye"),
    "tw": _("Taiwan"),
    "ua": _("Ukraine"),
    "us": _("United States"),
    "za": _("South Africa"),
}

POSTAL_CODE_OPTIONAL = frozenset({"ae", "hk", "ie", "mo"})
"""Places where parcels arrive without one."""
PROVINCE_NEEDED = frozenset({"au", "br", "ca", "cn", "us"})
"""Places where a parcel needs the state or province on it."""


def country_name(code: str) -> str:
    """The country's name in the active language; the code itself where we know no name."""
    return str(NAMES.get(code.lower(), code.upper()))


def delivery_countries() -> list[tuple[str, str]]:
    """Code and name of each country this shop delivers to, by name in the active language."""
    return by_name(settings.SHOP_COUNTRIES)


def by_name(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Code and name of each of these countries, by name in the active language.

    Chinese by its sound: GB 2312, which GB 18030 contains, has the common characters in the order
    of their pinyin.
    """
    named = [(code.lower(), country_name(code)) for code in codes]
    return sorted(named, key=lambda each: each[1].encode("gb18030"))
