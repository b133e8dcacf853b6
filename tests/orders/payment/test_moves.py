"""The table of moves, and that the order of arrival makes no difference."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.payment.moves import (
    MOVES,
    OPEN,
    REFUND_MOVES,
    RefundStatus,
    Status,
    after,
    refund_after,
    refundable,
    refunded,
)

statuses = st.sampled_from(Status)
amounts = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(500), places=2)
refunds = st.lists(st.tuples(st.sampled_from(RefundStatus), amounts), max_size=8)


def final(news: list[Status]) -> Status:
    """What a new payment is after this news."""
    status = Status.CREATED
    for each in news:
        status = after(status, each)
    return status


def test_every_status_has_a_row_in_the_table() -> None:
    assert set(MOVES) == set(Status)
    assert set(REFUND_MOVES) == set(RefundStatus)


def test_of_two_statuses_exactly_one_leads_to_the_other() -> None:
    # Given any two different statuses, then one of them is further, and never both
    for one, other in permutations(Status, 2):
        assert (other in MOVES[one]) != (one in MOVES[other]), (one, other)


def test_what_can_be_reached_over_another_can_be_reached_directly() -> None:
    for one in Status:
        for between in MOVES[one]:
            assert MOVES[between] <= MOVES[one], (one, between)


def test_nothing_leads_back_to_an_open_payment() -> None:
    for status in set(Status) - set(OPEN):
        assert not MOVES[status] & set(OPEN), status


@given(st.lists(statuses, max_size=12), st.randoms(use_true_random=False))
def test_the_same_news_in_any_order_ends_in_the_same_status(
    news: list[Status], chance: object
) -> None:
    # Given news, some of it twice
    shuffled = news + news[:3]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    # When it arrives in another order, then the end is the same
    assert final(shuffled) == final(news)


@given(st.lists(statuses, max_size=12))
def test_money_that_came_is_never_taken_back_by_a_word(news: list[Status]) -> None:
    assert (final(news) == Status.CAPTURED) == (Status.CAPTURED in news)


@given(st.lists(statuses, max_size=12))
def test_a_payment_is_captured_once(news: list[Status]) -> None:
    status, times = Status.CREATED, 0
    for each in news:
        before, status = status, after(status, each)
        times += before != Status.CAPTURED and status == Status.CAPTURED
    assert times <= 1


@pytest.mark.parametrize(
    ("news", "end"),
    [
        ([Status.PENDING, Status.FAILED, Status.CAPTURED], Status.CAPTURED),
        ([Status.CAPTURED, Status.FAILED], Status.CAPTURED),
        ([Status.VOIDED, Status.AUTHORIZED], Status.VOIDED),
        ([Status.AUTHORIZED, Status.FAILED], Status.AUTHORIZED),
        ([Status.CANCELLED, Status.PENDING], Status.CANCELLED),
        ([], Status.CREATED),
    ],
)
def test_some_stories(news: list[Status], end: Status) -> None:
    assert final(news) == end


@given(st.lists(st.sampled_from(RefundStatus), max_size=8), st.randoms(use_true_random=False))
def test_news_of_a_refund_in_any_order_ends_the_same(
    news: list[RefundStatus], chance: object
) -> None:
    def end(told: list[RefundStatus]) -> RefundStatus:
        status = RefundStatus.ASKED
        for each in told:
            status = refund_after(status, each)
        return status

    shuffled = list(news)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert end(shuffled) == end(news)


@given(amounts, refunds)
def test_never_more_goes_back_than_came(
    captured: Decimal, made: list[tuple[RefundStatus, Decimal]]
) -> None:
    assert Decimal(0) <= refunded(captured, made) <= captured
    assert Decimal(0) <= refundable(captured, made) <= captured


def test_what_is_on_its_way_cannot_be_promised_twice() -> None:
    # Given 100.00, of which 30.00 went back, 20.00 is on its way and 50.00 failed
    made = [
        (RefundStatus.DONE, Decimal("30.00")),
        (RefundStatus.ASKED, Decimal("20.00")),
        (RefundStatus.FAILED, Decimal("50.00")),
    ]
    # Then 30.00 is refunded, and 50.00 can still be
    assert refunded(Decimal("100.00"), made) == Decimal("30.00")
    assert refundable(Decimal("100.00"), made) == Decimal("50.00")
