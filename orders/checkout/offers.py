"""What a checkout offers: a cart at its price, with the ways of delivery and theirs.

A page carries the name of the offer it showed (`Offer.name`). The order is placed if that is the
offer still, so nobody pays what they were not shown. It is no secret and no proof: a shopper who
forges it only fools themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import sha256

from accounts.models import User
from carts.queries import Line
from orders.shipping import CountryPrice, Quote, Tariff, weight_of
from shop.pricing.breakdown import Breakdown
from shop.pricing.services import strategy_for
from shop.storefronts.models import Storefront


@dataclass(frozen=True, slots=True)
class Buyer:
    """What a price may depend on, as far as it is known.

    country: where it goes, in lower case; "" while that is not known.
    """

    storefront: Storefront
    customer: User | None
    country: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A cart at its price for a buyer. `chosen` is None where no way of delivery is (validly)."""

    buyer: Buyer
    breakdown: Breakdown
    quotes: tuple[Quote, ...]
    chosen: Quote | None
    tariff: Tariff
    weight: int

    @property
    def name(self) -> str:
        """What this offer is known by: its prices, and for whom the total was worked out."""
        method = self.chosen.method.slug if self.chosen else ""
        return f"{self.digest}.{self.buyer.country}.{method}.{self.breakdown.total}"

    @property
    def digest(self) -> str:
        """What is offered to anybody: items, their prices and discounts, all prices of delivery."""
        told = sorted(
            f"{x.storefront.pk}:{x.variant.pk}:{x.quantity}:{x.unit_price}:{x.discount_total}"
            for x in self.breakdown.lines
        )
        return sha256("\n".join([*told, self.tariff.digest()]).encode()).hexdigest()[:32]

    def is_what(self, name: str) -> bool:
        """Whether a page that showed the offer of that name has told the buyer all of this one.

        A page that knew neither the country nor the method listed what delivery costs where; so it
        need not be shown again for that alone. Tax that is added to prices is no part of the list.
        """
        digest, country, method, total = [*name.split(".", 3), "", "", ""][:4]
        if digest != self.digest:
            return False
        chosen = self.chosen.method.slug if self.chosen else ""
        if (country, method) == (self.buyer.country, chosen):
            return _decimal(total) == self.breakdown.total
        return self.breakdown.tax_included or not self.breakdown.tax_total

    def country_prices(self, quote: Quote) -> list[CountryPrice]:
        """Where the way of delivery costs something else than where it has no price of its own."""
        total = self.breakdown.items_total
        return self.tariff.country_prices(quote.method, weight=self.weight, total=total)


def make_offer(
    lines: Sequence[Line],
    codes: Sequence[str],
    buyer: Buyer,
    *,
    method: str = "",
    or_first: bool = False,
) -> Offer:
    """Price a cart.

    method: the slug of the chosen way of delivery. or_first: if it cannot be had, the first that
    can be is taken in its place, for a page that has one chosen from the start.

    Two queries, and those of shop.pricing.
    """
    wanted = [line.wanted for line in lines]
    tariff = Tariff.load()
    strategy = strategy_for(
        wanted,
        storefront=buyer.storefront,
        country=buyer.country or None,
        customer=buyer.customer,
        codes=codes,
        email=buyer.email,
    )
    # What delivery costs may depend on what the items come to.
    items = strategy.reckon(wanted, None)
    weight = weight_of(wanted)
    quotes = tariff.quotes(buyer.country or None, weight=weight, total=items.items_total)
    chosen = next((quote for quote in quotes if quote.method.slug == method), None)
    if chosen is None and or_first and quotes:
        chosen = quotes[0]
    return Offer(
        buyer=buyer,
        breakdown=strategy.reckon(wanted, chosen.for_pricing()) if chosen else items,
        quotes=tuple(quotes),
        chosen=chosen,
        tariff=tariff,
        weight=weight,
    )


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
