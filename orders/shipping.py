"""What each way of delivery costs: by country, weight and total."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Self

from accounts.countries import by_name
from orders.models import ShippingMethod, ShippingRate
from shop.pricing.breakdown import ShippingQuote, Wanted


@dataclass(frozen=True, slots=True)
class Quote:
    """A way of delivery that can take a parcel, and its price before any promotion."""

    method: ShippingMethod
    price: Decimal

    def for_pricing(self) -> ShippingQuote:
        """The same, as shop.pricing wants it."""
        return ShippingQuote(
            method_slug=self.method.slug,
            name=self.method.name,
            price=self.price,
            tax_class=self.method.tax_class,
        )


@dataclass(frozen=True, slots=True)
class CountryPrice:
    """What a method costs in some countries, by name, where that differs from `Quote.price`."""

    countries: tuple[str, ...]
    price: Decimal


def weight_of(wanted: Iterable[Wanted]) -> int:
    """How heavy a parcel is, in grams; what needs no delivery weighs nothing."""
    return sum(
        each.variant.weight_grams * each.quantity
        for each in wanted
        if each.variant.requires_shipping
    )


@dataclass(frozen=True, slots=True)
class Tariff:
    """The ways of delivery that are offered, in the order they are shown, with all their rates."""

    methods: tuple[tuple[ShippingMethod, tuple[ShippingRate, ...]], ...]

    @classmethod
    def load(cls) -> Self:
        """As it is now. Two queries."""
        methods = ShippingMethod.objects.offered().prefetch_related("rates")
        return cls(tuple((method, tuple(method.rates.all())) for method in methods))

    def quotes(self, country: str | None, *, weight: int, total: Decimal) -> list[Quote]:
        """The methods that take such a parcel there, and their prices.

        country: ISO 3166-1 alpha-2 in either case; None: not known yet, so prices are those of
        countries that have none of their own. weight: in grams. total: of the items, after
        discounts.
        """
        return [
            Quote(method, _price(method, rates, country, weight, total))
            for method, rates in self.methods
            if (country is None or method.serves(country)) and _takes(method, weight)
        ]

    def country_prices(
        self, method: ShippingMethod, *, weight: int, total: Decimal
    ) -> list[CountryPrice]:
        """Where a method costs something else than where it has no price of its own."""
        rates = next((rates for each, rates in self.methods if each.pk == method.pk), ())
        usual = _price(method, rates, None, weight, total)
        named = {code.lower() for rate in rates for code in rate.countries}
        prices = {code: _price(method, rates, code, weight, total) for code in named}
        by_price: dict[Decimal, list[str]] = {}
        for code, price in prices.items():
            if price != usual and method.serves(code):
                by_price.setdefault(price, []).append(code)
        return [
            CountryPrice(tuple(name for _code, name in by_name(by_price[price])), price)
            for price in sorted(by_price)
        ]

    def digest(self) -> str:
        """A short name for exactly these methods at exactly these prices."""
        told = [
            f"{method.slug}:{method.price}:{sorted(method.countries)}:{method.max_weight_grams}:"
            + ",".join(
                f"{sorted(rate.countries)}/{rate.min_weight_grams}/{rate.min_total}/{rate.price}"
                for rate in rates
            )
            for method, rates in self.methods
        ]
        return sha256("\n".join(told).encode()).hexdigest()[:16]


def foreseen(wanted: Sequence[Wanted], total: Decimal, country: str | None) -> list[ShippingQuote]:
    """What delivery may cost, for a cart's page; the one that checkout suggests first.

    total: of the items, after discounts. country: None if it is not known. Two queries.
    """
    quotes = Tariff.load().quotes(country, weight=weight_of(wanted), total=total)
    return [quote.for_pricing() for quote in quotes]


def _takes(method: ShippingMethod, weight: int) -> bool:
    return method.max_weight_grams is None or weight <= method.max_weight_grams


def _price(
    method: ShippingMethod,
    rates: Sequence[ShippingRate],
    country: str | None,
    weight: int,
    total: Decimal,
) -> Decimal:
    """The price of the rate that says most about the parcel, else the method's own."""
    fitting = [
        rate
        for rate in rates
        if rate.min_weight_grams <= weight
        and rate.min_total <= total
        and (not rate.countries or (country is not None and rate.serves(country)))
    ]
    if not fitting:
        return method.price
    best = max(fitting, key=lambda r: (bool(r.countries), r.min_total, r.min_weight_grams, r.pk))
    return best.price
