"""Choosing how to pay in the Store API."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tokens.services import issue
from orders.models import Checkout
from shop.audit.models import Entry
from tests.api.buying import Buyer
from tests.api.shopping import everything
from tests.carts.helpers import make_variant
from tests.orders.helpers import make_methods

pytestmark = pytest.mark.django_db

SYSTEM, STRIPE = "pp_system_default", "pp_stripe_stripe"


@pytest.fixture
def buyer(call: Any, shops: Any) -> Buyer:
    make_methods()
    return Buyer(call).begins().puts_in(make_variant(shops["galleria"]), 2)


def sessions(buyer: Buyer) -> str:
    made = buyer.asks("/store/payment-collections", {"cart_id": buyer.cart})
    return f"/store/payment-collections/{made.body['payment_collection']['id']}/payment-sessions"


@pytest.mark.parametrize(
    ("gateways", "told"),
    [
        (["on-delivery"], [SYSTEM]),
        (["bank-transfer", "sandbox"], [SYSTEM]),
        (["sandbox"], []),
        (["sandbox", "stripe", "on-delivery"], [SYSTEM, STRIPE]),
    ],
)
def test_only_names_that_storefronts_know_are_told(
    call: Any, shops: Any, settings: Any, gateways: list[str], told: list[str]
) -> None:
    settings.PAYMENT_GATEWAYS = gateways
    answer = call("GET", "/store/payment-providers?region_id=reg_eur")
    assert answer.status == 200
    assert [each["id"] for each in answer.body["payment_providers"]] == told
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert call("GET", "/store/payment-providers?region_id=reg_usd").status == 400
    assert call("GET", "/store/payment-providers", token="nonsense").status == 401


def test_a_cart_has_one_collection(buyer: Buyer) -> None:
    before = everything()

    first = buyer.asks("/store/payment-collections", {"cart_id": buyer.cart})
    second = buyer.asks("/store/payment-collections", {"cart_id": buyer.cart})

    assert first.status == 200
    assert first.body == second.body
    collection = first.body["payment_collection"]
    assert (collection["amount"], collection["currency_code"]) == (20, "eur")
    assert collection["payment_sessions"] == []
    assert everything() == before


def test_a_session_is_kept_with_the_cart_and_takes_the_place_of_the_last(
    buyer: Buyer, settings: Any
) -> None:
    settings.PAYMENT_GATEWAYS = ["bank-transfer", "stripe"]
    path = sessions(buyer)

    first = buyer.asks(path, {"provider_id": SYSTEM}).body["payment_collection"]
    again = buyer.asks(path, {"provider_id": SYSTEM}).body["payment_collection"]
    assert first == again
    assert Checkout.objects.get().payment_method == "bank-transfer"
    second = buyer.asks(path, {"provider_id": STRIPE}).body["payment_collection"]

    assert Checkout.objects.get().payment_method == "stripe"
    told = [[s["provider_id"] for s in each["payment_sessions"]] for each in (first, second)]
    assert told == [[SYSTEM], [STRIPE]]
    (session,) = second["payment_sessions"]
    assert session["id"] != first["payment_sessions"][0]["id"]
    assert (session["status"], session["amount"], session["data"]) == ("pending", 20, {})
    cart = buyer.call("GET", f"/store/carts/{buyer.cart}").body["cart"]
    assert cart["payment_collection"] == second
    kept = Entry.objects.filter(action="checkout.payment").order_by("pk")
    assert [each.facts for each in kept] == [{"method": "bank-transfer"}, {"method": "stripe"}]
    assert {(each.kind, each.channel) for each in kept} == {("guest", "api")}
    assert {bool(each.session) for each in kept} == {True}


def test_a_way_to_pay_that_is_gone_is_no_session(buyer: Buyer, settings: Any) -> None:
    buyer.chooses_payment()
    settings.PAYMENT_GATEWAYS = ["sandbox"]
    cart = buyer.call("GET", f"/store/carts/{buyer.cart}").body["cart"]
    assert cart["payment_collection"]["payment_sessions"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"provider_id": ""},
        {"provider_id": None},
        {"provider_id": [SYSTEM]},
        {"provider_id": "sandbox"},
        {"provider_id": "on-delivery"},
        {"provider_id": STRIPE},
        {"provider_id": "pp_system_default\x00"},
        {"provider_id": "x" * 10_000},
    ],
)
def test_what_is_not_offered_changes_nothing(buyer: Buyer, settings: Any, body: Any) -> None:
    settings.PAYMENT_GATEWAYS = ["on-delivery", "sandbox"]
    path, before = sessions(buyer), everything()
    answer = buyer.asks(path, body)
    assert (answer.status, answer.body["type"]) == (400, "invalid_data")
    assert everything() == before


@pytest.mark.parametrize("cart", ["", "x", "cart_" + "A" * 22, "%00", "pay_col_x", None, {}, 1])
def test_an_unknown_cart_has_no_payment(buyer: Buyer, cart: Any) -> None:
    before = everything()
    answer = buyer.asks("/store/payment-collections", {"cart_id": cart})
    assert answer.status == (404 if isinstance(cart, str | int) and cart else 400)
    path = f"/store/payment-collections/pay_col_{cart}/payment-sessions"
    assert buyer.asks(path, {"provider_id": SYSTEM}).status == 404
    assert buyer.asks(path.replace("pay_col_", ""), {"provider_id": SYSTEM}).status == 404
    assert everything() == before


def test_a_customers_payment_is_nobody_elses(buyer: Buyer, shops: Any) -> None:
    ann, bob = (User.objects.create_user(f"{name}@example.com", "x") for name in ("ann", "bob"))
    hers = issue(ann, shops["galleria"])
    buyer.begins(token=hers)
    path = "/store/payment-collections"
    made = buyer.asks(path, {"cart_id": buyer.cart}, token=hers)
    mine = f"{path}/{made.body['payment_collection']['id']}/payment-sessions"
    before = everything()

    for token in [None, "", issue(bob, shops["galleria"])]:
        assert buyer.asks(path, {"cart_id": buyer.cart}, token=token).status == 404
        assert buyer.asks(mine, {"provider_id": SYSTEM}, token=token).status == 404

    assert everything() == before
    assert buyer.asks(mine, {"provider_id": SYSTEM}, token=hers).status == 200
    assert Checkout.objects.get(customer=ann).payment_method == "on-delivery"


def test_a_full_cart_takes_no_more_queries(buyer: Buyer, shops: Any) -> None:
    path = sessions(buyer)

    def count() -> int:
        Checkout.objects.update(payment_method="")
        with CaptureQueriesContext(connection) as queries:
            assert buyer.asks(path, {"provider_id": SYSTEM}).status == 200
        return len(queries)

    count()
    few = count()
    for _ in range(19):
        buyer.puts_in(make_variant(shops["galleria"]))
    assert count() == few
