"""Orders while two things happen at once: real threads on PostgreSQL."""

from collections import Counter
from functools import partial

import pytest
from django.utils import timezone

from carts import services as carts
from carts.models import Cart
from orders import lifecycle
from orders.checkout.errors import (
    CartEmpty,
    CheckoutKeyUsed,
    ItemsUnavailable,
    OfferChanged,
    VoucherUsedUp,
)
from orders.checkout.forms import new_checkout_key
from orders.models import Order
from sessionsync import links
from sessionsync.tokens import Token
from shop.audit.actors import system
from shop.catalogue.models import Variant
from shop.pricing.models import Promotion, Voucher
from tests.carts.helpers import GUEST, contents, fill, make_shops, make_variant, new_key, together
from tests.orders.helpers import make_methods, offer, place, shopper_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_last_one_is_sold_once() -> None:
    make_methods()
    shops = make_shops()
    shirt = make_variant(shops["apparel"], stock=1)
    keys = [new_key() for _ in range(4)]
    for key in keys:
        fill(key, (shirt, shops["apparel"], 1))

    results = together(*[lambda key=key: place(key, shops["home"]) for key in keys])

    assert Counter(type(each) for each in results) == {Order: 1, ItemsUnavailable: 3}
    assert Order.objects.count() == 1
    assert Variant.objects.get().stock == 0
    assert sum(len(contents(key)) for key in keys) == 3


def test_orders_that_share_items_crosswise_do_not_lock_each_other_out() -> None:
    make_methods()
    shops = make_shops()
    shirt, bowl = (make_variant(*shops.values(), stock=100) for _ in range(2))
    keys = [new_key() for _ in range(6)]
    for number, key in enumerate(keys):
        lines = [(shirt, shops["apparel"], 1), (bowl, shops["home"], 1)]
        fill(key, *(lines if number % 2 else reversed(lines)))

    results = together(*[lambda key=key: place(key, shops["home"]) for key in keys])

    assert Counter(type(each) for each in results) == {Order: 6}
    assert set(Variant.objects.values_list("stock", flat=True)) == {94}
    assert len(set(Order.objects.values_list("number", flat=True))) == 6


def test_a_double_click_is_one_order() -> None:
    make_methods()
    shops, key, checkout_key = make_shops(), new_key(), new_checkout_key()
    shirt = make_variant(shops["apparel"], stock=9)
    fill(key, (shirt, shops["apparel"], 2))
    agreed = offer(key, shops["apparel"])

    results = together(
        *[lambda: place(key, shops["apparel"], checkout_key=checkout_key, agreed_offer=agreed)] * 4
    )

    assert results == [Order.objects.get()] * 4
    assert Variant.objects.get().stock == 7


def test_two_checkout_pages_of_one_cart_are_one_order() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=9)
    fill(key, (shirt, shops["apparel"], 2))
    agreed = offer(key, shops["apparel"])

    results = together(*[lambda: place(key, shops["apparel"], agreed_offer=agreed)] * 3)

    assert Counter(type(each) for each in results) == {Order: 1, CartEmpty: 2}
    assert Variant.objects.get().stock == 7


def test_one_key_from_two_sessions_at_once_is_one_order_and_one_refusal() -> None:
    make_methods()
    shops, checkout_key = make_shops(), new_checkout_key()
    shirt = make_variant(shops["apparel"], stock=9)
    keys = [new_key(), new_key()]
    for key in keys:
        fill(key, (shirt, shops["apparel"], 1))

    results = together(
        *[lambda key=key: place(key, shops["home"], checkout_key=checkout_key) for key in keys]
    )

    assert Counter(type(each) for each in results) == {Order: 1, CheckoutKeyUsed: 1}
    assert Variant.objects.get().stock == 8
    assert sum(len(contents(key)) for key in keys) == 1


def test_an_item_added_while_ordering_is_ordered_or_still_in_the_cart() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt, bowl = make_variant(shops["apparel"]), make_variant(shops["home"])
    fill(key, (shirt, shops["apparel"], 1))
    agreed = offer(key, shops["apparel"])

    order, _line = together(
        lambda: place(key, shops["apparel"], agreed_offer=agreed),
        lambda: carts.add_line(key, shops["home"], bowl.pk, 1, by=GUEST),
    )

    if isinstance(order, OfferChanged):  # the item came first: the shopper is asked again
        assert contents(key) == [(shirt.pk, "apparel", 1), (bowl.pk, "home", 1)]
    else:
        assert [line.variant for line in order.lines.all()] == [shirt]
        assert contents(key) == [(bowl.pk, "home", 1)]


def test_a_merge_while_ordering_neither_loses_nor_doubles() -> None:
    make_methods()
    shops = make_shops()
    loser, winner = sorted([new_key(), new_key()], key=Token.from_key)
    shirt, bowl = make_variant(shops["apparel"], stock=9), make_variant(shops["home"], stock=9)
    fill(loser, (shirt, shops["apparel"], 2))
    fill(winner, (bowl, shops["home"], 3))
    agreed = offer(loser, shops["apparel"])

    order, linked = together(
        lambda: place(loser, shops["apparel"], agreed_offer=agreed),
        lambda: links.settle([Token.from_key(loser), Token.from_key(winner)]),
    )

    assert linked.key == winner
    if isinstance(order, OfferChanged):
        assert sorted(contents(winner)) == [(shirt.pk, "apparel", 2), (bowl.pk, "home", 3)]
    else:
        assert [line.variant for line in order.lines.all()] == [shirt]
        assert contents(winner) == [(bowl.pk, "home", 3)]
    assert contents(loser) == []


def test_back_to_the_cart_against_the_payment_is_one_of_the_two() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=9)
    for _round in range(4):
        fill(key, (shirt, shops["apparel"], 2))
        order = place(key, shops["apparel"], payment_method="sandbox")
        before = Variant.objects.get().stock

        left, paid = together(
            partial(lifecycle.abandon, order, by=shopper_of(key), holder=key),
            partial(lifecycle.mark_paid, order, order.total, by=system("tests")),
        )

        order.refresh_from_db()
        shirt.refresh_from_db()
        assert isinstance(paid, Order)
        if isinstance(left, Order):  # first back, then paid: the money goes back
            assert (order.status, order.payment_status) == ("cancelled", "paid")
            assert contents(key) == [(shirt.pk, "apparel", 2)]
            assert (shirt.stock, shirt.reserved) == (before, 0)
        else:
            assert isinstance(left, lifecycle.NotPending), str(left)
            assert (order.status, order.payment_status) == ("placed", "paid")
            assert contents(key) == []
            assert (shirt.stock, shirt.reserved) == (before - 2, 0)
        Cart.objects.get().lines.all().delete()


def test_time_that_is_up_against_the_next_order_of_the_same_cart() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=9)
    fill(key, (shirt, shops["apparel"], 2))
    late = place(key, shops["apparel"], payment_method="sandbox")
    Order.objects.update(expires_at=timezone.now())
    fill(key, (shirt, shops["apparel"], 1))
    agreed = offer(key, shops["apparel"])

    expired, placed = together(
        lambda: lifecycle.expire(late, by=system("tests")),
        lambda: place(key, shops["apparel"], agreed_offer=agreed),
    )

    assert expired.status == "cancelled"
    shirt.refresh_from_db()
    if isinstance(placed, OfferChanged):  # the goods came back first: the shopper is asked again
        assert contents(key) == [(shirt.pk, "apparel", 3)]
        assert (shirt.stock, shirt.reserved) == (9, 0)
    else:
        assert placed.lines.get().quantity == 1
        assert contents(key) == [(shirt.pk, "apparel", 2)]
        assert (shirt.stock, shirt.reserved) == (8, 0)


def test_two_ways_to_pay_at_once_are_one_order_paid_one_way() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=9)
    fill(key, (shirt, shops["apparel"], 2))
    order = place(key, shops["apparel"], payment_method="sandbox")

    results = together(
        *[
            lambda method=method: lifecycle.pay_later(order, method, by=shopper_of(key))
            for method in ("on-delivery", "bank-transfer")
        ]
    )

    assert Counter(type(each) for each in results) == {Order: 1, lifecycle.NotPending: 1}
    shirt.refresh_from_db()
    assert (shirt.stock, shirt.reserved) == (7, 0)


def test_a_merge_while_the_goods_come_back_loses_none() -> None:
    make_methods()
    shops = make_shops()
    loser, winner = sorted([new_key(), new_key()], key=Token.from_key)
    shirt, bowl = make_variant(shops["apparel"], stock=9), make_variant(shops["home"], stock=9)
    fill(loser, (shirt, shops["apparel"], 2))
    order = place(loser, shops["apparel"], payment_method="sandbox")
    Order.objects.update(expires_at=timezone.now())
    fill(winner, (bowl, shops["home"], 3))

    expired, linked = together(
        lambda: lifecycle.expire(order, by=system("tests")),
        lambda: links.settle([Token.from_key(loser), Token.from_key(winner)]),
    )

    assert expired.status == "cancelled"
    assert linked.key == winner
    assert sorted(contents(winner)) == [(shirt.pk, "apparel", 2), (bowl.pk, "home", 3)]
    assert contents(loser) == []


def test_the_last_use_of_a_voucher_is_one_orders() -> None:
    make_methods()
    shops = make_shops()
    promotion = Promotion.objects.create(
        original_name="Half off", kind="percentage", percent=50, automatic=False
    )
    Voucher.objects.create(promotion=promotion, code="HALF", usage_limit=1)
    shirt = make_variant(shops["apparel"], stock=9)
    keys = [new_key() for _ in range(3)]
    for key in keys:
        fill(key, (shirt, shops["apparel"], 2))
    Cart.objects.update(codes=["HALF"])

    results = together(*[lambda key=key: place(key, shops["apparel"]) for key in keys])

    assert Counter(type(each) for each in results)[Order] == 1
    assert {type(each) for each in results} <= {Order, VoucherUsedUp, OfferChanged}
    placed = Order.objects.get()
    assert [(x.code, str(x.amount)) for x in placed.discounts.all()] == [("HALF", "10.00")]
    assert Voucher.objects.get().used == 1
    assert Variant.objects.get().stock == 7
