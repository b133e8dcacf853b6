"""How this shop reckons what a purchase costs, from the price of one piece to the sum.

Each step is a small rule of its own: `price_list` knows what a piece costs, `offers` what comes
off, `taxes` what the state gets. The order of the steps is here, and nowhere else.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from shop.pricing.breakdown import (
    ZERO,
    Breakdown,
    Discount,
    PricedLine,
    Shipping,
    ShippingQuote,
    Tax,
    Wanted,
)
from shop.pricing.offers import Counted, Goods, Offer, Unmet, Worth, counting
from shop.pricing.price_list import PriceList, UnitPrice
from shop.pricing.rounding import rounded
from shop.pricing.running import Running
from shop.pricing.taxes import TaxTable


@dataclass(frozen=True, slots=True)
class Strategy:
    """The shop's rules with all that they need to know for one purchase.

    prices: of the variants that are bought. taxes: of the country it goes to. running: the offers
    this shopper may get. category_paths: of the products, for offers that are limited to
    categories.
    """

    prices: PriceList
    taxes: TaxTable
    running: Running
    category_paths: dict[int, str]

    def reckon(self, wanted: Sequence[Wanted], quote: ShippingQuote | None) -> Breakdown:
        """Price each piece, take the offers off, add delivery, find the tax, and sum up."""
        unit_prices = self.unit_prices(wanted)
        in_order = sorted(range(len(wanted)), key=lambda place: _one_order(wanted[place]))
        goods = [self._goods(wanted[place], unit_prices[place]) for place in in_order]
        delivery = rounded(quote.price) if quote else ZERO
        counted, refused = self.offers(goods, delivery)
        discounts = {place: counted.off_lines[n] for n, place in enumerate(in_order)}
        lines = [
            self._line(each, unit_prices[place], discounts[place])
            for place, each in enumerate(wanted)
        ]
        shipping = self._shipping(quote, delivery, counted.off_delivery) if quote else None
        taxes = self._taxes(lines, shipping, quote.tax_class if quote else "")
        return _sum_up(lines, shipping, taxes, counted, refused)

    def unit_prices(self, wanted: Sequence[Wanted]) -> list[UnitPrice]:
        """What one piece of each line costs.

        All pieces of a variant in the purchase count towards its quantity breaks, wherever they
        were put in.
        """
        pieces: Counter[int] = Counter()
        for each in wanted:
            pieces[each.variant.pk] += each.quantity
        return [
            self.prices.of_one_among(each.variant, each.storefront, pieces[each.variant.pk])
            for each in wanted
        ]

    def offers(self, goods: Sequence[Goods], delivery: Decimal) -> tuple[Counted, dict[str, str]]:
        """The offers that count, and the codes that do not, with the reason."""
        refused = dict(self.running.refused)
        met: list[tuple[Offer, Worth]] = []
        for offer in self.running.offers:
            try:
                met.append((offer, offer.worth(goods, delivery)))
            except Unmet as reason:
                if offer.code:
                    refused[self.running.typed[offer.code]] = str(reason)
        counted = counting(met, goods, delivery)
        for offer, _worth in met:
            if offer.code and offer not in counted.offers:
                refused[self.running.typed[offer.code]] = _outdone_by(counted.offers)
        return counted, refused

    def _goods(self, wanted: Wanted, unit_price: UnitPrice) -> Goods:
        return Goods(
            product_id=wanted.variant.product_id,
            category_path=self.category_paths.get(wanted.variant.product_id, ""),
            storefront_id=wanted.storefront.pk,
            quantity=wanted.quantity,
            unit_price=unit_price.price,
        )

    def _line(
        self, wanted: Wanted, unit_price: UnitPrice, discounts: Sequence[Discount]
    ) -> PricedLine:
        subtotal = unit_price.price * wanted.quantity
        off = _sum(discounts)
        rate = self.taxes.on(wanted.variant)
        return PricedLine(
            key=wanted.key,
            variant=wanted.variant,
            storefront=wanted.storefront,
            quantity=wanted.quantity,
            unit_price=unit_price.price,
            compare_at=unit_price.compare_at,
            subtotal=subtotal,
            discounts=tuple(discounts),
            discount_total=off,
            total=subtotal - off,
            tax_rate=rate.rate,
            tax=rate.tax_on(subtotal - off),
            tax_class=rate.tax_class,
        )

    def _shipping(
        self, quote: ShippingQuote, price: Decimal, discounts: Sequence[Discount]
    ) -> Shipping:
        off = _sum(discounts)
        rate = self.taxes.on_class(quote.tax_class)
        return Shipping(
            method_slug=quote.method_slug,
            name=quote.name,
            price=price,
            discount=off,
            total=price - off,
            tax_rate=rate.rate,
            tax=rate.tax_on(price - off),
        )

    def _taxes(
        self, lines: Sequence[PricedLine], shipping: Shipping | None, tax_class: str
    ) -> tuple[Tax, ...]:
        """The taxes of the lines and of delivery, summed by rate and name; the highest first."""
        bases: dict[tuple[Decimal, str], Decimal] = defaultdict(Decimal)
        amounts: dict[tuple[Decimal, str], Decimal] = defaultdict(Decimal)
        taxed = [(self.taxes.on(line.variant), line.total, line.tax) for line in lines]
        if shipping:
            taxed.append((self.taxes.on_class(tax_class), shipping.total, shipping.tax))
        for applied, total, tax in taxed:
            if applied.rate and total:
                kind = (applied.rate, applied.name)
                bases[kind] += total - tax if settings.SHOP_PRICES_INCLUDE_TAX else total
                amounts[kind] += tax
        return tuple(
            Tax(rate, name, bases[rate, name], amounts[rate, name])
            for rate, name in sorted(bases, key=lambda kind: (-kind[0], kind[1]))
        )


def _sum_up(
    lines: Sequence[PricedLine],
    shipping: Shipping | None,
    taxes: tuple[Tax, ...],
    counted: Counted,
    refused: dict[str, str],
) -> Breakdown:
    """What the parts come to."""
    included: bool = settings.SHOP_PRICES_INCLUDE_TAX
    shipping_total = shipping.total if shipping else ZERO
    items_total = sum((line.total for line in lines), ZERO)
    tax_total = sum((tax.amount for tax in taxes), ZERO)
    discounts = _by_promotion(lines, counted.off_delivery, counted.offers)
    return Breakdown(
        lines=tuple(lines),
        shipping=shipping,
        discounts=discounts,
        taxes=taxes,
        tax_included=included,
        items_subtotal=sum((line.subtotal for line in lines), ZERO),
        items_total=items_total,
        discount_total=_sum(discounts),
        shipping_total=shipping_total,
        tax_total=tax_total,
        total=items_total + shipping_total + (ZERO if included else tax_total),
        refused_codes=refused,
    )


def _one_order(wanted: Wanted) -> tuple[int, int, str]:
    """Cents that are left over go to the same lines in whatever order a cart is read."""
    return (wanted.variant.pk, wanted.storefront.pk, str(wanted.key))


def _sum(discounts: Sequence[Discount]) -> Decimal:
    return sum((each.amount for each in discounts), ZERO)


def _by_promotion(
    lines: Sequence[PricedLine], off_delivery: Sequence[Discount], offers: Sequence[Offer]
) -> tuple[Discount, ...]:
    """The discounts summed by promotion, in the order in which the offers count."""
    each = [discount for line in lines for discount in line.discounts]
    amounts: dict[int | None, Decimal] = defaultdict(Decimal)
    for discount in [*each, *off_delivery]:
        amounts[discount.promotion_id] += discount.amount
    return tuple(
        Discount(offer.promotion.pk, offer.code, offer.promotion.name, amount)
        for offer in offers
        if (amount := amounts[offer.promotion.pk])
    )


def _outdone_by(offers: Sequence[Offer]) -> str:
    if len(offers) == 1:
        return _("It cannot be combined with “%(offer)s”, which saves you more.") % {
            "offer": offers[0].promotion.name
        }
    return _("It cannot be combined with your other discounts, which save you more.")
