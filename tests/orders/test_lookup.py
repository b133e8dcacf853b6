"""Finding an order again: by number and e-mail together, and not by trying."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_redis import get_redis_connection

from orders.lookup import LIMITS, WINDOW, TooManyTries, find, prune
from orders.models import LookupTries, Order
from tests.carts.helpers import together
from tests.orders.sales import browser, mails_about, sold

pytestmark = pytest.mark.django_db
SOMEWHERE = "203.0.113.7"


def test_number_and_address_together_find_it() -> None:
    order = sold(paid=False, email="Ada@Example.com")
    assert find(f" {order.number.lower()} ", " aDA@example.COM ", address=SOMEWHERE) == order


@pytest.mark.parametrize(
    ("number", "email"),
    [
        ("G-2026-999999", "ada@example.com"),
        ("{number}", "eve@example.com"),
        ("{other}", "ada@example.com"),
        ("%", "%"),
        ("{number}", ""),
        ("\0", "ada@example.com"),
    ],
)
def test_one_of_them_is_nothing(number: str, email: str) -> None:
    order, other = sold(paid=False), sold(paid=False, email="bob@example.com")
    typed = number.format(number=order.number, other=other.number)
    assert find(typed, email, address=SOMEWHERE) is None


@pytest.mark.parametrize(
    "alike", ["k\u0131ssing.isis", "ki\u017fsing.isis", "kissing.\u0130s\u0131s"]
)
def test_letters_that_a_database_takes_for_others_find_nothing(alike: str) -> None:
    # Given an address that has an i and an s, and names that are the same in capitals
    order = sold(paid=False, email="kissing.isis@example.com")
    assert find(order.number, f"{alike}@example.com", address=SOMEWHERE) is None


def test_whoever_spells_an_address_in_other_ways_has_no_more_tries() -> None:
    # Given all tries of an address, each spelt in its own way: K is the sign of kelvin
    order = sold(paid=False, email="kissing.isis@example.com")
    spellings = [
        "kissing.isis",
        "KISSING.ISIS",
        "Kissing.Isis",
        " \u212aissing.isis",
        "kISSING.isis",
    ]
    for n in range(LIMITS["email"]):
        find(f"G-{n}", f"{spellings[n % 5]}@example.com", address=f"203.0.113.{n}")
    # Then one more, in any spelling, is one too many
    for n, spelling in enumerate(spellings):
        with pytest.raises(TooManyTries):
            find(order.number, f"{spelling}@example.com", address=f"198.51.100.{n}")


def test_right_and_wrong_take_the_same_queries() -> None:
    # Given an order, and a first try that has begun the counts
    order = sold(paid=False)
    asked = []
    for number, email in (
        (order.number, order.email),
        (order.number, "eve@example.com"),
        ("G-2026-999999", order.email),
    ):
        with CaptureQueriesContext(connection) as seen:
            find(number, email, address=SOMEWHERE)
        asked.append(len(seen))
    assert len(set(asked)) == 1
    assert asked[0] <= 8


@pytest.mark.parametrize(
    ("kind", "number", "email", "address"),
    [
        ("number", "G-1", "guess-{n}@example.com", "203.0.113.{n}"),
        ("email", "G-{n}", "ada@example.com", "203.0.113.{n}"),
        ("address", "G-{n}", "guess-{n}@example.com", SOMEWHERE),
        ("address", "G-{n}", "guess-{n}@example.com", "2001:db8::{n}"),
    ],
)
def test_trying_comes_to_an_end(kind: str, number: str, email: str, address: str) -> None:
    # Given somebody who changes everything but one thing
    for n in range(LIMITS[kind]):
        find(number.format(n=n), email.format(n=n), address=address.format(n=n))
    # Then that is what stops them, for at most fifteen minutes
    before = timezone.now()
    with pytest.raises(TooManyTries) as refusal:
        find(number.format(n=99), email.format(n=99), address=address.format(n=99))
    assert before < refusal.value.until <= before + WINDOW
    # And others go on
    find("G-OTHER", "other@example.com", address="198.51.100.1")


def test_the_right_answer_is_not_given_to_whoever_has_tried_too_often() -> None:
    order = sold(paid=False)
    for n in range(LIMITS["number"]):
        find(order.number, f"guess-{n}@example.com", address=f"203.0.113.{n}")
    with pytest.raises(TooManyTries):
        find(order.number, order.email, address=SOMEWHERE)


def test_a_new_stretch_of_time_begins_anew() -> None:
    order = sold(paid=False)
    for n in range(LIMITS["number"]):
        find(order.number, f"guess-{n}@example.com", address=f"203.0.113.{n}")
    LookupTries.objects.update(since=timezone.now() - WINDOW)
    assert find(order.number, order.email, address=SOMEWHERE) == order


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "", "unix:"])
def test_a_proxy_that_stands_for_everyone_is_not_counted(address: str) -> None:
    for n in range(LIMITS["address"] + 1):
        find(f"G-{n}", f"guess-{n}@example.com", address=address)


@pytest.mark.django_db(transaction=True)
def test_a_hundred_at_once_get_no_more_tries() -> None:
    # Given twenty who try the same number at the same moment
    order = sold(paid=False)

    def guess(n: int) -> Any:
        return lambda: find(order.number, f"guess-{n}@example.com", address=f"203.0.113.{n}")

    results = together(*(guess(n) for n in range(20)))
    refused = [each for each in results if isinstance(each, TooManyTries)]
    assert results.count(None) == LIMITS["number"]
    assert len(refused) == 20 - LIMITS["number"]


def test_nobody_reads_from_the_counts_who_tried() -> None:
    find("G-2026-000001", "ada@example.com", address=SOMEWHERE)
    told = " ".join(LookupTries.objects.values_list("what", flat=True))
    assert len(told.split()) == 3
    for known in ("G-2026", "ada@", "203.0"):
        assert known not in told


def test_old_counts_are_forgotten() -> None:
    find("G-1", "ada@example.com", address=SOMEWHERE)
    assert prune() == 0
    LookupTries.objects.update(since=timezone.now() - timedelta(days=2))
    find("G-1", "ada@example.com", address=SOMEWHERE)
    # Each try forgets what is old
    assert LookupTries.objects.count() == 3


# --- The page ----------------------------------------------------------------------------------


def post(number: str, email: str, address: str = SOMEWHERE) -> Any:
    return browser(REMOTE_ADDR=address).post("/orders/find/", {"number": number, "email": email})


def test_the_page_leads_to_the_order() -> None:
    order = sold(paid=False)
    page = browser().get("/orders/find/")
    assert page.status_code == 200
    assert 'name="number"' in page.content.decode()
    answer = post(order.number, order.email)
    assert (answer.status_code, answer["Location"]) == (303, f"/orders/{order.token}/")


def test_wrong_is_wrong_whatever_is_wrong() -> None:
    # Given an order
    order = sold(paid=False)
    client = browser(REMOTE_ADDR=SOMEWHERE)
    # When the number, or the address, or both are wrong
    typed = [
        ("G-2026-999999", order.email),
        (order.number, "eve@example.com"),
        ("G-2026-999999", "eve@example.com"),
    ]
    pages = [client.post("/orders/find/", {"number": n, "email": e}) for n, e in typed]
    # Then the answer is the same, but for what was typed
    assert {page.status_code for page in pages} == {422}
    bodies = {re.sub(r'value="[^"]*"', "", page.content.decode()) for page in pages}
    assert len(bodies) == 1
    assert "We know no order with this number and this e-mail address." in bodies.pop()


def test_the_page_says_when_it_was_tried_too_often() -> None:
    for n in range(LIMITS["number"]):
        find("G-1", f"guess-{n}@example.com", address=f"203.0.113.{n}")
    page = post("g-1", "ada@example.com")
    assert page.status_code == 429
    assert "This was tried too often. Please try again after" in page.content.decode()


@pytest.mark.parametrize(
    ("number", "email"), [("", ""), ("G-1", "nobody"), ("x" * 41, "a@b.example"), ("G\0", "a@b.c")]
)
def test_a_form_that_is_not_filled_in_counts_nothing(number: str, email: str) -> None:
    page = post(number, email)
    assert page.status_code == 422
    assert not LookupTries.objects.exists()


def test_the_limits_do_not_depend_on_redis() -> None:
    # Given counts that were in Redis, all gone
    for n in range(LIMITS["number"]):
        find("G-1", f"guess-{n}@example.com", address=f"203.0.113.{n}")
    get_redis_connection("default").flushall()
    # Then they hold: they never were there
    with pytest.raises(TooManyTries):
        find("G-1", "ada@example.com", address=SOMEWHERE)


def test_every_page_and_mail_leads_there() -> None:
    order: Order = sold()
    assert 'href="/orders/find/"' in browser().get("/").content.decode()
    assert "https://home.example/orders/find/" in mails_about(order)[-1].text
