"""Each way in which a gateway can fail has a name and a sentence, and changes nothing."""

import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from orders.payment import errors
from orders.payment.addresses import SiteUrls
from orders.payment.moves import Status
from orders.payment.services import ask, begin, capture, handle, refund
from orders.payment.services.settling import Result
from tests.orders.payment.helpers import (
    BY,
    GATEWAY,
    TOTAL,
    books,
    make_order,
    make_payment,
    news,
    standing,
)
from tests.orders.payment.loopback import Asked, Loopback, loopback

pytestmark = pytest.mark.django_db

ZERO = Decimal("0.00")


@pytest.fixture
def company() -> Iterator[Loopback]:
    """A payment company that answers what the test wants."""
    with loopback() as server:
        yield server


def site(company: Loopback) -> str:
    return f"http://apparel.localhost:{company.port}"


def answers(status: int, body: object) -> Callable[[Asked], tuple[int, bytes]]:
    """Always the same."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda asked: (status, raw)


def slow(asked: Asked) -> tuple[int, bytes]:
    time.sleep(7)
    return 200, b"{}"


def hangs_up(asked: Asked) -> tuple[int, bytes]:
    raise ConnectionError


FAULTS: list[tuple[Any, type[errors.GatewayError]]] = [
    (hangs_up, errors.GatewayUnreachable),
    (answers(500, b"Internal Server Error"), errors.GatewayFailed),
    (answers(503, {}), errors.GatewayFailed),
    (answers(429, {}), errors.GatewayFailed),
    (answers(200, b"<html>welcome</html>"), errors.GatewayNonsense),
    (answers(200, b"\xff\xfe"), errors.GatewayNonsense),
    (answers(200, []), errors.GatewayNonsense),
    (answers(200, b""), errors.GatewayNonsense),
    (answers(302, b""), errors.GatewayNonsense),
    (answers(401, {"error": "no"}), errors.GatewayNotSetUp),
    (answers(400, {"error": "no"}), errors.GatewayRefused),
]


@pytest.mark.parametrize(("answer", "error"), FAULTS)
def test_asking_a_gateway_that_fails_changes_nothing(
    company: Loopback, answer: Any, error: type[errors.GatewayError]
) -> None:
    company.answer = answer
    payment = make_payment(site_url=site(company))
    with pytest.raises(error) as raised:
        ask(payment, by=BY)
    assert type(raised.value) is error
    assert raised.value.sentence
    assert books(payment) == ("pending", ZERO, ZERO, "")
    assert standing(payment.order) == ("pending", "awaiting", ZERO)
    assert payment.events.count() == 0


@pytest.mark.slow
def test_a_gateway_that_does_not_answer_is_given_up_after_five_seconds(company: Loopback) -> None:
    company.answer = slow
    payment = make_payment(site_url=site(company))
    started = time.monotonic()
    with pytest.raises(errors.GatewayTimeout) as raised:
        ask(payment, by=BY)
    assert 4.9 < time.monotonic() - started < 6
    assert raised.value.sentence.startswith("The payment service does not answer at the moment.")


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "another"},
        {"status": "happy"},
        {"status": None},
        {"amount": -1},
        {"amount": 1.5},
        {"amount": True},
        {"amount": 10**40},
        {"currency": 978},
        {"id": "x" * 300},
        {"refunds": None},
        {"refunds": [{}]},
        {"refunds": [{"id": "r", "key": "k", "amount": 1, "status": "maybe"}]},
    ],
)
def test_an_answer_that_makes_no_sense_is_not_believed(
    company: Loopback, changed: dict[str, object]
) -> None:
    payment = make_payment(site_url=site(company))
    sound = {
        "id": payment.reference, "key": payment.key, "status": "captured", "amount": 2490,
        "currency": "EUR", "refunds": [],
    }  # fmt: skip
    company.answer = answers(200, {**sound, **changed})
    with pytest.raises(errors.GatewayNonsense):
        ask(payment, by=BY)
    assert books(payment) == ("pending", ZERO, ZERO, "")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [({"amount": 1}, "wrong-amount"), ({"currency": "USD"}, "wrong-currency")],
)
def test_other_money_is_flagged_when_the_gateway_is_asked_too(
    company: Loopback, changed: dict[str, object], problem: str
) -> None:
    payment = make_payment(site_url=site(company))
    sound = {
        "id": payment.reference, "key": payment.key, "status": "captured", "amount": 2490,
        "currency": "EUR", "refunds": [],
    }  # fmt: skip
    company.answer = answers(200, {**sound, **changed})
    ask(payment, by=BY)
    assert books(payment) == ("pending", ZERO, ZERO, problem)
    assert standing(payment.order)[1] == "awaiting"


def test_a_gateway_is_not_asked_twice_within_two_seconds(company: Loopback) -> None:
    payment = make_payment(site_url=site(company))
    open_there = {
        "id": payment.reference, "key": payment.key, "status": "open", "amount": 2490,
        "currency": "EUR", "refunds": [],
    }  # fmt: skip
    company.answer = answers(200, open_there)
    for _look in range(5):
        ask(payment, by=BY)
    assert len(company.asked) == 1


def test_a_payment_that_could_not_be_begun_is_begun_again_with_the_same_key(
    company: Loopback,
) -> None:
    # Given a gateway that fails
    company.answer = answers(500, b"")
    order = make_order()
    with pytest.raises(errors.GatewayFailed):
        begin(order, by=BY, urls=SiteUrls(site(company)))
    payment = order.payments.get()
    assert payment.status == "created"
    # When it works again and the button is pressed again
    page = f"http://pay.localhost:{company.port}/pay/p1/"
    company.answer = answers(200, {"id": "p1", "pay_url": page})
    started = begin(order, by=BY, urls=SiteUrls(site(company)))
    # Then it is the same payment, asked for with the same words
    assert started.redirect_url == page
    assert company.asked[0].body == company.asked[1].body
    assert json.loads(company.asked[0].body)["key"] == payment.key
    assert order.payments.get().status == "pending"


def test_a_gateway_that_refuses_ends_the_payment(company: Loopback) -> None:
    company.answer = answers(400, {"error": "no such currency"})
    order = make_order()
    with pytest.raises(errors.GatewayRefused):
        begin(order, by=BY, urls=SiteUrls(site(company)))
    assert order.payments.get().status == "failed"
    assert standing(order) == ("pending", "failed", ZERO)


@pytest.mark.parametrize(
    "page",
    ["", "javascript:alert(1)", "https://evil.example/pay/", "http://pay.localhost.evil.example/"],
)
def test_the_shopper_is_sent_nowhere_but_to_the_gateway(company: Loopback, page: str) -> None:
    company.answer = answers(200, {"id": "p1", "pay_url": page})
    order = make_order()
    with pytest.raises(errors.GatewayNonsense):
        begin(order, by=BY, urls=SiteUrls(site(company)))
    assert order.payments.get().redirect_url == ""


@pytest.mark.parametrize(("answer", "error"), FAULTS[:7])
def test_a_refund_that_got_no_answer_waits_to_be_asked_again(
    company: Loopback, answer: Any, error: type[errors.GatewayError]
) -> None:
    company.answer = answer
    payment = make_payment(site_url=site(company))
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    with pytest.raises(error):
        refund(payment.order, Decimal("4.90"), by=BY, key="k")
    # Then nothing is booked, and the money is not promised to a second refund
    assert books(payment) == ("captured", TOTAL, ZERO, "")
    assert payment.refunds.get().status == "asked"
    with pytest.raises(errors.OverRefund) as raised:
        refund(payment.order, Decimal("20.01"), by=BY, key="l")
    assert raised.value.left == Decimal("20.00")
    # When it is asked for again with its key, and answered
    company.answer = answers(200, {"id": "re_1", "status": "done"})
    assert refund(payment.order, Decimal("4.90"), by=BY, key="k").status == "done"
    assert books(payment) == ("captured", TOTAL, Decimal("4.90"), "")
    asked = [json.loads(each.body) for each in company.asked if each.body]
    assert asked[0] == asked[-1] == {"key": "k", "amount": 490}


def test_a_refund_that_is_refused_has_failed_and_the_money_is_still_there(
    company: Loopback,
) -> None:
    company.answer = answers(409, {"error": "too old"})
    payment = make_payment(site_url=site(company))
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    with pytest.raises(errors.GatewayRefused):
        refund(payment.order, TOTAL, by=BY, key="k")
    assert payment.refunds.get().status == "failed"
    assert books(payment) == ("captured", TOTAL, ZERO, "refund-failed")
    # And asking for it again with its key does not try again
    company.asked.clear()
    assert refund(payment.order, TOTAL, by=BY, key="k").status == "failed"
    assert company.asked == []


def test_a_refund_that_takes_its_time_is_booked_when_it_is_done(company: Loopback) -> None:
    company.answer = answers(200, {"id": "re_1", "status": "pending"})
    payment = make_payment(site_url=site(company))
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    assert refund(payment.order, TOTAL, by=BY, key="k").status == "asked"
    assert standing(payment.order) == ("placed", "paid", ZERO)
    from tests.orders.payment.helpers import refund_news

    done = refund_news(payment, str(TOTAL), reference="re_1", key="k")
    assert handle(done, by=GATEWAY) == Result.APPLIED
    assert standing(payment.order) == ("placed", "refunded", TOTAL)
    assert payment.refunds.get().status == "done"


def test_collecting_what_is_not_authorised_is_refused_without_asking(company: Loopback) -> None:
    payment = make_payment(site_url=site(company))
    with pytest.raises(errors.NothingToCapture):
        capture(payment, by=BY)
    assert company.asked == []


def test_collecting_when_the_gateway_fails_changes_nothing(company: Loopback) -> None:
    company.answer = answers(500, b"")
    payment = make_payment(site_url=site(company))
    handle(news(payment, Status.AUTHORIZED), by=GATEWAY)
    payment.refresh_from_db()
    with pytest.raises(errors.GatewayFailed):
        capture(payment, by=BY)
    assert books(payment) == ("authorized", ZERO, ZERO, "")


def test_a_late_payment_whose_refund_fails_stays_owed(company: Loopback) -> None:
    company.answer = answers(500, b"")
    order = make_order()
    payment = make_payment(order, site_url=site(company))
    order.status, order.payment_status = "cancelled", "cancelled"
    order.save()
    assert handle(news(payment, Status.CAPTURED), by=GATEWAY) == Result.APPLIED
    assert books(payment) == ("captured", TOTAL, ZERO, "too-late")
    assert payment.refunds.get().status == "asked"


def test_every_error_has_a_sentence_of_its_own_kind() -> None:
    made = [
        errors.OverRefund(Decimal("1.00"), "EUR")
        if kind is errors.OverRefund
        else kind("for the log")
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.PaymentError)
    ]
    assert len(made) > 20
    for error in made:
        assert error.sentence.endswith((".", "Thank you."))
        assert "for the log" not in error.sentence
