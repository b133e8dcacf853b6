"""From a cart to an order by the Store API: once, by and for whoever may."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tokens.services import issue, revoke_all
from carts.models import Cart, CartLine
from orders.api import completing
from orders.auditing import services as auditing
from orders.models import Checkout, Order, ShippingMethod
from orders.payment import services as payments
from orders.payment.models import Payment
from shop.audit.actors import system
from shop.audit.models import Entry
from shop.catalogue.models import Variant
from shop.mailing.models import OutgoingMail
from shop.pricing.models import Promotion
from tests.api.buying import EMAIL, Buyer
from tests.api.shopping import HOME, everything
from tests.carts.helpers import make_variant, together
from tests.orders.helpers import make_methods
from tests.pricing.factories import promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def shirt(shops: Any) -> Variant:
    make_methods()
    return make_variant(shops["galleria"], shops["apparel"], stock=9, price="10.00")


@pytest.fixture
def ann(shops: Any) -> User:
    return User.objects.create_user("ann@example.com", "x")


@pytest.fixture
def token(ann: User, shops: Any) -> str:
    return issue(ann, shops["galleria"])


@pytest.fixture
def buyer(call: Any) -> Buyer:
    return Buyer(call)


def all_rows() -> list[Any]:
    """All that completing a cart could change."""
    kinds = (Order, Payment, OutgoingMail)
    stock = list(Variant.objects.order_by("pk").values_list("stock", "reserved"))
    return [*everything(), *(list(kind.objects.values()) for kind in kinds), stock]


def test_a_guest_orders(buyer: Buyer, shirt: Variant, shops: Any) -> None:
    buyer.headers = {"shop": "apparel"}
    answer = buyer.is_ready(shirt, 2).completes()

    assert answer.status == 200
    assert answer.body["type"] == "order"
    told = answer.body["order"]
    order = Order.objects.get()
    assert told["id"] == f"order_{order.public_id}"
    assert told["shipping_address"]["country_code"] == "de"
    assert (told["total"], told["item_total"], told["shipping_total"]) == (24.9, 20, 4.9)
    assert (told["payment_status"], told["fulfillment_status"]) == ("not_paid", "not_fulfilled")
    (payment,) = told["payment_collections"][0]["payments"]
    assert (payment["provider_id"], payment["amount"]) == ("pp_system_default", 24.9)
    (line,) = told["items"]
    assert (line["variant_id"], line["quantity"]) == (f"variant_{shirt.pk}", 2)
    assert (order.customer, order.email, order.status) == (None, EMAIL, "placed")
    assert (order.storefront, order.payment_method) == (shops["apparel"], "on-delivery")
    assert order.site_url == f"http://{shops['apparel'].domain}"
    assert Variant.objects.get().stock == 7
    assert list(OutgoingMail.objects.values_list("to", flat=True)) == [EMAIL]
    assert CartLine.objects.count() == Checkout.objects.count() == 0
    # The confirmation page reads it by its id, the cart is gone.
    assert buyer.call("GET", f"/store/orders/{told['id']}", shop="apparel").body["order"] == told
    assert buyer.call("GET", f"/store/carts/{buyer.cart}").status == 404
    steps = Entry.objects.filter(trail=order.trail).order_by("seq")
    assert [each.action for each in steps][-2:] == ["order.placed", "payment.begun"]
    assert {(each.kind, each.channel) for each in steps} == {("guest", "api")}
    assert len({each.session for each in steps if each.action != "cart.made"}) == 1
    assert buyer.cart not in str(list(steps.values()))
    assert list(auditing.audit(auditing.orders_since())) == []


def test_a_customers_order_is_theirs(buyer: Buyer, shirt: Variant, ann: User, token: str) -> None:
    buyer.headers = {"token": token}
    buyer.begins().puts_in(shirt).types(email=ann.email).chooses_delivery().chooses_payment()

    order = buyer.orders()

    assert order.customer == ann
    listed = buyer.call("GET", "/store/orders", token=token).body
    assert [each["id"] for each in listed["orders"]] == [f"order_{order.public_id}"]
    assert buyer.call("GET", f"/store/orders/order_{order.public_id}").status == 404
    placed = Entry.objects.get(trail=order.trail, action="order.placed")
    assert (placed.kind, placed.how, placed.customer_id) == ("customer", "token", ann.pk)
    assert list(auditing.audit(auditing.orders_since())) == []


def test_an_account_with_the_typed_address_gets_no_order_of_a_guest(
    buyer: Buyer, shirt: Variant, ann: User, token: str
) -> None:
    order = buyer.begins().puts_in(shirt).types(email=ann.email).chooses_delivery()
    placed = order.chooses_payment().orders()
    assert (placed.customer, placed.email) == (None, ann.email)
    assert buyer.call("GET", "/store/orders", token=token).body["count"] == 0


def test_a_token_that_comes_with_a_guests_cart_takes_nothing(
    buyer: Buyer, shirt: Variant, ann: User, token: str
) -> None:
    order = buyer.is_ready(shirt).orders(token=token)
    assert order.customer is None
    assert buyer.call("GET", "/store/orders", token=token).body["count"] == 0


def test_a_repeated_call_is_the_same_order(
    buyer: Buyer, shirt: Variant, token: str, call: Any
) -> None:
    buyer.is_ready(shirt, 2)
    first = buyer.completes()
    before = all_rows()

    for again in [buyer.completes(), buyer.completes(token=token), buyer.completes(shop="apparel")]:
        assert again.status == 200
        assert again.body["order"]["id"] == first.body["order"]["id"]

    assert all_rows() == before


def test_a_repeated_call_for_a_customers_order_is_the_customers(
    buyer: Buyer, shirt: Variant, ann: User, token: str, shops: Any
) -> None:
    buyer.headers = {"token": token}
    order = buyer.is_ready(shirt).orders()
    bob = User.objects.create_user("bob@example.com", "x")
    before = all_rows()

    another = issue(ann, shops["galleria"])
    assert buyer.orders(token=another, user_agent="another program") == order
    for stranger in [None, "", issue(bob, shops["galleria"])]:
        assert buyer.completes(token=stranger).status == 404

    assert all_rows() == before


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_one_order(buyer: Buyer, shirt: Variant) -> None:
    buyer.is_ready(shirt, 2)

    answers = together(*[buyer.completes] * 4)

    order = Order.objects.get()
    assert [each.status for each in answers] == [200] * 4
    assert {each.body["order"]["id"] for each in answers} == {f"order_{order.public_id}"}
    assert Variant.objects.get().stock == 7
    assert OutgoingMail.objects.count() == Payment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_of_a_customer_with_two_programs_are_one_order(
    buyer: Buyer, shirt: Variant, ann: User, token: str
) -> None:
    buyer.headers = {"token": token}
    buyer.is_ready(shirt, 2)

    answers = together(
        buyer.completes,
        lambda: buyer.completes(user_agent="two"),
        lambda: buyer.completes(user_agent="three"),
    )

    order = Order.objects.get()
    assert {each.body["order"]["id"] for each in answers} == {f"order_{order.public_id}"}
    assert (order.customer, Variant.objects.get().stock) == (ann, 7)


@pytest.mark.django_db(transaction=True)
def test_the_last_one_is_sold_once(call: Any, shirt: Variant) -> None:
    Variant.objects.update(stock=1)
    buyers = [Buyer(call).is_ready(shirt) for _ in range(3)]

    answers = together(*[each.completes for each in buyers])

    assert sorted(each.body["type"] for each in answers) == ["not_allowed", "not_allowed", "order"]
    assert Order.objects.count() == 1
    assert Variant.objects.get().stock == 0
    assert CartLine.objects.count() == 2


@pytest.mark.parametrize(
    ("steps", "missing"),
    [
        ([], "empty"),
        (["puts_in"], "e-mail"),
        (["puts_in", "types"], "how your order should reach you"),
        (["puts_in", "types", "chooses_delivery"], "how you would like to pay"),
        (["puts_in", "chooses_delivery", "chooses_payment"], "e-mail"),
        (["types", "chooses_payment"], "empty"),
    ],
)
def test_what_is_missing_is_named(
    buyer: Buyer, shirt: Variant, steps: list[str], missing: str
) -> None:
    buyer.begins()
    for step in steps:
        getattr(buyer, step)(*[shirt] if step == "puts_in" else [])
    before = all_rows()

    answer = buyer.completes()

    assert answer.status == 400
    assert missing in answer.body["message"]
    assert all_rows() == before


def test_without_an_address_nothing_is_sent(buyer: Buyer, shirt: Variant) -> None:
    buyer.begins().puts_in(shirt)
    buyer.asks(f"/store/carts/{buyer.cart}", {"email": EMAIL})
    answer = buyer.chooses_delivery().chooses_payment().completes()
    assert (answer.status, answer.body["type"]) == (400, "invalid_data")
    assert "where your order goes" in answer.body["message"]
    assert Order.objects.count() == 0


def test_a_customer_need_not_type_their_address_again(
    buyer: Buyer, shirt: Variant, ann: User, token: str
) -> None:
    buyer.headers = {"token": token}
    buyer.begins().puts_in(shirt)
    buyer.asks(f"/store/carts/{buyer.cart}", {"shipping_address": HOME})
    order = buyer.chooses_delivery().chooses_payment().orders()
    assert order.email == ann.email


def refused(buyer: Buyer, name: str) -> dict[str, Any]:
    """Complete a cart that cannot be ordered; the cart of the answer. Nothing was ordered."""
    before = all_rows()
    answer = buyer.completes()
    assert (answer.status, answer.body["type"]) == (200, "cart")
    assert answer.body["error"]["name"] == name
    assert answer.body["error"]["type"] == "not_allowed"
    assert answer.body["error"]["message"]
    assert answer.body["cart"]["id"] == buyer.cart
    after = all_rows()
    assert after[2:] == before[2:]
    assert Order.objects.count() == 0
    cart: dict[str, Any] = answer.body["cart"]
    return cart


def test_what_was_sold_meanwhile_is_told(buyer: Buyer, shirt: Variant) -> None:
    buyer.is_ready(shirt, 3)
    Variant.objects.update(stock=2)
    before = all_rows()

    answer = buyer.completes()

    assert (answer.status, answer.body["type"]) == (400, "not_allowed")
    assert answer.body["code"] == "insufficient_inventory"
    assert "Only 2" in answer.body["message"]
    assert all_rows() == before
    cart = buyer.call("GET", f"/store/carts/{buyer.cart}").body["cart"]
    assert "Only 2" in cart["metadata"]["problems"][0]


def test_a_higher_price_is_told_once(buyer: Buyer, shirt: Variant) -> None:
    buyer.is_ready(shirt, 2)
    Variant.objects.update(price=Decimal("12.00"))

    cart = refused(buyer, "price_changed")

    assert (cart["item_total"], cart["items"][0]["unit_price"]) == (24, 12)
    assert buyer.orders().items_subtotal == Decimal("24.00")


def test_a_lower_price_stops_nobody(buyer: Buyer, shirt: Variant) -> None:
    buyer.is_ready(shirt, 2)
    Variant.objects.update(price=Decimal("8.00"))
    assert buyer.orders().items_subtotal == Decimal("16.00")


def test_a_voucher_counts_as_on_the_web(buyer: Buyer, shirt: Variant) -> None:
    made = promotion("TEN")
    buyer.is_ready(shirt, 2)
    buyer.asks(f"/store/carts/{buyer.cart}", {"promo_codes": ["ten"]})
    order = buyer.orders()
    assert (order.discount_total, order.total) == (Decimal("2.00"), Decimal("22.90"))
    assert order.discounts.get().promotion_id == made.pk


@pytest.mark.django_db(transaction=True)
def test_the_last_use_of_a_voucher_is_used_once(call: Any, shirt: Variant) -> None:
    promotion("ONCE", usage_limit=1)
    buyers = [Buyer(call).is_ready(shirt) for _ in range(2)]
    for each in buyers:
        each.asks(f"/store/carts/{each.cart}", {"promo_codes": ["ONCE"]})

    answers = together(*[each.completes for each in buyers])

    assert Promotion.objects.get().used == 1
    assert sum(order.discount_total for order in Order.objects.all()) == Decimal("1.00")
    told = [each.body.get("error", {}).get("name") for each in answers]
    assert set(told) <= {None, "promotion_used_up", "price_changed"}


def test_a_cart_that_is_given_away_at_that_moment_is_not_ordered(
    buyer: Buyer, shirt: Variant, ann: User, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer.is_ready(shirt, 2)
    look = completing._refuse_dearer

    def meanwhile(basket: Any) -> None:
        monkeypatch.undo()
        assert buyer.asks(f"/store/carts/{buyer.cart}/customer", token=token).status == 200
        look(basket)

    for careless in ["", token]:
        monkeypatch.setattr(completing, "_refuse_dearer", meanwhile)
        answer = buyer.completes(token=careless)
        # For Ann it is there again, and what the guest typed is not.
        assert answer.status == (400 if careless else 404)
        assert Order.objects.count() == 0
        assert CartLine.objects.get().cart.customer == ann
        Cart.objects.update(customer=None)
    assert Variant.objects.get().stock == 9


def test_what_costs_nothing_is_paid_and_has_no_payment(buyer: Buyer, shirt: Variant) -> None:
    promotion("FREE", percent=Decimal(100))
    ShippingMethod.objects.update(price=0)
    buyer.is_ready(shirt, 2)
    buyer.asks(f"/store/carts/{buyer.cart}", {"promo_codes": ["FREE"]})
    told = buyer.completes().body["order"]
    assert (told["total"], told["payment_status"]) == (0, "captured")
    assert told["discount_total"] == 20
    (collection,) = told["payment_collections"]
    assert (collection["payments"], collection["amount"]) == ([], 0)


def test_how_to_pay_is_told_while_it_is_owed(buyer: Buyer, shirt: Variant, settings: Any) -> None:
    settings.PAYMENT_GATEWAYS = ["bank-transfer"]
    settings.BANK_IBAN = "DE89370400440532013000"
    told = buyer.is_ready(shirt).completes().body["order"]
    data = told["payment_collections"][0]["payments"][0]["data"]
    rows = {each["label"]: each["value"] for each in data["instructions"]}
    assert rows["IBAN"] == "DE89 3704 0044 0532 0130 00"
    payments.mark_received(Order.objects.get(), by=system("a test"))
    paid = buyer.call("GET", f"/store/orders/{told['id']}").body["order"]
    assert paid["payment_status"] == "captured"
    assert paid["payment_collections"][0]["captured_amount"] == 14.9
    assert paid["payment_collections"][0]["payments"][0]["data"] == {}


def test_a_changed_line_after_completing_changes_nothing(buyer: Buyer, shirt: Variant) -> None:
    line = buyer.call("GET", f"/store/carts/{buyer.is_ready(shirt).cart}").body["cart"]["items"][0]
    order = buyer.orders()
    before = all_rows()
    path = f"/store/carts/{buyer.cart}"

    calls = [
        ("POST", f"{path}/line-items/{line['id']}", {"quantity": 5}),
        ("DELETE", f"{path}/line-items/{line['id']}", None),
        ("POST", f"{path}/line-items", {"variant_id": line["variant_id"], "quantity": 1}),
        ("POST", path, {"email": "other@example.com"}),
        ("POST", "/store/payment-collections", {"cart_id": buyer.cart}),
    ]
    assert [buyer.call(*each).status for each in calls] == [404] * 5

    assert all_rows() == before
    assert order.lines.get().quantity == 1


def test_a_payment_on_the_gateways_pages_says_where(
    buyer: Buyer, shirt: Variant, settings: Any
) -> None:
    # Stripe does not answer here, and the sandbox has no name in the API: as on the web the order
    # waits for its payment.
    settings.PAYMENT_GATEWAYS = ["stripe"]
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"
    buyer.begins().puts_in(shirt).types().chooses_delivery().chooses_payment("pp_stripe_stripe")

    answer = buyer.completes()

    told = answer.body["order"]
    assert (told["status"], told["payment_status"]) == ("requires_action", "not_paid")
    (payment,) = told["payment_collections"][0]["payments"]
    assert (payment["provider_id"], payment["data"]) == ("pp_stripe_stripe", {})
    Payment.objects.update(status="pending", redirect_url="https://pay.example/1")
    shown = buyer.call("GET", f"/store/orders/{told['id']}").body["order"]
    (payment,) = shown["payment_collections"][0]["payments"]
    assert payment["data"] == {"redirect_url": "https://pay.example/1"}


def test_bad_tokens_order_nothing(
    buyer: Buyer, shirt: Variant, ann: User, token: str, shops: Any
) -> None:
    buyer.is_ready(shirt)
    elsewhere = issue(ann, shops["home"])
    old = issue(ann, shops["galleria"], timezone.now() - timedelta(days=8))
    revoke_all(ann, "a test")
    before = all_rows()
    for bad in [token, elsewhere, old, "x", "a.b.c", "é".encode().decode("latin1")]:
        assert buyer.completes(token=bad).status == 401
    assert all_rows() == before


@pytest.mark.parametrize("body", [[], "x", 1, {"customer_id": "cus_1", "email": "x", "n": None}])
def test_a_body_says_nothing_here(buyer: Buyer, shirt: Variant, body: Any) -> None:
    answer = buyer.is_ready(shirt).asks(f"/store/carts/{buyer.cart}/complete", body)
    assert answer.status == 200
    assert Order.objects.get().email == EMAIL


@pytest.mark.parametrize("id_", ["x", "cart_", "cart_" + "A" * 22, "%00", "cart_..", "A" * 4000])
def test_an_unknown_cart_is_not_ordered(buyer: Buyer, shirt: Variant, id_: str) -> None:
    answer = buyer.asks(f"/store/carts/{id_}/complete")
    assert (answer.status, answer.body["type"]) == (404, "not_found")


def test_a_full_cart_takes_no_more_queries(call: Any, shirt: Variant, shops: Any) -> None:
    def count(lines: int) -> int:
        buyer = Buyer(call).is_ready(shirt)
        for _ in range(lines - 1):
            buyer.puts_in(make_variant(shops["galleria"], stock=9))
        with CaptureQueriesContext(connection) as queries:
            buyer.orders()
        return len(queries)

    count(1)
    few = count(1)
    assert count(20) == few
    assert Cart.objects.count() == 3
