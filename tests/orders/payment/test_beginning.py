"""A payment begins: one open at a time, however often and by whatever way it is asked for."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from orders.models import Order
from orders.payment.addresses import SiteUrls
from orders.payment.errors import AlreadyPaid, NoSuchGateway, NotPayable, StillDeciding
from orders.payment.gateways import gateway, offered
from orders.payment.models import Payment
from orders.payment.moves import Status
from orders.payment.sandbox.models import SandboxPayment
from orders.payment.services import begin, call_off, handle, mark_received
from tests.orders.payment.helpers import (
    BY,
    GATEWAY,
    TOTAL,
    books,
    make_order,
    make_payment,
    news,
    standing,
    trail_of,
)
from tests.orders.payment.sandbox import at_sandbox, wait_for_the_bank, work

pytestmark = pytest.mark.django_db(transaction=True)

ZERO = Decimal("0.00")


def again(order: Order, site_url: str, method: str = "sandbox") -> str:
    """Press the button again, by this method; where it leads."""
    Order.objects.filter(pk=order.pk).update(payment_method=method)
    order.refresh_from_db()
    return begin(order, by=BY, urls=SiteUrls(site_url)).redirect_url


def quiet(payment: Payment) -> None:
    """Let two seconds pass since the gateway was asked last."""
    Payment.objects.filter(pk=payment.pk).update(asked_at=None)


def test_the_gateway_gets_to_know_what_it_needs(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    theirs = shopper.theirs
    order = shopper.payment.order
    assert (theirs.amount, theirs.currency, theirs.key) == (2490, "EUR", shopper.payment.key)
    assert theirs.return_url.startswith(f"{site_url}/orders/{order.token}/return/")
    assert theirs.cancel_url.startswith(f"{site_url}/orders/{order.token}/left/")
    assert theirs.webhook_url == f"{site_url}/payments/webhooks/sandbox/"
    # And nothing of the shopper
    told = str(SandboxPayment.objects.values().get())
    assert order.email not in told
    assert order.last_name not in told
    assert books(shopper.payment) == ("pending", ZERO, ZERO, "")
    assert trail_of(order) == ["payment.begun"]


def test_pressed_again_it_is_the_same_payment(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    assert again(shopper.payment.order, site_url) == shopper.url
    quiet(shopper.payment)
    assert again(shopper.payment.order, site_url) == shopper.url
    assert Payment.objects.count() == SandboxPayment.objects.count() == 1


def test_after_a_decline_it_is_a_new_one(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("decline", "before")
    assert standing(shopper.payment.order)[1] == "failed"
    assert again(shopper.payment.order, site_url) != shopper.url
    statuses = Payment.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["failed", "pending"]


def test_a_decline_nobody_has_told_us_of_is_found_out(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("decline", "never")
    assert again(shopper.payment.order, site_url) != shopper.url
    assert books(shopper.payment)[0] == "failed"


def test_paid_in_another_tab_it_is_not_begun_again(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("vanish", "never")
    with pytest.raises(AlreadyPaid):
        again(shopper.payment.order, site_url)
    assert standing(shopper.payment.order) == ("placed", "paid", ZERO)
    with pytest.raises(AlreadyPaid):
        again(shopper.payment.order, site_url)
    assert Payment.objects.count() == 1


def test_another_way_to_pay_calls_the_first_off(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    assert again(shopper.payment.order, site_url, "bank-transfer") == ""
    assert books(shopper.payment)[0] == "cancelled"
    assert shopper.theirs.state == "cancelled"
    transfer = Payment.objects.get(gateway="bank-transfer")
    assert (transfer.status, transfer.amount) == ("pending", TOTAL)
    # And back: the transfer is called off, a new payment begins
    assert again(shopper.payment.order, site_url).endswith("/")
    transfer.refresh_from_db()
    assert transfer.status == "cancelled"


def test_another_way_is_not_begun_when_the_first_was_paid_after_all(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("vanish", "never")
    with pytest.raises(AlreadyPaid):
        again(shopper.payment.order, site_url, "bank-transfer")
    assert Payment.objects.count() == 1
    assert standing(shopper.payment.order)[1] == "paid"


def test_while_the_bank_decides_no_other_way_can_be_begun(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("vanish", "slow")
    with pytest.raises(StillDeciding) as raised:
        again(shopper.payment.order, site_url, "bank-transfer")
    assert raised.value.sentence.startswith("Your bank is still deciding")
    with pytest.raises(StillDeciding):
        call_off(shopper.payment.order, by=BY)
    wait_for_the_bank()
    assert work() == ["200"]
    assert standing(shopper.payment.order)[1] == "paid"


def test_a_payment_begun_long_ago_and_never_answered_is_replaced(site_url: str) -> None:
    order = make_order()
    old = make_payment(order, status=Status.CREATED, reference="", site_url=site_url)
    Payment.objects.filter(pk=old.pk).update(created_at=old.created_at - timedelta(minutes=11))
    assert again(order, site_url)
    assert books(old)[0] == "cancelled"
    assert order.payments.filter(status="pending").count() == 1


def test_begun_on_another_site_it_is_another_payment(site_url: str) -> None:
    # Given one that was begun on one site, and its answer was lost
    order = make_order()
    old = make_payment(order, status=Status.CREATED, reference="", site_url="http://x.localhost:9")
    Payment.objects.filter(pk=old.pk).update(site_url=site_url.replace("apparel", "jewelry"))
    assert again(order, site_url)
    assert books(old)[0] == "cancelled"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"status": "cancelled", "payment_status": "cancelled"}, NotPayable),
        ({"status": "fulfilled", "payment_status": "awaiting"}, NotPayable),
        ({"status": "placed", "payment_status": "paid"}, AlreadyPaid),
        ({"status": "placed", "payment_status": "authorized"}, AlreadyPaid),
        ({"status": "placed", "payment_status": "refunded"}, AlreadyPaid),
        ({"payment_method": "cash"}, NoSuchGateway),
    ],
)
def test_what_cannot_be_paid_is_not_begun(
    site_url: str, fields: dict[str, Any], error: type[Exception]
) -> None:
    order = make_order(**fields)
    with pytest.raises(error):
        begin(order, by=BY, urls=SiteUrls(site_url))
    assert Payment.objects.count() == SandboxPayment.objects.count() == 0


def test_a_gateway_that_is_not_offered_cannot_be_chosen(site_url: str, settings: Any) -> None:
    settings.PAYMENT_GATEWAYS = ["on-delivery"]
    order = make_order()
    with pytest.raises(NoSuchGateway):
        begin(order, by=BY, urls=SiteUrls(site_url))
    assert [port.slug for port in offered()] == ["on-delivery"]
    # But what was begun with it is still understood
    assert gateway("sandbox").slug == "sandbox"


def test_what_costs_nothing_is_paid_by_that(site_url: str) -> None:
    order = make_order(
        total=ZERO, discount_total=TOTAL, shipping_total=ZERO, shipping_price=Decimal("4.90")
    )
    assert begin(order, by=BY, urls=SiteUrls(site_url)).redirect_url == ""
    assert standing(order) == ("placed", "paid", ZERO)
    assert Payment.objects.count() == 0


def test_no_gateway_is_asked_inside_a_transaction(site_url: str) -> None:
    order = make_order()
    with pytest.raises(RuntimeError), transaction.atomic():
        begin(order, by=BY, urls=SiteUrls(site_url))
    payment = make_payment(order)
    with pytest.raises(RuntimeError), transaction.atomic():
        handle(news(payment, Status.CAPTURED), by=GATEWAY)
    assert SandboxPayment.objects.count() == 0


def test_back_to_the_cart_calls_the_payment_off(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    call_off(shopper.payment.order, by=BY)
    assert (books(shopper.payment)[0], shopper.theirs.state) == ("cancelled", "cancelled")
    call_off(shopper.payment.order, by=BY)


def test_an_authorised_payment_is_as_good_as_paid(site_url: str, settings: Any) -> None:
    settings.PAYMENT_MANUAL_CAPTURE = True
    shopper = at_sandbox(site_url)
    shopper.choose("vanish", "never")
    with pytest.raises(AlreadyPaid):
        call_off(shopper.payment.order, by=BY)
    assert standing(shopper.payment.order)[:2] == ("placed", "authorized")


def test_an_authorisation_for_a_cancelled_order_is_released(site_url: str, settings: Any) -> None:
    settings.PAYMENT_MANUAL_CAPTURE = True
    shopper = at_sandbox(site_url)
    order = shopper.payment.order
    Order.objects.filter(pk=order.pk).update(status="cancelled", payment_status="cancelled")
    shopper.choose("vanish")
    assert work()[0] == "200"
    assert shopper.theirs.state == "released"
    assert books(shopper.payment) == ("voided", ZERO, ZERO, "")


def test_a_bank_transfer_says_where_to_send_how_much() -> None:
    order = make_order("bank-transfer")
    begin(order, by=BY, urls=SiteUrls("http://apparel.localhost"))
    payment = order.payments.get()
    told = gateway("bank-transfer").instructions(payment)
    assert [line.value for line in told] == [
        "Galleria Ltd",
        "DE89 3704 0044 0532 0130 00",
        "COBADEFFXXX",
        "€24.90",
        "RF20 G202 6000 001",
    ]
    assert standing(order) == ("placed", "awaiting", ZERO)


@pytest.mark.parametrize("method", ["on-delivery", "bank-transfer"])
def test_staff_mark_as_received_once(method: str) -> None:
    order = make_order(method)
    begin(order, by=BY, urls=SiteUrls("http://apparel.localhost"))
    assert standing(order) == ("placed", "awaiting", ZERO)
    first = mark_received(order, by=BY)
    assert mark_received(order, by=BY) == first
    assert books(first) == ("captured", TOTAL, ZERO, "")
    assert standing(order) == ("placed", "paid", ZERO)
    assert trail_of(order).count("payment.captured") == 1


def test_an_order_from_before_can_be_marked_as_received_too() -> None:
    order = make_order("on-delivery")
    assert books(mark_received(order, by=BY)) == ("captured", TOTAL, ZERO, "")


def test_a_transfer_that_comes_after_the_order_was_cancelled_is_not_marked() -> None:
    order = make_order("bank-transfer", status="cancelled", payment_status="cancelled")
    with pytest.raises(NotPayable):
        mark_received(order, by=BY)
    assert Payment.objects.count() == 0


def test_what_a_gateway_reports_is_not_marked_by_hand() -> None:
    from orders.payment.errors import NotByHand

    payment = make_payment()
    with pytest.raises(NotByHand):
        mark_received(payment.order, by=BY)
    assert books(payment)[0] == "pending"
