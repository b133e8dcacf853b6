"""A guest's order becomes a customer's by the Store API: asked for, and agreed to by mail."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import MailedLink, User
from accounts.tokens.services import issue
from orders.models import Order
from shop.audit.models import Entry
from shop.mailing.models import OutgoingMail
from tests.accounts.ordering import make_order
from tests.accounts.shopper import letters, link_in
from tests.carts.helpers import together

pytestmark = pytest.mark.django_db

OWNER = "ada@example.com"


@pytest.fixture
def bob(shops: Any) -> User:
    return User.objects.create_user("bob@example.com", "x")


@pytest.fixture
def token(bob: User, shops: Any) -> str:
    return issue(bob, shops["galleria"])


@pytest.fixture
def order(shops: Any) -> Order:
    return make_order(shops["apparel"], email=OWNER)


def address(order: Order, what: str) -> str:
    return f"/store/orders/order_{order.public_id}/transfer/{what}"


def asked(call: Any, order: Order, token: str) -> str:
    """Ask for it; the token in the mail."""
    answer = call("POST", address(order, "request"), {}, token=token)
    assert answer.status == 200, answer.body
    return link_in(letters(OWNER)[-1]).rstrip("/").rpartition("/")[2]


def rows() -> list[Any]:
    """All that a transfer changes."""
    kinds = (Order, Entry, MailedLink, OutgoingMail)
    return [list(kind.objects.order_by("pk").values()) for kind in kinds]


def test_it_takes_a_mail_to_where_the_order_was_made_for(
    call: Any, order: Order, bob: User, token: str
) -> None:
    answer = call("POST", address(order, "request"), {}, token=token)

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.body["order"]["id"] == f"order_{order.public_id}"
    assert answer.body["order"]["email"] == OWNER
    assert answer.body["order"]["customer_id"] is None
    (letter,) = letters(OWNER)
    assert order.number in letter.text
    assert bob.email in letter.text
    assert letters(bob.email) == []
    key = link_in(letter).rstrip("/").rpartition("/")[2]
    assert key not in str(answer.body)

    accepted = call("POST", address(order, "accept"), {"token": key}, token=token)

    assert accepted.status == 200
    assert accepted.body["order"]["customer_id"] == f"cus_{bob.pk}"
    order.refresh_from_db()
    assert order.customer == bob
    told = Entry.objects.filter(trail=order.trail).order_by("seq")
    assert [(each.action, each.kind, each.how, each.customer_id) for each in told] == [
        ("order.claim_asked", "customer", "token", bob.pk),
        ("order.claimed", "customer", "token", bob.pk),
    ]
    assert OWNER not in str([each.facts for each in told])
    assert call("GET", f"/store/orders/order_{order.public_id}").status == 404


def test_the_mailed_link_opens_our_own_page_too(call: Any, order: Order, token: str) -> None:
    asked(call, order, token)
    assert "/account/orders/claim/" in link_in(letters(OWNER)[0])


def test_no_ends_it(call: Any, order: Order, bob: User, token: str) -> None:
    key = asked(call, order, token)

    declined = call("POST", address(order, "decline"), {"token": key})

    assert (declined.status, declined.body["order"]["customer_id"]) == (200, None)
    before = rows()
    for what in ("accept", "decline"):
        again = call("POST", address(order, what), {"token": key}, token=token)
        assert (again.status, again.body["type"]) == (400, "invalid_data")
    assert rows() == before
    last = Entry.objects.filter(trail=order.trail).latest("seq")
    assert (last.action, last.kind, last.facts) == (
        "order.claim_declined",
        "guest",
        {"customer": bob.pk},
    )


@pytest.mark.parametrize("what", ["accept", "decline"])
def test_a_token_that_is_used_old_or_made_up_changes_nothing(
    call: Any, order: Order, token: str, what: str
) -> None:
    key = asked(call, order, token)
    MailedLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    bodies = [
        {"token": key},
        {"token": key + "x"},
        {"token": key[:-1]},
        {"token": "x"},
        {"token": "x" * 10_000},
        {"token": ""},
        {"token": None},
        {"token": [key]},
        {"token": f"{key}\x00"},
        {},
    ]
    before = rows()
    for body in bodies:
        answer = call("POST", address(order, what), body, token=token)
        assert (answer.status, answer.body["type"]) == (400, "invalid_data"), body
    assert rows() == before


def test_a_used_token_is_used(call: Any, order: Order, token: str) -> None:
    key = asked(call, order, token)
    assert call("POST", address(order, "accept"), {"token": key}, token=token).status == 200
    before = rows()
    assert call("POST", address(order, "accept"), {"token": key}, token=token).status == 400
    assert rows() == before


def test_a_forwarded_link_is_good_for_who_asked_only(
    call: Any, order: Order, token: str, shops: Any
) -> None:
    key = asked(call, order, token)
    eve = issue(User.objects.create_user("eve@example.com", "x"), shops["galleria"])
    before = rows()

    assert call("POST", address(order, "accept"), {"token": key}, token=eve).status == 400
    assert call("POST", address(order, "accept"), {"token": key}).status == 401
    assert call("POST", address(order, "accept"), {"token": key}, token="").status == 401
    assert call("POST", address(order, "accept"), {"token": key}, token="bad").status == 401

    assert rows() == before


def test_a_link_is_for_its_own_order(call: Any, order: Order, token: str, shops: Any) -> None:
    other = make_order(shops["apparel"], email=OWNER)
    key = asked(call, order, token)
    before = rows()
    for what in ("accept", "decline"):
        answer = call("POST", address(other, what), {"token": key}, token=token)
        assert answer.status == 400
    assert rows() == before


def test_nobody_asks_for_what_is_not_a_guests(
    call: Any, order: Order, bob: User, token: str, shops: Any
) -> None:
    eve = User.objects.create_user("eve@example.com", "x")
    hers, his = (make_order(shops["apparel"], customer=each) for each in (eve, bob))
    before = rows()

    assert call("POST", address(hers, "request"), {}, token=token).status == 404
    assert call("POST", address(his, "request"), {}, token=token).status == 400
    assert call("POST", address(order, "request"), {}).status == 401
    assert call("POST", address(order, "request"), {}, token="").status == 401
    assert call("POST", "/store/orders/order_x/transfer/request", {}, token=token).status == 404

    assert rows() == before


def test_a_claim_by_somebody_faster_stays_theirs(
    call: Any, order: Order, token: str, shops: Any
) -> None:
    key = asked(call, order, token)
    eve = User.objects.create_user("eve@example.com", "x")
    Order.objects.filter(pk=order.pk).update(customer=eve)
    before = rows()
    assert call("POST", address(order, "accept"), {"token": key}, token=token).status == 404
    assert call("POST", address(order, "decline"), {"token": key}).status == 404
    assert rows() == before


def test_asking_is_limited(call: Any, order: Order, token: str) -> None:
    for _ in range(3):
        assert call("POST", address(order, "request"), {}, token=token).status == 200
    before = rows()
    answer = call("POST", address(order, "request"), {}, token=token)
    assert (answer.status, answer.body["type"]) == (429, "too_many_requests")
    assert rows() == before
    assert len(letters(OWNER)) == 3


@pytest.mark.django_db(transaction=True)
def test_yes_and_no_at_once_are_one_of_them(call: Any, order: Order, bob: User, token: str) -> None:
    key = asked(call, order, token)
    body = {"token": key}

    answers = together(
        lambda: call("POST", address(order, "accept"), body, token=token),
        lambda: call("POST", address(order, "decline"), body, token=token),
        lambda: call("POST", address(order, "accept"), body, token=token),
    )

    first, *others = sorted(each.status for each in answers)
    assert first == 200
    assert set(others) <= {400, 404}  # a guest who comes after the yes knows of no order
    order.refresh_from_db()
    told = Entry.objects.filter(trail=order.trail).latest("seq").action
    assert told == ("order.claimed" if order.customer == bob else "order.claim_declined")
    assert Entry.objects.filter(trail=order.trail).count() == 2
