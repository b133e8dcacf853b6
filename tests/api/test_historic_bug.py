"""Guests' orders on strangers' accounts, as it once happened, and what gives it away.

A program that renders a shop's pages for many people kept the token of whoever had logged in last,
and sent it with guests' calls (docs/isolation.md). To the shop these calls are genuine: the order
is the customer's. What is left is the trail, and an audit that reads it.
"""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from accounts.tokens.services import issue
from carts.models import CartLine
from orders.auditing import services as auditing
from orders.models import Order
from shop.catalogue.models import Variant
from tests.api.buying import EMAIL, Buyer
from tests.api.calling import Caller
from tests.api.shopping import HOME
from tests.carts.helpers import make_variant
from tests.orders.helpers import make_methods

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


class RememberingCaller(Caller):
    """A storefront's client as it was: one for all visitors of its process.

    It keeps the token of the last login, and sends it with every call that does not say otherwise
    by an `Authorization` of its own.
    """

    last_token: str | None = None

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Make the call, with the token that was remembered."""
        options.setdefault("token", self.last_token)
        answer = super().__call__(method, path, body, **options)
        if path == "/auth/customer/emailpass":
            self.last_token = answer.body["token"]
        return answer


@pytest.fixture
def ann(shops: Any) -> User:
    return User.objects.create_user("ann@example.com", PASSWORD)


@pytest.fixture
def shirt(shops: Any) -> Variant:
    make_methods()
    return make_variant(shops["galleria"], stock=99)


@pytest.fixture
def storefront(keys: dict[str, str], shops: Any, ann: User) -> RememberingCaller:
    """A storefront where Ann has logged in a moment ago."""
    made = RememberingCaller(Client(HTTP_HOST=shops["galleria"].domain), keys)
    logged_in = made("POST", "/auth/customer/emailpass", {"email": ann.email, "password": PASSWORD})
    assert logged_in.status == 200
    return made


def found(order: Order) -> set[str]:
    """What `manage.py audit_orders` finds about an order."""
    return {each.kind.value for each in auditing.audit(Order.objects.filter(pk=order.pk))}


def test_a_remembered_token_books_a_guests_order_on_a_stranger_and_the_trail_tells(
    storefront: RememberingCaller, shirt: Variant, ann: User
) -> None:
    # When: a guest, who has never heard of Ann, buys in the same process
    order = Buyer(storefront).is_ready(shirt).orders()

    # Then: to the shop it was Ann, with an e-mail address that is not hers
    assert (order.customer, order.email) == (ann, EMAIL)
    assert found(order) == {"email-differs"}
    with pytest.raises(SystemExit):
        call_command("audit_orders", order=order.number)


def test_with_the_explicit_empty_header_the_order_is_the_guests(
    storefront: RememberingCaller, shirt: Variant, ann: User
) -> None:
    order = Buyer(storefront, {"token": ""}).is_ready(shirt).orders()

    assert (order.customer, order.email) == (None, EMAIL)
    assert found(order) == set()
    call_command("audit_orders", order=order.number)
    told = storefront("GET", "/store/orders")
    assert told.body["count"] == 0
    assert storefront("GET", "/store/orders", token="").status == 401
    assert storefront("GET", "/store/customers/me", token="").status == 401


@pytest.mark.parametrize(
    ("forgotten", "told"),
    [
        ("puts_in", set()),
        ("types", set()),
        ("chooses_delivery", {"attached-late"}),
        ("chooses_payment", {"attached-late"}),
    ],
)
def test_one_call_without_the_header_takes_no_guests_cart(
    storefront: RememberingCaller, shirt: Variant, ann: User, forgotten: str, told: set[str]
) -> None:
    # Given: a storefront that says so at every call but one
    steps = ["puts_in", "types", "chooses_delivery", "chooses_payment"]
    buyer = Buyer(storefront, {"token": ""}).begins()
    for step in steps:
        careless = {"token": storefront.last_token} if step == forgotten else {}
        getattr(buyer, step)(*[shirt] if step == "puts_in" else [], **careless)

    # When, then: the guest's cart stays the guest's, and Ann's is empty
    order = buyer.orders()
    assert (order.customer, order.email) == (None, EMAIL)
    assert found(order) == told
    assert storefront("GET", "/store/orders").body["count"] == 0
    assert CartLine.objects.count() == 0


def test_the_last_call_without_the_header_orders_for_the_guest_and_is_told(
    storefront: RememberingCaller, shirt: Variant, ann: User
) -> None:
    buyer = Buyer(storefront, {"token": ""}).is_ready(shirt)
    order = buyer.orders(token=storefront.last_token)
    assert order.customer is None
    assert "stranger" in found(order)


def test_two_guests_who_are_taken_for_one_customer_share_a_cart_and_it_is_told(
    storefront: RememberingCaller, shirt: Variant, ann: User
) -> None:
    # When: two guests begin a cart each, and both calls carry Ann's token
    first, second = Buyer(storefront).begins(), Buyer(storefront).begins()

    # Then: there is one cart, Ann's; what one types the other sees
    assert first.cart == second.cart
    first.puts_in(shirt).types("one@example.com")
    second.puts_in(shirt).types("two@example.com").chooses_delivery().chooses_payment()
    order = second.orders()
    assert (order.customer, order.lines.get().quantity) == (ann, 2)
    assert "email-differs" in found(order)


def test_a_customer_who_comes_in_after_a_guest_typed_an_address(
    storefront: RememberingCaller, shirt: Variant, ann: User
) -> None:
    # Given: a guest who typed an address, and whose cart is then given to whoever is remembered
    buyer = Buyer(storefront, {"token": ""}).begins().puts_in(shirt).types()
    given = storefront("POST", f"/store/carts/{buyer.cart}/customer")
    assert (given.status, given.body["cart"]["customer_id"]) == (200, f"cus_{ann.pk}")
    buyer.cart, buyer.headers = given.body["cart"]["id"], {"token": storefront.last_token}

    # When
    order = buyer.types(ann.email).chooses_delivery().chooses_payment().orders()

    # Then
    assert order.customer == ann
    assert "attached-late" in found(order)


def test_what_a_guest_typed_is_not_shown_to_the_customer_who_gets_the_cart(
    storefront: RememberingCaller, shirt: Variant, ann: User
) -> None:
    buyer = Buyer(storefront, {"token": ""}).begins().puts_in(shirt).types()
    given = storefront("POST", f"/store/carts/{buyer.cart}/customer").body["cart"]
    assert given["email"] == ann.email
    assert given["shipping_address"] is given["billing_address"] is None
    assert EMAIL not in str(given)
    assert HOME["address_1"] not in str(given)


def test_a_guest_who_logs_in_halfway_with_their_own_address_is_no_anomaly(
    call: Any, shirt: Variant, ann: User, shops: Any
) -> None:
    token = issue(ann, shops["galleria"])
    buyer = Buyer(call, {"token": ""}).begins().puts_in(shirt).types(ann.email)
    given = call("POST", f"/store/carts/{buyer.cart}/customer", token=token)
    buyer.cart, buyer.headers = given.body["cart"]["id"], {"token": token}
    order = buyer.types(ann.email).chooses_delivery().chooses_payment().orders()
    assert order.customer == ann
    assert found(order) == set()


def test_a_token_in_two_programs_at_once(call: Any, shirt: Variant, ann: User, shops: Any) -> None:
    token = issue(ann, shops["galleria"])
    buyer = Buyer(call, {"token": token, "user_agent": "a storefront"}).begins().puts_in(shirt)
    buyer.types(ann.email, user_agent="a thief's program")
    order = buyer.chooses_delivery().chooses_payment().orders()
    assert order.customer == ann
    assert found(order) == {"token-shared"}


def test_a_customer_with_two_programs_one_after_the_other_is_no_anomaly(
    call: Any, shirt: Variant, ann: User, shops: Any
) -> None:
    token = issue(ann, shops["galleria"])
    buyer = Buyer(call, {"token": token, "user_agent": "a browser"}).begins().puts_in(shirt)
    buyer.headers["user_agent"] = "the browser, updated"
    order = buyer.types(ann.email).chooses_delivery().chooses_payment().orders()
    assert found(order) == set()


def test_two_customers_in_a_guests_cart(call: Any, shirt: Variant, ann: User, shops: Any) -> None:
    bob = User.objects.create_user("bob@example.com", PASSWORD)
    tokens = [issue(each, shops["galleria"]) for each in (ann, bob)]
    buyer = Buyer(call, {"token": ""}).begins()
    buyer.puts_in(shirt, token=tokens[0]).puts_in(shirt, token=tokens[1])
    order = buyer.types().chooses_delivery().chooses_payment().orders()
    assert order.customer is None
    assert "several-customers" in found(order)
