"""The taxes a new shop begins with, and what the demo has to try offers with."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from shop.catalogue.models import Category, Variant
from shop.pricing.models import (
    CustomerGroup,
    Promotion,
    QuantityBreak,
    StorefrontPrice,
    TaxClass,
    TaxRate,
    Voucher,
)
from shop.storefronts.models import Storefront

EU_STANDARD_RATES = {
    "AT": "20", "BE": "21", "BG": "20", "CY": "19", "CZ": "21", "DE": "19", "DK": "25", "EE": "24",
    "ES": "21", "FI": "25.5", "FR": "20", "GR": "24", "HR": "25", "HU": "27", "IE": "23",
    "IT": "22", "LT": "21", "LU": "17", "LV": "21", "MT": "18", "NL": "21", "PL": "23", "PT": "23",
    "RO": "21", "SE": "25", "SI": "22", "SK": "23",
}  # fmt: skip
"""Standard VAT rates of the European Union's members in percent, as of 2026 (the Commission's
"Taxes in Europe" database). What leaves the Union is sold without VAT."""

OFFERS: dict[str, dict[str, Any]] = {
    "Three candles for two": {
        "kind": "buy-get",
        "buy_quantity": 2,
        "get_quantity": 1,
        "percent": Decimal(100),
        "automatic": True,
        "categories": ["lighting/candles"],
        "in_chinese": "蜡烛买二送一",
    },
    "Welcome": {
        "kind": "percentage",
        "percent": Decimal(10),
        "usage_limit_per_customer": 1,
        "codes": ["WELCOME10"],
        "in_chinese": "新客优惠",
    },
    "Free delivery": {
        "kind": "free-shipping",
        "minimum_total": Decimal("30.00"),
        "codes": ["FREESHIP"],
        "in_chinese": "免运费",
    },
    "Friends of the house": {
        "kind": "percentage",
        "percent": Decimal(15),
        "combinable": False,
        "groups": ["Friends of the house"],
        "codes": ["FRIENDS15"],
        "in_chinese": "老友专享",
    },
    "Spring clean": {
        "kind": "fixed",
        "amount": Decimal("5.00"),
        "storefronts": ["home"],
        "ends_at": datetime(2026, 5, 3, 12, tzinfo=UTC),
        "codes": ["SPRING5"],
        "in_chinese": "春季清仓",
    },
}
"""By name, with the codes that bring them; one of them is over, to see how that is said."""
STOREFRONT_PRICES = {("market-tote", "home"): ("42.00", "45.00")}
"""By the product's slug and the storefront's: the price of each variant, and the one before."""
QUANTITY_BREAKS = {"breakfast-mugs": {3: "0.90", 6: "0.80"}}
"""By the product's slug: from so many on, this part of the price."""


@transaction.atomic
def seed_prices() -> Counter[str]:
    """Add what is missing; what is there, staff may have changed, and it stays as it is.

    Returns how many of what were added. The taxes are for every new shop, in the countries of
    settings.SHOP_COUNTRIES; offers and prices are for the demo.
    """
    added: Counter[str] = Counter()
    standard, made = TaxClass.objects.get_or_create(
        is_default=True, defaults={"slug": "standard", "name": "Standard"}
    )
    added["tax class"] += made
    for country in settings.SHOP_COUNTRIES:
        rate = EU_STANDARD_RATES.get(country.upper())
        if rate is not None:
            added["tax rate"] += TaxRate.objects.get_or_create(
                country=country.upper(), tax_class=standard, defaults={"rate": Decimal(rate)}
            )[1]
    if settings.DEMO:
        for name, facts in OFFERS.items():
            added["promotion"] += _add_offer(name, dict(facts))
        _add_prices(added)
    return +added


def _add_offer(name: str, facts: dict[str, Any]) -> bool:
    """Add an offer with its codes, unless one of that name or with one of those codes is there."""
    codes: list[str] = facts.pop("codes", [])
    taken = Promotion.objects.filter(name=name) | Promotion.objects.filter(vouchers__code__in=codes)
    if taken.exists():
        return False
    categories = facts.pop("categories", [])
    storefronts = facts.pop("storefronts", [])
    groups = [CustomerGroup.objects.get_or_create(name=each)[0] for each in facts.pop("groups", [])]
    chinese = facts.pop("in_chinese")
    offer = Promotion.objects.create(
        original_name=name, translations={"zh-hans": {"name": chinese}}, **facts
    )
    offer.categories.set(Category.objects.filter(url_path__in=categories))
    offer.storefronts.set(Storefront.objects.filter(slug__in=storefronts))
    offer.groups.set(groups)
    if categories and not offer.categories.exists():
        # Not the demo's catalogue: an offer on nothing would become one on everything.
        offer.delete()
        return False
    for code in codes:
        Voucher.objects.create(code=code, promotion=offer)
    return True


def _add_prices(added: Counter[str]) -> None:
    for (product, storefront), (price, before) in STOREFRONT_PRICES.items():
        for variant in Variant.objects.filter(product__slug=product):
            for shop in Storefront.objects.filter(slug=storefront):
                added["storefront price"] += StorefrontPrice.objects.get_or_create(
                    variant=variant,
                    storefront=shop,
                    defaults={"price": Decimal(price), "compare_at_price": Decimal(before)},
                )[1]
    for product, steps in QUANTITY_BREAKS.items():
        for variant in Variant.objects.filter(product__slug=product):
            for minimum, part in steps.items():
                price_for_many = (variant.price * Decimal(part)).quantize(Decimal("0.10"))
                added["quantity break"] += QuantityBreak.objects.get_or_create(
                    variant=variant,
                    storefront=None,
                    minimum=minimum,
                    defaults={"price": price_for_many},
                )[1]
