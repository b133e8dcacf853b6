"""Every call of the schema, as everyone whose it is not: nothing is told of Ann, nothing changes.

The calls are read from the schema, so that a new one is asked, too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from accounts.models import Address, User
from accounts.services.addresses import add_address
from accounts.tokens import registration
from accounts.tokens.models import IssuedToken, RefreshToken
from accounts.tokens.services import issue, issue_for_identity, issue_pair, revoke_all
from carts.models import Cart, CartLine
from orders.models import Checkout, Order, ShippingMethod
from shop.api.schema import CUSTOMER
from shop.audit.models import Entry
from tests.api.buying import Buyer
from tests.carts.helpers import make_variant
from tests.orders.helpers import make_methods

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
CANARY = "canary-7f3a91"
HOME = {
    "first_name": CANARY,
    "last_name": CANARY,
    "address_1": CANARY,
    "city": "Berlin",
    "postal_code": "10115",
    "country_code": "de",
}
UNAUTHORIZED = {"type": "unauthorized", "message": "Unauthorized"}
# They end the login they come with, or begin one: no object of anybody's is named.
WITHOUT_OBJECTS = ("/auth/", "/store/customers")
# What a customer alone may ask; a guest is told to log in.
FOR_CUSTOMERS = ("/store/customers", "/customer", "/transfer/request", "/transfer/accept")


@dataclass
class Anns:
    """What Ann has: a cart that she fills, an order, an entry in her address book."""

    user: User
    token: str
    cart: str
    line: str
    collection: str
    order: str
    address: str
    option: str

    def paths(self, path: str) -> str:
        """A path of the schema with her things in it."""
        named = {
            "/store/carts/": self.cart,
            "/store/orders/": self.order,
            "/store/payment-collections/": self.collection,
            "/store/customers/me/addresses/": self.address,
            "/store/shipping-options/": self.option,
        }
        for start, id_ in named.items():
            if path.startswith(start):
                path = path.replace("{id}", id_)
        return path.replace("{line}", self.line)


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob@example.com", PASSWORD)


@pytest.fixture
def anns(call: Any, shops: Any) -> Anns:
    make_methods()
    shirt = make_variant(shops["galleria"], stock=99)
    ann = User.objects.create_user(f"{CANARY}@example.com", PASSWORD, first_name=CANARY)
    token = issue(ann, shops["galleria"])
    address = add_address(ann, **HOME)
    buyer = Buyer(call, {"token": token})
    order = buyer.is_ready(shirt).types(ann.email).orders()
    buyer.is_ready(shirt, 2).types(ann.email)
    cart = call("GET", f"/store/carts/{buyer.cart}", token=token).body["cart"]
    return Anns(
        ann,
        token,
        buyer.cart,
        cart["items"][0]["id"],
        cart["payment_collection"]["id"],
        f"order_{order.public_id}",
        f"addr_{address.pk}",
        f"so_{ShippingMethod.objects.get(slug='standard').pk}",
    )


def operations() -> Iterator[tuple[str, str, bool]]:
    """Method, path, and whether the call looks at who asks."""
    schema = SchemaGenerator(urlconf="shop.api.urls").get_schema(public=True)  # type: ignore[no-untyped-call]
    for path, calls in schema["paths"].items():
        for method, told in calls.items():
            yield method.upper(), path, any(CUSTOMER in each for each in told["security"])


OPERATIONS = list(operations())


def everything(ann: User) -> list[Any]:
    """All that is Ann's, and what could be made of it."""
    return [
        list(User.objects.filter(pk=ann.pk).values()),
        *(
            list(kind.objects.order_by("pk").values())
            for kind in (Address, Cart, CartLine, Checkout, Order)
        ),
        list(Entry.objects.order_by("pk").values_list("pk", "action")),
        list(IssuedToken.objects.filter(customer=ann).order_by("pk").values()),
    ]


def bodies(anns: Anns) -> list[dict[str, Any]]:
    """Nothing, and everything that some call takes, Ann's things among it."""
    return [
        {},
        {
            "cart_id": anns.cart,
            "region_id": "reg_eur",
            "option_id": anns.option,
            "provider_id": "pp_system_default",
            "quantity": 1,
            "email": "thief@example.com",
            "first_name": "Thief",
            "promo_codes": [],
            "token": "x",
            "customer_id": f"cus_{anns.user.pk}",
        },
    ]


def ask_all(call: Any, anns: Anns, **who: Any) -> Iterator[tuple[str, str, bool, Any]]:
    """Make every call there is, with Ann's ids in it; what came back."""
    for method, path, looks in OPERATIONS:
        if path.endswith("/token/revoke") or (path == "/store/carts" and method == "POST"):
            continue  # they are about the caller's own, and change that
        asked = f"{anns.paths(path)}?cart_id={anns.cart}&region_id=reg_eur"
        for body in bodies(anns) if method == "POST" else [None]:
            yield method, path, looks, call(method, asked, body, **who)


def test_the_schema_has_every_call() -> None:
    assert len(OPERATIONS) >= 43
    assert sum(looks for _m, _p, looks in OPERATIONS) >= 25


def test_ann_herself_is_told(call: Any, anns: Anns) -> None:
    """Without this, the tests below would pass with ids that are none."""
    told = [
        call("GET", anns.paths(path), token=anns.token)
        for path in (
            "/store/carts/{id}",
            "/store/orders/{id}",
            "/store/customers/me",
            "/store/orders",
        )
    ]
    assert [answer.status for answer in told] == [200] * 4
    assert all(CANARY in str(answer.body) for answer in told)
    asked = f"/store/shipping-options?cart_id={anns.cart}"
    assert call("GET", asked, token=anns.token).status == 200


@pytest.mark.parametrize("header", [None, ""])
def test_a_guest(call: Any, anns: Anns, header: str | None) -> None:
    before = everything(anns.user)
    for method, path, looks, answer in ask_all(call, anns, token=header):
        where = (method, path, answer.body)
        assert CANARY not in str(answer.body), where
        if looks and (path == "/store/orders" or any(each in path for each in FOR_CUSTOMERS)):
            assert (answer.status, answer.body) == (401, UNAUTHORIZED), where
        elif looks and path != "/store/payment-providers":
            assert answer.status in {400, 404}, where
        else:
            assert answer.status < 500, where
    assert everything(anns.user) == before


@pytest.mark.parametrize("kind", ["customer", "staff", "superuser"])
def test_another_customer_and_staff(
    call: Any, anns: Anns, shops: Any, bob: User, kind: str
) -> None:
    bob.is_staff, bob.is_superuser = kind != "customer", kind == "superuser"
    bob.save()
    token = issue(bob, shops["galleria"])
    before = everything(anns.user)
    for method, path, looks, answer in ask_all(call, anns, token=token):
        where = (method, path, answer.body)
        assert CANARY not in str(answer.body), where
        if (
            looks
            and not path.startswith(WITHOUT_OBJECTS)
            and path
            not in {
                *("/store/payment-providers", "/store/orders"),
            }
        ):
            assert answer.status in {400, 404}, where
        assert answer.status < 500, where
    theirs = Address.objects.filter(customer=bob)
    theirs.delete()
    assert everything(anns.user) == before


def expired(anns: Anns, shops: Any) -> str:
    return issue(anns.user, shops["galleria"], timezone.now() - timedelta(days=8))


def revoked(anns: Anns, shops: Any) -> str:
    revoke_all(anns.user, "logged out everywhere")
    return anns.token


def of_another_storefront(anns: Anns, shops: Any) -> str:
    return issue(anns.user, shops["home"])


def unsigned(anns: Anns, shops: Any) -> str:
    claims = jwt.decode(anns.token, options={"verify_signature": False})
    head = jwt.get_unverified_header(anns.token)
    return jwt.encode(claims, "", algorithm="none", headers={"kid": head["kid"]})


def signed_by_a_stranger(anns: Anns, shops: Any) -> str:
    claims = jwt.decode(anns.token, options={"verify_signature": False})
    head = jwt.get_unverified_header(anns.token)
    return jwt.encode(claims, "x" * 64, algorithm="HS256", headers={"kid": head["kid"]})


def cut_short(anns: Anns, shops: Any) -> str:
    return anns.token[:-4]


def a_refresh_token(anns: Anns, shops: Any) -> str:
    return issue_pair(anns.user, shops["galleria"]).refresh_token


def of_a_closed_account(anns: Anns, shops: Any) -> str:
    User.objects.filter(pk=anns.user.pk).update(is_active=False)
    return anns.token


def her_number(anns: Anns, shops: Any) -> str:
    return str(anns.user.pk)


BAD: list[Callable[[Anns, Any], str]] = [
    *(expired, revoked, of_another_storefront, unsigned, signed_by_a_stranger, cut_short),
    *(a_refresh_token, of_a_closed_account, her_number),
]


@pytest.mark.parametrize("make", BAD)
def test_a_token_that_is_no_good_is_refused_everywhere_and_is_never_a_guest(
    call: Any, anns: Anns, shops: Any, make: Callable[[Anns, Any], str]
) -> None:
    bad = make(anns, shops)
    before = everything(anns.user)
    for method, path, looks, answer in ask_all(call, anns, token=bad):
        where = (method, path, answer.body)
        assert CANARY not in str(answer.body), where
        if looks:
            assert (answer.status, answer.body) == (401, UNAUTHORIZED), where
        else:  # rows 1 to 7, and the ways in, do not look
            assert answer.status < 500, where
    assert everything(anns.user) == before
    assert RefreshToken.objects.filter(used_at__isnull=False).count() == 0


def test_an_identity_that_is_no_customer_yet(call: Any, anns: Anns, shops: Any) -> None:
    identity = registration.register("new@example.com", PASSWORD)
    token = issue_for_identity(identity, shops["galleria"])
    before = everything(anns.user)
    for method, path, looks, answer in ask_all(call, anns, token=token):
        if (method, path) == ("POST", "/store/customers"):
            continue  # the one thing it is for
        where = (method, path, answer.body)
        assert CANARY not in str(answer.body), where
        if looks and path != "/store/payment-providers":
            assert answer.status in {400, 401, 404}, where
        assert answer.status < 500, where
    User.objects.filter(email="new@example.com").delete()
    assert everything(anns.user) == before


def test_no_call_is_answered_without_a_key(call: Any, anns: Anns) -> None:
    before = everything(anns.user)
    for key in ["", "pk_wrong"]:
        for method, path, _looks, answer in ask_all(
            call, anns, token=anns.token, x_publishable_api_key=key
        ):
            assert (answer.status, answer.body["type"]) == (400, "not_allowed"), (method, path)
    assert everything(anns.user) == before


FORBIDDEN: dict[str, Any] = {
    "id": "x",
    "pk": 1,
    "is_staff": True,
    "is_superuser": True,
    "is_active": False,
    "password": "stolen stolen stolen",
    "groups": [1],
    "user_permissions": [1],
    "last_login": None,
    "unit_price": 0.01,
    "price": 0.01,
    "amount": 0.01,
    "total": 0,
    "tax_total": 0,
    "discount_total": 999,
    "status": "completed",
    "payment_status": "captured",
    "completed_at": "2020-01-01T00:00:00Z",
    "storefront_id": 1,
    "metadata": {"a": 1},
    "has_account": False,
    "created_at": "2020-01-01T00:00:00Z",
}


def test_what_is_not_the_callers_to_say_is_not_heard(
    call: Any, anns: Anns, shops: Any, bob: User
) -> None:
    shirt = make_variant(shops["galleria"], stock=9)
    token = issue(bob, shops["galleria"])
    forbidden = {**FORBIDDEN, "customer_id": f"cus_{anns.user.pk}", "customer": anns.user.pk}

    def say(path: str, **body: Any) -> Any:
        answer = call("POST", path, {**forbidden, **body}, token=token)
        assert answer.status == 200, (path, answer.body)
        return answer.body

    cart = say("/store/carts", region_id="reg_eur")["cart"]
    path = f"/store/carts/{cart['id']}"
    line = say(f"{path}/line-items", variant_id=f"variant_{shirt.pk}", quantity=2)["cart"]
    price = line["items"][0]["unit_price"]
    assert price > 1
    say(f"{path}/line-items/{line['items'][0]['id']}", quantity=1)
    address = {**HOME, "first_name": "Bob", "last_name": "B", "address_1": "1", "id": "x"}
    say(path, email="bob@example.com", shipping_address={**forbidden, **address})
    say(f"{path}/shipping-methods", option_id=anns.option, data={"amount": 0})
    made = say("/store/payment-collections", cart_id=cart["id"])["payment_collection"]
    say(
        f"/store/payment-collections/{made['id']}/payment-sessions", provider_id="pp_system_default"
    )
    seen = call("GET", path, token=token).body["cart"]
    done = say(f"{path}/complete")
    me = say("/store/customers/me", first_name="Bob", email=anns.user.email)["customer"]
    say("/store/customers/me/addresses", **{**HOME, "first_name": "Bob"})

    bob.refresh_from_db()
    assert (bob.is_staff, bob.is_superuser, bob.is_active) == (False, False, True)
    assert bob.check_password(PASSWORD)
    assert not bob.groups.exists()
    assert (me["id"], me["email"]) == (f"cus_{bob.pk}", "bob@example.com")
    order = Order.objects.get(public_id=done["order"]["id"].removeprefix("order_"))
    assert order.customer == bob
    assert float(order.total) == seen["total"] > price
    assert Address.objects.get(customer=bob).first_name == "Bob"
    assert Address.objects.filter(customer=anns.user).count() == 1
