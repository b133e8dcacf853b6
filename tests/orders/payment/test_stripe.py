"""Stripe: what is asked of it, recorded on this machine, and its signed webhooks.

The recorded answers have the fields that API version 2026-10-28.endive documents.
"""

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import stripe

from orders.cancelling import cancel_lines
from orders.payment import errors
from orders.payment.addresses import SiteUrls
from orders.payment.gateways import gateway
from orders.payment.gateways.stripe import API_VERSION, EVENTS
from orders.payment.models import Payment
from orders.payment.moves import Status
from orders.payment.services import Result, ask, begin, call_off, capture, handle, refund
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
from tests.orders.payment.loopback import Asked, Loopback, loopback
from tests.orders.payment.test_gateway_errors import answers, hangs_up
from tests.orders.payment.test_views import post

pytestmark = pytest.mark.django_db

ZERO = Decimal("0.00")
SITE = "https://apparel.example"
HOOK = "/payments/webhooks/stripe/"
SECRET = "whsec_test"


class Books:
    """Enough of Stripe to be asked: one session, its payment intent and refunds."""

    def __init__(self) -> None:
        self.session: dict[str, Any] = {
            "id": "cs_test_1", "object": "checkout.session", "url": "https://checkout.stripe.com/c/1",
            "status": "open", "payment_status": "unpaid", "amount_total": 2490, "currency": "eur",
            "client_reference_id": None, "payment_intent": None, "metadata": {},
        }  # fmt: skip
        self.intent: dict[str, Any] = {
            "id": "pi_1", "object": "payment_intent", "status": "succeeded", "currency": "eur",
            "amount": 2490, "amount_received": 2490, "amount_capturable": 0, "metadata": {},
            "latest_charge": "ch_1",
        }  # fmt: skip
        self.refunds: list[dict[str, Any]] = []

    def paid(self, status: str = "succeeded", **changed: Any) -> None:
        """The shopper has paid on Stripe's page."""
        done = "paid" if status == "succeeded" else "unpaid"
        self.session |= {
            "status": "complete",
            "payment_status": done,
            "payment_intent": self.intent,
        }
        received = 2490 if status == "succeeded" else 0
        held = 2490 if status == "requires_capture" else 0
        self.intent |= {"status": status, "amount_received": received, "amount_capturable": held}
        self.intent |= changed

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        status, body = self._answer(asked)
        return status, json.dumps(body).encode()

    def _answer(self, asked: Asked) -> tuple[int, Any]:
        path = asked.path.partition("?")[0]
        match asked.method, path:
            case "POST", "/v1/checkout/sessions":
                self.session["client_reference_id"] = asked.form["client_reference_id"]
                return 200, self.session
            case "GET", "/v1/checkout/sessions/cs_test_1":
                return 200, self.session
            case "POST", "/v1/checkout/sessions/cs_test_1/expire":
                if self.session["status"] != "open":
                    return 400, _error("invalid_request_error", "resource_state")
                self.session["status"] = "expired"
                return 200, self.session
            case "POST", "/v1/payment_intents/pi_1/capture":
                if self.intent["status"] != "requires_capture":
                    return 400, _error("invalid_request_error", "payment_intent_unexpected_state")
                self.paid(amount_received=int(asked.form["amount_to_capture"]))
                return 200, self.intent
            case "POST", "/v1/payment_intents/pi_1/cancel":
                self.intent["status"] = "canceled"
                return 200, self.intent
            case "GET", "/v1/refunds":
                listed = {"object": "list", "has_more": False, "url": "/v1/refunds"}
                return 200, {**listed, "data": self.refunds}
            case "POST", "/v1/refunds":
                form = asked.form
                made = {
                    "id": f"re_{len(self.refunds) + 1}", "object": "refund", "currency": "eur",
                    "amount": int(form["amount"]), "status": "succeeded", "payment_intent": "pi_1",
                    "metadata": {
                        "payment": form["metadata[payment]"], "refund": form["metadata[refund]"],
                    },
                }  # fmt: skip
                self.refunds.append(made)
                return 200, made
        return 404, _error("invalid_request_error", "resource_missing")


def _error(kind: str, code: str) -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": "ada@example.com cannot"}}


@pytest.fixture
def company(settings: Any) -> Iterator[Loopback]:
    """Where the library finds Stripe in these tests."""
    with loopback() as server:
        settings.STRIPE_API_BASE = server.url
        yield server


@pytest.fixture
def theirs(company: Loopback) -> Books:
    """Stripe's side."""
    made = Books()
    company.answer = made.answer
    return made


def begun(**fields: Any) -> Payment:
    """A payment whose shopper was sent to Stripe."""
    order = make_order("stripe", **fields)
    begin(order, by=BY, urls=SiteUrls(SITE))
    return order.payments.select_related("order").get()


def test_a_session_is_made_with_the_orders_total_and_our_key(
    company: Loopback, theirs: Books
) -> None:
    order = make_order("stripe", language="zh-hans")
    # When a shopper is sent to Stripe
    started = begin(order, by=BY, urls=SiteUrls(SITE))
    # Then it was asked once, with the pinned version, our key as idempotency key, and the total
    assert started.redirect_url == "https://checkout.stripe.com/c/1"
    payment = order.payments.get()
    assert (payment.reference, payment.status) == ("cs_test_1", "pending")
    [asked] = company.asked
    assert (asked.method, asked.path) == ("POST", "/v1/checkout/sessions")
    assert asked.headers["stripe-version"] == API_VERSION == "2026-10-28.endive"
    assert asked.headers["idempotency-key"] == f"{payment.key}:start"
    assert asked.headers["authorization"] == "Bearer sk_test_" + "k" * 24
    form = asked.form
    back = form.pop("success_url")
    left = form.pop("cancel_url")
    assert back.startswith(f"{SITE}/orders/{order.token}/return/")
    assert left.startswith(f"{SITE}/orders/{order.token}/left/")
    lasts = int(form.pop("expires_at")) - payment.created_at.timestamp()
    assert lasts == pytest.approx(45 * 60, abs=1)
    name = form.pop("line_items[0][price_data][product_data][name]")
    assert order.number in name
    assert form == {
        "mode": "payment",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "2490",
        "client_reference_id": payment.key,
        "customer_email": "ada@example.com",
        "locale": "zh",
        "metadata[payment]": payment.key,
        "metadata[order]": order.number,
        "payment_intent_data[metadata][payment]": payment.key,
        "payment_intent_data[metadata][order]": order.number,
        "payment_intent_data[capture_method]": "automatic",
    }


def test_asked_again_the_question_is_the_same(company: Loopback, theirs: Books) -> None:
    # Given a first try whose answer was lost
    company.answer = hangs_up
    order = make_order("stripe")
    with pytest.raises(errors.GatewayUnreachable):
        begin(order, by=BY, urls=SiteUrls(SITE))
    # When it is tried again, by a shopper who has chosen another language meanwhile
    company.answer = theirs.answer
    from django.utils import translation

    with translation.override("zh-hans"):
        begin(order, by=BY, urls=SiteUrls(SITE))
    # Then Stripe sees the same key with the same words: it makes one session
    first, second = company.asked
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert order.payments.count() == 1


def test_no_key_stays_in_the_process(company: Loopback, theirs: Books, settings: Any) -> None:
    begun()
    # When the shop's key changes, then the next question carries the new one
    settings.STRIPE_SECRET_KEY = "sk_test_other"
    theirs.session["id"] = "cs_test_2"
    begun()
    keys = [asked.headers["authorization"] for asked in company.asked]
    assert keys == ["Bearer sk_test_" + "k" * 24, "Bearer sk_test_other"]
    # And the library itself has none, and sends nothing about the machine
    assert stripe.api_key is None
    assert stripe.default_http_client is None
    told = json.loads(company.asked[0].headers["x-stripe-client-user-agent"])
    assert "platform" not in told
    assert "telemetry_id" not in told
    assert not any("telemetry" in name for asked in company.asked for name in asked.headers)


def test_a_session_that_has_anothers_name_is_not_used(theirs: Books) -> None:
    first = begun()
    order = make_order("stripe")
    with pytest.raises(errors.GatewayNonsense):
        begin(order, by=BY, urls=SiteUrls(SITE))
    assert order.payments.get().reference == ""
    assert books(first) == ("pending", ZERO, ZERO, "")


def test_without_a_key_nothing_is_asked(company: Loopback, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    order = make_order("stripe")
    with pytest.raises(errors.GatewayNotSetUp) as raised:
        begin(order, by=BY, urls=SiteUrls(SITE))
    assert raised.value.sentence.startswith("This way to pay is out of order")
    assert company.asked == []


def test_paid_is_found_out_by_asking(company: Loopback, theirs: Books) -> None:
    payment = begun()
    ask(payment, by=BY)
    assert books(payment) == ("pending", ZERO, ZERO, "")
    theirs.paid()
    Payment.objects.update(asked_at=None)
    ask(payment, by=BY)
    assert books(payment) == ("captured", TOTAL, ZERO, "")
    assert payment.charge == "pi_1"
    assert standing(payment.order) == ("placed", "paid", ZERO)
    last = company.asked[-2]
    assert last.path == "/v1/checkout/sessions/cs_test_1?expand%5B0%5D=payment_intent"


@pytest.mark.parametrize(
    ("session", "intent", "status"),
    [
        ({"status": "open"}, {"status": "requires_payment_method"}, "pending"),
        ({"status": "complete"}, {"status": "processing"}, "pending"),
        ({"status": "complete"}, {"status": "requires_action"}, "pending"),
        ({"status": "complete"}, {"status": "requires_payment_method"}, "failed"),
        ({"status": "expired"}, {"status": "requires_payment_method"}, "expired"),
        ({"status": "expired"}, {"status": "canceled"}, "voided"),
        ({"status": "expired"}, None, "expired"),
        ({"status": "complete"}, {"status": "requires_capture"}, "authorized"),
        ({"status": "complete"}, {"status": "succeeded"}, "captured"),
        ({"status": "complete", "payment_status": "paid"}, None, "captured"),
        ({"status": "something_new"}, None, "pending"),
    ],
)
def test_what_stripe_calls_it(
    theirs: Books, session: dict[str, Any], intent: dict[str, Any] | None, status: str
) -> None:
    payment = begun()
    theirs.intent |= {"amount_capturable": 2490, **(intent or {})}
    theirs.session |= {**session, "payment_intent": theirs.intent if intent else None}
    ask(payment, by=BY)
    assert books(payment)[0] == status


def test_other_money_at_stripe_is_flagged(theirs: Books) -> None:
    payment = begun()
    theirs.paid(amount_received=100)
    ask(payment, by=BY)
    assert books(payment) == ("pending", ZERO, ZERO, "wrong-amount")
    assert standing(payment.order)[1] == "awaiting"


def test_another_payments_session_is_not_believed(theirs: Books) -> None:
    payment = begun()
    theirs.paid()
    theirs.session["client_reference_id"] = "another"
    with pytest.raises(errors.GatewayNonsense):
        ask(payment, by=BY)
    assert books(payment) == ("pending", ZERO, ZERO, "")


def test_authorised_and_collected_later(company: Loopback, theirs: Books, settings: Any) -> None:
    settings.PAYMENT_MANUAL_CAPTURE = True
    payment = begun()
    assert company.asked[0].form["payment_intent_data[capture_method]"] == "manual"
    theirs.paid("requires_capture")
    ask(payment, by=BY)
    assert books(payment) == ("authorized", ZERO, ZERO, "")
    assert standing(payment.order) == ("placed", "authorized", ZERO)
    capture(payment, by=BY)
    assert books(payment) == ("captured", TOTAL, ZERO, "")
    [asked] = [each for each in company.asked if each.path.endswith("/capture")]
    assert asked.headers["idempotency-key"] == f"{payment.key}:capture:2490"
    assert asked.form == {"amount_to_capture": "2490"}


def test_less_is_collected_where_items_were_cancelled(
    company: Loopback, theirs: Books, settings: Any
) -> None:
    # Given an authorised payment for two shirts, one of which was cancelled
    settings.PAYMENT_MANUAL_CAPTURE = True
    payment = begun()
    theirs.paid("requires_capture")
    ask(payment, by=BY)
    order = payment.order
    cancel_lines(order, {order.lines.get().pk: 1}, by=BY, key="a", reason="damaged")
    # When it is collected
    capture(payment, by=BY)
    # Then Stripe was asked for the rest, and that is paid
    [asked] = [each for each in company.asked if each.path.endswith("/capture")]
    assert asked.headers["idempotency-key"] == f"{payment.key}:capture:1490"
    assert asked.form == {"amount_to_capture": "1490"}
    assert books(payment) == ("captured", Decimal("14.90"), ZERO, "")
    assert standing(order) == ("placed", "paid", ZERO)


def test_collected_by_somebody_else_meanwhile(theirs: Books) -> None:
    payment = begun()
    theirs.paid("requires_capture")
    ask(payment, by=BY)
    theirs.paid()
    capture(payment, by=BY)
    assert books(payment) == ("captured", TOTAL, ZERO, "")


def test_a_refund_carries_its_key_and_is_made_once(company: Loopback, theirs: Books) -> None:
    payment = begun()
    theirs.paid()
    ask(payment, by=BY)
    made = refund(payment.order, Decimal("4.90"), by=BY, key="delivery")
    assert (made.status, made.reference) == ("done", "re_1")
    [asked] = [
        each for each in company.asked if (each.method, each.path) == ("POST", "/v1/refunds")
    ]
    assert asked.headers["idempotency-key"] == f"{payment.key}:refund:{made.pk}"
    assert asked.form == {
        "payment_intent": "pi_1",
        "amount": "490",
        "metadata[payment]": payment.key,
        "metadata[refund]": "delivery",
    }
    assert standing(payment.order) == ("placed", "partially_refunded", Decimal("4.90"))


def test_a_refund_whose_answer_was_lost_is_found_and_not_made_again(
    company: Loopback, theirs: Books
) -> None:
    payment = begun()
    theirs.paid()
    ask(payment, by=BY)

    def loses_the_answer(asked: Asked) -> tuple[int, bytes]:
        theirs.answer(asked)
        if asked.method == "POST":
            raise ConnectionError
        return theirs.answer(asked)

    company.answer = loses_the_answer
    with pytest.raises(errors.GatewayUnreachable):
        refund(payment.order, Decimal("4.90"), by=BY, key="delivery")
    assert len(theirs.refunds) == 1
    # When it is asked for again, days later, when Stripe has forgotten the key
    company.answer = theirs.answer
    assert refund(payment.order, Decimal("4.90"), by=BY, key="delivery").reference == "re_1"
    assert len(theirs.refunds) == 1
    assert standing(payment.order)[2] == Decimal("4.90")


def test_calling_off_closes_stripes_page(company: Loopback, theirs: Books) -> None:
    payment = begun()
    call_off(payment.order, by=BY)
    assert theirs.session["status"] == "expired"
    assert books(payment)[0] == "expired"


def test_calling_off_finds_that_it_was_paid(theirs: Books) -> None:
    payment = begun()
    theirs.paid()
    with pytest.raises(errors.AlreadyPaid):
        call_off(payment.order, by=BY)
    assert standing(payment.order) == ("placed", "paid", ZERO)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (hangs_up, errors.GatewayUnreachable),
        (answers(500, {"error": {"type": "api_error"}}), errors.GatewayFailed),
        (answers(429, {"error": {"type": "rate_limit_error"}}), errors.GatewayFailed),
        (answers(401, {"error": {"type": "authentication_error"}}), errors.GatewayNotSetUp),
        (answers(403, {"error": {"type": "invalid_request_error"}}), errors.GatewayNotSetUp),
        (answers(400, _error("invalid_request_error", "x")), errors.GatewayRefused),
        (answers(400, _error("idempotency_error", "x")), errors.GatewayRefused),
        (answers(402, _error("card_error", "card_declined")), errors.GatewayRefused),
        (answers(200, b"<html>"), errors.GatewayNonsense),
        (answers(200, {}), errors.GatewayNonsense),
        (answers(200, []), errors.GatewayNonsense),
        (answers(200, {"object": "checkout.session", "id": 1}), errors.GatewayNonsense),
        (answers(200, {"object": "checkout.session", "url": None}), errors.GatewayNonsense),
    ],
)  # fmt: skip
def test_each_fault_has_its_name_and_tells_nothing_personal(
    company: Loopback, answer: Any, error: type[errors.GatewayError]
) -> None:
    company.answer = answer
    order = make_order("stripe")
    with pytest.raises(errors.GatewayError) as raised:
        begin(order, by=BY, urls=SiteUrls(SITE))
    assert type(raised.value) is error
    assert "ada@example.com" not in str(raised.value)
    assert order.payments.get().status in {"created", "failed"}


@pytest.mark.slow
def test_stripe_is_given_five_seconds(company: Loopback) -> None:
    def slow(asked: Asked) -> tuple[int, bytes]:
        time.sleep(7)
        return 200, b"{}"

    company.answer = slow
    order = make_order("stripe")
    started = time.monotonic()
    with pytest.raises(errors.GatewayTimeout):
        begin(order, by=BY, urls=SiteUrls(SITE))
    assert 4.9 < time.monotonic() - started < 6.5


def signed(kind: str, found: dict[str, Any], *, secret: str = SECRET, **changed: Any) -> Any:
    """Send a webhook as Stripe does."""
    at = int(changed.pop("at", time.time()))
    event = {
        "id": changed.pop("id", "evt_1"), "object": "event", "type": kind, "livemode": False,
        "api_version": API_VERSION, "created": at, "data": {"object": found}, **changed,
    }  # fmt: skip
    body = json.dumps(event)
    header = stripe.WebhookSignature.generate_signature_header(body, secret, at)
    return deliver(body.encode(), header)


def deliver(body: bytes, header: str) -> Any:
    from django.test import Client

    return Client(enforce_csrf_checks=True).post(
        HOOK,
        body,
        content_type="application/json",
        headers={"host": "apparel.localhost", "Stripe-Signature": header},
    )


def session_of(payment: Payment, **changed: Any) -> dict[str, Any]:
    return {**Books().session, "metadata": {"payment": payment.key}, **changed}


def intent_of(payment: Payment, **changed: Any) -> dict[str, Any]:
    return {**Books().intent, "metadata": {"payment": payment.key}, **changed}


def refund_of(payment: Payment, **changed: Any) -> dict[str, Any]:
    return {
        "id": "re_1", "object": "refund", "amount": 490, "currency": "eur", "status": "succeeded",
        "payment_intent": "pi_1", "metadata": {}, **changed,
    }  # fmt: skip


def test_a_signed_event_pays_the_order_once() -> None:
    payment = make_payment(make_order("stripe"))
    paid = session_of(payment, status="complete", payment_status="paid", payment_intent="pi_1")
    assert signed("checkout.session.completed", paid).content == b"applied"
    assert signed("checkout.session.completed", paid).content == b"known"
    # Stripe also tells of the intent; it is the same money
    answer = signed("payment_intent.succeeded", intent_of(payment), id="evt_2")
    assert answer.content == b"nothing-new"
    assert books(payment) == ("captured", TOTAL, ZERO, "")
    assert payment.charge == "pi_1"
    assert trail_of(payment.order).count("payment.captured") == 1


@pytest.mark.parametrize(
    ("kind", "found", "status"),
    [
        ("checkout.session.completed", {"status": "complete"}, "pending"),
        ("checkout.session.async_payment_succeeded", {"payment_status": "paid"}, "captured"),
        ("checkout.session.async_payment_failed", {"status": "complete"}, "failed"),
        ("checkout.session.expired", {"status": "expired"}, "expired"),
        ("payment_intent.succeeded", None, "captured"),
        (
            "payment_intent.amount_capturable_updated",
            {"status": "requires_capture", "amount_received": 0, "amount_capturable": 2490},
            "authorized",
        ),
        ("payment_intent.canceled", {"status": "canceled"}, "voided"),
    ],
)
def test_each_event_that_is_asked_for(kind: str, found: dict[str, Any] | None, status: str) -> None:
    payment = make_payment(make_order("stripe"))
    make = intent_of if kind.startswith("payment_intent") else session_of
    assert kind in EVENTS
    assert signed(kind, make(payment, **(found or {}))).status_code == 200
    assert books(payment)[0] == status


def test_refunds_made_in_stripes_dashboard_are_booked() -> None:
    payment = make_payment(make_order("stripe"), charge="pi_1")
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    assert signed("refund.created", refund_of(payment, status="pending")).content == b"applied"
    assert books(payment)[2] == ZERO
    assert signed("refund.updated", refund_of(payment), id="evt_2").content == b"applied"
    assert books(payment)[2] == Decimal("4.90")
    failed = refund_of(payment, status="failed")
    assert signed("refund.failed", failed, id="evt_3").content == b"applied"
    assert books(payment) == ("captured", TOTAL, ZERO, "refund-failed")


@pytest.mark.parametrize("kind", ["customer.created", "charge.dispute.created", "anything.new"])
def test_other_events_are_taken_and_left_alone(kind: str) -> None:
    payment = make_payment(make_order("stripe"))
    answer = signed(kind, {"id": "x", "object": "thing"})
    assert (answer.status_code, answer.content) == (200, b"not of interest")
    assert payment.events.count() == 0


def test_events_of_another_shop_at_the_same_account_are_taken_and_left_alone() -> None:
    payment = make_payment(make_order("stripe"))
    stranger = session_of(payment, metadata={}, payment_status="paid", id="cs_other")
    assert signed("checkout.session.completed", stranger).content == b"unknown-payment"
    assert books(payment) == ("pending", ZERO, ZERO, "")


def test_wrong_money_in_an_event_is_flagged() -> None:
    payment = make_payment(make_order("stripe"))
    cheap = session_of(payment, status="complete", payment_status="paid", amount_total=1)
    assert signed("checkout.session.completed", cheap).content == b"refused"
    assert books(payment) == ("pending", ZERO, ZERO, "wrong-amount")


@pytest.mark.parametrize("secret", ["whsec_other", "whsec_", "sk_test_none"])
def test_an_event_signed_by_anybody_else_is_refused(secret: str) -> None:
    payment = make_payment(make_order("stripe"))
    answer = signed("payment_intent.succeeded", intent_of(payment), secret=secret)
    assert (answer.status_code, answer.content) == (400, b"BadSignature")
    assert books(payment) == ("pending", ZERO, ZERO, "")


def test_while_the_secret_changes_both_are_good(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_test"]
    payment, other = make_payment(make_order("stripe")), make_payment(make_order("stripe"))
    assert signed("payment_intent.succeeded", intent_of(payment)).content == b"applied"
    new = signed("payment_intent.succeeded", intent_of(other), id="evt_2", secret="whsec_new")
    assert new.content == b"applied"


def test_an_event_from_long_ago_is_refused() -> None:
    payment = make_payment(make_order("stripe"))
    answer = signed("payment_intent.succeeded", intent_of(payment), at=time.time() - 301)
    assert (answer.status_code, answer.content) == (400, b"StaleWebhook")
    assert books(payment) == ("pending", ZERO, ZERO, "")


@pytest.mark.parametrize("header", ["", "t=1", "v1=x", "t=x,v1=y", "nonsense"])
def test_an_event_without_a_signature_is_refused(header: str) -> None:
    make_payment(make_order("stripe"))
    assert deliver(b"{}", header).content == b"BadSignature"


def test_with_no_secret_nothing_is_believed(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    payment = make_payment(make_order("stripe"))
    answer = signed("payment_intent.succeeded", intent_of(payment), secret="")
    assert (answer.status_code, answer.content) == (400, b"BadSignature")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"1", b"{}", b'{"object": "event"}', b"\xff\xfe",
        b'{"object": "event", "id": "e", "type": "payment_intent.succeeded"}',
        b'{"object": "event", "id": "e", "type": "payment_intent.succeeded", "data": null}',
        b'{"object": "event", "id": "e", "type": "refund.created", "data": {"object": {}}}',
        b'{"object": "event", "id": "e", "type": "refund.failed", "data": {"object": 1}}',
        b'{"object": "v2.core.event", "id": "e", "type": "x"}',
    ],
)  # fmt: skip
def test_a_signed_event_that_makes_no_sense_is_refused(body: bytes) -> None:
    make_payment(make_order("stripe"))
    text = body.decode(errors="replace")
    header = stripe.WebhookSignature.generate_signature_header(text, "whsec_test")
    answer = deliver(body, header)
    assert answer.status_code == 400, answer.content
    assert answer.content in {b"MalformedWebhook", b"BadSignature"}


def test_the_sandboxs_signature_is_not_stripes() -> None:
    payment = make_payment(make_order("stripe"))
    body = json.dumps({"id": "evt", "object": "event"}).encode()
    assert post(body, path=HOOK).content == b"BadSignature"
    assert books(payment) == ("pending", ZERO, ZERO, "")


def test_asking_about_a_payment_that_stripe_never_heard_of(company: Loopback) -> None:
    payment = make_payment(make_order("stripe"), reference="", status=Status.CREATED)
    assert gateway("stripe").look_up(payment).status is Status.CREATED
    assert company.asked == []
    assert handle(news(payment, Status.CAPTURED), by=GATEWAY) == Result.APPLIED


def test_what_the_library_would_write_at_debug_is_not_written(
    company: Loopback, theirs: Books, caplog: pytest.LogCaptureFixture
) -> None:
    import logging

    assert logging.getLogger("stripe").getEffectiveLevel() == logging.WARNING
    begun()
    assert "ada@example.com" not in caplog.text
