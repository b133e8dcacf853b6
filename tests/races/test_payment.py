"""Webhook against return, refund twice, the button twice, money against the clock."""

from collections import Counter
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from orders import lifecycle
from orders.models import Order
from orders.payment import errors
from orders.payment.addresses import SiteUrls
from orders.payment.models import Payment, Refund
from orders.payment.moves import Status
from orders.payment.sandbox.models import SandboxPayment, SandboxRefund
from orders.payment.services import ask, begin, handle, reconcile, refund
from shop.catalogue.models import Variant
from tests.orders.payment.helpers import (
    BY,
    GATEWAY,
    TOTAL,
    apparel,
    books,
    mails_about,
    make_order,
    make_payment,
    news,
    standing,
    trail_of,
)
from tests.orders.payment.sandbox import at_sandbox
from tests.races.processes import at_once, job, meet

pytestmark = pytest.mark.django_db(transaction=True)

ZERO = Decimal("0.00")
ROUNDS = 12


@pytest.fixture
def site_url(live_server: LiveServer) -> str:
    """One of the sites, and Sandbox Pay beside it, on a server that all processes reach."""
    apparel()
    return f"http://apparel.localhost:{urlsplit(live_server.url).port}"


def webhooks(payments: list[int]) -> list[str]:
    """The gateway's message about one payment a round, twice."""
    results: list[str] = []
    for pk in payments:
        payment = Payment.objects.select_related("order").get(pk=pk)
        event = news(payment, Status.CAPTURED, event_id=f"evt-{pk}")
        meet()
        results += [handle(event, by=GATEWAY), handle(event, by=GATEWAY)]
    return results


def returns(payments: list[int]) -> list[str]:
    """The shopper comes back from one payment a round, and the gateway is asked."""
    statuses = []
    for pk in payments:
        payment = Payment.objects.select_related("order").get(pk=pk)
        meet()
        statuses.append(ask(payment, by=BY).status)
    return statuses


def reconciles(payments: list[int]) -> list[str]:
    """The operator's command comes across one payment a round."""
    verdicts: list[str] = []
    for pk in payments:
        payment = Payment.objects.select_related("order").get(pk=pk)
        meet()
        verdicts += [finding.verdict for finding in reconcile([payment], by=BY)]
    return verdicts


def expiries(payments: list[int]) -> list[str]:
    """The clock runs out for one order a round."""
    ends = []
    for pk in payments:
        order = Order.objects.get(payments=pk)
        meet()
        ends.append(lifecycle.expire(order, by=BY).status)
    return ends


def refunds(order: int, amount: str, key: str, times: int) -> list[str]:
    """Pay back, again and again."""
    results = []
    for number in range(times):
        meet()
        try:
            name = key.format(number)
            made = refund(Order.objects.get(pk=order), Decimal(amount), by=BY, key=name)
        except errors.PaymentError as error:
            results.append(type(error).__name__)
        else:
            results.append(made.status)
    return results


def begins(orders: list[int], site_url: str) -> list[str]:
    """Press the button of one order a round; where it leads."""
    addresses = []
    for pk in orders:
        order = Order.objects.get(pk=pk)
        meet()
        addresses.append(begin(order, by=BY, urls=SiteUrls(site_url)).redirect_url)
    return addresses


def test_webhook_against_return_against_reconciliation(site_url: str) -> None:
    # Given shoppers who have paid, and whose shop has not heard of it
    shoppers = [at_sandbox(site_url) for _round in range(ROUNDS)]
    for shopper in shoppers:
        shopper.choose("vanish", "never")
    payments = [shopper.payment.pk for shopper in shoppers]

    # When it hears of each from all sides at the same moment
    outcomes = at_once(
        job(webhooks, payments), job(returns, payments), job(reconciles, payments),
    )  # fmt: skip

    # Then each was captured once, sold once, confirmed once
    assert [outcome.error for outcome in outcomes] == ["", "", ""]
    told, seen, found = (outcome.value for outcome in outcomes)
    assert Counter(told)["known"] >= ROUNDS
    assert seen == ["captured"] * ROUNDS
    assert found == ["paid"] * ROUNDS
    for shopper in shoppers:
        order = shopper.payment.order
        assert books(shopper.payment) == ("captured", TOTAL, ZERO, "")
        assert standing(order) == ("placed", "paid", ZERO)
        assert trail_of(order).count("payment.captured") == 1
        assert trail_of(order).count("order.accepted") == 1
        assert mails_about(order).count("placed") == 1
        variant = Variant.objects.get(pk__in=order.lines.values("variant"))
        assert (variant.stock, variant.reserved) == (3, 0)


def test_money_against_the_clock(site_url: str) -> None:
    # Given shoppers who pay in the last moment
    shoppers = [at_sandbox(site_url, minutes=-1) for _round in range(ROUNDS)]
    for shopper in shoppers:
        shopper.choose("vanish", "never")
    payments = [shopper.payment.pk for shopper in shoppers]

    outcomes = at_once(job(webhooks, payments), job(expiries, payments))

    # Then each order is either paid and theirs, or cancelled and the money is back; nothing between
    assert [outcome.error for outcome in outcomes] == ["", ""]
    for shopper in shoppers:
        order = shopper.payment.order
        status, paid, back = standing(order)
        variant = Variant.objects.get(pk__in=order.lines.values("variant"))
        if status == "placed":
            assert (paid, back) == ("paid", ZERO)
            assert books(shopper.payment) == ("captured", TOTAL, ZERO, "")
            assert (variant.stock, variant.reserved) == (3, 0)
        else:
            assert (status, paid, back) == ("cancelled", "refunded", TOTAL)
            assert books(shopper.payment) == ("captured", TOTAL, TOTAL, "too-late")
            assert (variant.stock, variant.reserved) == (5, 0)
            assert shopper.theirs.refunds.count() == 1


def test_one_refund_asked_for_by_eight_at_once(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("approve", "before")
    order = shopper.payment.order

    # When eight members of staff press the same button, four times over
    outcomes = at_once(*[job(refunds, order.pk, "4.90", "parcel-{}", 4)] * 8)

    # Then four refunds were made, not 32
    assert [outcome.value for outcome in outcomes] == [["done"] * 4] * 8
    assert Refund.objects.count() == SandboxRefund.objects.count() == 4
    assert standing(order) == ("placed", "partially_refunded", Decimal("19.60"))
    assert mails_about(order).count("refunded") == 4


def test_many_refunds_at_once_pay_back_no_more_than_was_paid(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("approve", "before")
    order = shopper.payment.order

    # When eight ask for 10.00 each of 24.90, each in their own name
    outcomes = at_once(
        *(job(refunds, order.pk, "10.00", f"staff-{number}", 1) for number in range(8))
    )

    # Then two got it, here and at the gateway
    results = Counter(outcome.value[0] for outcome in outcomes)
    assert results == {"done": 2, "OverRefund": 6}
    assert books(shopper.payment) == ("captured", TOTAL, Decimal("20.00"), "")
    assert sum(each.amount for each in SandboxRefund.objects.all()) == 2000


def test_the_button_pressed_by_four_at_once_begins_one_payment(site_url: str) -> None:
    orders = [make_order().pk for _round in range(6)]

    outcomes = at_once(*[job(begins, orders, site_url)] * 4)

    assert [outcome.error for outcome in outcomes] == [""] * 4
    assert len({tuple(outcome.value) for outcome in outcomes}) == 1
    assert Payment.objects.count() == SandboxPayment.objects.count() == 6


def test_two_payments_of_one_order_that_come_at_once(site_url: str) -> None:
    # Given an order that is paid in two tabs: the first was called off here, too late
    firsts, seconds = [], []
    for number in range(ROUNDS):
        shopper = at_sandbox(site_url)
        handle(news(shopper.payment, Status.CANCELLED), by=GATEWAY)
        shopper.choose("vanish", "never")
        other = make_payment(shopper.payment.order, site_url=site_url, reference=f"other-{number}")
        SandboxPayment.objects.create(
            id=f"other-{number}", key=other.key, amount=2490, currency="EUR", state="captured",
            description="x", language="en", return_url="http://x/", cancel_url="http://x/",
            webhook_url="http://x/",
        )  # fmt: skip
        firsts.append(shopper.payment.pk)
        seconds.append(other.pk)

    outcomes = at_once(job(webhooks, firsts), job(webhooks, seconds))

    # Then each order keeps one of the two, and the other goes back
    assert [outcome.error for outcome in outcomes] == ["", ""]
    for pk in firsts:
        order = Order.objects.get(payments=pk)
        assert standing(order) == ("placed", "paid", ZERO)
        both = sorted(order.payments.values_list("refunded", "problem", "unwanted"))
        assert both == [(ZERO, "", False), (TOTAL, "paid-twice", True)]
