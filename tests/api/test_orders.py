"""Orders in the Store API: a guest's for whoever knows its id, a customer's for them alone."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tokens.services import issue, revoke_all
from orders.cancelling import cancel_lines, pay_back
from orders.models import Order, OrderLine
from tests.accounts.ordering import make_order
from tests.factories import ProductFactory
from tests.orders.sales import STAFF, lines, sold

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@example.com", "x")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob@example.com", "x")


def address(order: Order) -> str:
    return f"/store/orders/order_{order.public_id}"


def test_a_guests_order_is_read_by_its_id(call: Any, shops: Any, bob: User) -> None:
    order = make_order(shops["apparel"])

    answer = call("GET", address(order))

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Authorization" in answer.headers["Vary"]
    told = answer.body["order"]
    assert told["id"] == f"order_{order.public_id}"
    assert told["display_id"] == order.pk
    assert told["custom_display_id"] == order.number
    assert told["email"] == "ada@example.com"
    assert told["customer_id"] is None
    assert told["currency_code"] == "eur"
    assert told["shipping_address"]["country_code"] == "gb"
    assert told["shipping_address"]["phone"] == "+44 20 7946 0000"
    assert [(m["name"], m["total"]) for m in told["shipping_methods"]] == [("Standard", 4.9)]
    assert (told["total"], told["item_subtotal"], told["shipping_total"]) == (14.9, 10, 4.9)
    assert (told["payment_status"], told["fulfillment_status"]) == ("captured", "shipped")
    (collection,) = told["payment_collections"]
    assert collection["payments"] == []
    (line,) = told["items"]
    assert (line["product_title"], line["quantity"], line["total"]) == ("Silver ring", 1, 10)
    assert line["variant"] is None
    # Who knows the id of a guest's order has it, also with a token or from another shop.
    token = issue(bob, shops["home"])
    assert call("GET", address(order), token=token, shop="home").body["order"]["id"] == told["id"]


def test_cancelled_items_are_told(call: Any) -> None:
    # Given a paid order of three shirts and a book, of which a shirt was cancelled, and one unpaid
    paid, unpaid = sold(), sold(paid=False)
    for order in (paid, unpaid):
        shirts, _book = lines(order)
        made = cancel_lines(order, {shirts.pk: 1}, by=STAFF, key="a", reason="damaged")
        pay_back(made, by=STAFF)
    # When they are read
    paid_told, told = (
        call("GET", address(order), shop="home").body["order"] for order in (paid, unpaid)
    )
    # Then each says what was bought, and what of it was cancelled
    for each in (paid_told, told):
        assert (each["total"], each["metadata"]["cancelled_total"]) == (39.39, 9.0)
        assert [
            (item["quantity"], item["metadata"]["cancelled_quantity"]) for item in each["items"]
        ] == [(3, 1), (1, 0)]
    (collection,) = paid_told["payment_collections"]
    assert (collection["amount"], collection["refunded_amount"]) == (39.39, 9.0)
    (collection,) = told["payment_collections"]
    assert (collection["amount"], collection["refunded_amount"]) == (30.39, 0)


def test_a_customers_order_is_not_there_for_anyone_else(
    call: Any, shops: Any, ann: User, bob: User
) -> None:
    order = make_order(shops["apparel"], customer=ann)
    hers = issue(ann, shops["galleria"])

    for token in [None, "", issue(bob, shops["galleria"])]:
        answer = call("GET", address(order), token=token)
        unknown = call("GET", "/store/orders/order_AAAAAAAAAAAAAAAAAAAAAA", token=token)
        assert (answer.status, answer.body["type"]) == (404, "not_found")
        assert (unknown.status, unknown.body["type"]) == (404, "not_found")
        assert order.email not in str(answer.body)

    assert call("GET", address(order), token=hers).body["order"]["customer_id"] == f"cus_{ann.pk}"
    revoke_all(ann, "a test")
    assert call("GET", address(order), token=hers).status == 401


def test_the_key_of_an_orders_page_is_no_id_here(call: Any, shops: Any, ann: User) -> None:
    guests, hers = make_order(shops["apparel"]), make_order(shops["apparel"], customer=ann)
    token = issue(ann, shops["galleria"])
    for order in (guests, hers):
        assert call("GET", f"/store/orders/order_{order.token}", token=token).status == 404
        answer = call("GET", address(order), token=token)
        assert answer.status == 200
        assert order.token not in str(answer.body)


@pytest.mark.parametrize(
    "id_",
    ["", "1", "order_", "order_1", "order_%00", "order_..%2F", "cart_AAAAAAAAAAAAAAAAAAAAAA",
     "order_" + "A" * 5000, "order_%F0%9F%92%A9"],
)  # fmt: skip
def test_what_is_no_id_names_nothing(call: Any, shops: Any, id_: str) -> None:
    make_order(shops["apparel"])
    assert call("GET", f"/store/orders/{id_}").status == 404


def test_a_guest_has_no_list(call: Any, shops: Any) -> None:
    make_order(shops["apparel"])
    for token in [None, "", "nonsense"]:
        answer = call("GET", "/store/orders", token=token)
        assert answer.status == 401
        assert answer.body == {"type": "unauthorized", "message": "Unauthorized"}


def test_a_customer_lists_their_own_by_pages(call: Any, shops: Any, ann: User, bob: User) -> None:
    made = [make_order(shops["apparel"], customer=ann, days_ago=day) for day in range(1, 13)]
    make_order(shops["apparel"], customer=bob)
    make_order(shops["apparel"], email=ann.email)  # a guest's with her address stays a guest's
    token = issue(ann, shops["galleria"])

    first = call(
        "GET", "/store/orders?limit=10&offset=0&order=-created_at&fields=*items", token=token
    )
    rest = call("GET", "/store/orders?offset=10", token=token)
    oldest = call("GET", "/store/orders?limit=1&order=created_at", token=token)

    ids = [f"order_{order.public_id}" for order in made]
    assert [each["id"] for each in first.body["orders"]] == ids[:10]
    assert [each["id"] for each in rest.body["orders"]] == ids[10:]
    assert [each["id"] for each in oldest.body["orders"]] == [ids[-1]]
    assert [first.body[name] for name in ("count", "limit", "offset")] == [12, 10, 0]
    for bad in ["limit=x", "offset=-1", "order=email", "limit=%00"]:
        assert call("GET", f"/store/orders?{bad}", token=token).status == 400


def test_amounts_without_tax_add_up(call: Any, shops: Any) -> None:
    order = make_order(
        shops["apparel"],
        items_subtotal=Decimal("23.80"),
        discount_total=Decimal("2.38"),
        shipping_price=Decimal("5.95"),
        shipping_total=Decimal("5.95"),
        tax_total=Decimal("4.37"),
        total=Decimal("27.37"),
    )
    order.lines.update(
        unit_price=Decimal("23.80"),
        discount_total=Decimal("2.38"),
        tax_rate=Decimal(19),
        tax=Decimal("3.42"),
        total=Decimal("21.42"),
    )

    told = call("GET", address(order)).body["order"]

    names = ("subtotal", "item_subtotal", "shipping_subtotal", "discount_subtotal", "tax_total")
    assert [told[name] for name in names] == [25, 20, 5, 2, 4.37]
    assert told["total"] == 27.37
    assert told["shipping_tax_total"] == 0.95
    assert told["items"][0]["original_total"] == 23.8


@pytest.mark.parametrize("path", ["/store/orders?limit=100", "one"])
def test_the_number_of_queries_does_not_grow(call: Any, shops: Any, ann: User, path: str) -> None:
    def fill(order: Order, lines: int) -> Order:
        for _ in range(lines):
            variant = ProductFactory(storefronts=[shops["apparel"]]).variants.get()
            OrderLine.objects.create(
                order=order, variant=variant, storefront=shops["apparel"], product_title="Thing",
                product_slug="thing", unit_price=10, quantity=1, total=10,
            )  # fmt: skip
        return order

    token = issue(ann, shops["galleria"])
    order = fill(make_order(shops["apparel"], customer=ann), 1)

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = call("GET", address(order) if path == "one" else path, token=token)
        assert answer.status == 200
        return len(queries)

    count()
    few = count()
    fill(order, 20)
    for _ in range(20):
        fill(make_order(shops["apparel"], customer=ann), 2)

    assert count() == few
    assert few <= 14
