"""Refunds: a key is a refund, and no more goes back than came."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orders.models import Order
from orders.payment.errors import BadAmount, OverRefund, RefundKeyUsed
from orders.payment.models import Payment, Refund
from orders.payment.services import give_back, mark_received, refund, refundable
from tests.orders.payment.helpers import (
    BY,
    TOTAL,
    books,
    mails_about,
    make_order,
    make_payment,
    standing,
    trail_of,
)

pytestmark = pytest.mark.django_db

ZERO = Decimal("0.00")


def paid_order() -> Order:
    """Paid at the door, so that no gateway is needed to pay it back."""
    order = make_order("on-delivery")
    mark_received(order, by=BY)
    return order


def only_payment(order: Order) -> Payment:
    return order.payments.get()


def test_a_part_and_then_the_rest() -> None:
    order = paid_order()
    made = refund(order, Decimal("4.90"), by=BY, key="one", reason="late delivery")
    assert (made.status, made.amount, made.reason) == ("done", Decimal("4.90"), "late delivery")
    assert standing(order) == ("placed", "partially_refunded", Decimal("4.90"))
    assert refundable(order) == Decimal("20.00")
    refund(order, Decimal("20.00"), by=BY, key="two")
    assert standing(order) == ("placed", "refunded", TOTAL)
    assert refundable(order) == ZERO
    assert books(only_payment(order)) == ("captured", TOTAL, TOTAL, "")
    asked = trail_of(order)
    assert asked.count("payment.refund_asked") == asked.count("payment.refunded") == 2
    assert mails_about(order).count("refunded") == 2


def test_the_same_key_is_the_same_refund() -> None:
    order = paid_order()
    first = refund(order, Decimal("4.90"), by=BY, key="one")
    assert refund(order, Decimal("4.90"), by=BY, key="one") == first
    assert Refund.objects.count() == 1
    assert standing(order)[2] == Decimal("4.90")


def test_a_key_cannot_mean_another_amount_or_order() -> None:
    order, other = paid_order(), paid_order()
    refund(order, Decimal("4.90"), by=BY, key="one")
    with pytest.raises(RefundKeyUsed):
        refund(order, Decimal("5.00"), by=BY, key="one")
    with pytest.raises(RefundKeyUsed):
        refund(other, Decimal("4.90"), by=BY, key="one")
    assert Refund.objects.count() == 1
    assert standing(other)[2] == ZERO


@pytest.mark.parametrize("amount", ["24.91", "1000000"])
def test_more_than_was_paid_is_refused(amount: str) -> None:
    order = paid_order()
    with pytest.raises(OverRefund) as raised:
        refund(order, Decimal(amount), by=BY, key="one")
    assert (raised.value.left, raised.value.currency) == (TOTAL, "EUR")
    assert raised.value.sentence == "At most 24.90 EUR can still be paid back."
    assert Refund.objects.count() == 0


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "1.234"])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    order = paid_order()
    with pytest.raises(BadAmount):
        refund(order, Decimal(amount), by=BY, key="one")
    assert Refund.objects.count() == 0


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    order = paid_order()
    with pytest.raises(RefundKeyUsed):
        refund(order, TOTAL, by=BY, key=key)
    assert Refund.objects.count() == 0


def test_what_was_never_paid_cannot_be_paid_back() -> None:
    payment = make_payment()
    with pytest.raises(OverRefund) as raised:
        refund(payment.order, Decimal("0.01"), by=BY, key="one")
    assert raised.value.left == ZERO
    assert refundable(payment.order) == ZERO


def test_a_cancelled_orders_money_goes_back_once() -> None:
    order = paid_order()
    refund(order, Decimal("4.90"), by=BY, key="one")
    give_back(order, by=BY, reason="cancelled")
    give_back(order, by=BY, reason="cancelled")
    amounts = Refund.objects.order_by("pk").values_list("amount", flat=True)
    assert list(amounts) == [Decimal("4.90"), Decimal("20.00")]
    assert standing(order)[1:] == ("refunded", TOTAL)


def test_a_cancelled_orders_open_transfer_is_closed() -> None:
    order = make_order("bank-transfer")
    payment = make_payment(order)
    give_back(order, by=BY)
    assert books(payment) == ("cancelled", ZERO, ZERO, "")


class AnyRefunds(TestCase):
    """Whatever is asked for."""

    @settings(max_examples=20, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["a", "b", "c", "d"]),
                st.decimals(min_value=-1, max_value=30, places=2),
            ),
            max_size=10,
        )
    )
    def test_never_more_goes_back_than_came(self, asked: list[tuple[str, Decimal]]) -> None:
        order = paid_order()
        paid_back: dict[str, Decimal] = {}
        for key, amount in asked:
            try:
                refund(order, amount, by=BY, key=f"{order.token}:{key}")
            except OverRefund:
                assert amount > TOTAL - sum(paid_back.values())
            except RefundKeyUsed:
                assert paid_back[key] != amount
            except BadAmount:
                assert amount <= 0
            else:
                assert paid_back.setdefault(key, amount) == amount
        expected = sum(paid_back.values(), ZERO)
        assert expected <= TOTAL
        assert books(only_payment(order))[2] == standing(order)[2] == expected
