"""The drill in small, and that its books notice what they are there for."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from orders.models import Order
from shop.mailing.models import OutgoingMail
from shop.pricing.models import Promotion, Voucher
from tests.carts.helpers import fill, make_shops, make_variant, new_key
from tests.drills.checkout.books import Known, disagreements
from tests.drills.checkout.stack import ROOT
from tests.orders.helpers import EMAIL, make_methods, place

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_twelve_orders_and_a_killed_process_agree() -> None:
    """When the drill runs as `make drill-checkout` does, on servers of its own."""
    ours = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.drills.checkout", "--orders", "12", "--shoppers", "4"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in ours},
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Killed process" in done.stdout
    assert "Money, stock, orders, payments, trails, vouchers and mails agree." in done.stdout


@pytest.fixture
def known() -> Known:
    """A shop in which one order was placed, of two shirts out of nine, and confirmed."""
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=9)
    promotion = Promotion.objects.create(
        original_name="Half off", kind="percentage", percent=50, automatic=False
    )
    Voucher.objects.create(promotion=promotion, code="HALF", usage_limit=5)
    fill(key, (shirt, shops["apparel"], 2))
    place(key, shops["apparel"])
    OutgoingMail.objects.update(state="sent", sent_at="2026-01-01T00:00:00Z")
    return Known(stock={shirt.pk: 9}, orders={EMAIL: 1})


def ask(sql: str, *parameters: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return list(cursor.fetchall())


def test_books_that_agree(known: Known) -> None:
    assert disagreements(ask, ask, known) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE catalogue_variant SET stock = 8", "stock: variant {variant} has 8, its orders"),
        ("UPDATE catalogue_variant SET reserved = 1", "reservation: variant {variant} says that 1"),
        ("UPDATE orders_order SET refunded_total = 1", "money: {number} says 0 paid and 1.00 back"),
        ("UPDATE orders_order SET refunded_total = 1", "money: 1.00 of {number} went back, for"),
        ("UPDATE orders_order SET payment_status = 'paid'", "money: {number} says 24.90 paid"),
        ("UPDATE orders_order SET email = 'eve@example.com'", "orders: eve@example.com has 1"),
        ("UPDATE orders_order SET trail = 'none'", "trail: {number} tells 0 times of order.placed"),
        (
            "UPDATE orders_order SET status = 'cancelled'",
            "trail: {number} tells 0 times of order.c",
        ),
        ("UPDATE pricing_voucher SET used = 1", "voucher: HALF counts 1 of 5, and 0 orders"),
        ("UPDATE mailing_outgoingmail SET state = 'failed'", "mail: <"),
        ("DELETE FROM mailing_outgoingmail", "mail: {number} was confirmed 0 times"),
        (
            "INSERT INTO sandbox_pay_sandboxpayment (id, key, amount, currency, capture, "
            "description, language, return_url, cancel_url, webhook_url, state, decides_as, "
            "created_at) VALUES ('a', 'b', 500, 'EUR', true, '', '', '', '', '', 'captured', '', "
            "now())",
            "gateway: payment b is (500, 0) there and (0, 0) here",
        ),
    ],
)
def test_books_that_do_not_agree(known: Known, change: str, told: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(change)

    found = disagreements(ask, ask, known)

    [variant] = known.stock
    said = told.format(variant=variant, number=Order.objects.get().number)
    assert [line for line in found if line.startswith(said)], found


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (lambda name: {name: 1}, []),
        (lambda name: {"<other>": 1}, ["mail: {name} never arrived"]),
        (lambda name: {name: 2}, ["mail: 1 arrived again, and only 0 workers were killed"]),
    ],
)
def test_mails_that_arrived(
    known: Known, sent: Callable[[str], dict[str, int]], told: list[str]
) -> None:
    name = OutgoingMail.objects.get().message_id

    found = disagreements(ask, ask, Known(known.stock, known.orders, sent(name)))

    assert found == [each.format(name=name) for each in told]
