"""Half a cent, and the cents that a split leaves over."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from shop.pricing.rounding import rounded, split

D = Decimal
CENTS = st.integers(0, 10**7).map(lambda n: D(n) / 100)


@pytest.mark.parametrize(
    ("amount", "written"),
    [("0.005", "0.01"), ("0.015", "0.02"), ("0.025", "0.03"), ("0.0049", "0.00"), ("7", "7.00")],
)
def test_half_a_cent_goes_up(amount: str, written: str) -> None:
    assert str(rounded(D(amount))) == written


def test_a_currency_without_cents_is_rounded_to_whole_ones(settings: Settings) -> None:
    settings.SHOP_CURRENCY = "JPY"

    assert str(rounded(D("99.5"))) == "100.00"
    assert split(D(100), [D(1), D(1), D(1)]) == [D(34), D(33), D(33)]


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        ("10.00", ["1", "1", "1"], ["3.34", "3.33", "3.33"]),
        ("0.02", ["1", "1", "1"], ["0.01", "0.01", "0.00"]),
        ("1.00", ["0.01", "0.02"], ["0.33", "0.67"]),
        ("5.00", ["50", "10"], ["4.17", "0.83"]),
        ("5.00", ["0", "7"], ["0.00", "5.00"]),
        ("0.00", ["0", "0"], ["0.00", "0.00"]),
        ("0.00", [], []),
    ],
)
def test_the_largest_remainders_get_the_cents_left_over(
    amount: str, weights: list[str], parts: list[str]
) -> None:
    assert [str(part) for part in split(D(amount), [D(x) for x in weights])] == parts


@pytest.mark.parametrize(
    ("amount", "weights"), [("1", []), ("1", ["0"]), ("-1", ["1"]), ("1", ["2", "-1"])]
)
def test_what_cannot_be_split_is_refused(amount: str, weights: list[str]) -> None:
    with pytest.raises(ValueError, match="cannot be split"):
        split(D(amount), [D(x) for x in weights])


@given(amount=CENTS, weights=st.lists(CENTS, min_size=1, max_size=30).filter(any))
def test_a_split_is_exact_and_fair_to_the_cent(amount: D, weights: list[D]) -> None:
    parts = split(amount, weights)

    total = sum(weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / total) < D("0.01")
        assert weight or not part
        assert part <= weight or amount > total
