"""Who may touch a cart: a guest's, whoever knows its id; a customer's, they and nobody else."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tokens import registration
from accounts.tokens.models import IssuedToken
from accounts.tokens.services import issue, issue_for_identity, revoke_all
from carts.models import Cart, CartLine
from orders.models import Checkout, ShippingMethod
from shop.api.base.models import PublishableKey
from tests.api.shopping import HOME, begin, everything, held, put
from tests.carts.helpers import make_variant
from tests.orders.helpers import make_methods

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
UNAUTHORIZED = {"type": "unauthorized", "message": "Unauthorized"}
NO_CART = {"type": "not_found", "message": "This cart does not exist."}


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@example.com", PASSWORD)


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob@example.com", PASSWORD)


@pytest.fixture
def anns(shops: Any, ann: User) -> str:
    return issue(ann, shops["galleria"])


@pytest.fixture
def bobs(shops: Any, bob: User) -> str:
    return issue(bob, shops["galleria"])


@pytest.fixture
def shirt(shops: Any) -> Any:
    return make_variant(shops["apparel"])


@pytest.fixture
def try_all(call: Any, shirt: Any) -> Callable[..., Iterator[Any]]:
    """Make every call there is about a cart; the answers."""
    make_methods()
    option = f"so_{ShippingMethod.objects.get(slug='standard').pk}"
    item = {"variant_id": f"variant_{shirt.pk}", "quantity": 1}

    def attempt(cart: str, line: str, **who: Any) -> Iterator[Any]:
        path = f"/store/carts/{cart}"
        calls: list[tuple[str, str, Any]] = [
            ("GET", path, None),
            ("POST", path, {"email": "thief@example.com"}),
            ("POST", path, {"shipping_address": HOME}),
            ("POST", path, {"promo_codes": []}),
            ("POST", path, {}),
            ("POST", f"{path}/line-items", item),
            ("POST", f"{path}/line-items/{line}", {"quantity": 3}),
            ("DELETE", f"{path}/line-items/{line}", None),
            ("POST", f"{path}/promotions", {"promo_codes": ["X"]}),
            ("DELETE", f"{path}/promotions", {"promo_codes": ["X"]}),
            ("GET", f"/store/shipping-options?cart_id={cart}", None),
            ("POST", f"/store/shipping-options/{option}/calculate", {"cart_id": cart}),
            ("POST", f"{path}/shipping-methods", {"option_id": option}),
        ]
        for method, where, body in calls:
            yield call(method, where, body, **who)

    return attempt


@pytest.fixture
def anns_cart(call: Any, anns: str, shirt: Any) -> tuple[str, str]:
    """Ann's cart and the line that is in it."""
    cart = begin(call, token=anns)
    line = put(call, cart, shirt, 2, token=anns).body["cart"]["items"][0]["id"]
    call("POST", f"/store/carts/{cart}", {"shipping_address": HOME}, token=anns)
    return cart, line


def test_a_customers_cart_is_closed_to_everyone_else(
    call: Any,
    shops: Any,
    anns_cart: tuple[str, str],
    bobs: str,
    try_all: Any,
) -> None:
    staff = User.objects.create_superuser("staff@example.com", PASSWORD)
    identity = registration.register("new@example.com", PASSWORD)
    at_home = issue(User.objects.get(email="bob@example.com"), shops["home"])
    before = everything()
    callers: list[dict[str, Any]] = [
        {"token": None},
        {"token": ""},
        {"token": bobs},
        {"token": issue(staff, shops["galleria"])},
        {"token": issue_for_identity(identity, shops["galleria"])},
        {"token": None, "shop": "home"},
        {"token": at_home, "shop": "home"},
    ]
    for who in callers:
        for answer in try_all(*anns_cart, **who):
            assert (answer.status, answer.body) == (404, NO_CART), who
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert "Authorization" in answer.headers["Vary"]
    for token in (bobs, issue(staff, shops["galleria"])):
        answer = call("POST", f"/store/carts/{anns_cart[0]}/customer", token=token)
        assert (answer.status, answer.body) == (404, NO_CART)
    assert everything() == before


def test_a_session_says_nothing(
    call: Any, ann: User, anns_cart: tuple[str, str], try_all: Any
) -> None:
    call.client.force_login(ann)
    before = everything()
    assert {answer.status for answer in try_all(*anns_cart)} == {404}
    assert call("POST", f"/store/carts/{anns_cart[0]}/customer").status == 401
    assert everything() == before


def spoilt(kind: str, ann: User, shops: Any) -> str:
    """A token of Ann's that is no good."""
    if kind == "expired":
        return issue(ann, shops["galleria"], timezone.now() - timedelta(days=8))
    if kind == "elsewhere":
        return issue(ann, shops["home"])
    good = issue(ann, shops["galleria"])
    claims = jwt.decode(good, options={"verify_signature": False})
    head = {"kid": jwt.get_unverified_header(good)["kid"]}
    if kind == "revoked":
        revoke_all(ann, "logged out")
        return good
    if kind == "deleted":
        ann.delete()
        return good
    forged = {
        "unsigned": jwt.encode(claims, "", algorithm="none", headers=head),
        "forged": jwt.encode(claims, "x" * 32, algorithm="HS256", headers=head),
    }
    return forged.get(kind, "x" * 9000)


@pytest.mark.parametrize(
    "kind", ["expired", "revoked", "unsigned", "forged", "elsewhere", "nonsense", "deleted"]
)
def test_a_token_that_is_no_good_is_never_a_guest(
    call: Any,
    shops: Any,
    ann: User,
    anns_cart: tuple[str, str],
    try_all: Any,
    shirt: Any,
    kind: str,
) -> None:
    guests = begin(call)
    line = put(call, guests, shirt).body["cart"]["items"][0]["id"]
    token = spoilt(kind, ann, shops)
    before = everything()

    for cart in ((guests, line), anns_cart):
        for answer in try_all(*cart, token=token):
            assert (answer.status, answer.body) == (401, UNAUTHORIZED)
    for path in ("/store/carts", f"/store/carts/{guests}/customer"):
        assert call("POST", path, {}, token=token).status == 401
    assert everything() == before


def test_without_a_key_nobody_is_asked_who_they_are(
    call: Any, keys: Any, anns: str, anns_cart: tuple[str, str], try_all: Any
) -> None:
    before = everything()
    for who in (None, anns, "nonsense"):
        for answer in try_all(*anns_cart, token=who, shop="nowhere"):
            assert (answer.status, answer.body["type"]) == (400, "not_allowed")
        assert call("POST", "/store/carts", {}, token=who, shop="nowhere").status == 400
    PublishableKey.objects.get(token=keys["home"]).delete()
    assert call("GET", f"/store/carts/{anns_cart[0]}", shop="nowhere").status == 400
    assert everything() == before


def test_a_guests_cart_is_whoevers_who_knows_its_id_on_every_storefront(
    call: Any, shirt: Any, bobs: str
) -> None:
    cart = begin(call, shop="apparel")
    put(call, cart, shirt, 2, shop="apparel")

    seen = call("GET", f"/store/carts/{cart}", shop="home").body["cart"]

    assert held(seen) == [(f"variant_{shirt.pk}", 2)]
    assert seen["items"][0]["metadata"]["storefront"] == "apparel"
    seen = call("GET", f"/store/carts/{cart}", token=bobs).body["cart"]
    assert (seen["customer_id"], seen["email"]) == (None, None)


def test_an_id_that_is_nearly_right_is_wrong(call: Any, keys: Any) -> None:
    cart = begin(call)
    headers = {"x-publishable-api-key": keys["galleria"]}
    for name in (
        cart[:-1],
        cart + "x",
        cart.lower() if cart != cart.lower() else cart.upper(),
        cart[5:],
        cart.replace("cart_", "order_"),
        f"{cart}%0A",
        f"{cart}%00",
        f"{cart}/",
        f"%20{cart}",
        "cart_" + "%F0%9F%98%80" * 22,
    ):
        assert call.client.get(f"/store/carts/{name}", headers=headers).status_code == 404, name


def test_a_guest_can_give_a_cart_to_nobody(call: Any, anns_cart: tuple[str, str]) -> None:
    cart = begin(call)
    before = everything()
    for name in (cart, anns_cart[0], "cart_x"):
        for token in (None, ""):
            answer = call("POST", f"/store/carts/{name}/customer", token=token)
            assert (answer.status, answer.body) == (401, UNAUTHORIZED)
    assert everything() == before


def test_the_first_cart_of_a_customer_keeps_its_id(
    call: Any, ann: User, anns: str, bobs: str, shirt: Any
) -> None:
    cart = begin(call)
    put(call, cart, shirt, 2)

    told = call("POST", f"/store/carts/{cart}/customer", token=anns).body["cart"]

    assert (told["id"], told["customer_id"], told["email"]) == (cart, f"cus_{ann.pk}", ann.email)
    assert held(told) == [(f"variant_{shirt.pk}", 2)]
    assert call("POST", f"/store/carts/{cart}/customer", token=anns).body["cart"]["id"] == cart
    for token in (None, "", bobs):
        assert call("GET", f"/store/carts/{cart}", token=token).body == NO_CART
    assert call("POST", f"/store/carts/{cart}/customer", token=bobs).body == NO_CART
    assert begin(call, token=anns) == cart


def test_a_guests_cart_goes_into_the_customers_and_its_id_still_leads_there(
    call: Any, shops: Any, anns: str, bobs: str, anns_cart: tuple[str, str], shirt: Any
) -> None:
    lamp = make_variant(shops["home"])
    cart = begin(call)
    put(call, cart, shirt, 5)
    put(call, cart, lamp, 1)

    told = call("POST", f"/store/carts/{cart}/customer", token=anns).body["cart"]

    # The larger quantity of what came from the same storefront; the rest beside it.
    assert told["id"] == anns_cart[0]
    assert sorted(held(told)) == sorted([(f"variant_{shirt.pk}", 5), (f"variant_{lamp.pk}", 1)])
    assert Cart.objects.count() == 1
    # The storefront goes on with the id that is in its cookie.
    seen = call("GET", f"/store/carts/{cart}", token=anns)
    assert (seen.status, seen.body["cart"]["id"]) == (200, anns_cart[0])
    assert put(call, cart, lamp, 1, token=anns).status == 200
    line = seen.body["cart"]["items"][0]["id"]
    path = f"/store/carts/{cart}/line-items/{line}"
    assert call("POST", path, {"quantity": 1}, token=anns).status == 200
    sent = {"email": "ann.lee@example.com", "shipping_address": HOME}
    assert call("POST", f"/store/carts/{cart}", sent, token=anns).status == 200
    assert call("GET", f"/store/shipping-options?cart_id={cart}", token=anns).status == 200
    again = call("POST", f"/store/carts/{cart}/customer", token=anns).body["cart"]
    assert again["id"] == anns_cart[0]
    for token in (None, "", bobs):
        assert call("GET", f"/store/carts/{cart}", token=token).body == NO_CART
        assert put(call, cart, lamp, 1, token=token).status == 404
    assert call("POST", f"/store/carts/{cart}/customer", token=bobs).body == NO_CART
    quantities = dict(CartLine.objects.values_list("variant", "quantity"))
    assert quantities == {shirt.pk: 1, lamp.pk: 2}


def test_what_a_guest_typed_is_not_taken_for_the_customers(
    call: Any, ann: User, anns: str, shirt: Any
) -> None:
    cart = begin(call)
    put(call, cart, shirt)
    call(
        "POST",
        f"/store/carts/{cart}",
        {"email": "guest@example.com", "shipping_address": HOME},
    )

    told = call("POST", f"/store/carts/{cart}/customer", token=anns).body["cart"]

    assert (told["email"], told["shipping_address"]) == (ann.email, None)
    call("POST", f"/store/carts/{cart}", {"shipping_address": HOME}, token=anns)
    assert Checkout.objects.get().customer == ann
    assert Checkout.objects.get().email == ""


def test_a_typed_address_of_an_account_opens_nothing(
    call: Any, ann: User, anns_cart: tuple[str, str]
) -> None:
    cart = begin(call)
    sent = {"email": ann.email, "customer_id": f"cus_{ann.pk}"}
    told = call("POST", f"/store/carts/{cart}", sent).body["cart"]
    assert (told["items"], told["customer_id"], told["shipping_address"]) == ([], None, None)
    assert call("GET", f"/store/carts/{anns_cart[0]}").status == 404


def test_logged_out_the_next_guest_finds_nothing(
    call: Any, anns: str, anns_cart: tuple[str, str]
) -> None:
    call("POST", "/auth/token/revoke", token=anns)
    assert call("GET", f"/store/carts/{anns_cart[0]}").status == 404
    fresh = begin(call)
    assert call("GET", f"/store/carts/{fresh}").body["cart"]["items"] == []
    assert IssuedToken.objects.alive().count() == 0


def test_calls_are_counted_by_key_and_by_customer(
    call: Any, settings: Any, anns: str, bobs: str
) -> None:
    cart = begin(call)
    settings.API_RATES = {**settings.API_RATES, "customer": "3/min", "key": "100/min"}
    path = f"/store/carts/{cart}"
    assert [call("GET", path, token=anns).status for _ in range(4)] == [200, 200, 200, 429]
    assert call("GET", path, token=bobs).status == 200
    assert call("GET", path).status == 200
    settings.API_RATES = {**settings.API_RATES, "key": "1/min"}
    assert call("GET", path).status == 429
    assert call("GET", path, shop="home").status == 200
