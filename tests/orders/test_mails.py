"""The mails about an order: what they say, in both parts, and what their failure must not do."""

import copy
import logging
import re
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core import mail as django_mail
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django import Settings

from carts.models import CartLine
from orders import lifecycle, mails, returns
from orders.cancelling import cancel_lines
from orders.fulfilment import fulfil
from orders.models import Order, OrderLine
from orders.payment.port import Instruction
from shop.catalogue.models import Variant
from shop.mailing.models import OutgoingMail
from shop.mailing.services import StillOpen
from tests.carts.helpers import fill, make_shops, make_variant, new_key
from tests.mailing.helpers import run_worker
from tests.orders.helpers import EMAIL, make_methods, place
from tests.orders.sales import (
    SHOPPER,
    STAFF,
    TOTAL,
    kinds,
    lines,
    mails_about,
    sold,
    steps,
)

pytestmark = pytest.mark.django_db


class Words(HTMLParser):
    """What a reader of HTML reads, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self._hidden += tag in {"title", "style"}
        self.links += [given["href"] or ""] if "href" in given else []
        self.loads += [given["src"] or ""] if "src" in given else []

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"title", "style"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)


def words(text: str) -> set[str]:
    """The words of a text, without what only one of the parts needs to hold it together."""
    return set(re.sub(r"[·—():–]|-- |\s+", " ", text).split())


def placed_mail() -> tuple[Order, OutgoingMail]:
    """A confirmation, of two shirts put in on one site and ordered on another."""
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], price="1234.50", title="Shirts & <Ties>")
    Variant.objects.update(title="S / Blue")
    fill(key, (shirt, shops["apparel"], 2))
    order = place(key, shops["home"])
    [mail] = mails_about(order)
    return order, mail


def test_the_confirmation_says_what_was_ordered_and_where_it_goes() -> None:
    order, mail = placed_mail()
    assert mail.subject == f"Your order {order.number} at Home"
    assert (mail.to, mail.sender) == (EMAIL, "Home <shop@galleria.localhost>")
    for expected in (
        "2 × Shirts & <Ties> (S / Blue) — Apparel: €2,469.00",
        "Delivery (Standard): €4.90",
        "Total: €2,473.90",
        "Pay on delivery",
        "12 St James's Square\nSW1Y 4JH London\nUnited Kingdom\n",
        f"https://home.example/orders/{order.token}/",
    ):
        assert expected in mail.text
    assert "Shirts &amp; &lt;Ties&gt;" in mail.html
    assert f'href="https://home.example/orders/{order.token}/"' in mail.html


def test_the_worker_sends_it() -> None:
    order, mail = placed_mail()
    assert django_mail.outbox == []
    run_worker()
    [message] = django_mail.outbox
    assert (message.subject, message.to) == (mail.subject, [EMAIL])
    assert [each.template for each in mails_about(order) if each.state == "sent"] == [mail.template]


def test_its_sums_are_the_orders() -> None:
    # Given an order with a discount and two rates of tax in its prices
    order = sold()
    mails.queue_order_placed(order)
    text = mails_about(order)[-1].text
    # Then the mail has each, and they add up as the page does
    for expected in (
        "3 × Shirt <b> (S / Blue) — Home & Garden: €30.00",
        "1 × Book — Home & Garden: €7.49",
        "Items: €37.49",
        "Spring (SPRING): −€3.00",
        "Delivery (Standard): €4.90",
        "Total: €39.39",
        "€5.09",
        "€0.49",
    ):
        assert expected in text
    assert Decimal("37.49") - Decimal("3.00") + Decimal("4.90") == TOTAL


def test_taxes_on_top_stand_above_the_total() -> None:
    order = sold(tax_included=False, total=Decimal("44.97"))
    mails.queue_order_placed(order)
    text = mails_about(order)[-1].text
    assert text.index("€5.09") < text.index("Total: €44.97")
    assert "of which" not in text


# --- Every kind --------------------------------------------------------------------------------


def everything(order: Order) -> None:
    """Every mail there is, about an order that lives through more than any would."""
    shirts, book = lines(order)
    mails.queue_order_placed(order, [Instruction("IBAN", "DE00 1234")])
    mails.queue_payment_received(order, Decimal("39.39"))
    mails.queue_payment_failed(order)
    parcel = fulfil(order, {shirts.pk: 2}, by=STAFF, carrier="UPS", tracking_number="1Z")
    made = cancel_lines(order, {book.pk: 1}, by=STAFF, key="a", reason="requested")
    for reason, due in (("requested", "0.00"), ("damaged", "31.90")):
        made.reason = reason
        mails.queue_lines_cancelled(
            made,
            waived=Decimal("7.49"),
            due=Decimal(due),
            instructions=[Instruction("IBAN", "DE00 1234")],
        )
    fulfil(order, by=STAFF)
    back = returns.announce(order, {shirts.pk: 1}, by=SHOPPER)
    returns.receive(back, by=STAFF)
    mails.queue_return_refused(returns.announce(order, {shirts.pk: 1}, by=SHOPPER))
    mails.queue_refunded(order, Decimal("9.00"))
    assert parcel.tracking_url
    for reason in Order.CancelReason.values:
        order.cancel_reason = reason
        mails.queue_cancelled(order, Decimal("39.39"))


KINDS = {
    "placed", "paid", "payment_failed", "shipped", "cancelled", "lines_cancelled", "refunded",
    "return_announced", "return_received", "return_refused",
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_mail_is_whole_in_both_parts_and_languages(language: str, settings: Settings) -> None:
    # Given templates that say when something is missing
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["string_if_invalid"] = "MISSING"
    settings.TEMPLATES = templates
    settings.RETURN_ADDRESS = ["Returns & Co", "1 Dock Road"]
    # When every mail is written
    order = sold(language=language)
    everything(order)
    written = mails_about(order)
    assert {mail.template.removeprefix("orders/mail/") for mail in written} == KINDS
    for mail in written:
        # Then nothing is missing, and both parts say the same
        assert "MISSING" not in mail.subject + mail.text + mail.html
        assert order.number in mail.subject
        read = Words(mail.html)
        assert words(mail.text) ^ words(" ".join(read.text + read.links)) == set(), mail.template
        # And the links lead to the site of the order, or to the carrier
        for link in read.links:
            assert link.startswith(("https://home.example/", "https://www.ups.com/")), link
            assert link in mail.text
        # And nothing in it runs, is fetched, or tells on the reader
        assert read.loads == []
        assert not read.tags & {"script", "link", "img", "iframe", "form", "style"}
        assert f'<html lang="{language}">' in mail.html


def test_names_cannot_break_out() -> None:
    # Given names that are HTML, template language, and line breaks
    nasty = "<script>x</script>{{ order.token }}\r\nBcc: all@example.com"
    order = sold()
    Order.objects.filter(pk=order.pk).update(first_name=nasty, city=nasty)
    OrderLine.objects.filter(order=order).update(product_title=nasty)
    order.refresh_from_db()
    # When a mail is written
    mails.queue_order_placed(order)
    mail = mails_about(order)[-1]
    # Then they are text
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "{{ order.token }}" in mail.text
    assert "\n" not in mail.subject


# --- When --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_no_mail_without_the_commit() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))
    with transaction.atomic():
        place(key, shops["home"])
        assert OutgoingMail.objects.count() == 1
        transaction.set_rollback(True)
    assert not OutgoingMail.objects.exists()
    assert not Order.objects.exists()


def test_a_mail_that_cannot_be_written_does_not_lose_the_order(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a shop whose templates cannot be found
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = []
    settings.TEMPLATES = templates
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))
    # When somebody orders
    with caplog.at_level(logging.ERROR, "orders.mails"):
        order = place(key, shops["home"])
    # Then the order stands, and the log says which mail is missing, without the address
    assert Order.objects.get() == order
    assert not OutgoingMail.objects.exists()
    assert f"the mail placed about order {order.number} was not written" in caplog.text
    assert EMAIL not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_order_whose_connection_is_lost_while_its_mail_is_written_is_not_confirmed() -> None:
    # Given a full cart, and a database that hangs up when the mail is to be stored
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))

    def hang_up(execute: Any, sql: str, *args: Any) -> Any:
        if sql.startswith(f'INSERT INTO "{OutgoingMail._meta.db_table}"'):
            connection.connection.close()
        return execute(sql, *args)

    # When somebody orders, then they are not told that they have
    with connection.execute_wrapper(hang_up), pytest.raises(OperationalError):
        place(key, shops["home"])

    # And nothing was ordered: what they put in is in the cart still
    assert not Order.objects.exists()
    assert CartLine.objects.get().quantity == 1


def test_an_address_nobody_can_write_to_does_not_stop_a_payment() -> None:
    order = sold(paid=False, email="not an address")
    fulfil(order, by=STAFF)
    assert mails_about(order) == []
    order.refresh_from_db()
    assert order.status == "fulfilled"


def test_a_failed_payment_is_told_once() -> None:
    order = sold(paid=False)
    mails.queue_payment_failed(order)
    mails.queue_payment_failed(order)
    assert kinds(order) == ["payment_failed"]


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("expired", "It was not paid in time"),
        ("sold-out", "the goods were gone by then"),
        ("requested", "as you asked"),
        ("staff", "we had to cancel your order"),
    ],
)
def test_a_cancelled_order_says_why_and_what_goes_back(reason: str, sentence: str) -> None:
    order = sold(cancel_reason=reason)
    mails.queue_cancelled(order, Decimal("12.50"))
    text = mails_about(order)[-1].text
    assert sentence in text
    assert "You get €12.50 back, the way you paid." in text


def test_staff_cancel_and_the_shopper_hears_of_it() -> None:
    order = sold()
    lifecycle.cancel(order, by=STAFF)
    assert kinds(order) == ["paid", "cancelled"]
    assert "You get €39.39 back" in mails_about(order)[-1].text


def test_an_invoice_is_mailed_once() -> None:
    # Given an order whose payment brought its invoice
    order = sold()
    [paid] = mails_about(order)
    [file] = paid.attachments.all()
    invoice = order.invoices.get()
    assert (file.name, file.mimetype) == (f"invoice-{invoice.number}.pdf", "application/pdf")
    assert bytes(file.content).startswith(b"%PDF-")
    assert f"Invoice {invoice.number} is attached." in paid.text
    # Then no later mail brings it again
    fulfil(order, by=STAFF)
    assert not mails_about(order)[-1].attachments.exists()
    assert "attached" not in mails_about(order)[-1].text


def test_it_speaks_the_language_of_the_order_whoever_causes_it() -> None:
    # Given an order in Chinese, and staff who read English
    order = sold(language="zh-hans")
    with translation.override("en"):
        fulfil(order, by=STAFF)
    mail = mails_about(order)[-1]
    assert mail.language == "zh-hans"
    assert "英国" in mail.text


def test_an_order_without_a_site_leads_to_its_shops_domain() -> None:
    order = sold(site_url="")
    assert f"https://home.example/orders/{order.token}/" in mails_about(order)[-1].text


def test_staff_send_a_mail_again() -> None:
    # Given a mail that was sent
    order = sold()
    [mail] = mails_about(order)
    with pytest.raises(StillOpen):
        mails.send_again(order, mail, by=STAFF)
    run_worker()
    before = steps(order)
    # When staff send it again
    mails.send_again(order, mail, by=STAFF)
    run_worker()
    # Then it went out twice, and the trail says who wanted that
    assert len(django_mail.outbox) == 2
    assert steps(order) == [*before, "mail.sent_again"]


def test_a_mail_costs_the_same_for_many_lines() -> None:
    few, many = sold(), sold()
    _shirts, book = lines(many)
    for _number in range(20):
        book.pk = None
        book.save()

    def cost(order: Order) -> int:
        with CaptureQueriesContext(connection) as seen:
            mails.queue_order_placed(order)
        return len(seen)

    counted: list[Any] = [cost(few), cost(many)]
    assert counted[0] == counted[1]
