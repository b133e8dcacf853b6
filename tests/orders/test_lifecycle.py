"""What becomes of an order, whoever says it, however often and in whatever order."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from carts.merging import merge_carts
from carts.models import Cart, CartLine
from orders import lifecycle
from orders.checkout.entries import entered
from orders.models import Fulfilment, Order
from orders.states import MoveRefused
from sessionsync.goods import ensure_rows
from sessionsync.models import Session
from shop.audit.actors import Actor, system
from shop.audit.models import Entry
from shop.audit.trail import verify
from shop.catalogue.models import Variant
from shop.mailing.models import OutgoingMail
from shop.stock import services as stock
from shop.stock.services import OutOfStock
from tests.carts.helpers import contents, fill, make_shops, make_variant, new_key
from tests.orders.helpers import make_methods, place, shopper_of

pytestmark = pytest.mark.django_db

BY = system("tests")
WEBHOOK = Actor("system", "gateway", channel="webhook")


class Case:
    """A shop, a shopper, and an order of two of five shirts."""

    def __init__(self, payment_method: str = "sandbox") -> None:
        make_methods()
        self.shops, self.key = make_shops(), new_key()
        self.shirt = make_variant(self.shops["apparel"], stock=5)
        fill(self.key, (self.shirt, self.shops["apparel"], 2))
        self.order = place(self.key, self.shops["apparel"], payment_method=payment_method)

    @property
    def books(self) -> tuple[int, int]:
        """What is in stock of the shirt, and how many of those are promised."""
        self.shirt.refresh_from_db()
        return self.shirt.stock, self.shirt.reserved

    @property
    def standing(self) -> tuple[str, str, str]:
        """Status, payment status and why cancelled, as the database has them."""
        self.order.refresh_from_db()
        return self.order.status, self.order.payment_status, self.order.cancel_reason

    @property
    def in_cart(self) -> list[tuple[int, str, int]]:
        """What the shopper's cart holds."""
        return contents(self.key)

    def late(self) -> None:
        """Let the time to pay pass."""
        past = timezone.now() - timedelta(minutes=1)
        Order.objects.update(expires_at=past)

    def actions(self) -> list[str]:
        """What the order's trail has of order and payment."""
        rows = Entry.objects.filter(trail=self.order.trail).order_by("seq")
        actions = rows.values_list("action", flat=True)
        return [action for action in actions if action.startswith(("order.", "payment."))]

    def mails(self) -> list[str]:
        """The mails about the order, oldest first."""
        rows = OutgoingMail.objects.filter(reference=self.order.token).order_by("pk")
        return [x.rpartition("/")[2] for x in rows.values_list("template", flat=True)]


def test_an_order_to_be_paid_first_waits_and_its_goods_are_promised() -> None:
    case = Case()

    assert case.standing == ("pending", "awaiting", "")
    assert case.books == (5, 2)
    assert case.in_cart == []
    assert case.mails() == []
    assert case.order.expires_at is not None
    assert case.order.expires_at - case.order.placed_at == timedelta(minutes=30)
    assert case.actions() == ["order.placed"]


def test_an_order_paid_later_is_accepted_at_once_and_its_goods_are_sold() -> None:
    case = Case("on-delivery")

    assert case.standing == ("placed", "awaiting", "")
    assert case.books == (3, 0)
    assert case.order.expires_at is None
    assert case.mails() == ["placed"]
    assert case.order.payments.get().gateway == "on-delivery"


def test_a_payment_that_comes_accepts_the_order_once() -> None:
    case = Case()

    for _again in range(2):
        now = lifecycle.mark_paid(case.order, Decimal("24.90"), by=WEBHOOK)

    assert (now.status, now.payment_status) == ("placed", "paid")
    assert case.standing == ("placed", "paid", "")
    assert case.books == (3, 0)
    assert case.mails() == ["placed"]
    assert case.actions() == ["order.placed", "payment.captured", "order.accepted"]
    assert verify(case.order.trail) == []


def test_too_little_is_not_paid() -> None:
    case = Case()

    with pytest.raises(lifecycle.PaidTooLittle):
        lifecycle.mark_paid(case.order, Decimal("24.89"), by=WEBHOOK)

    assert case.standing == ("pending", "awaiting", "")
    assert case.books == (5, 2)


def test_money_promised_accepts_the_order_and_money_collected_changes_no_more_than_that() -> None:
    case = Case()

    lifecycle.mark_authorized(case.order, by=WEBHOOK)
    assert case.standing == ("placed", "authorized", "")
    assert case.books == (3, 0)

    lifecycle.mark_paid(case.order, Decimal("24.90"), by=WEBHOOK)
    assert case.standing == ("placed", "paid", "")
    assert case.books == (3, 0)


def test_money_at_the_door_is_thanked_for() -> None:
    case = Case("on-delivery")

    lifecycle.mark_paid(case.order, Decimal("24.90"), by=BY)

    assert case.standing == ("placed", "paid", "")
    assert case.mails() == ["placed", "paid"]


def test_a_payment_declined_may_be_tried_again_and_the_shopper_hears_of_it_if_away() -> None:
    case = Case()
    web = shopper_of(case.key)

    lifecycle.payment_failed(case.order, by=web, why="declined")
    assert case.standing == ("pending", "failed", "")
    assert case.books == (5, 2)
    assert case.mails() == []

    until = timezone.now() + timedelta(minutes=30)
    again = lifecycle.pay_again(case.order, "stripe", until=until, by=web)
    assert (again.payment_method, again.expires_at) == ("stripe", until)
    assert case.standing == ("pending", "awaiting", "")

    lifecycle.payment_failed(case.order, by=WEBHOOK, why="declined")
    assert case.mails() == ["payment_failed"]


def test_a_failure_after_the_money_says_nothing() -> None:
    case = Case()
    lifecycle.mark_paid(case.order, Decimal("24.90"), by=WEBHOOK)

    lifecycle.payment_failed(case.order, by=WEBHOOK, why="late news")

    assert case.standing == ("placed", "paid", "")


def test_going_back_to_the_cart_brings_all_back_and_cancels_the_order() -> None:
    case = Case()

    now = lifecycle.abandon(case.order, by=shopper_of(case.key), holder=case.key)

    assert now.cancelled_at is not None
    assert case.standing == ("cancelled", "cancelled", "abandoned")
    assert case.books == (5, 0)
    assert case.in_cart == [(case.shirt.pk, "apparel", 2)]
    assert case.mails() == []
    # At the prices that the shopper agreed to: the cart tells of others.
    assert CartLine.objects.get().seen_price == Decimal("10.00")
    with pytest.raises(lifecycle.NotPending):
        lifecycle.abandon(case.order, by=shopper_of(case.key), holder=case.key)
    assert case.in_cart == [(case.shirt.pk, "apparel", 2)]


def test_what_was_entered_need_not_be_typed_again_in_the_cart_it_came_from() -> None:
    case = Case()
    other = new_key()

    lifecycle.abandon(case.order, by=shopper_of(case.key), holder=case.key)

    again = entered(case.key, None)
    assert (again.email, again.city, again.country_code) == ("ada@example.com", "London", "gb")
    assert (again.shipping_method, again.payment_method) == ("standard", "sandbox")
    somebody = User.objects.create_user("eve@example.com", "secret")
    assert entered(case.key, somebody).email == ""

    order = place(case.key, case.shops["apparel"], payment_method="sandbox")
    lifecycle.abandon(order, by=shopper_of(other), holder=other)
    assert entered(other, None).email == ""


def test_what_comes_back_joins_what_is_in_the_cart_by_now() -> None:
    case = Case()
    lamp = make_variant(case.shops["home"])
    fill(case.key, (case.shirt, case.shops["apparel"], 1), (lamp, case.shops["home"], 4))

    lifecycle.abandon(case.order, by=shopper_of(case.key), holder=case.key)

    assert case.in_cart == [(case.shirt.pk, "apparel", 3), (lamp.pk, "home", 4)]


def test_a_shopper_with_another_session_by_now_finds_the_goods_in_that_ones_cart() -> None:
    case = Case()
    other = new_key()

    lifecycle.abandon(case.order, by=shopper_of(other), holder=other)

    assert contents(other) == [(case.shirt.pk, "apparel", 2)]
    assert case.in_cart == []


def test_time_that_is_up_ends_the_order_and_fills_the_cart_again() -> None:
    case = Case()

    lifecycle.expire(case.order, by=BY)
    assert case.standing == ("pending", "awaiting", "")

    case.late()
    for _again in range(2):
        lifecycle.expire(case.order, by=BY)
    assert case.standing == ("cancelled", "cancelled", "expired")
    assert case.books == (5, 0)
    assert case.in_cart == [(case.shirt.pk, "apparel", 2)]
    assert case.mails() == ["cancelled"]
    assert lifecycle.due_for_expiry() == []


def test_the_worker_that_releases_promises_ends_their_orders() -> None:
    case = Case()
    minutes = timedelta(minutes=1)
    case.late()
    assert stock.release_expired(timezone.now() + 34 * minutes, by=BY) == []
    assert case.standing == ("pending", "awaiting", "")

    assert stock.release_expired(timezone.now() + 36 * minutes, by=BY) == [case.order.token]

    assert case.standing == ("cancelled", "cancelled", "expired")
    assert case.books == (5, 0)
    assert case.in_cart == [(case.shirt.pk, "apparel", 2)]


def test_goods_find_back_into_the_cart_that_theirs_became_a_part_of() -> None:
    case = Case()
    winner = new_key()
    fill(winner, (case.shirt, case.shops["home"], 1))
    merge_carts(case.key, winner)
    case.late()

    lifecycle.expire(case.order, by=BY)

    assert contents(winner) == [(case.shirt.pk, "home", 1), (case.shirt.pk, "apparel", 2)]


def test_a_session_that_has_ended_gets_nothing_back_and_holds_nothing_up() -> None:
    case = Case()
    ensure_rows([case.key])
    Session.objects.update(state="retired")
    case.late()

    lifecycle.expire(case.order, by=BY)

    assert case.standing == ("cancelled", "cancelled", "expired")
    assert case.books == (5, 0)
    assert case.in_cart == []


def test_money_after_the_time_but_before_anybody_looked_is_taken_if_the_goods_are_there() -> None:
    case = Case()
    stock.release(case.order.token, by=BY)
    case.late()

    lifecycle.mark_paid(case.order, Decimal("24.90"), by=WEBHOOK)

    assert case.standing == ("placed", "paid", "")
    assert case.books == (3, 0)


def test_money_that_comes_when_the_goods_are_gone_is_owed_back() -> None:
    case = Case()
    stock.release(case.order.token, by=BY)
    Variant.objects.update(stock=1)

    now = lifecycle.mark_paid(case.order, Decimal("24.90"), by=WEBHOOK)

    assert now.status == "cancelled"
    assert case.standing == ("cancelled", "paid", "sold-out")
    assert case.books == (1, 0)
    assert case.in_cart == []
    assert case.mails() == ["cancelled"]


def test_money_for_an_order_that_was_given_up_leaves_it_so() -> None:
    case = Case()
    lifecycle.abandon(case.order, by=shopper_of(case.key), holder=case.key)

    now = lifecycle.mark_paid(case.order, Decimal("24.90"), by=WEBHOOK)

    assert now.status == "cancelled"
    assert case.standing == ("cancelled", "paid", "abandoned")
    assert case.books == (5, 0)
    assert case.in_cart == [(case.shirt.pk, "apparel", 2)]


def test_staff_cancel_what_was_accepted_and_its_goods_are_for_sale_again() -> None:
    case = Case("bank-transfer")

    for _again in range(2):
        lifecycle.cancel(case.order, by=BY)

    assert case.standing == ("cancelled", "cancelled", "staff")
    assert case.books == (5, 0)
    assert case.in_cart == []
    assert case.mails() == ["placed", "cancelled"]


def test_what_was_paid_stays_paid_when_it_is_cancelled() -> None:
    case = Case()
    lifecycle.mark_paid(case.order, Decimal("24.90"), by=WEBHOOK)

    lifecycle.cancel(case.order, by=BY, why="requested")
    assert case.standing == ("cancelled", "paid", "requested")
    assert case.books == (5, 0)

    lifecycle.mark_refunded(case.order, Decimal("24.90"), by=BY)
    assert case.standing == ("cancelled", "refunded", "requested")


def test_what_is_on_its_way_cannot_be_cancelled() -> None:
    case = Case("on-delivery")
    Fulfilment.objects.create(order=case.order)
    Order.objects.update(fulfilment_status="partial")

    with pytest.raises(lifecycle.AlreadySent):
        lifecycle.cancel(case.order, by=BY)

    assert case.standing == ("placed", "awaiting", "")
    assert case.books == (3, 0)


def test_refunds_are_counted_by_what_went_back_so_far() -> None:
    case = Case()
    lifecycle.mark_paid(case.order, Decimal("24.90"), by=WEBHOOK)

    for refunded, status in (("10.00", "partially_refunded"), ("10.00", "partially_refunded"),
                             ("24.90", "refunded")):  # fmt: skip
        lifecycle.mark_refunded(case.order, Decimal(refunded), by=BY)
        assert case.standing[1] == status
        assert case.order.refunded_total == Decimal(refunded)
    assert case.mails() == ["placed", "refunded", "refunded"]


def test_nothing_goes_back_of_what_never_came() -> None:
    case = Case()

    with pytest.raises(MoveRefused):
        lifecycle.mark_refunded(case.order, Decimal("1.00"), by=BY)

    assert case.order.refunded_total == 0


def test_paying_another_way_accepts_the_order() -> None:
    case = Case()
    lifecycle.payment_failed(case.order, by=shopper_of(case.key), why="declined")

    now = lifecycle.pay_later(case.order, "bank-transfer", by=shopper_of(case.key))

    assert (now.status, now.payment_method) == ("placed", "bank-transfer")
    assert case.standing == ("placed", "awaiting", "")
    assert case.books == (3, 0)


@pytest.mark.parametrize(
    "again",
    [
        lambda order, by: lifecycle.pay_later(order, "on-delivery", by=by),
        lambda order, by: lifecycle.pay_again(
            order, "sandbox", until=timezone.now() + timedelta(minutes=5), by=by
        ),
    ],
)
def test_trying_again_takes_the_goods_again_or_says_that_they_are_gone(
    again: Callable[[Order, Actor], Any],
) -> None:
    case = Case()
    by = shopper_of(case.key)
    stock.release(case.order.token, by=BY)
    Variant.objects.update(stock=1)

    with pytest.raises(OutOfStock):
        again(case.order, by)
    assert case.standing == ("pending", "awaiting", "")
    assert case.books == (1, 0)

    Variant.objects.update(stock=2)
    again(case.order, by)
    assert case.books in {(0, 0), (2, 2)}


def test_an_order_that_waits_for_nothing_is_not_paid_again() -> None:
    case = Case("on-delivery")

    with pytest.raises(lifecycle.NotPending):
        lifecycle.pay_later(case.order, "bank-transfer", by=BY)
    with pytest.raises(lifecycle.NotPending):
        lifecycle.pay_again(case.order, "sandbox", until=timezone.now(), by=BY)

    assert case.standing == ("placed", "awaiting", "")
    assert Order.objects.get().payment_method == "on-delivery"


def test_an_order_takes_over_its_carts_trail_and_the_cart_begins_another() -> None:
    case = Case()
    cart = Cart.objects.get(session_key=case.key)

    assert case.order.trail != cart.trail
    assert Entry.objects.filter(trail=case.order.trail, action="order.placed").count() == 1
    placed = Entry.objects.get(action="order.placed")
    assert placed.facts["total"] == "24.90"
    assert "ada@example.com" not in str(placed.facts)
