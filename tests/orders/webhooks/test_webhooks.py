"""Others are told of orders: what happened, once it has, signed, and again until they have it."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from orders import fulfilment, lifecycle
from orders.models import Order
from orders.payment import services as payments
from orders.webhooks import sending, services, signing
from orders.webhooks.models import Delivery, Endpoint, Event
from shop import outside
from shop.audit.actors import Actor
from tests.carts.helpers import fill, make_shops, make_variant, new_key
from tests.orders.helpers import make_methods, place
from tests.orders.webhooks.receiver import Receiver, drip, hang_up, trusting

pytestmark = pytest.mark.django_db

STAFF = Actor("staff", "staff-session", customer_id=1, channel="admin")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE_ADDRESSES = ["127.0.0.1"]
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def endpoint(receiver: Receiver) -> Endpoint:
    return Endpoint.objects.create(title="Warehouse", url=receiver.url)


def buy(**changed: Any) -> Order:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=5)
    fill(key, (shirt, shops["apparel"], 2))
    return place(key, shops["apparel"], **changed)


def send(delivery: Delivery) -> str:
    """One attempt, whenever it would be due."""
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())
    outcome = sending.deliver(delivery.pk, trusting())
    delivery.refresh_from_db()
    return outcome


def events() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("event", flat=True))


@pytest.mark.django_db(transaction=True)
def test_each_step_of_an_order_is_told(endpoint: Endpoint) -> None:
    order = buy(payment_method="bank-transfer")
    payments.mark_received(order, by=STAFF)
    fulfilment.fulfil(order, by=STAFF)
    payments.refund(order, Decimal("1.00"), by=STAFF, key="a")
    assert events() == ["order.placed", "order.paid", "order.fulfilled", "order.refunded"]
    lifecycle.cancel(buy_another(), by=STAFF)
    assert events()[-2:] == ["order.placed", "order.cancelled"]


def buy_another() -> Order:
    from shop.storefronts.models import Storefront

    shop, key = Storefront.objects.get(slug="apparel"), new_key()
    fill(key, (make_variant(shop, stock=5), shop, 1))
    return place(key, shop)


@pytest.mark.django_db(transaction=True)
def test_the_event_says_what_was_bought_and_is_signed(
    receiver: Receiver, endpoint: Endpoint
) -> None:
    order = buy()
    delivery = Delivery.objects.get()

    assert send(delivery) == "delivered"

    (got,) = receiver.received
    told = json.loads(got.body)
    signing.check(endpoint.secret, got.body, got.headers[signing.HEADER], int(time.time()))
    assert got.path == "/events?shop=1"
    assert got.headers["Galleria-Event"] == told["type"] == "order.placed"
    assert got.headers["Galleria-Event-Id"] == told["id"] == str(delivery.event_id)
    assert told["order"]["number"] == order.number
    assert told["order"]["total"] == str(order.total)
    assert told["order"]["lines"][0]["quantity"] == 2
    assert order.token not in got.body.decode()
    assert order.public_id not in got.body.decode()
    assert order.trail not in got.body.decode()
    assert (delivery.state, delivery.status) == ("delivered", 200)
    assert delivery.answer.startswith("I say so.")
    assert len(delivery.answer) == 500


def test_what_is_undone_is_told_nobody(endpoint: Endpoint) -> None:
    order = buy()
    told = events()
    with transaction.atomic():
        services.announce(order, Event.CANCELLED)
        transaction.set_rollback(True)
    assert events() == told == ["order.placed"]


def test_who_does_not_listen_is_not_told(receiver: Receiver) -> None:
    Endpoint.objects.create(title="Off", url=receiver.url, is_active=False)
    Endpoint.objects.create(title="Paid only", url=receiver.url, events=["order.paid"])
    Endpoint.objects.create(title="Placed", url=receiver.url, events=["order.placed"])
    buy()
    assert [each.endpoint.title for each in Delivery.objects.all()] == ["Placed"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("answer", [500, 404, 301, 307, hang_up])
def test_an_answer_that_is_no_yes_is_asked_again(
    receiver: Receiver, endpoint: Endpoint, answer: Any
) -> None:
    buy()
    delivery = Delivery.objects.get()
    receiver.answer = answer

    assert send(delivery) == "later"

    assert (delivery.state, delivery.attempts) == ("waiting", 1)
    assert delivery.status == (answer if isinstance(answer, int) else None)
    wait = delivery.due_at - timezone.now()
    assert timedelta(seconds=50) < wait <= timedelta(minutes=1)
    assert len(receiver.received) == 1  # a redirect is not followed
    receiver.answer = 204
    assert send(delivery) == "delivered"
    first, second = receiver.received
    assert first.body == second.body
    assert Endpoint.objects.get().failing_since is None


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_drips_is_left(
    receiver: Receiver, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy()
    monkeypatch.setattr(sending, "WITHIN", 0.5)
    receiver.answer = drip
    began = time.monotonic()
    assert send(Delivery.objects.get()) == "later"
    assert time.monotonic() - began < 5


@pytest.mark.django_db(transaction=True)
def test_after_a_day_it_is_given_up_and_can_be_replayed(
    receiver: Receiver, endpoint: Endpoint
) -> None:
    buy()
    delivery = Delivery.objects.get()
    receiver.answer = 500
    outcomes = [send(delivery) for _ in range(11)]
    assert outcomes == ["later"] * 10 + ["failed"]
    assert timedelta(hours=24) < sum(sending.WAITS, timedelta()) < timedelta(hours=30)
    assert send(delivery) == "not due"

    receiver.answer = 200
    services.replay(delivery)
    delivery.refresh_from_db()
    with pytest.raises(services.StillOpen):
        services.replay(delivery)
    assert send(delivery) == "delivered"
    assert {json.loads(each.body)["id"] for each in receiver.received} == {str(delivery.event_id)}


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_that_takes_nothing_for_days_is_switched_off(
    receiver: Receiver, endpoint: Endpoint
) -> None:
    buy()
    delivery = Delivery.objects.get()
    receiver.answer = 500
    send(delivery)
    assert Endpoint.objects.get().is_active
    Endpoint.objects.update(failing_since=timezone.now() - sending.PATIENCE)
    send(delivery)
    assert not Endpoint.objects.get().is_active
    assert send(delivery) == "not due"
    services.switch_on(endpoint)
    receiver.answer = 200
    assert send(delivery) == "delivered"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1/", "https://10.0.0.1/", "https://[::1]/", "https://0.0.0.0/"]
)
def test_no_event_goes_into_our_own_network(url: str) -> None:
    Endpoint.objects.create(title="Inside", url=url)
    buy()
    delivery = Delivery.objects.get()
    assert send(delivery) == "later"
    assert "is not a public address" in delivery.answer


@pytest.mark.django_db(transaction=True)
def test_a_certificate_nobody_vouches_for_is_refused(endpoint: Endpoint) -> None:
    buy()
    delivery = Delivery.objects.get()
    assert sending.deliver(delivery.pk) == "later"
    delivery.refresh_from_db()
    assert "no secure connection" in delivery.answer


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_it_once(receiver: Receiver, endpoint: Endpoint) -> None:
    buy()
    delivery = Delivery.objects.get()
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def work() -> None:
        try:
            start.wait()
            outcomes.append(sending.deliver(delivery.pk, trusting()))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(outcomes) == ["delivered", "not due", "not due", "not due"]
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"url": "http://example.com/"}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "https://example.com/", "events": ["order.eaten"]}, "events"),
        ({"url": "https://example.com/", "events": "order.placed"}, "events"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Endpoint(title="x", **fields).full_clean()
    assert wrong in refused.value.message_dict


def test_a_signature_is_of_this_body_by_this_secret_and_new() -> None:
    header = signing.signature("secret", b"body", 1000)
    signing.check("secret", b"body", header, 1000 + signing.TOLERANCE)
    for secret, body, told, now in [
        ("other", b"body", header, 1000),
        ("secret", b"bodi", header, 1000),
        ("secret", b"body", header.replace("t=1000", "t=1001"), 1000),
        ("secret", b"body", header, 1000 + signing.TOLERANCE + 1),
        ("secret", b"body", "", 1000),
        ("secret", b"body", "v1=x", 1000),
    ]:
        with pytest.raises(signing.BadSignature):
            signing.check(secret, body, told, now)
    assert outside.TOTAL_TIMEOUT >= sending.WITHIN
