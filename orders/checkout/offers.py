"""What a checkout offers: a cart at its price, with the ways of delivery and theirs.

A page carries the name of the offer it showed (`Offer.name`). The order is placed if that is the
offer still, so nobody pays a total they were not shown. It is no secret and no proof: a shopper who
forges it only fools themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from accounts.models import User
from carts.queries import Line
from orders.checkout.errors import OfferChanged, TotalNotShown
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
        """What this offer is known by: its prices, and the total for this buyer."""
        return f"{self.digest}.{self.breakdown.total:.2f}"

    @property
    def digest(self) -> str:
        """What is offered to anybody: items, their prices and discounts, all prices of delivery."""
        told = sorted(
            f"{x.storefront.pk}:{x.variant.pk}:{x.quantity}:{x.unit_price}:{x.discount_total}"
            for x in self.breakdown.lines
        )
        return sha256("\n".join([*told, self.tariff.digest()]).encode()).hexdigest()[:32]

    def objection(self, name: str) -> OfferChanged | None:
        """Why nobody may order this who saw the offer of that name; None: they saw this total.

        A page whose total was worked out without the country has listed what delivery costs where;
        that is no total, so it is shown once more.
        """
        if name == self.name:
            return None
        same_prices = name.startswith(f"{self.digest}.")
        return (TotalNotShown if same_prices else OfferChanged)(self.breakdown.total)

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
