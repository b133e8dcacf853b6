"""Items cancelled at the moment they are sent, come back, or the whole order is cancelled."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from carts.services import add_line
from orders import cancelling, fulfilment, lifecycle, returns
from orders.models import Cancellation, Order
from orders.payment import services as payments
from orders.payment.models import Refund
from shop.audit.actors import system
from shop.catalogue.models import Variant
from tests.carts.helpers import make_shops, make_variant, new_key
from tests.orders.helpers import make_methods, place, shopper_of
from tests.races.processes import at_once, job, meet
from tests.races.test_checkout import all_in_order

pytestmark = pytest.mark.django_db(transaction=True)

BY = system("races")
ROUNDS = 8


def orders_of_three(**wish: Any) -> tuple[list[int], Variant]:
    """Orders of three shirts each, one for each round; 99 shirts before."""
    make_methods()
    shops = make_shops()
    shirt = make_variant(shops["apparel"], stock=99)
    ids = []
    for _round in range(ROUNDS):
        key = new_key()
        add_line(key, shops["apparel"], shirt.pk, 3, by=shopper_of(key))
        ids.append(place(key, shops["apparel"], **wish).pk)
    return ids, shirt


def deeds(ids: list[int], deed: str, number: int) -> list[str]:
    """Staff do the same to `number` pieces of one order a round; how that ended."""
    results = []
    for pk in ids:
        order = Order.objects.get(pk=pk)
        line = order.lines.get()
        meet()
        try:
            act(order, {line.pk: number}, deed)
        except (
            cancelling.CancellingError,
            fulfilment.FulfilmentError,
            lifecycle.LifecycleError,
        ) as refusal:
            results.append(type(refusal).__name__)
        else:
            results.append("done")
    return results


def act(order: Order, quantities: dict[int, int], deed: str) -> None:
    """One deed. What is cancelled has the deed's name as its key."""
    match deed.split():
        case ["send"]:
            fulfilment.fulfil(order, quantities, by=BY)
        case ["cancel", "whole"]:
            payments.give_back(lifecycle.cancel(order, by=BY), by=BY)
        case ["receive"]:
            back = returns.receive(order.returns.get(), by=BY)
            returns.pay_back(back, by=BY)
        case _:
            made = cancelling.cancel_lines(order, quantities, by=BY, key=deed, reason="requested")
            cancelling.pay_back(made, by=BY)


def paid(ids: list[int]) -> None:
    for order in Order.objects.filter(pk__in=ids):
        payments.mark_received(order, by=BY)


def test_a_piece_is_sent_or_cancelled_but_never_both() -> None:
    ids, shirt = orders_of_three(payment_method="bank-transfer")
    paid(ids)

    sent, cancelled = at_once(job(deeds, ids, "send", 2), job(deeds, ids, "cancel two", 2))

    assert (sent.error, cancelled.error) == ("", "")
    back = 0
    for pk, *results in zip(ids, sent.value, cancelled.value, strict=True):
        order = Order.objects.get(pk=pk)
        line = order.lines.get()
        if results == ["done", "MoreThanLeft"]:
            assert (line.fulfilled_quantity, line.cancelled_quantity) == (2, 0)
            assert order.refunded_total == 0
        else:
            assert results == ["MoreThanOrdered", "done"]
            assert (line.fulfilled_quantity, line.cancelled_quantity) == (0, 2)
            assert order.refunded_total == order.cancelled_total == 20
            back += 2
    shirt.refresh_from_db()
    assert (shirt.stock, shirt.reserved) == (99 - 3 * ROUNDS + back, 0)
    all_in_order()


def test_the_form_sent_by_four_at_once_cancels_once() -> None:
    ids, shirt = orders_of_three(payment_method="bank-transfer")
    paid(ids)

    outcomes = at_once(*[job(deeds, ids, "cancel one", 1)] * 4)

    assert [(each.error, each.value) for each in outcomes] == [("", ["done"] * ROUNDS)] * 4
    assert Cancellation.objects.count() == Refund.objects.count() == ROUNDS
    sums = Order.objects.values_list("refunded_total", "cancelled_total")
    assert set(sums) == {(Decimal("10.00"), Decimal("10.00"))}
    shirt.refresh_from_db()
    assert shirt.stock == 99 - 2 * ROUNDS
    all_in_order()


def test_two_forms_at_once_cancel_no_more_than_there_is() -> None:
    ids, _shirt = orders_of_three()

    outcomes = at_once(*(job(deeds, ids, f"cancel {name}", 1) for name in "abcd"))

    # Then the last shirt is left: to cancel that, too, is to cancel the order
    results = Counter(result for each in outcomes for result in each.value)
    assert results == {"done": 2 * ROUNDS, "WholeOrder": 2 * ROUNDS}
    assert set(Order.objects.values_list("lines__cancelled_quantity", "status")) == {(2, "placed")}
    all_in_order()


def test_some_or_all_of_an_order_is_cancelled_and_all_is_back_once() -> None:
    ids, shirt = orders_of_three(payment_method="bank-transfer")
    paid(ids)

    whole, part = at_once(job(deeds, ids, "cancel whole", 0), job(deeds, ids, "cancel one", 1))

    assert (whole.error, whole.value, part.error) == ("", ["done"] * ROUNDS, "")
    assert set(part.value) <= {"done", "NotToBeSent"}
    for order in Order.objects.all():
        assert (order.status, order.payment_status) == ("cancelled", "refunded")
        assert order.refunded_total == order.total
    shirt.refresh_from_db()
    assert (shirt.stock, shirt.reserved) == (99, 0)
    all_in_order()


def test_the_rest_is_cancelled_while_all_that_was_sent_comes_back() -> None:
    # Given orders of which two shirts were sent and are on their way back
    ids, shirt = orders_of_three(payment_method="bank-transfer")
    paid(ids)
    for order in Order.objects.all():
        line = order.lines.get()
        fulfilment.fulfil(order, {line.pk: 2}, by=BY)
        returns.announce(order, {line.pk: 2}, by=BY)

    outcomes = at_once(job(deeds, ids, "receive", 0), job(deeds, ids, "cancel one", 1))

    # Then whichever came last brought the delivery charge along, once
    assert [(each.error, each.value) for each in outcomes] == [("", ["done"] * ROUNDS)] * 2
    for order in Order.objects.all():
        assert (order.status, order.fulfilment_status) == ("returned", "returned")
        assert (order.payment_status, order.refunded_total) == ("refunded", order.total)
    shirt.refresh_from_db()
    assert (shirt.stock, shirt.reserved) == (99, 0)
    all_in_order()


def test_money_that_comes_while_items_are_cancelled_is_never_too_much() -> None:
    ids, _shirt = orders_of_three(payment_method="bank-transfer")

    outcomes = at_once(job(receipts, ids), job(deeds, ids, "cancel one", 1))

    assert [each.error for each in outcomes] == ["", ""]
    for order in Order.objects.all():
        kept = order.payments.get().captured - order.refunded_total
        assert kept == order.remaining_total == order.total - 10
    all_in_order()


def receipts(ids: list[int]) -> None:
    """Staff have seen the money of one order a round."""
    for pk in ids:
        order = Order.objects.get(pk=pk)
        meet()
        payments.mark_received(order, by=BY)
