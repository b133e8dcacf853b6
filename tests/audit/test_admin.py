"""Audit trails as staff read them."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.audit import trail
from shop.audit.actors import Actor
from shop.audit.admin import trail_url
from shop.audit.models import Entry
from tests.audit.helpers import GUEST, unguarded, write
from tests.carts.helpers import fill, make_shops, make_variant, new_key
from tests.orders.helpers import make_methods, place
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db

LIST = "/admin/audit/entry/"


@pytest.fixture
def staff(db: None) -> Client:
    return sign_in_staff(make_shops()["galleria"])


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_trail_is_shown_from_its_beginning_and_said_to_be_sound(staff: Client) -> None:
    write("cart-1", "cart.line_added", "order.placed", "payment.captured")
    write("cart-2", "cart.merged")

    said = shown(staff, trail_url("cart-1"))

    assert "3 entries, as they were written." in said
    places = [said.index(f">{action}<") for action in ("cart.line_added", "order.placed")]
    assert places == sorted(places)
    assert ">cart.merged<" not in said.split("result_list")[-1]


def test_a_broken_trail_says_where(staff: Client) -> None:
    write("cart-1", "one", "two", "three", "four")
    with unguarded():
        Entry.objects.filter(seq=2).update(action="another")
        Entry.objects.filter(seq=4).delete()

    said = shown(staff, trail_url("cart-1"))

    assert "Entry 2 was edited." in said
    assert "From entry 4 on, the trail was cut off." in said
    assert "as they were written" not in said


def test_an_entry_says_who_did_what(staff: Client) -> None:
    by = Actor("customer", "token", 77, "home", "jti-12345678", "req-1", "api")
    with transaction.atomic():
        entry = trail.record("cart-1", "order.placed", by, total="12.50", name="<b>")

    said = shown(staff, f"{LIST}{entry.pk}/change/")

    for part in ("order.placed", "token", "jti-12345678", "req-1", "&quot;12.50&quot;", entry.hash):
        assert part in said
    assert "<b>" not in said
    assert "customer #77 jti-123456" in shown(staff, LIST)


@pytest.mark.parametrize(
    "query", ["q=cart-1", "q=abc123", "q=r-1", "action__exact=one", "kind__exact=guest"]
)
def test_entries_are_found(staff: Client, query: str) -> None:
    write("cart-1", "one")

    assert f'href="{trail_url("cart-1")}"' in shown(staff, f"{LIST}?{query}")


def test_nothing_can_be_changed(staff: Client) -> None:
    entry = write("cart-1", "one")[0]

    answers = [
        staff.get(LIST + "add/"),
        staff.post(LIST + "add/", {"action": "x"}),
        staff.post(f"{LIST}{entry.pk}/change/", {"action": "x"}),
        staff.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert trail.verify("cart-1") == []


def test_the_lists_ask_the_same_number_of_questions_for_any_number(staff: Client) -> None:
    write("cart-1", "first")
    for address in (LIST, trail_url("cart-1")):
        shown(staff, address)
        counts = []
        for _round in range(2):
            write("cart-1", *["more"] * 5)
            with CaptureQueriesContext(connection) as asked:
                shown(staff, address)
            counts.append(len(asked))
        assert counts[0] == counts[1]


def test_what_a_visitor_chose_as_a_name_is_shown_as_text(staff: Client) -> None:
    facts: dict[str, Any] = {"note": "<script>alert(1)</script>"}
    with transaction.atomic():
        trail.record("cart-1", "one", GUEST, **facts)

    assert "<script>alert(1)" not in shown(staff, LIST)


def test_an_order_leads_to_its_trail() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["home"]), shops["home"], 2))
    order = place(key, shops["apparel"])
    client = sign_in_staff(shops["galleria"])

    page = shown(client, f"/admin/orders/order/{order.pk}/change/")

    assert f'href="{trail_url(order.trail)}"' in page
    said = shown(client, trail_url(order.trail))
    assert ">order.placed<" in said
    assert "as they were written." in said or "as it was written." in said
