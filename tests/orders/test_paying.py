"""From the checkout to a gateway and back, over real HTTP, and all that may go wrong between."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from orders.checkout.pages import CHECKING_OUT
from orders.checkout.paying import LONGEST_HOLD
from orders.models import Order, ShippingMethod
from orders.payment.models import Payment
from sessionsync.engine import SessionStore
from shop.audit.actors import system
from shop.catalogue.models import Variant
from shop.mailing.models import OutgoingMail
from shop.stock.services import release
from shop.storefronts.models import Storefront
from tests.carts import helpers
from tests.carts.helpers import contents, fill, make_shops, make_variant, new_key
from tests.orders.helpers import make_methods, place
from tests.orders.payment.browser import open_page
from tests.orders.test_views import filled

pytestmark = pytest.mark.django_db(transaction=True)


class Case:
    """A shopper with two of five shirts in the cart; the gateway listens on the site's port."""

    def __init__(self, port: int) -> None:
        make_methods()
        self.port = port
        self.shops, self.key = make_shops(), new_key()
        for slug in self.shops:
            Storefront.objects.filter(slug=slug).update(domain=f"{slug}.localhost")
        self.shop = Storefront.objects.get(slug="apparel")
        self.shirt = make_variant(self.shop, stock=5)
        fill(self.key, (self.shirt, self.shop, 2))
        self.client = self.browser(self.key)

    def browser(self, key: str) -> Client:
        """A browser with this session, which got its new token for the checkout already."""
        session = SessionStore(key)
        session[CHECKING_OUT] = True
        session.save()
        client = helpers.shopper(key, self.shop)
        client.defaults["HTTP_HOST"] = f"apparel.localhost:{self.port}"
        return client

    def order(self, method: str = "sandbox") -> Any:
        """Order on the one page."""
        answer: Any = self.client.post("/checkout/", filled(self.client, payment_method=method))
        return answer

    def unpaid(self) -> Order:
        """Order, with a gateway that does not answer; what that says was read."""
        assert self.order().status_code == 303
        self.page()
        return Order.objects.get()

    def at_gateway(self, url: str, decision: str) -> str:
        """Press a button on the gateway's page; where it leads."""
        page = open_page(url, data=urlencode({"decision": decision, "news": "once"}))
        assert page.status == 303, page.text
        return page.location

    @property
    def standing(self) -> tuple[str, str, str]:
        """Status, payment status and way to pay of the only order."""
        order = Order.objects.get()
        return order.status, order.payment_status, order.payment_method

    @property
    def books(self) -> tuple[int, int]:
        """What is in stock of the shirt, and how many of those are promised."""
        self.shirt.refresh_from_db()
        return self.shirt.stock, self.shirt.reserved

    def post(self, what: str, **data: str) -> Any:
        """Press a button on the order's page."""
        return self.client.post(f"/orders/{Order.objects.get().token}/{what}/", data)

    def page(self) -> str:
        """The order's page."""
        return self.client.get(f"/orders/{Order.objects.get().token}/").content.decode()

    def said(self, answer: Any) -> list[str]:
        """The messages on the page that an answer leads to."""
        assert answer.status_code == 303
        request = self.client.get(answer["Location"]).wsgi_request
        return [str(each) for each in get_messages(request)]


@pytest.fixture
def case(live_server: LiveServer) -> Case:
    """A shopper; the gateway answers."""
    return Case(urlsplit(live_server.url).port or 80)


@pytest.fixture
def alone() -> Case:
    """A shopper; nobody listens where the gateway should."""
    return Case(9)


def test_to_the_gateway_and_back_paid(case: Case) -> None:
    answer = case.order()

    assert answer.status_code == 303
    assert urlsplit(answer["Location"]).hostname == "pay.localhost"
    assert case.standing == ("pending", "awaiting", "sandbox")
    assert case.books == (5, 2)
    assert contents(case.key) == []
    assert "Almost done: your payment is missing" in case.page()

    back = case.at_gateway(answer["Location"], "approve")
    landed = case.client.get(urlsplit(back).path)
    assert landed["Location"] == f"/orders/{Order.objects.get().token}/"
    assert case.standing == ("placed", "paid", "sandbox")
    assert case.books == (3, 0)
    assert "Thank you, Ada" in case.page()
    assert OutgoingMail.objects.filter(template__endswith="/placed").count() == 1


def test_a_double_click_leads_to_the_same_payment(case: Case) -> None:
    data = filled(case.client, payment_method="sandbox")

    answers = [case.client.post("/checkout/", data) for _ in range(3)]

    assert len({answer["Location"] for answer in answers}) == 1
    assert (Order.objects.count(), Payment.objects.count()) == (1, 1)


def test_declined_then_paid_at_the_second_try(case: Case) -> None:
    answer = case.order()
    back = case.at_gateway(answer["Location"], "decline")
    case.client.get(urlsplit(back).path)
    assert case.standing == ("pending", "failed", "sandbox")
    assert "Your payment did not work" in case.page()
    assert case.books == (5, 2)

    again = case.post("pay", payment_method="sandbox")
    assert urlsplit(again["Location"]).hostname == "pay.localhost"
    assert again["Location"] != answer["Location"]
    back = case.at_gateway(again["Location"], "approve")
    case.client.get(urlsplit(back).path)

    assert case.standing == ("placed", "paid", "sandbox")
    assert case.books == (3, 0)


def test_declined_then_another_way(case: Case) -> None:
    answer = case.order()
    back = case.at_gateway(answer["Location"], "decline")
    case.client.get(urlsplit(back).path)

    again = case.post("pay", payment_method="bank-transfer")

    order = Order.objects.get()
    assert again["Location"] == f"/orders/{order.token}/"
    assert case.standing == ("placed", "awaiting", "bank-transfer")
    assert case.books == (3, 0)
    page = case.page()
    assert "How to pay" in page
    assert "DE89 3704 0044 0532 0130 00" in page
    [mail] = OutgoingMail.objects.filter(template__endswith="/placed")
    assert "DE89 3704 0044 0532 0130 00" in mail.text


def test_another_way_while_the_gateways_page_is_open_calls_that_off(case: Case) -> None:
    answer = case.order()

    case.post("pay", payment_method="on-delivery")

    assert case.standing == ("placed", "awaiting", "on-delivery")
    assert open_page(answer["Location"], data="decision=approve&news=once").status != 303
    case.client.get("/")
    assert case.standing == ("placed", "awaiting", "on-delivery")


def test_back_to_the_cart_calls_the_payment_off_and_brings_all_back(case: Case) -> None:
    answer = case.order()

    left = case.post("abandon")

    assert left["Location"] == "/cart/"
    assert case.said(left) == ["Your order is cancelled. Everything is in your cart again."]
    assert case.standing == ("cancelled", "cancelled", "sandbox")
    assert case.books == (5, 0)
    assert contents(case.key) == [(case.shirt.pk, "apparel", 2)]
    assert "This order is cancelled" in case.page()
    assert open_page(answer["Location"], data="decision=approve&news=once").status != 303

    case.client = case.browser(case.key)
    again = case.order("on-delivery")
    assert again.status_code == 303
    assert Order.objects.filter(status="placed").count() == 1
    assert case.books == (3, 0)


def test_who_has_paid_in_another_tab_does_not_get_the_cart_back(case: Case) -> None:
    answer = case.order()
    open_page(answer["Location"], data=urlencode({"decision": "approve", "news": "never"}))

    left = case.post("abandon")

    assert case.said(left) == ["This order is paid for already. Thank you."]
    assert case.standing == ("placed", "paid", "sandbox")
    assert contents(case.key) == []


def test_an_order_stands_when_the_gateway_does_not_answer(alone: Case) -> None:
    answer = alone.order()

    assert answer["Location"] == f"/orders/{Order.objects.get().token}/"
    [told] = alone.said(answer)
    assert told.startswith("The payment service does not answer at the moment. Your order is kept")
    assert alone.standing == ("pending", "awaiting", "sandbox")
    assert alone.books == (5, 2)
    page = alone.page()
    for offered in ("Pay now", "Bank transfer", "Cancel it and go back to the cart"):
        assert offered in page

    assert alone.said(alone.post("pay", payment_method="sandbox"))[0].startswith(
        "The payment service does not answer"
    )
    assert alone.standing == ("pending", "awaiting", "sandbox")


def test_another_way_when_the_gateway_does_not_answer(alone: Case) -> None:
    order = alone.unpaid()

    answer = alone.post("pay", payment_method="bank-transfer")

    assert answer["Location"] == f"/orders/{order.token}/"
    assert alone.standing == ("placed", "awaiting", "bank-transfer")
    assert alone.books == (3, 0)
    statuses = order.payments.order_by("pk").values_list("gateway", "status")
    assert list(statuses) == [("sandbox", "cancelled"), ("bank-transfer", "pending")]


def test_back_to_the_cart_when_the_gateway_does_not_answer(alone: Case) -> None:
    alone.order()

    assert alone.post("abandon")["Location"] == "/cart/"

    assert alone.standing == ("cancelled", "cancelled", "sandbox")
    assert contents(alone.key) == [(alone.shirt.pk, "apparel", 2)]
    assert alone.books == (5, 0)


@pytest.mark.parametrize("method", ["cheque", "", "SANDBOX", "x" * 5000, "../sandbox"])
def test_a_way_to_pay_that_is_not_offered_changes_nothing(alone: Case, method: str) -> None:
    alone.unpaid()
    expected = (
        "This way to pay is not offered. Please choose another one."
        if method
        else "The payment service does not answer at the moment."
    )

    told = alone.said(alone.post("pay", payment_method=method))

    assert told[0].startswith(expected)
    assert alone.standing == ("pending", "awaiting", "sandbox")


def test_an_accepted_order_is_neither_paid_again_nor_abandoned(alone: Case) -> None:
    alone.order("on-delivery")

    told = alone.said(alone.post("pay", payment_method="sandbox"))
    assert told == ["This order can no longer be paid for. Its page says what has become of it."]
    told = alone.said(alone.post("abandon"))
    assert told == ["This order does not wait for a payment any more."]

    assert alone.standing == ("placed", "awaiting", "on-delivery")
    assert alone.books == (3, 0)
    assert contents(alone.key) == []
    assert "Pay now" not in alone.page()


def test_goods_are_not_held_for_ever_however_often_it_is_tried(alone: Case) -> None:
    alone.unpaid()
    Order.objects.update(placed_at=timezone.now() - LONGEST_HOLD)

    told = alone.said(alone.post("pay", payment_method="sandbox"))

    assert told == ["The time to pay for this order is over."]
    assert "Pay now" not in alone.page()


def test_a_try_when_the_goods_are_gone_says_so_and_the_rest_comes_back(alone: Case) -> None:
    lamp = make_variant(alone.shop, stock=3)
    fill(alone.key, (lamp, alone.shop, 1))
    order = alone.unpaid()
    Order.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    release(order.token, by=system("tests"))
    Variant.objects.filter(pk=alone.shirt.pk).update(stock=1)

    told = alone.said(alone.post("pay", payment_method="on-delivery"))

    assert told[0].startswith("The time to pay was over, and something of your order is sold out")
    assert alone.standing == ("pending", "failed", "sandbox")
    assert alone.post("abandon")["Location"] == "/cart/"
    assert contents(alone.key) == [(alone.shirt.pk, "apparel", 2), (lamp.pk, "apparel", 1)]


def test_an_order_of_nothing_needs_no_gateway(alone: Case) -> None:
    Variant.objects.update(price=Decimal(0))
    ShippingMethod.objects.update(price=Decimal(0))

    answer = alone.order()

    assert answer["Location"] == f"/orders/{Order.objects.get().token}/"
    assert alone.standing == ("placed", "paid", "sandbox")
    assert alone.books == (3, 0)


def test_buttons_of_an_order_are_for_posts_and_for_orders_only(alone: Case) -> None:
    order = place(alone.key, alone.shop)

    for what in ("pay", "abandon"):
        assert alone.client.get(f"/orders/{order.token}/{what}/").status_code == 405
        assert alone.client.post(f"/orders/{'A' * 22}/{what}/").status_code == 404
