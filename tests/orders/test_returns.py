"""What comes back: within its time, not more than was sent, paid back once and to the cent."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from orders import returns
from orders.fulfilment import fulfil
from orders.models import Fulfilment, Order, OrderLine, Return, ReturnLine
from orders.payment import services as payments
from orders.returns import (
    AlreadyClosed,
    CannotRestock,
    MoreThanSent,
    NothingChosen,
    NotReceived,
    NotSentYet,
    ReturnError,
    TooLate,
    TooMuch,
    UnknownLine,
    announce,
    pay_back,
    receive,
    refuse,
    worth,
)
from orders.shares import next_share
from tests.carts.helpers import together
from tests.orders.sales import (
    SHOPPER,
    STAFF,
    TOTAL,
    browser,
    counts,
    kinds,
    lines,
    mails_about,
    papers,
    sold,
    standing,
    steps,
    stocks,
)

pytestmark = pytest.mark.django_db


def sent(**fields: Any) -> Order:
    """An order that was paid and sent, all of it."""
    order = sold(**fields)
    fulfil(order, by=STAFF)
    order.refresh_from_db()
    return order


# --- Announcing --------------------------------------------------------------------------------


def test_the_shopper_announces_a_return(settings: Settings) -> None:
    # Given an order that was sent
    settings.RETURN_ADDRESS = ["Returns Ltd", "1 Dock Road"]
    order = sent()
    shirts, _book = lines(order)
    # When two shirts are announced
    back = announce(order, {shirts.pk: 2}, by=SHOPPER, reason="too\n  small")
    # Then that is kept, nothing else has changed, and a mail says where to send them
    assert (back.status, back.reason) == ("requested", "too small")
    assert list(back.lines.values_list("line", "quantity")) == [(shirts.pk, 2)]
    assert standing(order) == ("fulfilled", "paid", "fulfilled")
    assert counts(order) == [(3, 0), (1, 0)]
    assert steps(order)[-1] == "return.announced"
    assert kinds(order)[-1] == "return_announced"
    mail = mails_about(order)[-1]
    assert "Returns Ltd\n1 Dock Road\n" in mail.text
    assert "2 × Shirt <b> (S / Blue)" in mail.text
    # And one is left to announce, beside the book
    assert returns.returnable(order)[0] == {shirts.pk: 1, lines(order)[1].pk: 1}


@pytest.mark.parametrize(
    ("quantities", "refusal"),
    [
        ({}, NothingChosen),
        ({"shirts": 0}, NothingChosen),
        ({"shirts": 3}, MoreThanSent),
        ({"shirts": -1}, MoreThanSent),
        ({"shirts": 1, "other": 1}, UnknownLine),
    ],
)
def test_a_refused_announcement_changes_nothing(
    quantities: dict[str, int], refusal: type[ReturnError]
) -> None:
    # Given an order of which two of three shirts were sent, and one of those is announced
    order = sold()
    shirts, _book = lines(order)
    fulfil(order, {shirts.pk: 2}, by=STAFF)
    announce(order, {shirts.pk: 1}, by=SHOPPER)
    named = {"shirts": shirts.pk, "other": lines(sold())[0].pk}
    before = steps(order), kinds(order)
    # When more is announced than there is
    with pytest.raises(refusal):
        announce(order, {named[name]: number for name, number in quantities.items()}, by=SHOPPER)
    # Then it is refused
    assert Return.objects.count() == 1
    assert (steps(order), kinds(order)) == before


def test_what_was_not_sent_does_not_come_back() -> None:
    order = sold()
    shirts, _book = lines(order)
    with pytest.raises(NotSentYet):
        announce(order, {shirts.pk: 1}, by=SHOPPER)
    assert returns.returnable(order) == ({}, None)


def test_the_time_runs_from_the_last_parcel(settings: Settings) -> None:
    # Given an order whose last parcel was sent 14 days and a second ago
    settings.RETURN_DAYS = 14
    order = sold()
    shirts, _book = lines(order)
    fulfil(order, {shirts.pk: 1}, by=STAFF)
    fulfil(order, by=STAFF)
    long_ago = timezone.now() - timedelta(days=14, seconds=1)
    Fulfilment.objects.update(sent_at=long_ago)
    # Then it is too late
    with pytest.raises(TooLate):
        announce(order, {shirts.pk: 1}, by=SHOPPER)
    assert returns.returnable(order)[0] == {}
    assert not Return.objects.exists()
    # But not if one of them went later
    last = Fulfilment.objects.latest("pk")
    Fulfilment.objects.filter(pk=last.pk).update(sent_at=long_ago + timedelta(minutes=1))
    announce(order, {shirts.pk: 1}, by=SHOPPER)


# --- Receiving ---------------------------------------------------------------------------------


def test_a_return_is_received_put_on_sale_and_paid_back() -> None:
    # Given a return of two of three shirts, sold for 27.00 together
    order = sent()
    shirts, _book = lines(order)
    back = announce(order, {shirts.pk: 2}, by=SHOPPER)
    assert worth(back) == Decimal("18.00")
    # When it is here, and one of them is damaged
    received = receive(back, by=STAFF, restock={shirts.pk: 1})
    # Then one is on sale again
    assert (received.status, received.refund_amount) == ("received", Decimal("18.00"))
    assert counts(order) == [(3, 2), (1, 0)]
    assert stocks(order) == [8, 9]
    [line] = received.lines.all()
    assert (line.quantity, line.restocked, line.amount, line.tax) == (
        *(2, 1),
        *(Decimal("18.00"), Decimal("2.87")),
    )
    assert standing(order) == ("fulfilled", "paid", "fulfilled")
    assert "You get €18.00 back" in mails_about(order)[-1].text
    # When it is paid back, twice
    first, second = pay_back(received, by=STAFF), pay_back(received, by=STAFF)
    # Then it is paid once
    assert first == second
    order.refresh_from_db()
    assert (order.payment_status, order.refunded_total) == ("partially_refunded", Decimal("18.00"))
    assert papers(order) == [("invoice", TOTAL), ("credit_note", Decimal("18.00"))]
    assert kinds(order) == [
        *("paid", "shipped", "return_announced", "return_received", "refunded"),
    ]
    assert steps(order)[-4:] == [
        *("return.received", "payment.refund_asked", "payment.refunded", "credit_note.issued"),
    ]


def test_a_whole_order_that_comes_back_brings_its_delivery_along() -> None:
    # Given an order that comes back in three parcels
    order = sent()
    shirts, book = lines(order)
    amounts = []
    for quantities in ({shirts.pk: 1}, {shirts.pk: 1, book.pk: 1}, {shirts.pk: 1}):
        back = receive(announce(order, quantities, by=SHOPPER), by=STAFF)
        pay_back(back, by=STAFF)
        amounts.append(back.refund_amount)
    # Then each is worth its goods, and the last the delivery, too
    assert amounts == [Decimal("9.00"), Decimal("16.49"), Decimal("13.90")]
    assert sum(amounts) == TOTAL
    assert standing(order) == ("returned", "refunded", "returned")
    assert counts(order) == [(3, 3), (1, 1)]
    assert stocks(order) == [10, 10]
    # And the credit notes hold all of its tax, at each rate
    notes = order.invoices.filter(kind="credit_note")
    taxed: dict[str, Decimal] = {}
    for note in notes:
        for tax in note.document["taxes"]:
            taxed[tax["name"]] = taxed.get(tax["name"], Decimal(0)) + Decimal(tax["amount"])
    assert taxed == {"VAT": Decimal("5.09"), "VAT reduced": Decimal("0.49")}


def test_parts_of_a_price_add_up_to_it() -> None:
    # Given 10.00 for three, one after the other
    parts = [next_share(Decimal("10.00"), taken, 1, 3) for taken in range(3)]
    assert parts == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]


def test_fewer_came_than_were_announced() -> None:
    # Given an announced return of two shirts and a book
    order = sent()
    shirts, book = lines(order)
    back = announce(order, {shirts.pk: 2, book.pk: 1}, by=SHOPPER)
    # When only one shirt is in the parcel
    receive(back, by=STAFF, received={shirts.pk: 1}, restock={})
    # Then that is what counts, and the rest may be announced again
    assert list(back.lines.values_list("line", "quantity", "restocked")) == [(shirts.pk, 1, 0)]
    assert counts(order) == [(3, 1), (1, 0)]
    assert stocks(order) == [7, 9]
    assert returns.returnable(order)[0] == {shirts.pk: 2, book.pk: 1}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"received": {"shirts": 3}}, MoreThanSent),
        ({"received": {"shirts": -1}}, MoreThanSent),
        ({"received": {"shirts": 0}}, NothingChosen),
        ({"received": {"book": 1}}, UnknownLine),
        ({"restock": {"shirts": 3}}, CannotRestock),
        ({"restock": {"shirts": -1}}, CannotRestock),
        ({"restock": {"book": 1}}, UnknownLine),
        ({"refund": Decimal("39.40")}, TooMuch),
        ({"refund": Decimal("-0.01")}, TooMuch),
    ],
)
def test_a_refused_receipt_changes_nothing(
    given: dict[str, Any], refusal: type[ReturnError]
) -> None:
    order = sent()
    shirts, book = lines(order)
    back = announce(order, {shirts.pk: 2}, by=SHOPPER)
    named = {"shirts": shirts.pk, "book": book.pk}
    for field in ("received", "restock"):
        if field in given:
            given = {field: {named[name]: number for name, number in given[field].items()}}
    before = steps(order), kinds(order)
    with pytest.raises(refusal):
        receive(back, by=STAFF, **given)
    back.refresh_from_db()
    assert (back.status, back.refund_amount) == ("requested", Decimal(0))
    assert back.received_at is None
    assert list(back.lines.values_list("quantity", "restocked")) == [(2, 0)]
    assert counts(order) == [(3, 0), (1, 0)]
    assert stocks(order) == [7, 9]
    assert (steps(order), kinds(order)) == before


def test_what_is_no_longer_in_the_catalogue_does_not_go_on_sale() -> None:
    # Given a return of something that was taken out of the catalogue meanwhile
    order = sent()
    _shirts, book = lines(order)
    back = announce(order, {book.pk: 1}, by=SHOPPER)
    OrderLine.objects.filter(pk=book.pk).update(variant=None)
    with pytest.raises(CannotRestock):
        receive(back, by=STAFF, restock={book.pk: 1})
    # Then it is received without
    receive(back, by=STAFF)
    assert back.lines.get().restocked == 0
    assert counts(order) == [(3, 0), (1, 1)]


def test_a_sale_the_ledger_does_not_know_is_not_restocked() -> None:
    # Given an order from before there was a ledger
    order = sent()
    shirts, _book = lines(order)
    Order.objects.filter(pk=order.pk).update(token="another-name-than-the-ledgers")
    order.refresh_from_db()
    back = announce(order, {shirts.pk: 1}, by=SHOPPER)
    with pytest.raises(CannotRestock):
        receive(back, by=STAFF)
    assert counts(order) == [(3, 0), (1, 0)]
    # Then it can be received without
    receive(back, by=STAFF, restock={})
    assert counts(order) == [(3, 1), (1, 0)]


def test_staff_may_pay_back_less_and_the_books_still_add_up() -> None:
    # Given a worn shirt that came back
    order = sent()
    shirts, _book = lines(order)
    back = receive(
        announce(order, {shirts.pk: 1}, by=SHOPPER), by=STAFF, refund=Decimal("5.00"), note="Worn."
    )
    pay_back(back, by=STAFF)
    # Then that is what goes back, with its part of the tax
    order.refresh_from_db()
    assert order.refunded_total == Decimal("5.00")
    note = order.invoices.get(kind="credit_note")
    assert note.document["items"][0]["amount"] == "9.00"
    assert note.document["adjustment"] == "-4.00"
    assert note.document["total"] == "5.00"
    for tax in note.document["taxes"]:
        assert Decimal(tax["base"]) >= 0
        assert Decimal(tax["amount"]) >= 0


def test_what_was_never_paid_is_not_paid_back() -> None:
    # Given an order that is to be paid at the door, and was refused there
    order = sent(paid=False, payment_method="on-delivery")
    shirts, book = lines(order)
    back = announce(order, {shirts.pk: 3, book.pk: 1}, by=SHOPPER)
    assert worth(back) == 0
    received = receive(back, by=STAFF)
    # Then it has come back, and that is all
    assert received.refund_amount == 0
    assert pay_back(received, by=STAFF) is None
    assert standing(order) == ("returned", "awaiting", "returned")
    assert stocks(order) == [10, 10]


def test_money_that_went_back_before_does_not_go_back_again() -> None:
    # Given an order of which 30.00 was refunded for another reason
    order = sent()
    shirts, book = lines(order)
    payments.refund(order, Decimal("30.00"), by=STAFF, key="sorry")
    back = announce(order, {shirts.pk: 3, book.pk: 1}, by=SHOPPER)
    # Then a return of all of it is worth what is left
    assert worth(back) == Decimal("9.39")
    received = receive(back, by=STAFF)
    assert received.refund_amount == Decimal("9.39")
    pay_back(received, by=STAFF)
    assert standing(order) == ("returned", "refunded", "returned")


def test_prices_without_tax_give_the_tax_back_too() -> None:
    # Given an order whose prices are without tax
    order = sent(tax_included=False, total=Decimal("44.97"))
    shirts, _book = lines(order)
    back = receive(announce(order, {shirts.pk: 3}, by=SHOPPER), by=STAFF)
    assert back.refund_amount == Decimal("31.31")
    [line] = back.lines.all()
    assert (line.amount, line.tax) == (Decimal("31.31"), Decimal("4.31"))
    pay_back(back, by=STAFF)
    note = order.invoices.get(kind="credit_note").document
    assert [item["amount"] for item in note["items"]] == ["27.00"]
    assert [(tax["name"], tax["amount"]) for tax in note["taxes"]] == [("VAT", "4.31")]
    assert (note["adjustment"], note["total"]) == ("", "31.31")


# --- Refusing, and what is closed --------------------------------------------------------------


def test_staff_refuse_a_return() -> None:
    order = sent()
    shirts, _book = lines(order)
    back = announce(order, {shirts.pk: 1}, by=SHOPPER)
    refused = refuse(back, by=STAFF, why=" Engraved for you. ")
    assert (refused.status, refused.note) == ("refused", "Engraved for you.")
    assert "Engraved for you." in mails_about(order)[-1].text
    assert steps(order)[-1] == "return.refused"
    # Then it is closed, and may be announced again
    with pytest.raises(AlreadyClosed):
        refuse(back, by=STAFF, why="x")
    with pytest.raises(AlreadyClosed):
        receive(back, by=STAFF)
    with pytest.raises(NotReceived):
        pay_back(refused, by=STAFF)
    assert returns.returnable(order)[0][shirts.pk] == 3
    assert counts(order) == [(3, 0), (1, 0)]


@pytest.mark.django_db(transaction=True)
def test_two_people_receive_the_same_parcel_and_pay_it_back() -> None:
    # Given a return, and two members of staff at the same moment
    order = sent()
    shirts, _book = lines(order)
    back = announce(order, {shirts.pk: 2}, by=SHOPPER)

    def both() -> Any:
        receive(back, by=STAFF)
        return pay_back(Return.objects.get(pk=back.pk), by=STAFF)

    results = together(both, both)
    # Then it is counted, put back and paid once
    assert sorted(type(each).__name__ for each in results) == ["AlreadyClosed", "Refund"]
    assert counts(order) == [(3, 2), (1, 0)]
    assert stocks(order) == [9, 9]
    order.refresh_from_db()
    assert order.refunded_total == Decimal("18.00")


@pytest.mark.django_db(transaction=True)
def test_a_shopper_clicks_twice() -> None:
    order = sent()
    shirts, _book = lines(order)
    results = together(*[lambda: announce(order, {shirts.pk: 2}, by=SHOPPER)] * 2)
    assert sorted(type(each).__name__ for each in results) == ["MoreThanSent", "Return"]
    assert ReturnLine.objects.count() == 1


# --- On the order's page -----------------------------------------------------------------------


def test_the_page_offers_what_may_come_back_and_takes_it() -> None:
    # Given an order that was sent
    order = sent()
    shirts, book = lines(order)
    page = f"/orders/{order.token}/"
    html = browser().get(page).content.decode()
    # Then its page has a field for each line, with as many as were sent
    assert f'name="line-{shirts.pk}"' in html
    assert html.count('<option value="3">3</option>') == 1
    assert 'href="/orders/' + order.token + '/invoice.pdf"' in html
    # When it is filled in
    answer = browser().post(
        f"{page}returns/", {f"line-{shirts.pk}": "3", f"line-{book.pk}": "0", "reason": "too big"}
    )
    # Then the return is announced, and the page shows it, with what is left
    assert (answer.status_code, answer["Location"]) == (303, page)
    back = order.returns.get()
    assert (back.reason, list(back.lines.values_list("quantity", flat=True))) == ("too big", [3])
    html = browser().get(page).content.decode()
    assert "3 × Shirt &lt;b&gt;" in html
    assert f'name="line-{shirts.pk}"' not in html
    assert f'name="line-{book.pk}"' in html


@pytest.mark.parametrize("value", ["4", "-1", "x", "1.5", "9" * 40])
def test_nonsense_announces_nothing(value: str) -> None:
    order = sent()
    shirts, _book = lines(order)
    answer = browser().post(f"/orders/{order.token}/returns/", {f"line-{shirts.pk}": value})
    assert answer.status_code == 303
    assert not Return.objects.exists()


def test_nobody_returns_by_a_link_or_without_the_orders_name() -> None:
    order = sent()
    assert browser().get(f"/orders/{order.token}/returns/").status_code == 405
    assert browser().post("/orders/not-a-real-token/returns/", {}).status_code == 404
    strict = browser(enforce_csrf_checks=True)
    assert strict.post(f"/orders/{order.token}/returns/", {}).status_code == 403


def test_the_page_costs_as_much_with_many_parcels_and_returns() -> None:
    # Given an order with one parcel and one return, and one with three of each
    queries = []
    for pieces in (1, 3):
        order = sold()
        shirts, _book = lines(order)
        for _piece in range(pieces):
            fulfil(order, {shirts.pk: 1}, by=STAFF)
            announce(order, {shirts.pk: 1}, by=SHOPPER)
        client = browser()
        client.get(f"/orders/{order.token}/")
        with CaptureQueriesContext(connection) as seen:
            client.get(f"/orders/{order.token}/")
        queries.append(len(seen))
    assert queries[0] == queries[1]
