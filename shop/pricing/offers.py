"""What offers are worth to a shopper, and which of them count.

Nothing here reads the database. Each offer is reckoned by itself, from the prices before any
discount; so it is worth the same whatever else the shopper gets, and one more offer never makes a
purchase dearer. The rules are in docs/pricing.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.catalogue.money import format_money
from shop.pricing.breakdown import ZERO, Discount
from shop.pricing.models import Promotion
from shop.pricing.rounding import rounded, split

Kind = Promotion.Kind


class Unmet(Exception):
    """An offer's condition is not met. `str()` of it tells the shopper which one."""


@dataclass(frozen=True, slots=True)
class Goods:
    """A line as offers see it. The lines of a purchase have one order, whoever asks."""

    product_id: int
    category_path: str
    storefront_id: int
    quantity: int
    unit_price: Decimal

    @property
    def subtotal(self) -> Decimal:
        """What it costs before any discount."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Worth:
    """What an offer takes off, before anything else does: of each line, and of delivery.

    passes_on: what finds nothing left on its line goes to the others, as with an amount off the
    sum; a percentage of what costs nothing any more is nothing.
    """

    lines: tuple[Decimal, ...]
    delivery: Decimal = ZERO
    eligible: tuple[bool, ...] = ()
    passes_on: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A promotion with what it is limited to, and the code that brought it ("" for none)."""

    promotion: Promotion
    category_paths: tuple[str, ...] = ()
    products: frozenset[int] = frozenset()
    storefronts: frozenset[int] = frozenset()
    code: str = ""

    def counts(self, goods: Goods) -> bool:
        """Whether a line is part of the offer."""
        if self.storefronts and goods.storefront_id not in self.storefronts:
            return False
        if not self.category_paths and not self.products:
            return True
        below = any(goods.category_path.startswith(path) for path in self.category_paths)
        return below or goods.product_id in self.products

    def worth(self, goods: Sequence[Goods], delivery: Decimal) -> Worth:
        """What it takes off these goods, and off this price of delivery.

        Raises Unmet where a condition is not met.
        """
        eligible = tuple(self.counts(each) for each in goods)
        if not any(eligible):
            raise Unmet(_("Nothing in your cart is part of this offer."))
        bases = [
            each.subtotal if counted else ZERO
            for each, counted in zip(goods, eligible, strict=True)
        ]
        base = sum(bases, ZERO)
        self._refuse_too_little(base)
        nothing = (ZERO,) * len(goods)
        match self.promotion.kind:
            case Kind.PERCENTAGE:
                amount = rounded(base * _percent(self.promotion))
                return Worth(_split(amount, bases), eligible=eligible)
            case Kind.FIXED:
                amount = min(rounded(self.promotion.amount or ZERO), base)
                return Worth(_split(amount, bases), eligible=eligible, passes_on=True)
            case Kind.FREE_SHIPPING:
                most = self.promotion.amount
                return Worth(nothing, delivery if most is None else min(rounded(most), delivery))
            case _:
                return Worth(self._for_the_cheapest(goods, eligible), eligible=eligible)

    def _refuse_too_little(self, base: Decimal) -> None:
        minimum = self.promotion.minimum_total
        if minimum is None or base >= minimum:
            return
        values = {"minimum": format_money(minimum), "missing": format_money(minimum - base)}
        if self.category_paths or self.products or self.storefronts:
            text = _(
                "This offer begins when its items come to %(minimum)s: %(missing)s more to go."
            )
        else:
            text = _("This offer begins at %(minimum)s: %(missing)s more to go.")
        raise Unmet(text % values)

    def _for_the_cheapest(
        self, goods: Sequence[Goods], eligible: Sequence[bool]
    ) -> tuple[Decimal, ...]:
        """Of every "buy and get" pieces, the cheapest "get" ones are reduced."""
        bundle = (self.promotion.buy_quantity or 0) + (self.promotion.get_quantity or 0)
        places = [place for place, counted in enumerate(eligible) if counted]
        pieces = sum(goods[place].quantity for place in places)
        reduced = pieces // bundle * (self.promotion.get_quantity or 0)
        if not reduced:
            missing = bundle - pieces
            raise Unmet(
                ngettext(
                    "This offer needs %(missing)d more item that is part of it.",
                    "This offer needs %(missing)d more items that are part of it.",
                    missing,
                )
                % {"missing": missing}
            )
        off = [ZERO] * len(goods)
        for place in sorted(places, key=lambda place: goods[place].unit_price):
            each = goods[place]
            count = min(reduced, each.quantity)
            off[place] = rounded(each.unit_price * _percent(self.promotion)) * count
            reduced -= count
        return tuple(off)


def _percent(promotion: Promotion) -> Decimal:
    return (promotion.percent or ZERO) / 100


def _split(amount: Decimal, bases: Sequence[Decimal]) -> tuple[Decimal, ...]:
    return tuple(split(amount, bases) if amount else [ZERO] * len(bases))


@dataclass(slots=True)
class Counted:
    """The offers that count together, and what each of them takes off of what is left."""

    off_lines: list[list[Discount]]
    off_delivery: list[Discount] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """What the shopper saves."""
        of_lines = (each.amount for line in self.off_lines for each in line)
        return sum(of_lines, ZERO) + sum((each.amount for each in self.off_delivery), ZERO)


def counting(
    offers: Sequence[tuple[Offer, Worth]], goods: Sequence[Goods], delivery: Decimal
) -> Counted:
    """The offers that save the shopper most: one alone, or all that can be combined.

    Equal savings: those that can be combined before one that cannot, then the higher priority,
    then the older offer.
    """
    ranked = sorted(offers, key=lambda each: _rank(each[0].promotion))
    together = [each for each in ranked if each[0].promotion.combinable]
    alone = [[each] for each in ranked if not each[0].promotion.combinable]
    choices = [*([together] if together else []), *alone]
    found = [_taken_off(choice, goods, delivery) for choice in choices]
    return max(found, key=lambda each: each.total, default=Counted([[] for _line in goods]))


def _rank(promotion: Promotion) -> tuple[int, int]:
    return (-promotion.priority, promotion.pk)


def _taken_off(
    offers: Sequence[tuple[Offer, Worth]], goods: Sequence[Goods], delivery: Decimal
) -> Counted:
    """Take off what each is worth, as far as there is something left to take it off."""
    left = [each.subtotal for each in goods]
    result = Counted([[] for _line in goods], offers=[offer for offer, _worth in offers])
    largest_first = sorted(range(len(goods)), key=lambda place: -goods[place].subtotal)
    for offer, worth in offers:
        off = [min(wanted, rest) for wanted, rest in zip(worth.lines, left, strict=True)]
        if worth.passes_on:
            over = sum(worth.lines, ZERO) - sum(off, ZERO)
            for place in largest_first:
                more = min(over, left[place] - off[place]) if worth.eligible[place] else ZERO
                off[place] += more
                over -= more
        discount = _discounts_of(offer)
        for place, amount in enumerate(off):
            left[place] -= amount
            if amount:
                result.off_lines[place].append(discount(amount))
        if free := min(worth.delivery, delivery):
            delivery -= free
            result.off_delivery.append(discount(free))
    return result


def _discounts_of(offer: Offer) -> Callable[[Decimal], Discount]:
    return lambda amount: Discount(offer.promotion.pk, offer.code, offer.promotion.name, amount)
