"""The confirmation: what it says, when it goes out, and what its failure must not do."""

import logging

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import translation
from pytest_django import DjangoCaptureOnCommitCallbacks

from orders.models import Order
from shop.catalogue.models import Variant
from tests.carts.helpers import fill, make_shops, make_variant, new_key
from tests.orders.helpers import RECIPIENT, make_methods, place

pytestmark = pytest.mark.django_db


def test_the_mail_says_what_was_ordered_and_where_it_goes(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], price="1234.50", title="Shirts & <Ties>")
    Variant.objects.update(title="S / Blue")
    fill(key, (shirt, shops["apparel"], 2))

    with django_capture_on_commit_callbacks(execute=True):
        order = place(key, shops["home"])

    [message] = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    assert message.subject == f"Your order {order.number} at Home"
    assert message.to == [RECIPIENT.email]
    for expected in (
        "2 × Shirts & <Ties> (S / Blue) — Apparel: €2,469.00",
        "Delivery (Standard): €4.90",
        "Total: €2,473.90",
        "Pay on delivery",
        "12 St James's Square\nSW1Y 4JH London\nUnited Kingdom\n",
        f"https://home.example/orders/{order.token}/",
    ):
        assert expected in message.body
    [(html, mimetype)] = message.alternatives
    assert mimetype == "text/html"
    assert "Shirts &amp; &lt;Ties&gt;" in str(html)
    assert f'href="https://home.example/orders/{order.token}/"' in str(html)


def test_it_speaks_the_language_of_the_order(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))

    with django_capture_on_commit_callbacks(execute=True), translation.override("zh-hans"):
        place(key, shops["home"])

    [message] = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    assert '<html lang="zh-hans">' in str(message.alternatives[0][0])


@pytest.mark.django_db(transaction=True)
def test_no_mail_without_the_commit() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))

    with transaction.atomic():
        place(key, shops["home"])
        assert mail.outbox == []
        transaction.set_rollback(True)

    assert mail.outbox == []
    assert not Order.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_fails_does_not_lose_the_order(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))

    def fail(*_args: object, **_options: object) -> int:
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr(EmailMultiAlternatives, "send", fail)
    with caplog.at_level(logging.ERROR, "orders.mails"):
        order = place(key, shops["home"])

    assert Order.objects.get() == order
    assert f"the mail about order {order.number} was not sent" in caplog.text
    assert RECIPIENT.email not in caplog.text
