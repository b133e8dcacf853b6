"""Payments that never answered are asked about, and brought to an end; `reconcile_payments`."""

import io
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from orders.models import Order
from orders.payment.models import Payment, Refund
from orders.payment.moves import Status
from orders.payment.sandbox.models import SandboxPayment
from orders.payment.services import Finding, due, handle, reconcile
from orders.payment.services.reconciling import Verdict
from shop.stock.models import Reservation
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
from tests.orders.payment.loopback import Loopback, loopback
from tests.orders.payment.sandbox import AtSandbox, at_sandbox, wait_for_the_bank
from tests.orders.payment.test_gateway_errors import answers

pytestmark = pytest.mark.django_db(transaction=True)

ZERO = Decimal("0.00")
OLD = timedelta(minutes=10)


def age(**minutes: int) -> None:
    """Let so many minutes pass for all payments and refunds."""
    passed = timedelta(**minutes)
    for payment in Payment.objects.all():
        Payment.objects.filter(pk=payment.pk).update(created_at=payment.created_at - passed)
    for refund in Refund.objects.all():
        Refund.objects.filter(pk=refund.pk).update(asked_at=refund.asked_at - passed)


def out_of_time(order: Order) -> None:
    """The order's half hour is over."""
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def settle(**options: Any) -> list[str]:
    """Reconcile what is older than ten minutes; the verdicts."""
    return [finding.verdict for finding in reconcile(due(OLD), by=BY, **options)]


def run(*args: str) -> str:
    """The command; what it says."""
    out = io.StringIO()
    call_command("reconcile_payments", *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def silent(site_url: str) -> AtSandbox:
    """Paid at the sandbox; the shopper never came back, no message was sent; 11 minutes ago."""
    shopper = at_sandbox(site_url)
    shopper.choose("vanish", "never")
    age(minutes=11)
    return shopper


@pytest.fixture
def company() -> Iterator[Loopback]:
    """A payment company that answers what the test wants."""
    with loopback() as server:
        yield server


def test_money_nobody_told_us_of_is_booked(silent: AtSandbox) -> None:
    assert standing(silent.payment.order)[1] == "awaiting"
    assert settle() == [Verdict.PAID]
    assert books(silent.payment) == ("captured", TOTAL, ZERO, "")
    assert standing(silent.payment.order) == ("placed", "paid", ZERO)
    # And again there is nothing to do
    assert settle() == []
    assert trail_of(silent.payment.order).count("payment.captured") == 1


def test_who_began_just_now_is_left_alone(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("vanish", "never")
    assert settle() == []
    assert standing(shopper.payment.order)[1] == "awaiting"


def test_who_has_not_decided_yet_has_time_until_the_order_expires(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    age(minutes=11)
    assert settle() == [Verdict.WAITING]
    assert (books(shopper.payment)[0], shopper.theirs.state) == ("pending", "open")
    # When the order's time is over, then nobody can pay any more, and the goods are free
    out_of_time(shopper.payment.order)
    assert settle() == [Verdict.CLOSED]
    assert (books(shopper.payment)[0], shopper.theirs.state) == ("cancelled", "cancelled")
    assert standing(shopper.payment.order) == ("cancelled", "cancelled", ZERO)
    assert Reservation.objects.get().state == "released"
    assert settle() == []


def test_paid_at_the_last_moment_it_is_paid(silent: AtSandbox) -> None:
    out_of_time(silent.payment.order)
    assert settle() == [Verdict.PAID]
    assert standing(silent.payment.order) == ("placed", "paid", ZERO)


def test_the_command_says_how_many_orders_expired_and_nothing_of_it_where_none_did(
    site_url: str,
) -> None:
    declined = at_sandbox(site_url)
    declined.choose("decline", "never")
    age(minutes=11)
    assert run() == "1 came to nothing.\n"
    assert standing(declined.payment.order)[0] == "pending"

    late = at_sandbox(site_url)
    age(minutes=11)
    out_of_time(late.payment.order)
    assert run() == "1 came to nothing; 1 order has expired.\n"
    assert standing(late.payment.order)[0] == "cancelled"


def test_a_decline_nobody_told_us_of_is_booked(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("decline", "never")
    age(minutes=11)
    assert settle() == [Verdict.CLOSED]
    assert books(shopper.payment)[0] == "failed"
    assert standing(shopper.payment.order) == ("pending", "failed", ZERO)


def test_while_the_bank_decides_the_order_is_not_given_up(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("vanish", "slow")
    age(minutes=11)
    out_of_time(shopper.payment.order)
    assert settle() == [Verdict.WAITING]
    assert standing(shopper.payment.order)[0] == "pending"
    wait_for_the_bank()
    assert settle() == [Verdict.PAID]
    assert standing(shopper.payment.order) == ("placed", "paid", ZERO)


def test_a_payment_the_gateway_never_heard_of_is_closed(site_url: str) -> None:
    payment = make_payment(status=Status.CREATED, reference="", site_url=site_url)
    age(minutes=11)
    assert settle() == [Verdict.CLOSED]
    assert books(payment)[0] == "cancelled"
    # The shopper still has time to try again
    assert standing(payment.order)[0] == "pending"


def test_a_payment_whose_answer_was_lost_is_closed_on_both_sides(site_url: str) -> None:
    # Given one that the gateway knows, while we do not know its name for it
    shopper = at_sandbox(site_url)
    theirs = shopper.payment.reference
    Payment.objects.update(status="created", reference="", redirect_url="")
    age(minutes=11)
    out_of_time(shopper.payment.order)
    assert settle() == [Verdict.CLOSED]
    assert books(shopper.payment)[0] == "cancelled"
    assert shopper.payment.reference == theirs
    assert SandboxPayment.objects.get().state == "cancelled"


def test_a_gateway_that_is_silent_leaves_all_as_it_is(silent: AtSandbox, company: Loopback) -> None:
    # Given two payments, the gateway of the first of which fails
    company.answer = answers(500, b"")
    site = f"http://apparel.localhost:{company.port}"
    other = make_payment(site_url=site)
    Payment.objects.filter(pk=other.pk).update(created_at=timezone.now() - timedelta(hours=2))
    out_of_time(other.order)
    # Then the second is settled all the same
    findings = list(reconcile(due(OLD), by=BY))
    assert [finding.verdict for finding in findings] == [Verdict.SILENT, Verdict.PAID]
    assert findings[0].error == "status 500"
    assert books(other) == ("pending", ZERO, ZERO, "")
    assert standing(other.order)[0] == "pending"


def test_a_cancelled_orders_payment_is_called_off(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    age(minutes=11)
    order = shopper.payment.order
    Order.objects.filter(pk=order.pk).update(status="cancelled", payment_status="cancelled")
    assert settle() == [Verdict.CLOSED]
    assert shopper.theirs.state == "cancelled"


def test_a_cancelled_orders_transfer_is_closed_and_a_live_ones_is_not() -> None:
    waiting = make_payment(make_order("bank-transfer"))
    dead = make_payment(make_order("bank-transfer", status="cancelled"))
    age(minutes=11)
    assert settle() == [Verdict.CLOSED]
    assert books(waiting)[0] == "pending"
    assert books(dead)[0] == "cancelled"


def test_a_cancelled_orders_authorisation_is_released(site_url: str, settings: Any) -> None:
    settings.PAYMENT_MANUAL_CAPTURE = True
    shopper = at_sandbox(site_url)
    shopper.choose("vanish")
    handle(news(shopper.payment, Status.AUTHORIZED), by=GATEWAY)
    age(minutes=11)
    assert settle() == []
    Order.objects.update(status="cancelled")
    assert settle() == [Verdict.CLOSED]
    assert (books(shopper.payment)[0], shopper.theirs.state) == ("voided", "released")


def test_money_that_is_owed_is_paid_back_when_the_gateway_works_again(
    silent: AtSandbox, company: Loopback
) -> None:
    # Given money that came too late, and a gateway that would not take the refund
    order, payment = silent.payment.order, silent.payment
    Order.objects.filter(pk=order.pk).update(status="cancelled", payment_status="cancelled")
    works, company.answer = payment.site_url, answers(500, b"")
    Payment.objects.update(site_url=f"http://apparel.localhost:{company.port}")
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    assert books(payment) == ("captured", TOTAL, ZERO, "too-late")
    age(minutes=11)
    assert settle() == [Verdict.SILENT]
    # When it works again
    Payment.objects.update(site_url=works)
    assert settle() == [Verdict.PAID_BACK]
    assert settle() == []
    # Then it went back once
    assert books(payment) == ("captured", TOTAL, TOTAL, "too-late")
    assert [each.amount for each in silent.theirs.refunds.all()] == [2490]


def test_a_refund_that_is_refused_for_good_is_told(company: Loopback) -> None:
    company.answer = answers(409, {"error": "too old"})
    payment = make_payment(site_url=f"http://apparel.localhost:{company.port}")
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    Refund.objects.create(payment=payment, key="k", amount=TOTAL)
    age(minutes=11)
    assert settle() == [Verdict.NOT_PAID_BACK]
    assert books(payment) == ("captured", TOTAL, ZERO, "refund-failed")
    assert settle() == []


def test_a_dry_run_asks_and_changes_nothing(silent: AtSandbox) -> None:
    Refund.objects.create(payment=make_payment(make_order("on-delivery")), key="k", amount=TOTAL)
    age(minutes=11)
    assert settle(dry_run=True) == [Verdict.PAID, Verdict.WAITING]
    assert books(silent.payment) == ("pending", ZERO, ZERO, "")
    assert silent.payment.events.count() == 0
    assert Refund.objects.get().status == "asked"


def test_what_is_due_is_found_in_three_queries(
    site_url: str, django_assert_num_queries: Any
) -> None:
    for _number in range(4):
        make_payment(site_url=site_url)
    age(minutes=11)
    with django_assert_num_queries(3):
        found = due(OLD)
        assert [each.order.number for each in found if isinstance(each, Payment)]
    assert len(found) == 4


def test_two_runs_at_once_settle_once(silent: AtSandbox) -> None:
    # Given two runs that have both seen the payment open
    first, second = due(OLD), due(OLD)
    list(reconcile(first, by=BY))
    [finding] = reconcile(second, by=BY)
    assert finding == Finding(silent.payment, Verdict.PAID)
    assert trail_of(silent.payment.order).count("payment.captured") == 1


def test_the_command_says_what_it_did(silent: AtSandbox) -> None:
    assert run("--dry-run") == "Dry run, nothing was changed. 1 the money had come.\n"
    assert standing(silent.payment.order)[1] == "awaiting"
    order = silent.payment.order.number
    assert run("--verbosity", "2") == (
        f"{order}  sandbox  24.90 EUR  paid: the money had come\n1 the money had come.\n"
    )
    assert standing(silent.payment.order)[1] == "paid"
    assert run() == "Nothing to reconcile.\n"


def test_the_command_fails_where_a_gateway_was_silent(company: Loopback) -> None:
    company.answer = answers(200, b"nonsense")
    make_payment(site_url=f"http://apparel.localhost:{company.port}")
    age(minutes=11)
    with pytest.raises(CommandError, match="1 could not be settled"):
        run()


@pytest.mark.parametrize("minutes", ["-1", "soon", "nan", "inf", ""])
def test_the_command_refuses_nonsense(minutes: str) -> None:
    with pytest.raises(CommandError, match="is not a number of minutes"):
        run("--older-than", minutes)


def test_the_command_leaves_alone_what_is_younger(site_url: str) -> None:
    shopper = at_sandbox(site_url)
    shopper.choose("vanish", "never")
    assert run("--older-than", "1") == "Nothing to reconcile.\n"
    assert run("--older-than", "0") == "1 the money had come.\n"
