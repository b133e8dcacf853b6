"""The whole way over real HTTP: to Sandbox Pay, back, and its messages in every mode."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as shop_settings
from django.test import Client

from orders import cancelling
from orders.cancelling import cancel_lines
from orders.models import OrderLine
from orders.payment import errors, signatures
from orders.payment.models import Refund
from orders.payment.moves import Status
from orders.payment.sandbox import company
from orders.payment.sandbox.models import Message, SandboxPayment
from orders.payment.sandbox.sending import send
from orders.payment.services import ask, capture, handle, refund
from orders.payment.wire import ask as send_request
from shop.stock import services as stock
from tests.orders.payment.browser import open_page
from tests.orders.payment.helpers import (
    BY,
    GATEWAY,
    TOTAL,
    books,
    mails_about,
    make_payment,
    news,
    standing,
    trail_of,
)
from tests.orders.payment.loopback import loopback
from tests.orders.payment.sandbox import at_sandbox, path_of, wait_for_the_bank, work

pytestmark = pytest.mark.django_db(transaction=True)

ZERO = Decimal("0.00")
PAID = ("placed", "paid", ZERO)


def land(url: str) -> str:
    """Open a shop's address without any cookie, go through its handshakes; where it ends."""
    jar: dict[str, dict[str, str]] = {}
    for _hop in range(12):
        host = urlsplit(url).hostname or ""
        page = open_page(url, cookies=jar.setdefault(host, {}))
        jar[host] |= page.cookies
        if not page.location:
            return f"{page.status} {path_of(url)}"
        url = page.location if "://" in page.location else _join(url, page.location)
    raise AssertionError("it goes round in circles")


def _join(url: str, location: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{location}"


def arrive(url: str) -> None:
    """Come back from the gateway in a browser without cookies, as far as the order's page."""
    landed = land(url)
    assert landed.startswith("200 /orders/"), landed


@pytest.mark.parametrize("timing", ["once", "before", "twice", "mixed", "late", "never"])
def test_approved_the_order_is_paid_once_however_the_shop_hears_of_it(
    site_url: str, timing: str
) -> None:
    # Given a shopper who pays, and comes back while the shop is or is not told
    shopper = at_sandbox(site_url)
    back = shopper.choose("approve", timing)
    if timing == "before":
        assert standing(shopper.payment.order) == PAID
    arrive(back)
    # Then the order is paid when they see it
    assert standing(shopper.payment.order) == PAID
    # When the messages have all come, some of them late
    wait_for_the_bank()
    assert all(answer in {"200", "not due"} for answer in work())
    # Then it was paid once, confirmed once
    assert books(shopper.payment) == ("captured", TOTAL, ZERO, "")
    assert trail_of(shopper.payment.order).count("payment.captured") == 1
    assert mails_about(shopper.payment.order).count("placed") == 1
    kinds = [message.kind for message in shopper.messages()]
    events = {message.event for message in shopper.messages()}
    assert (kinds, len(events)) == {
        "twice": (["payment.captured", "payment.captured"], 1),
        "mixed": (["payment.captured", "payment.processing"], 2),
    }.get(timing, (["payment.captured"], 1))


def test_paid_and_never_back_the_message_alone_pays_the_order(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    stays = shopper.choose("vanish")
    assert path_of(stays) == path_of(shopper.url)
    assert standing(shopper.payment.order)[1] == "awaiting"
    assert work() == ["200"]
    assert standing(shopper.payment.order) == PAID


def test_never_told_and_never_back_the_order_waits_until_it_asks(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("vanish", "never")
    assert work() == []
    assert standing(shopper.payment.order)[1] == "awaiting"
    ask(shopper.payment, by=BY)
    assert standing(shopper.payment.order) == PAID


@pytest.mark.parametrize(("decision", "status"), [("decline", "failed"), ("cancel", "cancelled")])
@pytest.mark.parametrize("timing", ["once", "before", "twice", "mixed", "late", "slow", "never"])
def test_declined_or_cancelled_the_order_waits_for_another_try(
    site_url: str, decision: str, status: str, timing: str
) -> None:
    shopper = at_sandbox(site_url)
    back = shopper.choose(decision, timing)
    if timing == "slow":
        wait_for_the_bank()
    arrive(back)
    wait_for_the_bank()
    work()
    assert books(shopper.payment) == (status, ZERO, ZERO, "")
    assert standing(shopper.payment.order) == ("pending", "failed", ZERO)
    assert trail_of(shopper.payment.order).count("payment.failed") == 1


def test_while_the_bank_thinks_the_shopper_is_told_to_wait(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    back = shopper.choose("approve", "slow")
    # When they are back before the bank has decided
    page = Client().get(path_of(back), headers={"host": "apparel.localhost"}, follow=True)
    # Then a page says so, and looks again by itself
    assert page.status_code == 200
    assert "We are waiting for your bank" in page.text
    assert '<meta http-equiv="refresh" content="2; url=' in page.text
    assert standing(shopper.payment.order)[:2] == ("pending", "awaiting")
    # When the bank has decided, then its message pays the order, and the page leads on to it
    wait_for_the_bank()
    assert work() == ["200"]
    assert standing(shopper.payment.order) == PAID
    arrive(back)


def test_an_authorised_payment_is_collected_later(site_url: str, settings: Any) -> None:
    settings.PAYMENT_MANUAL_CAPTURE = True
    shopper = at_sandbox(site_url)
    arrive(shopper.choose("approve"))
    assert books(shopper.payment) == ("authorized", ZERO, ZERO, "")
    assert standing(shopper.payment.order) == ("placed", "authorized", ZERO)
    # When staff collect it, twice
    capture(shopper.payment, by=BY)
    capture(shopper.payment, by=BY)
    work()
    # Then it is collected once
    assert books(shopper.payment) == ("captured", TOTAL, ZERO, "")
    assert standing(shopper.payment.order) == PAID
    assert trail_of(shopper.payment.order).count("payment.captured") == 1
    assert shopper.theirs.state == "captured"


def test_less_is_collected_where_items_were_cancelled(site_url: str, settings: Any) -> None:
    # Given an authorised payment for two shirts, one of which was cancelled
    settings.PAYMENT_MANUAL_CAPTURE = True
    shopper = at_sandbox(site_url)
    order = shopper.payment.order
    arrive(shopper.choose("approve"))
    work()
    line = order.lines.get()
    made = cancel_lines(order, {line.pk: 1}, by=BY, key="a", reason="damaged", restock=False)
    assert cancelling.pay_back(made, by=BY) is None
    # When staff collect it, twice, and the gateway tells of it, too
    shopper.payment.refresh_from_db()
    capture(shopper.payment, by=BY)
    capture(shopper.payment, by=BY)
    work()
    # Then only the rest was collected, here and there, and is all that can go back
    assert books(shopper.payment) == ("captured", Decimal("14.90"), ZERO, "")
    assert standing(order) == PAID
    assert (shopper.theirs.state, shopper.theirs.amount) == ("captured", 1490)
    assert order.invoices.get().amount == Decimal("14.90")
    with pytest.raises(errors.OverRefund):
        refund(order, Decimal("14.91"), by=BY, key="too much")
    refund(order, Decimal("14.90"), by=BY, key="all")
    assert standing(order) == ("placed", "refunded", Decimal("14.90"))


def test_all_is_collected_at_the_gateway_and_what_was_cancelled_goes_back(
    site_url: str, settings: Any
) -> None:
    # Given an authorised payment for two shirts, one of which was cancelled
    settings.PAYMENT_MANUAL_CAPTURE = True
    shopper = at_sandbox(site_url)
    order = shopper.payment.order
    arrive(shopper.choose("approve"))
    cancel_lines(order, {order.lines.get().pk: 1}, by=BY, key="a", reason="damaged")
    # When somebody collects all of it there
    company.capture(shopper.theirs.pk, 2490)
    work()
    # Then the shirt is paid back by itself
    assert books(shopper.payment) == ("captured", TOTAL, Decimal("10.00"), "")
    assert standing(order) == ("placed", "partially_refunded", Decimal("10.00"))
    assert [each.amount for each in shopper.theirs.refunds.all()] == [1000]
    assert (order.cancelled_total, order.waived_total) == (Decimal("10.00"), ZERO)


def test_what_is_authorised_is_released_where_nothing_is_to_be_paid(
    site_url: str, settings: Any
) -> None:
    # Given an authorised payment for two shirts, beside which there is a free gift
    settings.PAYMENT_MANUAL_CAPTURE = True
    shirts = {"items_subtotal": 20, "shipping_price": 0, "shipping_total": 0, "total": 20}
    shopper = at_sandbox(site_url, **shirts)
    order = shopper.payment.order
    OrderLine.objects.create(
        order=order, storefront=order.storefront, product_title="Gift", product_slug="gift",
        unit_price=0, quantity=1, total=0,
    )  # fmt: skip
    arrive(shopper.choose("approve"))
    # When the shirts are cancelled
    line = order.lines.order_by("pk")[0]
    made = cancel_lines(order, {line.pk: 2}, by=BY, key="a", reason="damaged")
    cancelling.pay_back(made, by=BY)
    work()
    # Then the order is paid by that, and the money is the shopper's again
    assert standing(order) == PAID
    assert books(shopper.payment) == ("voided", ZERO, ZERO, "")
    assert shopper.theirs.state == "released"
    with pytest.raises(errors.NothingToCapture):
        capture(shopper.payment, by=BY)


def test_no_more_is_collected_than_is_authorised(site_url: str, settings: Any) -> None:
    settings.PAYMENT_MANUAL_CAPTURE = True
    shopper = at_sandbox(site_url)
    shopper.choose("approve")
    with pytest.raises(company.Refused):
        company.capture(shopper.theirs.pk, 2491)
    assert (shopper.theirs.state, shopper.theirs.amount) == ("authorized", 2490)


def test_money_for_a_cancelled_order_goes_back_by_itself(site_url: str) -> None:
    # Given an order that was given up, its last shirts sold to another meanwhile
    shopper = at_sandbox(site_url, stock_left=2)
    order = shopper.payment.order
    stock.release(order.token, by=BY)
    wanted = {order.lines.get().variant_id: 2}
    stock.reserve("another", wanted, until=order.expires_at, by=BY)  # type: ignore[arg-type]
    stock.sell("another", by=BY)
    # When the money comes after all
    shopper.choose("vanish", "late")
    wait_for_the_bank()
    assert work()[0] == "200"
    # Then the order is cancelled, the money is back, and staff see why
    assert books(shopper.payment) == ("captured", TOTAL, TOTAL, "too-late")
    assert standing(order) == ("cancelled", "refunded", TOTAL)
    assert [each.amount for each in shopper.theirs.refunds.all()] == [2490]
    assert {"payment.captured", "payment.flagged", "payment.refunded"} <= set(trail_of(order))
    # And a second message changes nothing
    work()
    assert shopper.theirs.refunds.count() == 1


def test_a_second_payment_for_a_paid_order_goes_back_by_itself(site_url: str) -> None:
    # Given two payments of one order, begun in two tabs, the first of which was called off here
    first = at_sandbox(site_url)
    handle(news(first.payment, Status.CANCELLED), by=GATEWAY)
    order = first.payment.order
    second = make_payment(order, site_url=site_url, reference="pay_elsewhere")
    handle(news(second, Status.CAPTURED), by=GATEWAY)
    assert standing(order) == PAID
    # When the shopper pays the first one, too
    first.choose("vanish")
    assert work()[0] == "200"
    # Then that money goes back, and the order's own books do not count it
    assert books(first.payment) == ("captured", TOTAL, TOTAL, "paid-twice")
    assert standing(order) == PAID
    assert first.payment.unwanted
    assert trail_of(order).count("payment.captured") == 1


def test_refunds_reach_the_gateway_once_each(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    arrive(shopper.choose("approve"))
    order = shopper.payment.order
    # When a part is paid back, twice with one key, and then the rest
    first = refund(order, Decimal("4.90"), by=BY, key="delivery")
    assert refund(order, Decimal("4.90"), by=BY, key="delivery") == first
    refund(order, Decimal("20.00"), by=BY, key="shirts")
    work()
    # Then both sides agree
    assert [each.amount for each in shopper.theirs.refunds.all()] == [490, 2000]
    assert books(shopper.payment) == ("captured", TOTAL, TOTAL, "")
    assert standing(order) == ("placed", "refunded", TOTAL)
    assert Refund.objects.count() == 2


def test_a_port_that_a_visitor_names_is_not_called(site_url: str, settings: Any) -> None:
    # Given something else on this machine, and a shop that knows its own port
    own = urlsplit(site_url).port
    settings.SANDBOX_SHOP_PORT = own
    with loopback() as other:
        # When an order is made with that one's port in its Host header, paid and paid back
        shopper = at_sandbox(f"http://apparel.localhost:{other.port}")
        shopper.choose("vanish")
        assert work() == ["200"]
        assert standing(shopper.payment.order) == PAID
        refund(shopper.payment.order, TOTAL, by=BY, key="all")
        # Then shop and sandbox have spoken to each other only
        assert other.asked == []
    assert urlsplit(shopper.url).port == urlsplit(shopper.theirs.webhook_url).port == own


def test_a_shop_that_does_not_answer_is_told_again(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    SandboxPayment.objects.update(webhook_url="http://apparel.localhost:9/payments/webhooks/x/")
    shopper.choose("vanish")
    assert work() == ["apparel.localhost:9: ConnectionRefusedError"]
    [message] = shopper.messages()
    assert (message.tries, message.sent_at) == (1, None)
    assert message.due_at is not None
    SandboxPayment.objects.update(webhook_url=f"{site_url}/payments/webhooks/sandbox/")
    wait_for_the_bank()
    assert work() == ["200"]
    assert standing(shopper.payment.order) == PAID


def test_messages_can_be_sent_by_hand_from_the_page(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("vanish", "never")
    [message] = shopper.messages()
    page = open_page(f"{shopper.url}tell/{message.pk}/", data="")
    assert (page.status, path_of(page.location)) == (303, path_of(shopper.url))
    assert standing(shopper.payment.order) == PAID


def test_the_same_payment_is_made_once_there_and_its_key_with_another_amount_is_refused(
    site_url: str,
) -> None:
    shopper = at_sandbox(site_url)
    body = {
        "key": shopper.payment.key, "amount": 2490, "currency": "EUR", "description": "x",
        "language": "en", "return_url": "http://a.example/", "cancel_url": "http://a.example/",
        "webhook_url": "http://a.example/",
    }  # fmt: skip
    assert call(site_url, "POST", "/v1/payments", body)[1]["id"] == shopper.payment.reference
    status, answer = call(site_url, "POST", "/v1/payments", {**body, "amount": 1})
    assert (status, answer) == (409, {"error": "the key belongs to another payment"})
    assert SandboxPayment.objects.count() == 1


def call(
    site_url: str, method: str, path: str, said: object = None, *, secret: str | None = None
) -> tuple[int, dict[str, object]]:
    """Ask Sandbox Pay's API, signed."""
    secret = shop_settings.SANDBOX_GATEWAY_SECRET if secret is None else secret
    body = b"" if said is None else json.dumps(said).encode()
    signature = signatures.sign(secret, method.encode(), path.encode(), body)
    port = urlsplit(site_url).port
    reply = send_request(
        method,
        f"http://pay.localhost:{port}{path}",
        body=body,
        headers={"Sandbox-Signature": signature},
    )
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize(
    ("method", "path", "said", "status"),
    [
        ("GET", "/v1/payments/pay_none", None, 404),
        ("GET", "/v1/payments/key:none", None, 404),
        ("POST", "/v1/payments/pay_none/refunds", {"key": "k", "amount": 1}, 404),
        ("POST", "/v1/payments", [], 400),
        ("POST", "/v1/payments", {"key": ""}, 400),
        ("POST", "/v1/payments", {"key": "k" * 256}, 400),
        ("POST", "/v1/payments", {"key": "k", "amount": -1}, 400),
        ("POST", "/v1/payments", {"key": "k", "amount": True}, 400),
        ("POST", "/v1/payments", {"key": "k", "amount": 10**30}, 400),
        ("GET", "/v1/payments", None, 405),
    ],
)
def test_nonsense_is_refused_there(
    site_url: str, method: str, path: str, said: object, status: int
) -> None:
    assert call(site_url, method, path, said)[0] == status
    assert SandboxPayment.objects.count() == 0


def test_who_does_not_know_the_secret_is_refused_there(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    path = f"/v1/payments/{shopper.payment.reference}"
    assert call(site_url, "GET", path, secret="guessed")[0] == 401
    assert call(site_url, "POST", f"{path}/cancel", secret="guessed")[0] == 401
    assert shopper.theirs.state == "open"


@pytest.mark.parametrize(
    "form",
    [
        "",
        "decision=steal",
        "decision=approve&news=whenever",
        "news=once",
        "decision=%00",
    ],
)
def test_a_form_that_makes_no_sense_decides_nothing(site_url: str, form: str) -> None:
    shopper = at_sandbox(site_url)
    page = open_page(shopper.url, data=form)
    assert page.status == 400
    assert "Please choose one of the buttons." in page.text
    assert shopper.theirs.state == "open"


def test_what_is_decided_stays_decided(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("decline")
    # When the form is sent again from another tab
    page = open_page(shopper.url, data="decision=approve&news=once")
    assert page.status == 200
    assert "Declined" in page.text
    assert shopper.theirs.state == "declined"
    assert len(shopper.messages()) == 1


def test_its_site_is_its_own(site_url: str) -> None:
    # Given the sandbox's pages
    shopper = at_sandbox(site_url)
    page = open_page(shopper.url)
    # Then they say that no money moves, set no cookie, load nothing but their own style
    assert page.status == 200
    assert "This is a sandbox: no money moves" in page.text
    assert page.cookies == {}
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "EUR 24.90" in page.text
    # And the shop's addresses do not exist there, nor theirs in the shop
    origin = f"http://{urlsplit(shopper.url).netloc}"
    assert open_page(f"{origin}/cart/").status == 404
    assert open_page(f"{origin}/admin/").status == 404
    assert open_page(f"{origin}/pay/pay_none/").status == 404
    assert open_page(f"{origin}/").status == 200
    shop = Client(headers={"host": "galleria.localhost"})
    assert shop.get(f"/pay/{shopper.payment.reference}/").status_code == 404
    assert shop.get("/v1/payments/x").status_code == 404


def test_a_refund_there_cannot_exceed_what_was_paid(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    path = f"/v1/payments/{shopper.payment.reference}/refunds"
    assert call(site_url, "POST", path, {"key": "k", "amount": 1})[0] == 409
    arrive(shopper.choose("approve"))
    assert call(site_url, "POST", path, {"key": "k", "amount": 2491})[0] == 409
    assert call(site_url, "POST", path, {"key": "k", "amount": 2490})[0] == 200
    assert call(site_url, "POST", path, {"key": "k", "amount": 1})[0] == 409
    assert call(site_url, "POST", path, {"key": "l", "amount": 1})[0] == 409


def test_a_message_is_sent_by_one_worker_only(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("vanish")
    [message] = shopper.messages()
    assert (send(message.pk), send(message.pk)) == ("200", "not due")
    assert Message.objects.get().tries == 1


def test_a_payment_nobody_decides_on_expires(site_url: str) -> None:
    from datetime import timedelta

    shopper = at_sandbox(site_url)
    SandboxPayment.objects.update(created_at=shopper.theirs.created_at - timedelta(hours=2))
    ask(shopper.payment, by=BY)
    assert books(shopper.payment) == ("expired", ZERO, ZERO, "")
    page = open_page(shopper.url)
    assert "this payment has expired" in page.text


def test_pages_speak_the_orders_language(site_url: str) -> None:
    shopper = at_sandbox(site_url, language="zh-hans")
    assert '<html lang="zh-hans">' in open_page(shopper.url).text
