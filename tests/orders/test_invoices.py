"""Invoices: numbers without gaps, frozen when issued, right to the cent, readable in any script."""

import io
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.core import checks
from django.db import IntegrityError, transaction
from pypdf import PdfReader
from pytest_django import Settings

from orders.checks import seller
from orders.invoices import credit_up_to, file_name, invoice_of, issue, pdf_of
from orders.invoices.lettering import markup
from orders.models import BillingAddress, Invoice, InvoiceCounter, Order, OrderLine
from orders.payment import services as payments
from shop.storefronts.models import Storefront
from tests.carts.helpers import together
from tests.orders.sales import STAFF, TOTAL, browser, papers, pay, sold, steps

pytestmark = pytest.mark.django_db


def text_of(pdf: bytes) -> str:
    """What a reader reads, page after page."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def issued(order: Order) -> Invoice:
    """The order's invoice, which must be there."""
    found = invoice_of(order)
    assert found is not None
    return found


# --- Numbers -----------------------------------------------------------------------------------


def test_the_payment_issues_it_once() -> None:
    # Given an order that is not paid
    order = sold(paid=False)
    assert invoice_of(order) is None
    # When it is paid
    pay(order)
    # Then it has an invoice
    invoice = issued(order)
    year = datetime.now(UTC).year
    assert (invoice.number, invoice.amount) == (f"{year}-000001", TOTAL)
    assert file_name(invoice) == f"invoice-{year}-000001.pdf"
    assert "invoice.issued" in steps(order)
    # And keeps it
    with transaction.atomic():
        assert issue(order, by=STAFF) == invoice
    assert papers(order) == [("invoice", TOTAL)]


def test_a_number_that_was_not_used_is_used_next() -> None:
    # Given a transaction that takes a number and fails
    first, second = sold(paid=False), sold(paid=False)
    with transaction.atomic():
        lost = issue(first, by=STAFF)
        transaction.set_rollback(True)
    # Then the next one has it
    with transaction.atomic():
        assert issue(second, by=STAFF).number == lost.number


def test_a_number_needs_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    order = sold(paid=False)
    connection = transaction.get_connection()
    monkeypatch.setattr(connection, "in_atomic_block", False)
    with pytest.raises(RuntimeError):
        issue(order, by=STAFF)
    with pytest.raises(RuntimeError):
        credit_up_to(order, TOTAL, by=STAFF)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_leave_no_gap() -> None:
    # Given ten orders that are paid at the same moment, each twice
    orders = [sold(paid=False) for _number in range(10)]

    def paying(order: Order) -> Any:
        return lambda: payments.mark_received(order, by=STAFF)

    results = together(*(paying(order) for order in orders for _again in range(2)))
    assert not [each for each in results if isinstance(each, Exception)]
    # Then each has one invoice, and the numbers are one to ten
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert [int(number[-6:]) for number in numbers] == list(range(1, 11))
    assert sorted(Invoice.objects.values_list("order", flat=True)) == [each.pk for each in orders]
    assert InvoiceCounter.objects.get().last == 10


def test_a_year_begins_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an invoice of last year
    sold()
    # When the first order of a new year is paid
    new_year = datetime(2031, 1, 1, 0, 0, 1, tzinfo=UTC)
    monkeypatch.setattr("orders.invoices.issuing.timezone.now", lambda: new_year)
    order = sold()
    # Then its number is of that year
    assert issued(order).number == "2031-000001"


def test_the_database_allows_no_second_invoice() -> None:
    order = sold()
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.create(order=order, number="other", amount=1)


# --- What stands on it -------------------------------------------------------------------------


def test_it_says_what_was_bought_and_adds_up() -> None:
    # Given a paid order with its own invoice address
    order = sold(paid=False)
    BillingAddress.objects.create(
        order=order, first_name="Accounts", last_name="Payable", company="Analytical Ltd",
        address_1="1 Engine Way", city="Leeds", postal_code="LS1", country_code="gb",
    )  # fmt: skip
    pay(order)
    # When its invoice is drawn
    pdf = pdf_of(issued(order))
    text = text_of(pdf)
    # Then all of it is there
    for expected in (
        f"Invoice {issued(order).number}",
        "Home & Garden",
        order.number,
        "Accounts Payable",
        "Analytical Ltd",
        "Ada Łukasiewicz",
        "12 St James's Square",
        "United Kingdom",
        "Shirt <b>",
        "S / Blue · SKU-S",
        "€30.00",
        "Spring (SPRING)",
        "−€3.00",
        "€4.90",
        "€39.39",
        "VAT reduced",
        "€26.81",
        "€5.09",
        "€0.49",
        "The tax is in the prices.",
    ):
        assert expected in text
    document = issued(order).document
    parts = [Decimal(item["amount"]) for item in document["items"]]
    assert sum(parts) == Decimal(document["items_total"]) == Decimal("37.49")
    off = sum(Decimal(each["amount"]) for each in document["discounts"])
    delivery = Decimal(document["delivery"]["amount"])
    assert sum(parts) - off + delivery == Decimal(document["total"]) == TOTAL
    assert PdfReader(io.BytesIO(pdf)).metadata == {
        **(PdfReader(io.BytesIO(pdf)).metadata or {}),
        "/Title": f"Invoice {issued(order).number}",
    }


def test_once_issued_it_never_changes(settings: Settings) -> None:
    # Given an invoice
    settings.SELLER_NAME, settings.SELLER_ADDRESS = "Old Ltd", ["1 Old Road"]
    order = sold()
    before = pdf_of(issued(order))
    # When the seller moves, the shop is renamed, and somebody edits the order
    settings.SELLER_NAME, settings.SELLER_ADDRESS = "New Ltd", ["2 New Road"]
    Storefront.objects.filter(pk=order.storefront_id).update(name="Renamed")
    OrderLine.objects.filter(order=order).update(product_title="Another")
    Order.objects.filter(pk=order.pk).update(last_name="Byron")
    # Then it is the same, byte for byte
    again = pdf_of(Invoice.objects.get(pk=issued(order).pk))
    assert again == before
    assert "Old Ltd" in text_of(again)
    assert "New Ltd" not in text_of(again)


def test_a_chinese_invoice_can_be_read() -> None:
    # Given an order in Chinese, of things with Chinese names
    order = sold(
        paid=False, language="zh-hans", last_name="雷", first_name="李", city="上海市黄浦区"
    )
    OrderLine.objects.filter(order=order).update(product_title="珍珠项链，18K金")
    pay(order)
    # When it is drawn
    pdf = pdf_of(issued(order))
    # Then a viewer finds the letters: in a font that it has by name, in Unicode
    text = text_of(pdf)
    for expected in ("李 雷", "上海市黄浦区", "珍珠项链，18K金", "英国"):
        assert expected in text
    fonts = fonts_in(pdf)
    assert fonts["/STSong-Light"] == "/UniGB-UCS2-H"
    assert any("NotoSans" in name for name in fonts)


def fonts_in(pdf: bytes) -> dict[str, str]:
    """Each font that the first page names, and its encoding."""
    page: Any = PdfReader(io.BytesIO(pdf)).pages[0]
    found: dict[str, str] = {}
    for reference in page["/Resources"]["/Font"].values():
        font = reference.get_object()
        found[str(font["/BaseFont"])] = str(font.get("/Encoding", ""))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Łódź Ελλάς Жук €", "Łódź Ελλάς Жук €"),
        ("a<b>&", "a&lt;b&gt;&amp;"),
        ("茶 x", '<font name="STSong-Light">茶</font> x'),
        ("한글", '<font name="HYSMyeongJo-Medium">한글</font>'),
        ("🎁", "?"),
        ("\ud800", "?"),
        ("", ""),
    ],
)
def test_each_letter_gets_a_font_that_has_it(text: str, expected: str) -> None:
    assert markup(text) == expected


def test_a_long_order_takes_several_pages() -> None:
    # Given an order of 60 lines, one of them with a name of 255 letters without a blank
    order = sold(paid=False)
    line = order.lines.order_by("pk").last()
    assert line is not None
    for number in range(58):
        line.pk, line.product_title = None, f"Thing {number}"
        line.save()
    line.pk, line.product_title = None, "W" * 255
    line.save()
    pay(order)
    # When it is drawn
    pages = PdfReader(io.BytesIO(pdf_of(issued(order)))).pages
    # Then each page has the table's head, the seller and its number
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert f"{issued(order).number} · {number}" in page.extract_text()
    assert "Thing 57" in "".join(page.extract_text() for page in pages)


@pytest.mark.parametrize(
    ("name", "address", "problems"),
    [("A Ltd", ["1 Road"], []), ("", ["1 Road"], ["orders.E001"]), ("A", [], ["orders.E001"])],
)
def test_a_server_is_not_prepared_without_a_seller(
    settings: Settings, name: str, address: list[str], problems: list[str]
) -> None:
    settings.SELLER_NAME, settings.SELLER_ADDRESS = name, address
    assert [problem.id for problem in seller(None)] == problems
    registered: set[Any] = {*checks.registry.registry.deployment_checks}
    assert seller in registered


# --- Credit notes ------------------------------------------------------------------------------


def test_each_refund_has_its_credit_note_and_together_they_are_the_invoice() -> None:
    # Given a paid order that is refunded in odd parts
    order = sold()
    for number, amount in enumerate(["0.01", "13.13", "10.00", "16.25"]):
        payments.refund(order, Decimal(amount), by=STAFF, key=f"part-{number}")
    # Then there is one for each, with numbers of their own
    notes = list(order.invoices.filter(kind="credit_note").order_by("pk"))
    assert [str(note.amount) for note in notes] == ["0.01", "13.13", "10.00", "16.25"]
    ends = [int(note.number[-6:]) for note in notes]
    assert ends == [1, 2, 3, 4]
    assert all(note.number.startswith("CR-") for note in notes)
    # And their taxes are the invoice's, to the cent, and never more on the way
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for note in notes:
        for tax in note.document["taxes"]:
            base, taxed = sums.get(tax["name"], (Decimal(0), Decimal(0)))
            assert Decimal(tax["base"]) >= 0
            assert Decimal(tax["amount"]) >= 0
            sums[tax["name"]] = base + Decimal(tax["base"]), taxed + Decimal(tax["amount"])
    assert sums == {
        "VAT": (Decimal("26.81"), Decimal("5.09")),
        "VAT reduced": (Decimal("7.00"), Decimal("0.49")),
    }
    text = text_of(pdf_of(notes[1]))
    assert f"Credit note {notes[1].number}" in text
    assert issued(order).number in text
    assert "€13.13" in text


def test_a_refund_without_an_invoice_has_none() -> None:
    order = sold(paid=False)
    with transaction.atomic():
        assert credit_up_to(order, Decimal("5.00"), by=STAFF) is None
    assert papers(order) == []
    assert not InvoiceCounter.objects.exists()


def test_credit_notes_have_no_gap_either() -> None:
    orders = [sold() for _number in range(3)]
    for order in orders:
        payments.refund(order, Decimal("1.00"), by=STAFF, key=f"one:{order.pk}")
        payments.refund(order, Decimal("1.00"), by=STAFF, key=f"one:{order.pk}")
    numbers = Invoice.objects.filter(kind="credit_note").order_by("pk")
    ends = [int(number[-6:]) for number in numbers.values_list("number", flat=True)]
    assert all(after - before == 1 for before, after in pairwise(ends))
    assert len(ends) == 3


# --- Over the web ------------------------------------------------------------------------------


def test_whoever_has_the_orders_address_has_its_invoice() -> None:
    # Given a paid order and an unpaid one
    order, unpaid = sold(), sold(paid=False)
    client = browser()
    # When its invoice is fetched
    answer = client.get(f"/orders/{order.token}/invoice.pdf")
    # Then it is the PDF, for nobody's cache and no search engine
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content == pdf_of(issued(order))
    assert answer["Content-Disposition"] == f'inline; filename="{file_name(issued(order))}"'
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"
    # And nothing else is
    assert client.get(f"/orders/{unpaid.token}/invoice.pdf").status_code == 404
    assert client.get("/orders/no-such-order/invoice.pdf").status_code == 404
    assert client.post(f"/orders/{order.token}/invoice.pdf").status_code == 405


def test_credit_notes_are_fetched_by_their_own_order_only() -> None:
    order, other = sold(), sold()
    payments.refund(order, Decimal("1.00"), by=STAFF, key="one")
    note = order.invoices.get(kind="credit_note")
    client = browser()
    assert client.get(f"/orders/{order.token}/{note.number}.pdf").content == pdf_of(note)
    assert client.get(f"/orders/{other.token}/{note.number}.pdf").status_code == 404
    assert client.get(f"/orders/{order.token}/{issued(order).number}.pdf").status_code == 404
