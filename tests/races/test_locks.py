"""The order in which rows are locked, as docs/locking.md has it: looked at, statement by statement.

A deadlock shows in a race only when it happens to happen; two orders of locks show every time.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.services import personal_data
from carts.models import Cart
from carts.services import add_line
from orders import cancelling, fulfilment, lifecycle, returns
from orders.models import Order
from orders.payment.models import Payment
from orders.payment.moves import Status
from orders.payment.services import handle, mark_received
from sessionsync import links
from sessionsync.tokens import Token
from shop.audit.actors import system
from shop.catalogue.models import Variant
from shop.pricing.models import Promotion, Voucher
from shop.stock import services as stock
from shop.storefronts.models import Storefront
from tests.carts.helpers import make_shops, make_variant, new_key, signed_in_key
from tests.orders.helpers import make_methods, place, shopper_of
from tests.orders.payment.helpers import GATEWAY, news

pytestmark = pytest.mark.django_db

BY = system("locks")
ORDER = (
    "sessionsync_session",
    "carts_cart",
    "orders_order",
    "payment_payment",
    "stock_reservation",
    "catalogue_variant",
    "pricing_promotion",
    "pricing_voucher",
    "orders_invoicecounter",
)
LOCK = re.compile(r'FROM "(\w+)".* FOR (?:NO KEY )?UPDATE(?!.*SKIP LOCKED)', re.DOTALL)
WRITE = re.compile(r'^(?:UPDATE|DELETE FROM) "(\w+)"')
MADE = re.compile(r'^INSERT INTO "(\w+)"(?!.*ON CONFLICT)', re.DOTALL)
STALE = re.compile(
    r'^UPDATE "(\w+)" .* IN \(SELECT "?\w+"?\."\w+"(?: AS "\w+")? FROM "\1"', re.DOTALL
)


@dataclass
class Locks:
    """What a transaction locked, the first time each, and updates that look at a stale row."""

    tables: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    made: set[str] = field(default_factory=set)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if STALE.match(sql):
            self.stale.append(sql)
        if found := MADE.match(sql):
            # Nobody else knows of a row that this transaction has made.
            self.made.add(found[1])
        found = LOCK.search(sql) or WRITE.match(sql)
        if found and found[1] in ORDER and found[1] not in {*self.tables, *self.made}:
            self.tables.append(found[1])
        return execute(sql, params, many, context)


@contextmanager
def locks() -> Iterator[Locks]:
    seen = Locks()
    with connection.execute_wrapper(seen):
        yield seen
    assert seen.tables == sorted(seen.tables, key=ORDER.index), seen.tables
    assert seen.stale == []


@dataclass
class Shop:
    """A shop with a voucher, and a guest whose cart holds two shirts."""

    shops: dict[str, Storefront]
    shirt: Variant
    key: str

    def order(self, **wish: Any) -> Order:
        return place(self.key, self.shops["apparel"], **wish)

    def payment(self, order: Order) -> Payment:
        return Payment.objects.create(
            order=order, gateway="sandbox", amount=order.total, currency=order.currency
        )


@pytest.fixture
def shop() -> Shop:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=9)
    promotion = Promotion.objects.create(
        original_name="Half off", kind="percentage", percent=50, automatic=False
    )
    Voucher.objects.create(promotion=promotion, code="HALF", usage_limit=5)
    add_line(key, shops["apparel"], shirt.pk, 2, by=shopper_of(key))
    Cart.objects.update(codes=["HALF"])
    return Shop(shops, shirt, key)


STOCK = ["stock_reservation", "catalogue_variant"]
CODES = ["pricing_promotion", "pricing_voucher"]


def test_placing_an_order(shop: Shop) -> None:
    with locks() as seen:
        shop.order(payment_method="on-delivery")
    assert seen.tables == ["sessionsync_session", "carts_cart", *STOCK, *CODES]


def test_money_that_comes(shop: Shop) -> None:
    payment = shop.payment(shop.order(payment_method="sandbox"))
    with locks() as seen:
        lifecycle.mark_paid(payment.order, payment.amount, by=BY)
    assert seen.tables == ["orders_order", *STOCK, "orders_invoicecounter"]


@pytest.mark.django_db(transaction=True)
def test_news_of_a_payment(shop: Shop) -> None:
    payment = shop.payment(shop.order(payment_method="sandbox"))
    with locks() as seen:
        handle(news(payment, Status.CAPTURED), by=GATEWAY)
    assert seen.tables == ["orders_order", "payment_payment", *STOCK, "orders_invoicecounter"]


def test_going_back_to_the_cart_and_a_time_that_is_over(shop: Shop) -> None:
    whole = ["sessionsync_session", "carts_cart", "orders_order", *STOCK, *CODES]
    order = shop.order(payment_method="sandbox")
    with locks() as seen:
        lifecycle.abandon(order, by=BY, holder=shop.key)
    assert seen.tables == whole

    order = shop.order(payment_method="sandbox")
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now())
    with locks() as seen:
        stock.expire(order.token, by=BY)
    assert seen.tables == whole


def test_cancelling_sending_and_taking_back(shop: Shop) -> None:
    order = shop.order()
    with locks() as seen:
        lifecycle.cancel(order, by=BY)
    assert seen.tables == ["sessionsync_session", "carts_cart", "orders_order", *STOCK, *CODES]

    add_line(shop.key, shop.shops["apparel"], shop.shirt.pk, 2, by=shopper_of(shop.key))
    order = shop.order()
    with locks() as seen:
        fulfilment.fulfil(order, by=BY)
    assert seen.tables == ["orders_order", "orders_invoicecounter"]
    back = returns.announce(order, {order.lines.get().pk: 1}, by=BY)
    with locks() as seen:
        returns.receive(back, by=BY)
    assert seen.tables == ["orders_order", *STOCK]


def test_cancelling_items(shop: Shop) -> None:
    # Given two orders of two shirts: one is to be paid, and its invoice is out; one is paid
    unpaid = shop.order()
    fulfilment.fulfil(unpaid, {unpaid.lines.get().pk: 1}, by=BY)
    with locks() as seen:
        cancelling.cancel_lines(
            unpaid, {unpaid.lines.get().pk: 1}, by=BY, key="a", reason="damaged"
        )
    assert seen.tables == ["orders_order", *STOCK, "orders_invoicecounter"]

    add_line(shop.key, shop.shops["apparel"], shop.shirt.pk, 2, by=shopper_of(shop.key))
    paid = shop.order(payment_method="bank-transfer")
    mark_received(paid, by=BY)
    with locks() as seen:
        made = cancelling.cancel_lines(
            paid, {paid.lines.get().pk: 1}, by=BY, key="a", reason="damaged"
        )
    assert seen.tables == ["orders_order", *STOCK]
    with locks() as seen:
        cancelling.pay_back(made, by=BY)
    assert seen.tables == ["orders_order", "payment_payment", "orders_invoicecounter"]


def test_a_merge_takes_orders_along(shop: Shop) -> None:
    shop.order()
    add_line(shop.key, shop.shops["apparel"], shop.shirt.pk, 1, by=shopper_of(shop.key))
    other = new_key()
    add_line(other, shop.shops["apparel"], shop.shirt.pk, 1, by=shopper_of(other))
    with locks() as seen:
        links.settle([Token.from_key(shop.key), Token.from_key(other)])
    assert seen.tables == ["sessionsync_session", "carts_cart", "orders_order"]


def test_erasing_a_person(shop: Shop) -> None:
    ada = User.objects.create_user("ada@example.com")
    key = signed_in_key(ada)
    add_line(key, shop.shops["apparel"], shop.shirt.pk, 1, by=shopper_of(key, ada))
    place(key, shop.shops["apparel"], customer=ada)
    person = personal_data.Person(customer=ada, emails=("ada@example.com",))
    with locks() as seen:
        personal_data.erase_all(person, in_spite_of_blocks=True)
    assert seen.tables == ["sessionsync_session", "carts_cart", "orders_order"]


def test_the_look_itself_sees_a_wrong_order_and_a_stale_row(shop: Shop) -> None:
    order = shop.order()
    with pytest.raises(AssertionError, match="catalogue_variant"), locks():
        Variant.objects.filter(pk=shop.shirt.pk).update(stock=8) and lifecycle.lock(order)
    with pytest.raises(AssertionError, match="orders_order"), locks():
        Order.objects.filter(lines__quantity=2).update(refunded_total=Decimal(0))
