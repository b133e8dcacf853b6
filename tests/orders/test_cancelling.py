"""Items cancelled singly: the rest stands, and what was paid for them goes back, to the cent."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from orders import lifecycle, returns
from orders.auditing import services as auditing
from orders.cancelling import (
    CancellingError,
    CannotRestock,
    MoreThanLeft,
    NothingChosen,
    NotToBeSent,
    Terms,
    UnknownLine,
    WholeOrder,
    cancel_lines,
    pay_back,
    terms,
)
from orders.fulfilment import cancel_fulfilment, fulfil
from orders.invoices import pdf_of
from orders.models import Cancellation, Order, OrderLine, OrderTax
from orders.payment import services as payments
from orders.payment.models import Refund
from orders.payment.moves import Status
from orders.webhooks.models import Delivery, Endpoint
from shop.catalogue.models import Variant
from shop.stock.checks import discrepancies
from shop.stock.models import Reservation, StockMovement
from tests.carts.helpers import together
from tests.orders.payment.helpers import GATEWAY, make_order, make_payment, news
from tests.orders.payment.helpers import standing as money
from tests.orders.sales import (
    SHOPPER,
    STAFF,
    TOTAL,
    browser,
    kinds,
    lines,
    mails_about,
    papers,
    pay,
    sold,
    standing,
    steps,
    stocks,
)
from tests.orders.test_invoices import text_of

pytestmark = pytest.mark.django_db

ZERO = Decimal("0.00")
BOOK, SHIRT = Decimal("7.49"), Decimal("9.00")


def cancel(
    order: Order, quantities: dict[int, int], key: str = "a", **options: Any
) -> Cancellation:
    """Cancel items, because the shopper wants it so, and pay back."""
    made = cancel_lines(order, quantities, by=STAFF, key=key, **{"reason": "requested", **options})
    pay_back(made, by=STAFF)
    return made


def counts(order: Order) -> list[tuple[int, int, int]]:
    """Sent, cancelled and come back, for each line."""
    fields = ("fulfilled_quantity", "cancelled_quantity", "returned_quantity")
    return list(order.lines.order_by("pk").values_list(*fields))


def sums(order: Order) -> tuple[Decimal, Decimal, Decimal]:
    """Worth of cancelled items, what of it was never paid, and what was paid back."""
    order.refresh_from_db()
    return order.cancelled_total, order.waived_total, order.refunded_total


def captured(order: Order) -> list[Decimal]:
    return list(order.payments.order_by("pk").values_list("captured", flat=True))


def books_agree() -> None:
    """Money, states and stock agree; `sold` makes orders whose trail does not begin with a cart."""
    found = [*auditing.audit(auditing.orders_since()), *auditing.audit_stock()]
    assert [(each.kind, each.message) for each in found if each.kind != "chain"] == []
    assert list(discrepancies()) == []


# --- Paid --------------------------------------------------------------------------------------


def test_some_of_a_line_is_cancelled_put_on_sale_and_paid_back() -> None:
    # Given a paid order of three shirts, sold for 27.00 together, and a book
    order = sold()
    shirts, _book = lines(order)
    assert terms(order, {shirts.pk: 1}) == Terms(SHIRT, SHIRT, ZERO, ZERO)
    # When one shirt will not be sent
    made = cancel_lines(order, {shirts.pk: 1}, by=STAFF, key="a", reason="requested")
    # Then it is for sale again, its refund is owed, and the rest stands as it was bought
    assert counts(order) == [(0, 1, 0), (0, 0, 0)]
    assert standing(order) == ("placed", "paid", "unfulfilled")
    assert sums(order) == (SHIRT, ZERO, ZERO)
    assert (order.total, order.payable, order.remaining_total) == (
        *(TOTAL, TOTAL),
        Decimal("30.39"),
    )
    assert stocks(order) == [8, 9]
    movement = StockMovement.objects.latest("pk")
    assert (movement.kind, movement.quantity, movement.reason) == ("cancelled", 1, "requested")
    assert list(Refund.objects.values_list("amount", "status")) == [(SHIRT, "asked")]
    assert steps(order)[-2:] == ["order.lines_cancelled", "payment.refund_asked"]
    mail = mails_about(order)[-1]
    assert mail.subject == f"A part of your order {order.number} is cancelled"
    for expected in (
        "We have cancelled these, as you asked:",
        "1 × Shirt <b> (S / Blue)",
        "You get €9.00 back, the way you paid.",
        "Everything else stays as you ordered it.",
    ):
        assert expected in mail.text
    # When it is paid back, twice
    assert pay_back(made, by=STAFF) == pay_back(made, by=STAFF)
    # Then it is paid once, with a credit note about the shirt
    assert standing(order) == ("placed", "partially_refunded", "unfulfilled")
    assert sums(order) == (SHIRT, ZERO, SHIRT)
    assert papers(order) == [("invoice", TOTAL), ("credit_note", SHIRT)]
    note = order.invoices.get(kind="credit_note")
    assert note.of_cancellation == made
    assert [(item["title"], item["quantity"]) for item in note.document["items"]] == [
        ("Shirt <b>", 1)
    ]
    assert [(tax["name"], tax["amount"]) for tax in note.document["taxes"]] == [("VAT", "1.44")]
    assert kinds(order) == ["paid", "lines_cancelled", "refunded"]
    books_agree()


def test_the_rest_after_a_parcel_is_cancelled_and_the_order_is_done() -> None:
    # Given an order of which two shirts are on their way
    order = sold()
    shirts, book = lines(order)
    parcel = fulfil(order, {shirts.pk: 2}, by=STAFF)
    # When nothing more can be sent
    made = cancel(order, {shirts.pk: 1, book.pk: 1}, reason="unavailable")
    # Then all is done; the delivery charge stays with the shop
    assert made.refund_amount == SHIRT + BOOK
    assert standing(order) == ("fulfilled", "partially_refunded", "fulfilled")
    assert counts(order) == [(2, 1, 0), (0, 1, 0)]
    with pytest.raises(Exception, match="not to be sent"):
        fulfil(order, by=STAFF)
    mail = mails_about(order)[-2]
    assert "We are sorry: we cannot send you these" in mail.text
    assert "Everything else" not in mail.text
    # And the shopper may give back what they have, no more
    assert returns.returnable(order)[0] == {shirts.pk: 2}
    # When the parcel was never handed over
    cancel_fulfilment(parcel, by=STAFF)
    # Then what was in it is to be sent, and no more
    assert standing(order) == ("placed", "partially_refunded", "unfulfilled")
    fulfil(order, by=STAFF)
    assert counts(order) == [(2, 1, 0), (0, 1, 0)]
    assert "Everything that is left of your order is on its way." in mails_about(order)[-1].text
    books_agree()


def test_what_is_damaged_is_not_for_sale_again() -> None:
    order = sold()
    shirts, _book = lines(order)
    made = cancel(order, {shirts.pk: 1}, reason="damaged", restock=False)
    assert (made.restocked, made.refund_amount) == (False, SHIRT)
    assert stocks(order) == [7, 9]
    books_agree()
    # And what is cancelled with the whole order later is
    lifecycle.cancel(order, by=STAFF)
    assert stocks(order) == [9, 10]
    books_agree()


def test_what_was_owed_is_owed_no_more() -> None:
    # Given an order that has sold a shirt more than there were
    order = sold()
    shirts, _book = lines(order)
    assert shirts.variant_id is not None
    Variant.objects.filter(pk=shirts.variant_id).update(allows_backorder=True)
    Reservation.objects.filter(reference=order.token, variant=shirts.variant_id).update(owed=1)
    # When it will never come
    cancel(order, {shirts.pk: 1}, reason="unavailable", restock=False)
    # Then nothing was put back, and nothing waits for it
    row = Reservation.objects.get(reference=order.token, variant=shirts.variant_id)
    assert (row.owed, row.returned, stocks(order)[0]) == (0, 1, 7)


def test_a_whole_order_in_two_steps_brings_the_delivery_charge_along() -> None:
    # Given an order of which the book was cancelled
    order = sold()
    shirts, book = lines(order)
    cancel(order, {book.pk: 1})
    # When the shirts cannot be sent, either
    with pytest.raises(WholeOrder):
        terms(order, {shirts.pk: 3})
    with pytest.raises(WholeOrder):
        cancel(order, {shirts.pk: 3}, key="b")
    assert counts(order) == [(0, 0, 0), (0, 1, 0)]
    # Then the order is cancelled: all goes back, and is on sale once
    payments.give_back(lifecycle.cancel(order, by=STAFF), by=STAFF)
    assert standing(order) == ("cancelled", "refunded", "unfulfilled")
    assert sums(order) == (BOOK, ZERO, TOTAL)
    assert stocks(order) == [10, 10]
    assert papers(order) == [
        *(("invoice", TOTAL), ("credit_note", BOOK), ("credit_note", TOTAL - BOOK)),
    ]
    assert "You get €31.90 back" in mails_about(order)[-2].text
    books_agree()


@pytest.mark.parametrize(
    ("quantities", "refusal"),
    [
        ({}, NothingChosen),
        ({"shirts": 0}, NothingChosen),
        ({"shirts": 2}, MoreThanLeft),
        ({"shirts": -1}, MoreThanLeft),
        ({"shirts": 10**9}, MoreThanLeft),
        ({"shirts": 1, "book": 2}, MoreThanLeft),
        ({"shirts": 1, "other": 1}, UnknownLine),
        ({"none": 1}, UnknownLine),
    ],
)
def test_a_refusal_changes_nothing(
    quantities: dict[str, int], refusal: type[CancellingError]
) -> None:
    # Given an order of which a shirt was sent and another cancelled
    order = sold()
    shirts, book = lines(order)
    fulfil(order, {shirts.pk: 1}, by=STAFF)
    cancel(order, {shirts.pk: 1})
    named = {"shirts": shirts.pk, "book": book.pk, "other": lines(sold())[0].pk, "none": 10**9}
    chosen = {named[name]: number for name, number in quantities.items()}
    before = counts(order), sums(order), stocks(order), steps(order), kinds(order), papers(order)
    # When more is cancelled than is left
    with pytest.raises(refusal):
        terms(order, chosen)
    with pytest.raises(refusal):
        cancel(order, chosen, key="b")
    # Then it is refused
    assert before == (
        *(counts(order), sums(order), stocks(order), steps(order), kinds(order), papers(order)),
    )
    assert Cancellation.objects.count() == Refund.objects.count() == 1


@pytest.mark.parametrize("status", ["pending", "fulfilled", "cancelled", "returned"])
def test_only_of_an_accepted_order_that_is_to_be_sent(status: str) -> None:
    order = sold()
    Order.objects.filter(pk=order.pk).update(status=status, expires_at=order.placed_at)
    order.refresh_from_db()
    shirts, _book = lines(order)
    with pytest.raises(NotToBeSent):
        terms(order, {shirts.pk: 1})
    with pytest.raises(NotToBeSent):
        cancel(order, {shirts.pk: 1})
    assert counts(order) == [(0, 0, 0), (0, 0, 0)]


def test_what_the_ledger_does_not_know_is_not_put_back() -> None:
    order = sold()
    shirts, _book = lines(order)
    Reservation.objects.filter(reference=order.token).delete()
    with pytest.raises(CannotRestock):
        cancel(order, {shirts.pk: 1})
    assert (counts(order)[0], sums(order)) == ((0, 0, 0), (ZERO, ZERO, ZERO))
    assert not Refund.objects.exists()
    cancel(order, {shirts.pk: 1}, restock=False)
    assert (counts(order)[0], stocks(order)) == ((0, 1, 0), [7, 9])


def test_no_more_goes_back_than_is_left() -> None:
    # Given an order of which staff have paid back nearly all
    order = sold()
    _shirts, book = lines(order)
    payments.refund(order, Decimal("35.00"), by=STAFF, key="goodwill")
    # When the book is cancelled
    made = cancel(order, {book.pk: 1})
    # Then what is left goes back, and the order stands
    assert (made.amount, made.refund_amount) == (BOOK, Decimal("4.39"))
    assert standing(order) == ("placed", "refunded", "unfulfilled")
    books_agree()


def test_what_cost_nothing_is_sent_though_all_money_is_back() -> None:
    # Given a book, and shirts that cost nothing, without a delivery charge
    order = free_shirts(paid=True)
    shirts, book = lines(order)
    cancel(order, {book.pk: 1})
    assert standing(order) == ("placed", "refunded", "unfulfilled")
    fulfil(order, {shirts.pk: 3}, by=STAFF)
    assert standing(order) == ("fulfilled", "refunded", "fulfilled")


def free_shirts(*, paid: bool) -> Order:
    """An order of a book at 7.49, and three shirts for nothing."""
    order = sold(
        paid=False,
        discount_total=Decimal("30.00"),
        shipping_price=ZERO,
        shipping_total=ZERO,
        tax_total=Decimal("0.49"),
        total=BOOK,
    )
    shirts, _book = lines(order)
    OrderLine.objects.filter(pk=shirts.pk).update(discount_total=30, tax=0, total=0)
    order.discounts.update(amount=30)
    OrderTax.objects.filter(order=order, rate=19).delete()
    return pay(order) if paid else order


# --- Not paid yet ------------------------------------------------------------------------------


def test_what_is_not_paid_yet_needs_not_be_paid() -> None:
    # Given an order that is to be paid by transfer
    order = sold(paid=False)
    shirts, _book = lines(order)
    make_payment(order, reference="RF18G2026", amount=order.total)
    # When a shirt is cancelled
    assert terms(order, {shirts.pk: 1}) == Terms(SHIRT, ZERO, SHIRT, Decimal("30.39"))
    made = cancel(order, {shirts.pk: 1})
    # Then nothing goes back, and less is owed, wherever it is said
    assert (made.refund_amount, Refund.objects.count()) == (ZERO, 0)
    assert sums(order) == (SHIRT, SHIRT, ZERO)
    assert order.payable == order.remaining_total == Decimal("30.39")
    mail = mails_about(order)[-1]
    assert "You pay €9.00 less: €30.39 in all." in mail.text
    assert "Amount: €30.39" in mail.text
    page = browser().get(f"/orders/{order.token}/").text
    assert "€39.39" in page
    assert page.count("€30.39") == 2
    # When less than that comes
    with pytest.raises(lifecycle.PaidTooLittle):
        lifecycle.mark_paid(order, Decimal("30.38"), by=STAFF)
    assert standing(order)[1] == "awaiting"
    # And when it is there
    pay(order)
    # Then just that was paid, and is on the invoice, with the shirt taken off
    assert captured(order) == [Decimal("30.39")]
    assert sums(order) == (SHIRT, SHIRT, ZERO)
    assert papers(order) == [("invoice", Decimal("30.39"))]
    document = order.invoices.get().document
    assert [(item["quantity"], item["amount"]) for item in document["items"]] == [
        *((3, "30.00"), (1, "7.49"), (-1, "-9.00")),
    ]
    assert (document["items_total"], document["adjustment"]) == ("28.49", "")
    assert [(tax["name"], tax["base"], tax["amount"]) for tax in document["taxes"]] == [
        *(("VAT", "19.25", "3.65"), ("VAT reduced", "7.00", "0.49")),
    ]
    read = text_of(pdf_of(order.invoices.get()))
    for expected in ("Cancelled: Shirt <b>", "−€9.00", "€28.49", "€30.39", "€3.65"):
        assert expected in read
    books_agree()
    # And a refund of all is all of that
    payments.refund(order, Decimal("30.39"), by=STAFF, key="all")
    assert standing(order)[1] == "refunded"
    taxed = order.invoices.get(kind="credit_note").document["taxes"]
    assert taxed == document["taxes"]


def test_prices_without_tax_leave_the_tax_out_too() -> None:
    # Given an order whose prices are without tax, to be paid by transfer
    order = sold(paid=False, tax_included=False, total=Decimal("44.97"))
    shirts, _book = lines(order)
    cancel(order, {shirts.pk: 1})
    assert sums(order) == (Decimal("10.44"), Decimal("10.44"), ZERO)
    pay(order)
    document = order.invoices.get().document
    tax = sum(Decimal(each["amount"]) for each in document["taxes"])
    parts = [Decimal(item["amount"]) for item in document["items"]]
    assert (tax, parts[-1], document["total"]) == (Decimal("4.14"), Decimal("-9.00"), "34.53")
    assert sum(parts) - Decimal("3.00") + Decimal("4.90") + tax == Decimal("34.53")


def test_an_invoice_that_says_more_than_is_owed_gets_a_credit_note() -> None:
    # Given an order to be paid at the door, whose first parcel brought the invoice
    order = sold(paid=False, payment_method="on-delivery")
    shirts, book = lines(order)
    fulfil(order, {shirts.pk: 3}, by=STAFF)
    assert papers(order) == [("invoice", TOTAL)]
    # When the book is cancelled
    made = cancel(order, {book.pk: 1})
    # Then a credit note takes it off, though no money goes back, and the mail brings it
    assert papers(order) == [("invoice", TOTAL), ("credit_note", BOOK)]
    note = order.invoices.get(kind="credit_note")
    assert (note.of_cancellation, note.document["unpaid"]) == (made, True)
    assert [tax["name"] for tax in note.document["taxes"]] == ["VAT reduced"]
    assert f"Credit note {note.number} is attached." in mails_about(order)[-1].text
    read = text_of(pdf_of(note))
    assert ("Taken off" in read, "You get back" in read, "€7.49" in read) == (True, False, True)
    # And what is collected is the rest
    pay(order)
    assert captured(order) == [TOTAL - BOOK]
    assert papers(order) == [("invoice", TOTAL), ("credit_note", BOOK)]
    assert standing(order) == ("fulfilled", "paid", "fulfilled")
    books_agree()


def test_an_order_that_costs_nothing_any_more_is_paid() -> None:
    # Given an order of which only the book costs anything, to be paid by transfer
    order = free_shirts(paid=False)
    _shirts, book = lines(order)
    make_payment(order, reference="RF18G2026", amount=order.total)
    cancel(order, {book.pk: 1})
    # Then nobody waits for money any more
    assert standing(order) == ("placed", "paid", "unfulfilled")
    assert list(order.payments.values_list("status", flat=True)) == ["cancelled"]
    assert "You have nothing to pay any more." in mails_about(order)[-1].text
    assert papers(order) == [("invoice", ZERO)]
    fulfil(order, by=STAFF)
    books_agree()


def test_money_that_was_on_its_way_goes_back_for_what_was_cancelled_meanwhile() -> None:
    # Given an order whose first payment was called off, so that it is paid on delivery
    order = make_order("on-delivery")
    payment = make_payment(order, gateway="bank-transfer", status="cancelled")
    cancel(order, {order.lines.get().pk: 1})
    assert sums(order) == (Decimal("10.00"), Decimal("10.00"), ZERO)
    # When all of the money comes after all
    payments.handle(news(payment, Status.CAPTURED), by=GATEWAY)
    # Then the order is paid, and what is too much is back by itself
    assert money(order) == ("placed", "partially_refunded", Decimal("10.00"))
    assert sums(order) == (Decimal("10.00"), ZERO, Decimal("10.00"))
    assert order.payable == Decimal("24.90")
    assert list(Refund.objects.values_list("amount", "key")) == [
        (Decimal("10.00"), f"over:{payment.key}")
    ]
    books_agree()


def test_money_for_an_order_that_was_cancelled_bit_by_bit_goes_back_whole() -> None:
    # Given an unpaid order of which a shirt was cancelled, and then the rest
    order = make_order("on-delivery")
    payment = make_payment(order, gateway="bank-transfer", status="cancelled")
    cancel(order, {order.lines.get().pk: 1})
    lifecycle.cancel(order, by=STAFF)
    assert sums(order) == (Decimal("10.00"), Decimal("10.00"), ZERO)
    # When its money comes
    payments.handle(news(payment, Status.CAPTURED), by=GATEWAY)
    # Then all of it is back, and nothing is kept
    assert money(order) == ("cancelled", "refunded", Decimal("24.90"))
    assert order.payable == Decimal("24.90")
    assert list(Refund.objects.values_list("amount", flat=True)) == [Decimal("24.90")]
    books_agree()


# --- With returns ------------------------------------------------------------------------------


def give_back(order: Order, quantities: dict[int, int]) -> Decimal:
    back = returns.receive(returns.announce(order, quantities, by=SHOPPER), by=STAFF)
    returns.pay_back(back, by=STAFF)
    return back.refund_amount


def test_all_that_was_sent_comes_back() -> None:
    # Given an order of which the book was cancelled and the shirts were sent
    order = sold()
    shirts, book = lines(order)
    cancel(order, {book.pk: 1})
    fulfil(order, by=STAFF)
    # When the shirts come back
    amounts = [give_back(order, {shirts.pk: 1}), give_back(order, {shirts.pk: 2})]
    # Then the last brings the delivery charge along, and all is back
    assert amounts == [SHIRT, Decimal("22.90")]
    assert standing(order) == ("returned", "refunded", "returned")
    assert sums(order) == (BOOK, ZERO, TOTAL)
    assert stocks(order) == [10, 10]
    books_agree()


def test_the_rest_is_cancelled_after_all_that_was_sent_came_back() -> None:
    # Given an order of which the shirts were sent and came back
    order = sold()
    shirts, book = lines(order)
    fulfil(order, {shirts.pk: 3}, by=STAFF)
    assert give_back(order, {shirts.pk: 3}) == Decimal("27.00")
    assert standing(order) == ("placed", "partially_refunded", "partial")
    # When the book is cancelled
    made = cancel(order, {book.pk: 1})
    # Then the shopper has nothing of it, and all is back, the delivery charge too
    assert made.refund_amount == BOOK + Decimal("4.90")
    assert standing(order) == ("returned", "refunded", "returned")
    assert sums(order) == (Decimal("12.39"), ZERO, TOTAL)
    books_agree()


@given(
    total=st.decimals(0, 5000, places=2),
    tax=st.decimals(0, 500, places=2),
    included=st.booleans(),
    data=st.data(),
)
@pytest.mark.django_db(transaction=False)
def test_parts_add_up_to_the_whole(
    total: Decimal, tax: Decimal, included: bool, data: st.DataObject
) -> None:
    """Cancelled or come back, one after the other, in whatever portions."""
    quantity = data.draw(st.integers(1, 40))
    order = Order(tax_included=included)
    line = OrderLine(quantity=quantity, total=total, tax=tax)
    gone, taxes = ZERO, ZERO
    while left := quantity - line.undone_quantity:
        part = data.draw(st.integers(1, left))
        amount, with_tax = returns.sold_for(order, line, part)
        assert amount >= 0
        assert with_tax >= 0
        gone, taxes = gone + amount, taxes + with_tax
        field = data.draw(st.sampled_from(["cancelled_quantity", "returned_quantity"]))
        setattr(line, field, getattr(line, field) + part)
    assert (gone, taxes) == (total + (ZERO if included else tax), tax)


# --- Repeated, and at once ---------------------------------------------------------------------


def test_the_same_key_is_the_same_cancellation() -> None:
    order = sold()
    shirts, book = lines(order)
    first, again = cancel(order, {shirts.pk: 1}), cancel(order, {book.pk: 1})
    assert first == again
    assert counts(order) == [(0, 1, 0), (0, 0, 0)]
    assert sums(order)[2] == SHIRT
    assert kinds(order).count("lines_cancelled") == 1
    # But another order's key is its own
    other = sold()
    assert cancel(other, {lines(other)[1].pk: 1}).refund_amount == BOOK


@pytest.mark.django_db(transaction=True)
def test_a_double_click_cancels_once() -> None:
    order = sold()
    shirts, _book = lines(order)

    def click() -> Cancellation:
        return cancel(order, {shirts.pk: 1})

    first, again = together(click, click)
    assert first == again
    assert counts(order) == [(0, 1, 0), (0, 0, 0)]
    assert sums(order) == (SHIRT, ZERO, SHIRT)
    assert stocks(order) == [8, 9]


def test_the_database_refuses_more_than_there_is() -> None:
    order = sold()
    shirts, _book = lines(order)
    fulfil(order, {shirts.pk: 2}, by=STAFF)
    for field, number in (("cancelled_quantity", 2), ("fulfilled_quantity", 4)):
        with pytest.raises(IntegrityError), transaction.atomic():
            OrderLine.objects.filter(pk=shirts.pk).update(**{field: number})
    for changed in (
        {"waived_total": 1},
        {"cancelled_total": TOTAL + 1},
        {"cancelled_total": 2, "waived_total": 2, "refunded_total": TOTAL - 1},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.filter(pk=order.pk).update(**changed)


# --- Told --------------------------------------------------------------------------------------


def test_the_page_and_webhooks_tell_it() -> None:
    Endpoint.objects.create(title="Warehouse", url="https://warehouse.example/")
    order = sold()
    shirts, _book = lines(order)
    cancel(order, {shirts.pk: 1})
    told = Delivery.objects.get(event="order.lines_cancelled").payload["order"]
    assert [line["cancelled_quantity"] for line in told["lines"]] == [1, 0]
    assert (told["cancelled_total"], told["payable"]) == ("9.00", "39.39")
    page = browser().get(f"/orders/{order.token}/").text
    for expected in (
        "1 cancelled",
        "Cancelled at your request",
        "1 × Shirt &lt;b&gt;",
        "You get €9.00 back, the way you paid.",
        "−€9.00",
        "€30.39",
        "€9.00 was paid back.",
    ):
        assert expected in page


def test_the_page_costs_as_much_with_many_cancellations() -> None:
    queries = []
    for pieces in (1, 3):
        order = sold()
        shirts, _book = lines(order)
        for piece in range(pieces):
            cancel(order, {shirts.pk: 1}, key=str(piece))
        client = browser()
        client.get(f"/orders/{order.token}/")
        with CaptureQueriesContext(connection) as seen:
            client.get(f"/orders/{order.token}/")
        queries.append(len(seen))
    assert queries[0] == queries[1]
