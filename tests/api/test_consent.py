"""What is recorded of a shopper's consent to the terms of sale, by the Store API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.tokens.services import issue
from orders.auditing import services as auditing
from shop.audit.models import Entry
from shop.catalogue.models import Variant
from tests.api.buying import Buyer
from tests.api.shopping import everything
from tests.carts.helpers import make_variant
from tests.orders.helpers import make_methods

pytestmark = pytest.mark.django_db

FIRST = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
YES, NO = {"metadata": {"terms_accepted": True}}, {"metadata": {"terms_accepted": False}}


class Clock:
    """What time it is where consent is entered."""

    now = FIRST


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("orders.api.changing.now", lambda: clock.now)
    return clock


@pytest.fixture
def shirt(shops: Any) -> Variant:
    make_methods()
    return make_variant(shops["galleria"], stock=9, price="10.00")


@pytest.fixture
def buyer(call: Any, shirt: Variant) -> Buyer:
    return Buyer(call).is_ready(shirt)


def says(buyer: Buyer, body: Any, **headers: Any) -> Any:
    return buyer.asks(f"/store/carts/{buyer.cart}", body, **headers)


def test_the_moment_of_the_first_yes_is_the_orders(buyer: Buyer, clock: Clock) -> None:
    told = says(buyer, YES).body["cart"]
    assert told["metadata"]["terms_accepted"] is True
    clock.now += timedelta(minutes=5)
    says(buyer, YES)

    order = buyer.orders()

    assert order.consent_at == FIRST
    entry = Entry.objects.get(trail=order.trail, action="checkout.terms")
    assert (entry.facts, entry.kind, entry.channel) == ({"accepted": True}, "guest", "api")
    assert list(auditing.audit(auditing.orders_since())) == []


def test_where_nothing_is_said_nothing_is_recorded(buyer: Buyer) -> None:
    told = says(buyer, {"metadata": {"gift": "yes", "terms_accepted": None}}).body["cart"]
    assert told["metadata"]["terms_accepted"] is False

    order = buyer.orders()

    assert order.consent_at is None
    assert not Entry.objects.filter(trail=order.trail, action="checkout.terms").exists()


def test_it_is_taken_back_and_given_anew(buyer: Buyer, clock: Clock) -> None:
    says(buyer, YES)
    assert says(buyer, NO).body["cart"]["metadata"]["terms_accepted"] is False
    clock.now += timedelta(minutes=5)
    says(buyer, YES)

    order = buyer.orders()

    assert order.consent_at == FIRST + timedelta(minutes=5)
    entries = Entry.objects.filter(trail=order.trail, action="checkout.terms").order_by("seq")
    assert [each.facts["accepted"] for each in entries] == [True, False, True]


@pytest.mark.parametrize("said", ["true", 1, "2026-11-21", "", [], {}, [True]])
def test_only_yes_or_no_is_consent(buyer: Buyer, said: Any) -> None:
    before = everything()
    refused = says(buyer, {"email": "new@example.com", "metadata": {"terms_accepted": said}})
    assert (refused.status, refused.body["type"]) == (400, "invalid_data")
    assert refused.body["message"].startswith("metadata.terms_accepted: ")
    assert everything() == before


def test_a_new_cart_may_begin_with_it(call: Any, clock: Clock, shops: Any) -> None:
    made = call("POST", "/store/carts", {"region_id": "reg_eur", **YES})
    assert made.body["cart"]["metadata"]["terms_accepted"] is True


def test_a_guests_consent_is_not_the_customers(buyer: Buyer, shops: Any) -> None:
    says(buyer, YES)
    ann = User.objects.create_user("ann@example.com", "x")
    token = issue(ann, shops["galleria"])

    given = buyer.asks(f"/store/carts/{buyer.cart}/customer", token=token)

    assert given.status == 200
    assert given.body["cart"]["metadata"]["terms_accepted"] is False


def test_nobody_else_agrees_for_a_customer(call: Any, shops: Any, shirt: Variant) -> None:
    ann, bob = (User.objects.create_user(f"{name}@example.com", "x") for name in ("ann", "bob"))
    anns = Buyer(call, {"token": issue(ann, shops["galleria"])}).begins().puts_in(shirt)
    before = everything()
    for headers in ({"token": None}, {"token": ""}, {"token": issue(bob, shops["galleria"])}):
        assert says(anns, YES, **headers).status == 404
    assert everything() == before
