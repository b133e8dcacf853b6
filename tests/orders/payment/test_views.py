"""Webhooks are believed by their signature, and shoppers come back with any cookies or none."""

import json
import logging
import time
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as shop_settings
from django.core import signing
from django.test import Client

from orders.payment import signatures
from orders.payment.addresses import SiteUrls, sign
from orders.payment.models import Payment, PaymentEvent
from orders.payment.sandbox.models import SandboxPayment
from orders.payment.services import begin
from tests.orders.payment.browser import open_page
from tests.orders.payment.helpers import (
    BY,
    TOTAL,
    apparel,
    books,
    make_order,
    make_payment,
    standing,
)
from tests.orders.payment.sandbox import at_sandbox, path_of

pytestmark = pytest.mark.django_db

ZERO = Decimal("0.00")
HOOK = "/payments/webhooks/sandbox/"


def message(payment: Payment, told_of: dict[str, Any] | None = None, **changed: Any) -> bytes:
    """What Sandbox Pay says when a payment has come."""
    told = {
        "id": payment.reference, "key": payment.key, "status": "captured", "amount": 2490,
        "currency": "EUR", "refunds": [], **(told_of or {}),
    }  # fmt: skip
    return json.dumps(
        {"id": "evt_1", "type": "payment.captured", "payment": told, **changed}
    ).encode()


def post(body: bytes, *, signature: str | None = None, path: str = HOOK, **extra: Any) -> Any:
    """Send a webhook to the shop, from no browser."""
    if signature is None:
        signature = signatures.sign(shop_settings.SANDBOX_GATEWAY_SECRET, b"webhook", body)
    headers = {"host": "apparel.localhost", "Sandbox-Signature": signature}
    return Client(enforce_csrf_checks=True).post(
        path, body, content_type="application/json", headers=headers, **extra
    )


def test_a_signed_message_pays_the_order_on_any_site() -> None:
    for slug in ("galleria", "apparel", "jewelry", "home"):
        payment = make_payment()
        body = message(payment, id=f"evt_{slug}")
        signature = signatures.sign(shop_settings.SANDBOX_GATEWAY_SECRET, b"webhook", body)
        answer = Client().post(
            HOOK,
            body,
            content_type="application/json",
            headers={"host": f"{slug}.localhost", "Sandbox-Signature": signature},
        )
        assert (answer.status_code, answer.content) == (200, b"applied")
        assert "Set-Cookie" not in answer.headers
        assert books(payment) == ("captured", TOTAL, ZERO, "")


def test_the_same_message_again_is_fine_and_does_nothing() -> None:
    payment = make_payment()
    assert post(message(payment)).content == b"applied"
    again = post(message(payment))
    assert (again.status_code, again.content) == (200, b"known")
    assert payment.events.count() == 1


def test_a_message_with_a_wrong_signature_is_refused() -> None:
    payment = make_payment()
    body = message(payment)
    forged = [
        "",
        "t=1,v1=00",
        signatures.sign("guessed", b"webhook", body),
        signatures.sign(shop_settings.SANDBOX_GATEWAY_SECRET, b"webhook", body + b" "),
        # Signed by the shop itself, for a request the other way
        signatures.sign(shop_settings.SANDBOX_GATEWAY_SECRET, b"POST", b"/v1/payments", body),
    ]
    for signature in forged:
        answer = post(body, signature=signature)
        assert (answer.status_code, answer.content) == (400, b"BadSignature")
    assert books(payment) == ("pending", ZERO, ZERO, "")
    assert PaymentEvent.objects.count() == 0


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_recorded_message_is_refused(seconds: int) -> None:
    payment = make_payment()
    body = message(payment)
    secret = shop_settings.SANDBOX_GATEWAY_SECRET
    signature = signatures.sign(secret, b"webhook", body, now=time.time() + seconds)
    answer = post(body, signature=signature)
    assert (answer.status_code, answer.content) == (400, b"StaleWebhook")
    assert books(payment) == ("pending", ZERO, ZERO, "")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b'{"payment": 1}', b"\xff", b'{"id": 1, "payment": {}}'],
)
def test_a_signed_message_that_makes_no_sense_is_refused(body: bytes) -> None:
    apparel()
    answer = post(body)
    assert (answer.status_code, answer.content) == (400, b"MalformedWebhook")


@pytest.mark.parametrize(
    "changed",
    [{"amount": None}, {"amount": "2490"}, {"status": "rich"}, {"currency": None}, {"refunds": 7}],
)
def test_a_signed_message_with_a_wrong_field_is_refused(changed: dict[str, Any]) -> None:
    payment = make_payment()
    assert post(message(payment, changed)).status_code == 400
    assert books(payment) == ("pending", ZERO, ZERO, "")


def test_a_message_about_another_shops_payment_is_taken_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    payment = make_payment()
    with caplog.at_level(logging.WARNING, "orders.payment"):
        answer = post(message(payment, {"key": "strange", "id": "pay_x"}))
    assert (answer.status_code, answer.content) == (200, b"unknown-payment")
    assert "is of no payment of ours" in caplog.text
    assert books(payment) == ("pending", ZERO, ZERO, "")


def test_a_message_that_is_too_long_is_refused() -> None:
    payment = make_payment()
    assert post(message(payment, filler="x" * 600_000)).status_code == 413
    assert post(message(payment, filler="x" * 3_000_000)).status_code == 400
    assert books(payment) == ("pending", ZERO, ZERO, "")


def test_only_posts_and_only_gateways_that_send_messages() -> None:
    apparel()
    shop = Client(headers={"host": "apparel.localhost"})
    assert shop.get(HOOK).status_code == 405
    assert post(b"{}", path="/payments/webhooks/paypal/").status_code == 404
    assert post(b"{}", path="/payments/webhooks/on-delivery/").status_code == 400


def test_no_log_line_holds_a_message(caplog: pytest.LogCaptureFixture) -> None:
    payment = make_payment()
    with caplog.at_level(logging.DEBUG):
        post(message(payment, card="4242424242424242", email="ada@example.com"))
        post(message(payment, card="4242424242424242"), signature="t=1,v1=0")
        post(b'{"card": "4242424242424242"}')
    assert "4242" not in caplog.text
    assert "ada@example.com" not in caplog.text


def returned(
    payment: Payment, order_token: str = "", signed: str = "", kind: str = "return"
) -> Any:
    """Come back from the gateway, without cookies, on the main site (which asks nobody)."""
    token = order_token or payment.order.token
    path = f"/orders/{token}/{kind}/{signed or sign(payment)}/"
    return Client(headers={"host": "galleria.localhost"}).get(path)


@pytest.mark.parametrize("kind", ["return", "left"])
def test_a_forged_address_leads_nowhere(kind: str) -> None:
    payment, other = make_payment(), make_payment()
    good = sign(payment)
    forged = [
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace(":", ""),
        "x",
        signing.Signer(salt="another").sign_object(payment.pk),
        signing.Signer(key="guessed", salt="orders.payment.return").sign_object(payment.pk),
        signing.Signer(salt="orders.payment.return").sign_object(999_999),
    ]
    for signed in forged:
        assert returned(payment, signed=signed, kind=kind).status_code == 404
    # And a payment belongs to its own order only
    assert returned(payment, order_token=other.order.token, kind=kind).status_code == 404
    assert books(payment) == ("pending", ZERO, ZERO, "")


def test_the_address_says_nothing_about_the_payment(caplog: pytest.LogCaptureFixture) -> None:
    # Given a payment that is not paid, and a gateway that nobody can reach
    payment = make_payment(site_url="http://apparel.localhost:9")
    token, signed = payment.order.token, sign(payment)
    shop = Client(headers={"host": "galleria.localhost"})
    # When the address claims that it is
    page = shop.get(f"/orders/{token}/return/{signed}/?status=captured&paid=1&success=true")
    # Then it is not believed
    assert page.status_code == 200
    assert "We could not reach the payment service" in page.text
    assert books(payment) == ("pending", ZERO, ZERO, "")


def test_the_waiting_page_looks_again_ever_more_rarely_and_then_stops() -> None:
    payment = make_payment(site_url="http://apparel.localhost:9")
    shop = Client(headers={"host": "galleria.localhost"})
    path = f"/orders/{payment.order.token}/return/{sign(payment)}/"
    waits = []
    for waited in range(9):
        page = shop.get(path, {"waited": waited})
        found = [part for part in page.text.split('"') if part.endswith(f"?waited={waited + 1}")]
        refresh = '<noscript><meta http-equiv="refresh"' in page.text
        waits.append(found[0].partition(";")[0] if refresh else None)
        assert (f'data-hx-trigger="load delay:{waits[-1]}s"' in page.text) == refresh
        assert page.headers["Cache-Control"] == "private, no-store"
        assert page.headers["X-Robots-Tag"] == "noindex"
    assert waits == ["2", "3", "5", "10", "20", "30", "60", None, None]
    assert "we write to ada@example.com" in page.text


def test_by_htmx_the_page_looks_again_in_place_and_then_leads_on() -> None:
    payment = make_payment(site_url="http://apparel.localhost:9")
    shop = Client(headers={"host": "galleria.localhost", "HX-Request": "true"})
    path = f"/orders/{payment.order.token}/return/{sign(payment)}/"
    part = shop.get(path, {"waited": 1})
    assert part.text.strip().startswith('<section class="waiting"')
    assert "<html" not in part.text
    Payment.objects.update(status="failed")
    answer = shop.get(path, {"waited": 2})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (
        200,
        f"/orders/{payment.order.token}/",
    )


@pytest.mark.parametrize("waited", ["-1", "x", "", "9" * 50, "1e3", "٣", "0x1", "%00"])
def test_nonsense_in_the_waiting_pages_address_is_a_first_look(waited: str) -> None:
    payment = make_payment(site_url="http://apparel.localhost:9")
    shop = Client(headers={"host": "galleria.localhost"})
    page = shop.get(f"/orders/{payment.order.token}/return/{sign(payment)}/", {"waited": waited})
    assert 'content="2; url=' in page.text


def test_a_payment_that_is_decided_leads_to_its_order_without_asking() -> None:
    for status in ("failed", "cancelled", "expired", "voided"):
        payment = make_payment(status=status, site_url="http://apparel.localhost:9")
        answer = returned(payment)
        assert (answer.status_code, answer.headers["Location"]) == (
            303,
            f"/orders/{payment.order.token}/",
        )


def test_who_leaves_the_gateway_sees_the_order(caplog: pytest.LogCaptureFixture) -> None:
    payment = make_payment(site_url="http://apparel.localhost:9")
    answer = returned(payment, kind="left")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"/orders/{payment.order.token}/",
    )
    assert books(payment) == ("pending", ZERO, ZERO, "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "cookies",
    [
        {},
        {"session_token": "of-somebody-else", "csrftoken": "x" * 32},
        {"session_token.1700000000": "nonsense", "sessionid": "old"},
    ],
)
def test_coming_back_works_with_the_cookies_of_another_visit_or_none(
    site_url: str, cookies: dict[str, str]
) -> None:
    # Given a shopper who paid, and comes back in another browser
    shopper = at_sandbox(site_url)
    back = shopper.choose("approve", "never")
    main = back.replace("//apparel.", "//galleria.")
    # When it opens the address on the main site, which needs no other to know a visitor
    page = open_page(main, cookies=cookies)
    # Then the order is paid, and shown
    assert (page.status, page.location) == (303, f"/orders/{shopper.payment.order.token}/")
    assert standing(shopper.payment.order) == ("placed", "paid", ZERO)


@pytest.mark.django_db(transaction=True)
def test_pages_ask_no_more_than_they_must(site_url: str, django_assert_num_queries: Any) -> None:
    order = make_order()
    begin(order, by=BY, urls=SiteUrls(site_url))
    payment = order.payments.get()
    SandboxPayment.objects.update(state="captured")
    address = urlsplit(SiteUrls(site_url).back(payment))
    shop = Client(headers={"host": "galleria.localhost"})
    shop.get(address.path)
    assert books(payment)[0] == "captured"
    # A payment that is decided costs one query to find, and the storefronts' rows are cached
    shop.get(address.path)
    with django_assert_num_queries(1):
        shop.get(address.path)
    assert path_of(address.geturl()) == address.path
