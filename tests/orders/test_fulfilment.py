"""Parcels: not more than was ordered, whoever sends at the same time."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders import returns
from orders.carriers import tracking_address
from orders.fulfilment import (
    AlreadyCancelled,
    BadTrackingAddress,
    ComingBack,
    FulfilmentError,
    MoreThanOrdered,
    NothingToSend,
    NotToBeSent,
    UnknownLine,
    cancel_fulfilment,
    fulfil,
    set_tracking,
)
from orders.models import Fulfilment, OrderLine
from tests.carts.helpers import together
from tests.orders.sales import (
    SHOPPER,
    STAFF,
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


def test_an_order_is_sent_in_two_parcels() -> None:
    # Given a paid order of three shirts and a book
    order = sold()
    shirts, _book = lines(order)
    # When two of the shirts are sent
    first = fulfil(order, {shirts.pk: 2}, by=STAFF, carrier=" dhl ", tracking_number=" JJ 1 ")
    # Then it is partly sent, and the parcel can be followed
    assert standing(order) == ("placed", "paid", "partial")
    assert counts(order) == [(2, 0), (0, 0)]
    assert (first.carrier, first.tracking_number) == ("dhl", "JJ 1")
    assert first.tracking_url.endswith("?tracking-id=JJ%201")
    # When the rest is sent
    fulfil(order, by=STAFF)
    # Then all of it is; the stock had gone when it was sold
    assert standing(order) == ("fulfilled", "paid", "fulfilled")
    assert counts(order) == [(3, 0), (1, 0)]
    assert stocks(order) == [7, 9]
    assert steps(order)[-2:] == ["order.fulfilled", "order.fulfilled"]
    # And each parcel had its mail
    assert kinds(order) == ["paid", "shipped", "shipped"]
    one, two = mails_about(order)[1:]
    assert "A part of your order is on its way" in one.text
    assert "2 × Shirt <b> (S / Blue)" in one.text
    assert "JJ 1" in one.text
    assert first.tracking_url in one.text
    assert "1 × Book" in two.text
    assert "Everything you ordered is on its way." in two.text


@pytest.mark.parametrize(
    ("quantities", "refusal"),
    [
        ({}, NothingToSend),
        ({"shirts": 0}, NothingToSend),
        ({"shirts": 4}, MoreThanOrdered),
        ({"shirts": -1}, MoreThanOrdered),
        ({"shirts": 1, "book": 2}, MoreThanOrdered),
        ({"other": 1}, UnknownLine),
        ({"none": 1}, UnknownLine),
    ],
)
def test_what_is_not_to_be_sent_is_refused_and_changes_nothing(
    quantities: dict[str, int], refusal: type[FulfilmentError]
) -> None:
    order = sold()
    shirts, book = lines(order)
    named = {"shirts": shirts.pk, "book": book.pk, "other": lines(sold())[0].pk, "none": 10**9}
    before = steps(order)
    with pytest.raises(refusal):
        fulfil(order, {named[name]: number for name, number in quantities.items()}, by=STAFF)
    assert counts(order) == [(0, 0), (0, 0)]
    assert standing(order) == ("placed", "paid", "unfulfilled")
    assert not Fulfilment.objects.exists()
    assert steps(order) == before
    assert kinds(order) == ["paid"]


def test_nothing_left_is_nothing_to_send() -> None:
    order = sold()
    fulfil(order, by=STAFF)
    with pytest.raises(NotToBeSent):
        fulfil(order, by=STAFF)
    assert Fulfilment.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "cancelled"},
        {"status": "pending"},
        {"status": "returned"},
        {"payment_status": "refunded"},
    ],
)
def test_not_every_order_is_to_be_sent(fields: dict[str, str]) -> None:
    order = sold()
    for name, value in fields.items():
        setattr(order, name, value)
    order.expires_at = order.placed_at
    order.save()
    with pytest.raises(NotToBeSent):
        fulfil(order, by=STAFF)
    assert counts(order) == [(0, 0), (0, 0)]


def test_what_is_paid_at_the_door_is_sent_before_and_has_its_invoice() -> None:
    # Given an order that is not paid yet
    order = sold(paid=False, payment_method="on-delivery")
    assert papers(order) == []
    # When it is sent
    fulfil(order, by=STAFF)
    # Then its invoice goes along
    assert standing(order) == ("fulfilled", "awaiting", "fulfilled")
    assert papers(order) == [("invoice", order.total)]
    [mail] = mails_about(order)
    assert [file.name for file in mail.attachments.all()] == [
        f"invoice-{order.invoices.get().number}.pdf"
    ]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "example.com", "ftp://x.example/"])
def test_a_tracking_address_is_one_of_the_web(address: str) -> None:
    order = sold()
    with pytest.raises(BadTrackingAddress):
        fulfil(order, by=STAFF, carrier="Pigeon", tracking_url=address)
    assert not Fulfilment.objects.exists()


def test_known_carriers_have_their_address() -> None:
    assert tracking_address("UPS", "1Z&x=1") == "https://www.ups.com/track?tracknum=1Z%26x%3D1"
    assert tracking_address("Pigeon", "1") == ""
    assert tracking_address("UPS", " ") == ""


def test_tracking_can_come_later() -> None:
    order = sold()
    parcel = fulfil(order, by=STAFF)
    now = set_tracking(parcel, by=STAFF, carrier="GLS", tracking_number="42")
    assert now.tracking_url == "https://gls-group.eu/track/42"
    assert steps(order)[-1] == "order.tracking_changed"
    given = set_tracking(
        parcel, by=STAFF, carrier="Pigeon", tracking_number="7", tracking_url="https://p.example/7"
    )
    assert given.tracking_url == "https://p.example/7"
    assert kinds(order) == ["paid", "shipped"]


# --- Taking a parcel back ----------------------------------------------------------------------


def test_a_parcel_that_was_never_handed_over_is_cancelled() -> None:
    # Given an order in two parcels
    order = sold()
    shirts, _book = lines(order)
    fulfil(order, {shirts.pk: 1}, by=STAFF)
    second = fulfil(order, by=STAFF)
    # When the second is cancelled
    cancel_fulfilment(second, by=STAFF, why="van broke down")
    # Then what was in it is still to be sent, and can be
    assert standing(order) == ("placed", "paid", "partial")
    assert counts(order) == [(1, 0), (0, 0)]
    assert steps(order)[-1] == "order.fulfilment_cancelled"
    fulfil(order, by=STAFF)
    assert counts(order) == [(3, 0), (1, 0)]
    # And it cannot be cancelled or changed again
    with pytest.raises(AlreadyCancelled):
        cancel_fulfilment(second, by=STAFF)
    with pytest.raises(AlreadyCancelled):
        set_tracking(second, by=STAFF, carrier="UPS", tracking_number="1")
    assert counts(order) == [(3, 0), (1, 0)]


def test_the_only_parcel_cancelled_is_an_order_not_sent() -> None:
    order = sold()
    parcel = fulfil(order, by=STAFF)
    cancel_fulfilment(parcel, by=STAFF)
    assert standing(order) == ("placed", "paid", "unfulfilled")
    assert stocks(order) == [7, 9]


def test_what_came_back_was_sent() -> None:
    # Given a parcel of which something is announced to come back
    order = sold()
    shirts, _book = lines(order)
    parcel = fulfil(order, by=STAFF)
    back = returns.announce(order, {shirts.pk: 1}, by=SHOPPER)
    # Then it cannot be cancelled, now or when that is here
    with pytest.raises(ComingBack):
        cancel_fulfilment(parcel, by=STAFF)
    returns.receive(back, by=STAFF)
    with pytest.raises(ComingBack):
        cancel_fulfilment(parcel, by=STAFF)
    assert standing(order)[2] == "fulfilled"
    assert counts(order) == [(3, 1), (1, 0)]


# --- Races and costs ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_people_send_the_same_parcel() -> None:
    # Given an order, and two members of staff who click at the same moment
    order = sold()
    shirts, _book = lines(order)
    results: list[Any] = together(*[lambda: fulfil(order, {shirts.pk: 2}, by=STAFF)] * 2)
    # Then one of them has sent it
    assert sorted(type(each).__name__ for each in results) == ["Fulfilment", "MoreThanOrdered"]
    assert counts(order) == [(2, 0), (0, 0)]
    assert Fulfilment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_cancel_the_same_parcel() -> None:
    order = sold()
    parcel = fulfil(order, by=STAFF)
    results: list[Any] = together(*[lambda: cancel_fulfilment(parcel, by=STAFF)] * 2)
    assert sorted(type(each).__name__ for each in results) == ["AlreadyCancelled", "Order"]
    assert counts(order) == [(0, 0), (0, 0)]


def test_many_lines_cost_no_more() -> None:
    # Given an order of two lines, and one of twenty-two
    few, many = sold(), sold()
    _shirts, book = lines(many)
    for _number in range(20):
        book.pk = None
        book.save()
    # When each is sent
    used = []
    for order in (few, many):
        with CaptureQueriesContext(connection) as seen:
            fulfil(order, by=STAFF)
        used.append(len(seen))
    # Then the database is asked as often
    assert used[0] == used[1]
    assert not OrderLine.objects.filter(order=many, fulfilled_quantity=0).exists()
