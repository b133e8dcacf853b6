"""Each role does its own work and nothing else; what is done with orders is confirmed and kept."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services.emails import confirm
from orders import fulfilment, returns
from orders.auditing.models import Anomaly
from orders.cancelling import cancel_lines
from orders.models import Order
from orders.payment import services as payments
from shop.audit.actors import system
from shop.audit.models import Entry
from shop.staff.roles import MERCHANDISER, OWNER, SUPPORT
from shop.storefronts.models import Storefront
from tests.orders.sales import sold
from tests.staff import sign_in

pytestmark = pytest.mark.django_db(transaction=True)

BY = system("tests")
DEEDS = [
    *("received", "capture", "fulfil", "refund", "cancel-lines", "cancel", "receive", "refuse"),
]


def staff(role: str) -> Client:
    user = User.objects.create_user(f"{role}@example.com".lower(), "x", is_staff=True)
    confirm(user)
    user.groups.add(Group.objects.get(name=role))
    main, _made = Storefront.objects.get_or_create(
        slug="galleria", defaults={"domain": "galleria.example", "is_main": True, "name": "G"}
    )
    return sign_in(user, main)


def deed(order: Order, slug: str) -> str:
    return reverse("admin:orders_deed", args=[order.pk, slug])


def page(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


@pytest.mark.parametrize(
    ("role", "seen", "hidden"),
    [
        (SUPPORT, ["orders_order", "auditing_anomaly", "accounts_user"], ["pricing_promotion"]),
        (
            MERCHANDISER,
            ["catalogue_product", "pricing_promotion"],
            ["orders_order", "accounts_user"],
        ),
        (OWNER, ["orders_order", "pricing_promotion", "storefronts_storefront"], []),
    ],
)
def test_each_role_sees_its_own(role: str, seen: list[str], hidden: list[str]) -> None:
    client = staff(role)
    assert client.get("/admin/").status_code == 200
    for name in seen:
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200, name
    for name in hidden:
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403, name


def test_who_may_not_do_it_is_not_asked(settings: Any) -> None:
    order = sold()
    client = staff(MERCHANDISER)
    for slug in DEEDS:
        assert client.get(deed(order, slug)).status_code == 403
        assert client.post(deed(order, slug)).status_code == 403
    guest = Client(HTTP_HOST="galleria.example")
    assert guest.post(deed(order, "refund")).status_code == 302
    assert payments.refundable(order) == order.total
    assert LogEntry.objects.count() == 0


def test_a_refusal_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    client = staff(MERCHANDISER)

    assert client.get("/admin/orders/order/").status_code == 403

    (line,) = [record for record in caplog.records if record.name == "django.request"]
    assert line.getMessage() == "Forbidden (Permission denied): /admin/orders/order/"
    assert line.exc_info is None


def test_a_parcel_is_sent_in_part_and_again(settings: Any) -> None:
    order = sold()
    client = staff(SUPPORT)
    shirt, book = order.lines.all()
    asked = client.get(deed(order, "fulfil"))
    assert asked.status_code == 200
    assert order.fulfilments.count() == 0

    sent = client.post(
        deed(order, "fulfil"),
        {f"line_{shirt.pk}": 2, f"line_{book.pk}": 0, "carrier": "DHL", "tracking_number": "0034"},
    )

    assert (sent.status_code, sent["Location"]) == (302, page(order))
    order.refresh_from_db()
    assert order.fulfilment_status == "partial"
    entry = Entry.objects.filter(trail=order.trail, action="order.fulfilled").get()
    assert (entry.kind, entry.how, entry.channel) == ("staff", "staff-session", "admin")
    assert LogEntry.objects.get().change_message == "Send a parcel"
    too_many = client.post(deed(order, "fulfil"), {f"line_{shirt.pk}": 2, f"line_{book.pk}": 1})
    assert too_many.status_code == 400
    assert order.fulfilments.count() == 1


def test_money_goes_back_once_however_often_the_form_is_sent() -> None:
    order = sold()
    client = staff(SUPPORT)
    asked = client.get(deed(order, "refund"))
    assert asked.context["form"].initial["amount"] == order.total
    form = {"amount": "5.00", "reason": "late", "key": asked.context["form"].initial["key"]}

    for _ in range(2):
        assert client.post(deed(order, "refund"), form).status_code == 302

    order.refresh_from_db()
    assert order.refunded_total == Decimal("5.00")
    over = client.post(deed(order, "refund"), {**form, "amount": "999.00", "key": "other"})
    assert over.status_code == 400
    assert client.post(deed(order, "refund"), {**form, "amount": "-1"}).status_code == 400
    order.refresh_from_db()
    assert order.refunded_total == Decimal("5.00")


def test_a_transfer_is_marked_as_received() -> None:
    order = sold(paid=False)
    client = staff(SUPPORT)
    assert client.post(deed(order, "received")).status_code == 302
    order.refresh_from_db()
    assert order.payment_status == "paid"
    again = client.post(deed(order, "received"), follow=True)
    assert again.status_code == 200
    assert order.payments.count() == 1


def test_an_order_is_cancelled_and_paid_back() -> None:
    order = sold()
    client = staff(SUPPORT)
    assert client.post(deed(order, "cancel"), {}).status_code == 400
    assert client.post(deed(order, "cancel"), {"why": "staff"}).status_code == 302
    order.refresh_from_db()
    assert (order.status, order.payment_status) == ("cancelled", "refunded")
    assert client.get(deed(order, "fulfil"))["Location"] == page(order)


def test_items_are_cancelled_once_staff_have_seen_what_it_comes_to() -> None:
    # Given a paid order of three shirts and a book
    order = sold()
    client = staff(SUPPORT)
    shirt, book = order.lines.all()
    asked = client.get(deed(order, "cancel-lines"))
    form = {
        f"line_{shirt.pk}": "1",
        f"line_{book.pk}": "0",
        "reason": "requested",
        "restock": "on",
        "key": asked.context["form"].initial["key"],
    }
    # When the form is sent
    told = client.post(deed(order, "cancel-lines"), form)
    # Then it says what goes back, and nothing has happened
    assert told.status_code == 200
    assert "€9.00 are paid back. Please confirm." in told.text
    assert not order.cancellations.exists()
    shown = told.context["form"]
    assert {name: shown[name].value() for name in form} == {**form, "restock": True}
    # When something else is sent than was shown
    form["seen"] = told.context["form"]["seen"].value()
    told = client.post(deed(order, "cancel-lines"), {**form, f"line_{book.pk}": "1"})
    assert "€16.49 are paid back. Please confirm." in told.text
    assert not order.cancellations.exists()
    # When just that is sent, twice
    for _click in range(2):
        done = client.post(deed(order, "cancel-lines"), form)
        assert (done.status_code, done["Location"]) == (302, page(order))
    # Then it is done once
    order.refresh_from_db()
    assert (order.cancelled_total, order.refunded_total) == (Decimal("9.00"), Decimal("9.00"))
    assert list(order.lines.values_list("cancelled_quantity", flat=True)) == [1, 0]
    entry = Entry.objects.get(trail=order.trail, action="order.lines_cancelled")
    assert (entry.kind, entry.channel) == ("staff", "admin")
    assert {log.change_message for log in LogEntry.objects.all()} == {"Cancel items"}
    html = client.get(page(order)).text
    assert "The customer does not want it any more" in html
    assert "1 × Shirt &lt;b&gt;" in html
    assert "9.00" in html


def test_what_cannot_be_cancelled_is_refused_in_words() -> None:
    order = sold(paid=False)
    client = staff(SUPPORT)
    shirt, book = order.lines.all()
    form = {"reason": "damaged", "key": "a", f"line_{shirt.pk}": "3", f"line_{book.pk}": "1"}
    for changed, sentence in [
        ({}, "Please cancel the order instead"),
        ({f"line_{shirt.pk}": "0", f"line_{book.pk}": "0"}, "Please say how many"),
        ({f"line_{shirt.pk}": "4"}, "less than or equal to 3"),
        ({f"line_{shirt.pk}": "-1"}, "greater than or equal to 0"),
        ({f"line_{shirt.pk}": "x"}, "Enter a whole number"),
        ({"reason": "boredom"}, "boredom"),
    ]:
        refused = client.post(deed(order, "cancel-lines"), {**form, **changed})
        assert refused.status_code == 400
        assert sentence in refused.text
    # When it was shown, and a parcel has left meanwhile
    form[f"line_{shirt.pk}"] = "1"
    told = client.post(deed(order, "cancel-lines"), form)
    assert "€16.49 less are to be paid: €22.90 in all. Please confirm." in told.text
    form["seen"] = told.context["form"]["seen"].value()
    fulfilment.fulfil(order, {book.pk: 1}, by=BY)
    gone = client.post(deed(order, "cancel-lines"), form)
    # Then what is left is shown anew
    assert (gone.status_code, "€9.00 less are to be paid" in gone.text) == (200, True)
    assert not order.cancellations.exists()
    # And when all is sent, nothing is offered any more
    fulfilment.fulfil(order, by=BY)
    assert client.get(deed(order, "cancel-lines"))["Location"] == page(order)
    assert client.post(deed(order, "cancel-lines"), form).status_code == 400
    assert "cancel-lines" not in client.get(page(order)).text
    assert not order.cancellations.exists()


def test_one_piece_is_a_whole_order() -> None:
    order = sold()
    client = staff(SUPPORT)
    shirt, _book = order.lines.all()
    cancel_lines(order, {shirt.pk: 3}, by=BY, key="a", reason="damaged")
    html = client.get(page(order)).text
    assert (deed(order, "cancel-lines") in html, deed(order, "cancel") in html) == (False, True)


def test_what_was_sent_cannot_be_cancelled() -> None:
    order = sold()
    client = staff(SUPPORT)
    fulfilment.fulfil(order, by=BY)
    refused = client.post(deed(order, "cancel"), {"why": "staff"})
    assert refused.status_code == 400
    assert b"it cannot be cancelled" in refused.content
    order.refresh_from_db()
    assert order.status == "fulfilled"


def test_a_return_is_received_or_refused() -> None:
    order = sold()
    client = staff(SUPPORT)
    fulfilment.fulfil(order, by=BY)
    shirt = order.lines.all()[0]
    returns.announce(order, {shirt.pk: 1}, by=BY)
    worth = client.get(deed(order, "receive")).context["form"].initial["refund"]

    done = client.post(
        deed(order, "receive"),
        {"refund": str(worth), "note": "", f"came_{shirt.pk}": 1, f"restock_{shirt.pk}": 1},
    )

    assert done.status_code == 302
    order.refresh_from_db()
    assert order.refunded_total == worth > 0
    returns.announce(order, {shirt.pk: 1}, by=BY)
    assert client.post(deed(order, "refuse"), {"why": ""}).status_code == 400
    assert client.post(deed(order, "refuse"), {"why": "It was worn."}).status_code == 302
    assert list(order.returns.values_list("status", flat=True)) == ["received", "refused"]


def test_the_orders_page_shows_all_of_it() -> None:
    order = sold()
    Anomaly.objects.create(order=order, kind="stranger", message="Somebody else ordered.")
    told = staff(SUPPORT).get(page(order)).content.decode()
    for text in ["Send a parcel", "Pay back", "payment.captured", "Somebody else ordered."]:
        assert text in told
    assert "Receive the return" not in told


def test_an_anomaly_is_closed_with_a_word() -> None:
    order = sold()
    row = Anomaly.objects.create(order=order, kind="stranger", message="x")
    client = staff(SUPPORT)
    address = reverse("admin:auditing_anomaly_change", args=[row.pk])
    assert client.post(address, {"note": " "}).status_code == 200
    row.refresh_from_db()
    assert row.closed_at is None
    assert client.post(address, {"note": "A friend’s telephone."}).status_code == 302
    row.refresh_from_db()
    assert row.note == "A friend’s telephone."
    assert str(row.closed_by) == "support@example.com"
