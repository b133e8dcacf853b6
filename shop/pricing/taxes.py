"""The tax on each thing, by country and tax class."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db.models import F, FilteredRelation, Q
from django.utils.translation import gettext as _

from shop.catalogue.models import Variant
from shop.pricing.breakdown import ZERO
from shop.pricing.models import HomeCountry, ProductTax, TaxClass
from shop.pricing.rounding import rounded
from shop.storefronts.models import Storefront


@dataclass(frozen=True, slots=True)
class AppliedRate:
    """A rate in percent, its name, and the slug of the class it is of."""

    rate: Decimal = ZERO
    name: str = ""
    tax_class: str = ""

    def tax_on(self, amount: Decimal) -> Decimal:
        """The tax in an amount that includes it, or to be added to one that does not."""
        if settings.SHOP_PRICES_INCLUDE_TAX:
            return rounded(amount * self.rate / (100 + self.rate))
        return rounded(amount * self.rate / 100)


UNTAXED = AppliedRate()


class TaxTable:
    """The rates of one country, and the classes of some products."""

    def __init__(
        self, rates: Mapping[str, AppliedRate], default: str, classes: Mapping[int, str]
    ) -> None:
        self._rates = rates
        self._default = default
        self._classes = classes

    @classmethod
    def of(cls, country: str | None, storefront: Storefront, variants: Iterable[Variant]) -> Self:
        """The table for what goes to a country, in two queries; three if it is not known yet."""
        there = (country or home_country(storefront)).upper()
        rows = TaxClass.objects.annotate(
            there=FilteredRelation("rates", condition=Q(rates__country=there))
        ).values_list("slug", "is_default", "there__rate", "there__name")
        rates, default = {}, ""
        for slug, is_default, rate, name in rows:
            if rate is not None:
                rates[slug] = AppliedRate(rate, name or _("VAT"), slug)
            if is_default:
                default = slug
        products = {variant.product_id for variant in variants}
        classes = ProductTax.objects.filter(product__in=products).values_list(
            "product_id", F("tax_class__slug")
        )
        return cls(rates, default, dict(classes) if products else {})

    def on(self, variant: Variant) -> AppliedRate:
        """The rate on a variant; none on one that is not taxable."""
        if not variant.taxable:
            return UNTAXED
        return self.on_class(self._classes.get(variant.product_id, ""))

    def on_class(self, slug: str) -> AppliedRate:
        """The rate on a class, "" for the default one.

        The default class's where the country has none for this class; none where it has neither.
        """
        return self._rates.get(slug) or self._rates.get(self._default) or UNTAXED


def home_country(storefront: Storefront) -> str:
    """Where this storefront's shoppers are taken to live until they say so. One query."""
    own = HomeCountry.objects.filter(storefront=storefront.pk).values_list("country", flat=True)
    return own.first() or settings.SHOP_HOME_COUNTRY
