"""Staff look at payments, and find those that need them; the settings are checked at the start."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.checks import run_checks

from orders.payment.models import Payment, PaymentEvent, Refund
from orders.payment.moves import Status
from orders.payment.services import handle, mark_received, refund
from shop.storefronts.models import Storefront
from tests.orders.payment.helpers import BY, GATEWAY, make_order, make_payment, news
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db

LIST = "/admin/payment/payment/"


def test_payments_are_found_with_their_news_and_refunds() -> None:
    order = make_order("on-delivery")
    payment = mark_received(order, by=BY)
    refund(order, Decimal("4.90"), by=BY, key="parcel-7", reason="late")
    other = make_payment(charge="pi_99")
    client = sign_in_staff(Storefront.objects.get(is_main=True))
    for query, found in ((order.number, payment), ("pi_99", other), (other.reference, other)):
        page = client.get(LIST, {"q": query})
        assert page.status_code == 200
        assert [row.pk for row in page.context["cl"].result_list] == [found.pk]
    page = client.get(f"{LIST}{payment.pk}/change/")
    for text in ("marked as received", "parcel-7", "late", "Changed the payment", "24.90"):
        assert text in page.text


def test_those_with_a_problem_are_found() -> None:
    fine, wrong = make_payment(), make_payment()
    handle(news(fine, Status.CAPTURED), by=GATEWAY)
    cheap = news(wrong, Status.CAPTURED, amount=Decimal("1.00"), currency="EUR")
    handle(cheap, by=GATEWAY)
    client = sign_in_staff(Storefront.objects.get(is_main=True))
    for chosen, found in (("any", [wrong.pk]), ("wrong-amount", [wrong.pk]), ("paid-twice", [])):
        page = client.get(LIST, {"problem": chosen})
        assert [row.pk for row in page.context["cl"].result_list] == found
    assert len(client.get(LIST).context["cl"].result_list) == 2


def test_nothing_can_be_rewritten() -> None:
    payment = make_payment()
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    client = sign_in_staff(Storefront.objects.get(is_main=True))
    before = [list(model.objects.values()) for model in (Payment, PaymentEvent, Refund)]
    assert client.post(f"{LIST}{payment.pk}/change/", {"captured": "1"}).status_code == 403
    assert client.post(f"{LIST}{payment.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{LIST}add/", {"amount": "1"}).status_code == 403
    after = [list(model.objects.values()) for model in (Payment, PaymentEvent, Refund)]
    assert after == before


def test_the_list_costs_the_same_for_any_number(django_assert_max_num_queries: Any) -> None:
    make_payment()
    client = sign_in_staff(Storefront.objects.get(is_main=True))
    client.get(LIST)
    with django_assert_max_num_queries(40) as few:
        client.get(LIST)
    for _number in range(5):
        make_payment()
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"PAYMENT_GATEWAYS": ["cash"]}, "payment.E001"),
        ({"BANK_IBAN": "DE89370400440532013001"}, "payment.E002"),
        ({"BANK_IBAN": ""}, "payment.E002"),
        ({"STRIPE_SECRET_KEY": ""}, "payment.E003"),
        ({"STRIPE_WEBHOOK_SECRETS": []}, "payment.E003"),
        ({"SANDBOX_GATEWAY_HOST": ""}, "payment.E004"),
        ({"SANDBOX_GATEWAY_SECRET": ""}, "payment.E004"),
        ({}, None),
        ({"PAYMENT_GATEWAYS": ["on-delivery"], "BANK_IBAN": "", "STRIPE_SECRET_KEY": ""}, None),
    ],
)
def test_what_a_way_to_pay_lacks_is_told_at_the_start(
    settings: Any, changed: dict[str, Any], problem: str | None
) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    told = [each.id for each in run_checks() if str(each.id).startswith("payment.")]
    assert told == ([problem] if problem else [])
