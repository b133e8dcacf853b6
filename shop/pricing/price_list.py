"""What one piece costs: by storefront, and by how many are bought."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from shop.catalogue.models import Variant
from shop.pricing.models import QuantityBreak, StorefrontPrice
from shop.pricing.rounding import rounded
from shop.storefronts.models import Storefront


@dataclass(frozen=True, slots=True)
class QuantityPrice:
    """Who buys at least `minimum` pieces pays `price` for each."""

    minimum: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What one piece costs, and what it cost before, where that was more."""

    price: Decimal
    compare_at: Decimal | None = None


class PriceList:
    """The prices of some variants, on all storefronts; two queries, however many."""

    def __init__(
        self, prices: Iterable[StorefrontPrice] = (), breaks: Iterable[QuantityBreak] = ()
    ) -> None:
        self._own = {(each.variant_id, each.storefront_id): each for each in prices}
        self._breaks: dict[int, list[QuantityBreak]] = defaultdict(list)
        for each in breaks:
            self._breaks[each.variant_id].append(each)

    @classmethod
    def of(cls, variants: Iterable[Variant]) -> Self:
        """The list that has these variants. No query for none."""
        ids = {variant.pk for variant in variants}
        if not ids:
            return cls()
        return cls(
            StorefrontPrice.objects.filter(variant__in=ids),
            QuantityBreak.objects.filter(variant__in=ids),
        )

    def of_one(self, variant: Variant, storefront: Storefront) -> UnitPrice:
        """What a single piece costs: the storefront's own price, else the variant's."""
        own = self._own.get((variant.pk, storefront.pk))
        now = rounded((own or variant).price)
        before = (own or variant).compare_at_price
        return UnitPrice(now, before if before is not None and before > now else None)

    def breaks(self, variant: Variant, storefront: Storefront) -> tuple[QuantityPrice, ...]:
        """What those pay who take more: each step lower than the one before."""
        lowest = self.of_one(variant, storefront).price
        steps = []
        for each in sorted(self._breaks[variant.pk], key=lambda x: (x.minimum, x.price)):
            price = rounded(each.price)
            if each.storefront_id in {None, storefront.pk} and price < lowest:
                lowest = price
                steps.append(QuantityPrice(each.minimum, price))
        return tuple(steps)

    def of_one_among(self, variant: Variant, storefront: Storefront, pieces: int) -> UnitPrice:
        """What each of so many pieces costs: the lowest step that is reached.

        The price before is the variant's compare-at price, else that of a single piece.
        """
        single = self.of_one(variant, storefront)
        reached = [step for step in self.breaks(variant, storefront) if step.minimum <= pieces]
        if not reached:
            return single
        return UnitPrice(reached[-1].price, single.compare_at or single.price)
