"""Amounts with and without tax add up to the cent, whatever the prices include."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orders.api.amounts import Amounts
from shop.pricing.rounding import rounded

D = Decimal
CENTS = st.integers(0, 10_000_00).map(lambda cents: D(cents) / 100)
RATES = st.integers(0, 30_000).map(lambda rate: D(rate) / 1000)


def test_a_price_with_its_tax() -> None:
    found = Amounts.of(D("29.97"), D("3.00"), D("4.31"), D(19), included=True)
    assert found == Amounts(
        subtotal=D("25.18"),
        discount_subtotal=D("2.52"),
        original_total=D("29.97"),
        discount_total=D("3.00"),
        tax_total=D("4.31"),
        total=D("26.97"),
    )


def test_a_price_without_its_tax() -> None:
    found = Amounts.of(D("29.97"), D("3.00"), D("5.12"), D(19), included=False)
    assert found == Amounts(
        subtotal=D("29.97"),
        discount_subtotal=D("3.00"),
        original_total=D("35.66"),
        discount_total=D("3.57"),
        tax_total=D("5.12"),
        total=D("32.09"),
    )


@given(st.lists(st.tuples(CENTS, CENTS, RATES), max_size=5), st.booleans())
def test_it_adds_up(lines: list[tuple[D, D, D]], included: bool) -> None:
    parts = []
    for price, off, rate in lines:
        discount = min(price, off)
        left = price - discount
        tax = rounded(left * rate / (100 + rate if included else 100))
        parts.append(Amounts.of(price, discount, tax, rate, included=included))
    for each in [*parts, Amounts.sum(parts)]:
        assert each.subtotal - each.discount_subtotal + each.tax_total == each.total
        assert each.original_total - each.discount_total == each.total
        assert min(each.subtotal, each.discount_subtotal, each.discount_total, each.total) >= 0
