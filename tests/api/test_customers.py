"""Signing up, in and out by the Store API, and what a customer keeps there."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp

from accounts.models import Address, User
from accounts.tokens.models import Identity, IssuedToken
from tests.accounts.shopper import Shopper, customer, letters, link_in

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
TAKEN = "Identity with email already exists"
HOME = {
    "first_name": "Ann",
    "last_name": "Lee",
    "company": None,
    "address_1": "Main St 1",
    "address_2": "",
    "city": "Berlin",
    "postal_code": "10115",
    "province": "",
    "country_code": "DE",
    "phone": "",
}


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@example.com", PASSWORD, first_name="Ann")


@pytest.fixture
def token(call: Any, ann: User) -> str:
    answer = call("POST", "/auth/customer/emailpass", {"email": ann.email, "password": PASSWORD})
    found: str = answer.body["token"]
    return found


def test_signing_up_takes_two_steps(call: Any) -> None:
    typed = {"email": "New@Example.com", "password": PASSWORD}
    registered = call("POST", "/auth/customer/emailpass/register", typed)
    assert registered.status == 200
    early = registered.body["token"]
    assert call("GET", "/store/customers/me", token=early).status == 401

    made = call(
        "POST",
        "/store/customers",
        {"email": "other@example.com", "first_name": "Ann", "last_name": "Lee", "phone": ""},
        token=early,
    )

    assert made.status == 200
    customer = User.objects.get()
    assert made.body["customer"]["id"] == f"cus_{customer.pk}"
    assert made.body["customer"]["email"] == customer.email == "new@example.com"
    assert made.body["customer"]["addresses"] == []
    assert call("GET", "/store/customers/me", token=early).status == 401
    token = call("POST", "/auth/customer/emailpass", typed).body["token"]
    assert call("GET", "/store/customers/me", token=token).body == made.body


def test_an_address_that_is_taken_registers_nothing(call: Any, ann: User) -> None:
    answer = call(
        "POST",
        "/auth/customer/emailpass/register",
        {"email": "ANN@example.com", "password": PASSWORD},
    )
    assert (answer.status, answer.body["message"]) == (401, TAKEN)
    assert Identity.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "x", "password": PASSWORD},
        {"email": "x@example.com"},
        {"email": "x@example.com", "password": "short"},
        {"email": "x@example.com", "password": "password123"},
        {"email": "x@example.com", "password": "x" * 10_000},
        {"email": ["x@example.com"], "password": PASSWORD},
        {"email": None, "password": None},
    ],
)
def test_a_registration_that_cannot_be_used_is_told_why(call: Any, body: dict[str, Any]) -> None:
    answer = call("POST", "/auth/customer/emailpass/register", body)
    assert (answer.status, answer.body["type"]) == (400, "invalid_data")
    assert answer.body["message"]
    assert Identity.objects.count() == 0


@pytest.mark.parametrize(
    ("email", "password"), [("ann@example.com", "wrong"), ("nobody@example.com", PASSWORD)]
)
def test_a_wrong_sign_in_tells_nobody_apart(
    call: Any, ann: User, email: str, password: str
) -> None:
    answer = call("POST", "/auth/customer/emailpass", {"email": email, "password": password})
    assert (answer.status, answer.body) == (
        401,
        {"type": "unauthorized", "message": "Invalid email or password"},
    )


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_a_strangers_registration_does_not_shut_the_owner_out(
    call: Any, shops: Any, is_confirmed: bool
) -> None:
    # Given somebody who registered another's address, who then signs up on the web
    register, log_in = "/auth/customer/emailpass/register", "/auth/customer/emailpass"
    strangers = {"email": "ann@example.com", "password": "a-stranger-was-here"}
    early = call("POST", register, strangers).body["token"]
    ann = Shopper()
    ann.fill(shops["apparel"], "/account/signup/", email="ann@example.com", password1=PASSWORD)
    if is_confirmed:
        ann.send(ann.open(link_in(letters("ann@example.com")[0])), ann.url)

    # Then her password is the one that counts
    answer = call("POST", log_in, {"email": "ann@example.com", "password": PASSWORD})
    me = call("GET", "/store/customers/me", token=answer.body["token"])
    assert me.body["customer"]["email"] == "ann@example.com"
    assert call("POST", log_in, strangers).status == 401
    # And what the stranger got makes nobody a customer; a confirmed address ends it
    made = call("POST", "/store/customers", {"first_name": "Eve"}, token=early)
    assert made.status == (401 if is_confirmed else 422)
    assert User.objects.get().first_name == ""
    assert Identity.objects.exists() is not is_confirmed
    assert IssuedToken.objects.filter(customer=None).exists() is not is_confirmed
    assert call("POST", register, strangers).body["message"] == TAKEN


def test_an_operators_customer_ends_a_registration_on_its_way(call: Any) -> None:
    typed = {"email": "ann@example.com", "password": PASSWORD}
    call("POST", "/auth/customer/emailpass/register", typed)
    call("POST", "/auth/customer/emailpass/register", {**typed, "email": "bob@example.com"})

    customer("ann@example.com")

    assert Identity.objects.get().email == "bob@example.com"


def test_a_sign_in_does_not_look_at_a_token(call: Any, ann: User) -> None:
    answer = call(
        "POST",
        "/auth/customer/emailpass",
        {"email": ann.email, "password": PASSWORD},
        token="expired.or.worse",
    )
    assert answer.status == 200


def test_guessing_is_limited_by_address(call: Any, ann: User) -> None:
    wrong = {"email": ann.email, "password": "wrong"}
    statuses = [call("POST", "/auth/customer/emailpass", wrong).status for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    right = {"email": "Ann@example.com", "password": PASSWORD}
    assert call("POST", "/auth/customer/emailpass", right).status == 429
    other = {"email": "bob@example.com", "password": "wrong"}
    assert call("POST", "/auth/customer/emailpass", other).status == 401


def test_a_password_alone_does_not_open_an_account_with_a_second_factor(
    call: Any, ann: User
) -> None:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(ann, secret)
    typed = {"email": ann.email, "password": PASSWORD}

    refused = call("POST", "/auth/customer/emailpass", typed)

    assert (refused.status, refused.body["code"]) == (401, "code_required")
    assert call("POST", "/auth/customer/emailpass", {**typed, "code": "000"}).status == 401
    code = totp.format_hotp_value(
        totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time())))
    )
    assert call("POST", "/auth/customer/emailpass", {**typed, "code": code}).status == 200
    again = call("POST", "/auth/customer/emailpass", {**typed, "code": code})
    assert again.status == 401
    assert Authenticator.objects.count() == 1


def test_a_guest_is_nobody(call: Any, token: str) -> None:
    for sent in [None, "", "nonsense", token[:-2] + "xx"]:
        for method, path in [
            ("GET", "/store/customers/me"),
            ("POST", "/store/customers/me"),
            ("POST", "/store/customers"),
            ("GET", "/store/customers/me/addresses"),
            ("POST", "/store/customers/me/addresses"),
            ("POST", "/auth/token/revoke"),
        ]:
            answer = call(method, path, {} if method == "POST" else None, token=sent)
            assert (answer.status, answer.body) == (
                401,
                {"type": "unauthorized", "message": "Unauthorized"},
            )
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert "authorization" in answer.headers["Vary"].lower()


def test_another_scheme_is_no_token(call: Any, token: str) -> None:
    for header in [f"Basic {token}", token, "Bearer", f"Bearer  {token} x", "Token x"]:
        assert call("GET", "/store/customers/me", authorization=header).status == 401


def test_a_cookie_says_nothing(call: Any, ann: User) -> None:
    call.client.force_login(ann)
    assert call("GET", "/store/customers/me").status == 401


def test_a_customer_changes_name_and_phone_and_nothing_else(
    call: Any, ann: User, token: str
) -> None:
    answer = call(
        "POST",
        "/store/customers/me",
        {
            "last_name": "Lee",
            "phone": "+49 30 1",
            "email": "other@example.com",
            "is_staff": True,
            "password": "x",
            "id": "cus_1",
        },
        token=token,
    )
    assert (answer.body["customer"]["last_name"], answer.body["customer"]["phone"]) == (
        "Lee",
        "+49 30 1",
    )
    ann.refresh_from_db()
    assert (ann.email, ann.first_name, ann.is_staff) == ("ann@example.com", "Ann", False)
    assert ann.check_password(PASSWORD)
    assert call("POST", "/store/customers/me", {"phone": "<b>"}, token=token).status == 400


def test_the_address_book(call: Any, ann: User, token: str) -> None:
    added = call("POST", "/store/customers/me/addresses", HOME, token=token)
    assert added.status == 200
    entry = added.body["customer"]["addresses"][0]
    assert (entry["country_code"], entry["company"], entry["city"]) == ("de", "", "Berlin")
    second = {**HOME, "city": "Bonn", "is_default_shipping": True}
    call("POST", "/store/customers/me/addresses", second, token=token)

    path = f"/store/customers/me/addresses/{entry['id']}"
    changed = call("POST", path, {"city": "Köln", "is_default_shipping": True}, token=token)

    customer = changed.body["customer"]
    assert customer["default_shipping_address_id"] == entry["id"]
    assert [each["city"] for each in customer["addresses"]] == ["Köln", "Bonn"]
    assert call("GET", path, token=token).body["address"]["city"] == "Köln"
    listed = call("GET", "/store/customers/me/addresses?limit=1", token=token).body
    assert (len(listed["addresses"]), listed["count"]) == (1, 2)
    gone = call("DELETE", path, token=token)
    assert gone.body["deleted"] is True
    assert gone.body["object"] == "address"
    assert len(gone.body["parent"]["addresses"]) == 1
    assert call("DELETE", path, token=token).status == 404
    assert call("POST", path, {"city": "x"}, token=token).status == 404


def test_a_provinces_code_becomes_what_stands_on_parcels(call: Any, token: str) -> None:
    there = {**HOME, "country_code": "US", "postal_code": "near Oakland"}
    for province in ("US-CA", "California", "Kalifornien"):
        sent = {**there, "province": province}
        assert call("POST", "/store/customers/me/addresses", sent, token=token).status == 200
    stored = Address.objects.order_by("pk").values_list("province", flat=True)
    assert list(stored) == ["CA", "California", "Kalifornien"]


@pytest.mark.parametrize(
    "wrong",
    [{"country_code": "xx"}, {"country_code": "Germany"}, {"city": ""}, {"city": "x" * 121}],
)
def test_an_address_that_cannot_be_used_is_refused(
    call: Any, token: str, wrong: dict[str, str]
) -> None:
    answer = call("POST", "/store/customers/me/addresses", {**HOME, **wrong}, token=token)
    assert (answer.status, answer.body["type"]) == (400, "invalid_data")
    assert next(iter(wrong)) in answer.body["message"]
    assert Address.objects.count() == 0


def test_somebody_elses_address_is_not_there(call: Any, token: str) -> None:
    bob = User.objects.create_user("bob@example.com", PASSWORD)
    theirs = Address.objects.create(
        customer=bob, first_name="B", last_name="B", address_1="x", city="Bonn", country_code="de"
    )
    path = f"/store/customers/me/addresses/addr_{theirs.pk}"
    for method, body in [("GET", None), ("POST", {"city": "mine"}), ("DELETE", None)]:
        assert call(method, path, body, token=token).status == 404
    theirs.refresh_from_db()
    assert theirs.city == "Bonn"


def test_logging_out_ends_this_login_or_all(call: Any, ann: User, token: str) -> None:
    typed = {"email": ann.email, "password": PASSWORD}
    other = call("POST", "/auth/customer/emailpass", typed, shop="home").body["token"]
    third = call("POST", "/auth/customer/emailpass", typed).body["token"]

    assert call("POST", "/auth/token/revoke", token=token).body == {"success": True}

    assert call("GET", "/store/customers/me", token=token).status == 401
    assert call("POST", "/auth/token/revoke", token=token).status == 401
    assert call("GET", "/store/customers/me", token=third).status == 200
    assert call("POST", "/auth/token/revoke", {"everywhere": True}, token=third).status == 200
    assert call("GET", "/store/customers/me", token=other, shop="home").status == 401
    assert IssuedToken.objects.alive().count() == 0


def test_a_token_of_another_storefront_is_refused(call: Any, token: str) -> None:
    assert call("GET", "/store/customers/me", token=token, shop="home").status == 401
    assert call("GET", "/store/products", token=token, shop="home").status == 200


def test_a_client_that_asks_gets_a_token_it_can_refresh(call: Any, ann: User) -> None:
    typed = {"email": ann.email, "password": PASSWORD, "refresh": True}
    first = call("POST", "/auth/customer/emailpass", typed).body
    assert first["expires_in"] == 900
    second = call("POST", "/auth/token/refresh", {"refresh_token": first["refresh_token"]})
    assert call("GET", "/store/customers/me", token=second.body["token"]).status == 200
    stolen = call("POST", "/auth/token/refresh", {"refresh_token": first["refresh_token"]})
    assert stolen.status == 401
    assert call("GET", "/store/customers/me", token=second.body["token"]).status == 401
