"""What things cost, and the counting of promotions that were used."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from shop.catalogue.models import Product
from shop.pricing.breakdown import Breakdown, Discount, ShippingQuote, Wanted
from shop.pricing.models import Promotion, Redemption, Voucher
from shop.pricing.price_list import PriceList
from shop.pricing.running import Running, Shopper, offers_for
from shop.pricing.strategy import Strategy
from shop.pricing.taxes import TaxTable
from shop.storefronts.models import Storefront


class PromotionUsedUp(Exception):
    """Somebody used a promotion or a code for the last time just before. Nothing was counted.

    `code` is "" for an automatic promotion. `str()` of it is a sentence for the shopper.
    """

    def __init__(self, promotion_id: int, code: str, name: str) -> None:
        super().__init__(promotion_id, code, name)
        self.promotion_id = promotion_id
        self.code = code
        self.name = name

    def __str__(self) -> str:
        if self.code:
            return _("The code “%(code)s” has just been used for the last time.") % {
                "code": self.code
            }
        return _("“%(name)s” has just ended: it was used for the last time.") % {"name": self.name}


UNINFORMED = Strategy(PriceList(), TaxTable({}, "", {}), Running(), {})
"""Knows of no prices but the variants' own, no taxes and no offers. Nothing needs no more."""


def strategy_for(
    wanted: Sequence[Wanted],
    *,
    storefront: Storefront,
    country: str | None,
    customer: User | None,
    codes: Sequence[str] = (),
    at: datetime | None = None,
    email: str = "",
) -> Strategy:
    """All that pricing a purchase needs to know: see `price`. At most eleven queries.

    `Strategy.reckon` then prices it with one way of delivery after another, without any query.
    """
    if any(each.quantity < 1 for each in wanted):
        raise ValueError("Only quantities of one or more have a price.")
    if len({each.key for each in wanted}) < len(wanted):
        raise ValueError("Each line needs a key of its own.")
    variants = [each.variant for each in wanted]
    running = offers_for(Shopper(customer, email), codes, at or timezone.now())
    return Strategy(
        prices=PriceList.of(variants),
        taxes=TaxTable.of(country, storefront, variants),
        running=running,
        category_paths=_category_paths(running, wanted),
    )


def price(
    wanted: Sequence[Wanted],
    *,
    storefront: Storefront,
    country: str | None,
    customer: User | None,
    codes: Sequence[str] = (),
    shipping: ShippingQuote | None = None,
    at: datetime | None = None,
    email: str = "",
) -> Breakdown:
    """Price a purchase. Reads only; at most eleven queries, however many lines and promotions.

    storefront: where it is bought: its home country's taxes hold until a country is known; the
    lines have the prices of their own origins. country: ISO 3166-1 alpha-2 in either case, where
    it goes; None: not known yet. customer: who is signed in. codes: voucher codes as typed.
    shipping: the chosen way of delivery. at: by the offers of that moment, now by default. email:
    as typed, for limits per customer. Raises ValueError for a quantity below 1 and for a key that
    comes twice.
    """
    strategy = strategy_for(
        wanted,
        storefront=storefront,
        country=country,
        customer=customer,
        codes=codes,
        at=at,
        email=email,
    )
    return strategy.reckon(wanted, shipping)


def unit_prices(wanted: Sequence[Wanted]) -> dict[int | str, Decimal]:
    """What one piece of each line costs before discounts, by the line's key. Two queries."""
    prices = PriceList.of(each.variant for each in wanted)
    found = replace(UNINFORMED, prices=prices).unit_prices(wanted)
    return {each.key: unit.price for each, unit in zip(wanted, found, strict=True)}


def _category_paths(running: Running, wanted: Sequence[Wanted]) -> dict[int, str]:
    """Where the products stand in the tree, if an offer asks for that. One query, or none."""
    if not any(offer.category_paths for offer in running.offers):
        return {}
    products = {each.variant.product_id for each in wanted}
    placed = Product.objects.filter(pk__in=products, category__isnull=False)
    return dict(placed.values_list("pk", "category__path"))


@transaction.atomic
def redeem(breakdown: Breakdown, *, reference: str, customer: User | None, email: str) -> None:
    """Count the use of every promotion in the breakdown: once, however often it is called.

    reference: the order's token. All promotions or none. Each count is one UPDATE guarded by the
    limit, in primary-key order so that two orders never wait for each other crosswise; it locks
    the promotion until the caller's transaction ends, which makes the limit per customer hold too.
    Raises PromotionUsedUp, and ValueError without a reference.
    """
    if not reference:
        raise ValueError("A use belongs to an order, and is known by its reference.")
    done = set(
        Redemption.objects.filter(reference=reference).values_list("promotion_id", flat=True)
    )
    shopper = Shopper(customer, email)
    used = {each.promotion_id: each for each in breakdown.discounts if each.promotion_id}
    for promotion in sorted(used.keys() - done):
        _redeem_one(promotion, used[promotion], reference, shopper)


def _redeem_one(pk: int, discount: Discount, reference: str, shopper: Shopper) -> None:
    used_up = PromotionUsedUp(pk, discount.code, discount.name)
    has_a_use_left = Q(usage_limit=None) | Q(used__lt=F("usage_limit"))
    promotions = Promotion.objects.filter(pk=pk)
    if not promotions.filter(has_a_use_left).update(used=F("used") + 1):
        raise used_up
    promotion, voucher = promotions.get(), None
    if discount.code:
        vouchers = Voucher.objects.filter(promotion=promotion, code=discount.code)
        if not vouchers.filter(has_a_use_left).update(used=F("used") + 1):
            raise used_up
        voucher = vouchers.get()
    mine = shopper.redemptions()
    most = promotion.usage_limit_per_customer
    if most is not None and mine.filter(promotion=promotion).count() >= most:
        raise used_up
    most = voucher.usage_limit_per_customer if voucher else None
    if most is not None and mine.filter(voucher=voucher).count() >= most:
        raise used_up
    Redemption.objects.create(
        promotion=promotion,
        voucher=voucher,
        reference=reference,
        customer=shopper.customer,
        email_fingerprint=next(iter(shopper.fingerprints), ""),
        amount=discount.amount,
    )


@transaction.atomic
def unredeem(reference: str) -> None:
    """Give back what `redeem` counted for an order that was never paid. Safe twice."""
    rows = list(
        Redemption.objects.select_for_update().filter(reference=reference).order_by("promotion_id")
    )
    for row in rows:
        Promotion.objects.filter(pk=row.promotion_id).update(used=F("used") - 1)
        if row.voucher_id is not None:
            Voucher.objects.filter(pk=row.voucher_id).update(used=F("used") - 1)
    Redemption.objects.filter(pk__in=[row.pk for row in rows]).delete()
