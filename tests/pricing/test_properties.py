"""What holds for every purchase, however odd the prices, offers and taxes."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import Phase, assume, find, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from shop.catalogue.models import Product, Variant
from shop.pricing.breakdown import Breakdown, PricedLine, ShippingQuote, Wanted
from shop.pricing.models import Promotion, QuantityBreak, StorefrontPrice
from shop.pricing.offers import Offer
from shop.pricing.price_list import PriceList
from shop.pricing.running import Running
from shop.pricing.strategy import Strategy
from shop.pricing.taxes import AppliedRate, TaxTable
from shop.storefronts.models import Storefront
from tests.pricing.factories import adds_up

D = Decimal
PATHS = ["0001", "00010001", "0002", ""]
COMMON = hypothesis(max_examples=100, deadline=None)

money = st.one_of(st.integers(0, 400), st.integers(0, 10**6)).map(lambda cents: D(cents) / 100)
some_money = money.filter(bool)
percents = st.integers(1, 10_000).map(lambda n: D(n) / 100)


def shop(pk: int) -> Storefront:
    return Storefront(pk=pk, slug=f"shop-{pk}")


def thing(pk: int, price: Decimal, *, taxable: bool = True) -> Variant:
    return Variant(pk=pk, product=Product(pk=pk), price=price, taxable=taxable)


@st.composite
def lines(draw: st.DrawFn) -> list[Wanted]:
    """Up to eight lines; variant n belongs to product n."""
    origins = draw(
        st.lists(
            st.tuples(st.integers(1, 6), st.integers(1, 3)), unique=True, min_size=1, max_size=8
        )
    )
    prices = {pk: draw(money) for pk in range(1, 7)}
    return [
        Wanted(
            key,
            thing(variant, prices[variant], taxable=draw(st.booleans())),
            shop(origin),
            draw(st.integers(1, 99)),
        )
        for key, (variant, origin) in enumerate(origins)
    ]


@st.composite
def offer(draw: st.DrawFn, pk: int, *, combinable: bool | None = None) -> Offer:
    kind = draw(st.sampled_from(Promotion.Kind.values))
    promotion = Promotion(
        pk=pk,
        original_name=f"Offer {pk}",
        kind=kind,
        percent=draw(percents),
        amount=None if kind == "free-shipping" and draw(st.booleans()) else draw(some_money),
        buy_quantity=draw(st.integers(1, 3)),
        get_quantity=draw(st.integers(1, 3)),
        minimum_total=draw(st.none() | some_money),
        combinable=draw(st.booleans()) if combinable is None else combinable,
        priority=draw(st.integers(-2, 2)),
    )
    return Offer(
        promotion,
        category_paths=tuple(draw(st.lists(st.sampled_from(PATHS[:3]), max_size=2, unique=True))),
        products=draw(st.frozensets(st.integers(1, 6), max_size=3)),
        storefronts=draw(st.frozensets(st.integers(1, 3), max_size=1)),
    )


@st.composite
def strategies(draw: st.DrawFn, *, combinable: bool | None = None) -> Strategy:
    rates = {
        slug: AppliedRate(draw(st.integers(0, 100_000)) / D(1000), slug, slug)
        for slug in draw(st.sampled_from([[], ["standard"], ["standard", "books"]]))
    }
    count = draw(st.integers(0, 5))
    return Strategy(
        prices=PriceList(
            [
                StorefrontPrice(variant_id=variant, storefront_id=1, price=draw(money))
                for variant in draw(st.sets(st.integers(1, 6), max_size=2))
            ],
            [
                QuantityBreak(
                    variant_id=variant, minimum=draw(st.integers(2, 9)), price=draw(money)
                )
                for variant in draw(st.sets(st.integers(1, 6), max_size=3))
            ],
        ),
        taxes=TaxTable(rates, "standard", {1: "books", 2: "unknown"}),
        running=Running([draw(offer(pk, combinable=combinable)) for pk in range(1, count + 1)]),
        category_paths={pk: draw(st.sampled_from(PATHS)) for pk in range(1, 7)},
    )


quotes = st.none() | money.map(lambda price: ShippingQuote("standard", "Standard", price))


def by_key(found: Breakdown) -> dict[Any, PricedLine]:
    return {line.key: line for line in found.lines}


def with_offers(strategy: Strategy, offers: Sequence[Offer]) -> Strategy:
    return replace(strategy, running=Running(list(offers)))


@COMMON
@given(wanted=lines(), strategy=strategies(), quote=quotes, included=st.booleans())
def test_every_breakdown_adds_up(
    wanted: list[Wanted],
    strategy: Strategy,
    quote: ShippingQuote | None,
    included: bool,
) -> None:
    with override_settings(SHOP_PRICES_INCLUDE_TAX=included):
        found = strategy.reckon(wanted, quote)

    adds_up(found)
    assert found.tax_included is included
    assert [line.key for line in found.lines] == [each.key for each in wanted]


@COMMON
@given(wanted=lines(), strategy=strategies(), quote=quotes)
def test_no_discount_is_above_its_base(
    wanted: list[Wanted], strategy: Strategy, quote: ShippingQuote | None
) -> None:
    found = strategy.reckon(wanted, quote)

    for each in found.discounts:
        [offered] = [x for x in strategy.running.offers if x.promotion.pk == each.promotion_id]
        base = sum(
            line.subtotal
            for line in found.lines
            if any(part.promotion_id == each.promotion_id for part in line.discounts)
        )
        most = base + (found.shipping.price if found.shipping else 0)
        assert 0 < each.amount <= most
        if offered.promotion.kind == "fixed":
            assert each.amount <= (offered.promotion.amount or 0)


@COMMON
@given(wanted=lines(), strategy=strategies(), quote=quotes, order=st.randoms(use_true_random=False))
def test_the_order_of_lines_and_of_offers_makes_no_difference(
    wanted: list[Wanted], strategy: Strategy, quote: ShippingQuote | None, order: Any
) -> None:
    found = strategy.reckon(wanted, quote)
    shuffled, offers = list(wanted), list(strategy.running.offers)
    order.shuffle(shuffled)
    order.shuffle(offers)

    again = with_offers(strategy, offers).reckon(shuffled, quote)

    assert by_key(again) == by_key(found)
    assert replace(again, lines=found.lines) == found


@COMMON
@given(
    wanted=lines(),
    strategy=strategies(),
    quote=quotes,
    more=offer(99, combinable=True),
    included=st.booleans(),
)
def test_one_more_combinable_offer_never_makes_it_dearer(
    wanted: list[Wanted],
    strategy: Strategy,
    quote: ShippingQuote | None,
    more: Offer,
    included: bool,
) -> None:
    with override_settings(SHOP_PRICES_INCLUDE_TAX=included):
        before = strategy.reckon(wanted, quote)
        after = with_offers(strategy, [*strategy.running.offers, more]).reckon(wanted, quote)

    assert after.items_total + after.shipping_total <= before.items_total + before.shipping_total
    if included:
        assert after.total <= before.total


@COMMON
@given(wanted=lines(), strategy=strategies(combinable=True), quote=quotes)
def test_each_line_only_gets_cheaper_with_each_combinable_offer(
    wanted: list[Wanted], strategy: Strategy, quote: ShippingQuote | None
) -> None:
    assume(strategy.running.offers)
    fewer = with_offers(strategy, strategy.running.offers[:-1]).reckon(wanted, quote)
    found = strategy.reckon(wanted, quote)

    before = by_key(fewer)
    assert all(line.total <= before[line.key].total for line in found.lines)


@COMMON
@given(wanted=lines(), strategy=strategies(), quote=quotes)
def test_the_shopper_gets_the_best_choice(
    wanted: list[Wanted], strategy: Strategy, quote: ShippingQuote | None
) -> None:
    offers = strategy.running.offers
    found = strategy.reckon(wanted, quote)

    together = [each for each in offers if each.promotion.combinable]
    choices = [together, *([each] for each in offers if not each.promotion.combinable)]
    totals = [
        with_offers(strategy, choice).reckon(wanted, quote).discount_total for choice in choices
    ]
    assert found.discount_total == max(totals)


def test_the_strategies_above_are_not_all_trivial() -> None:
    def has(condition: Any) -> None:
        find(
            st.tuples(lines(), strategies(), quotes),
            lambda drawn: condition(drawn[1].reckon(drawn[0], drawn[2])),
            settings=hypothesis(max_examples=2000, database=None, phases=[Phase.generate]),
        )

    has(lambda found: len(found.discounts) >= 3)
    has(lambda found: found.shipping and found.shipping.discount and found.lines[0].discounts)
    has(lambda found: len(found.taxes) == 2)
    has(lambda found: any(line.total == 0 < line.subtotal for line in found.lines))
    with pytest.raises(AssertionError):
        adds_up(replace(found_one(), total=D("0.01")))


def found_one() -> Breakdown:
    strategy = Strategy(PriceList(), TaxTable({}, "", {}), Running(), {})
    return strategy.reckon([Wanted(1, thing(1, D(1)), shop(1), 1)], None)
