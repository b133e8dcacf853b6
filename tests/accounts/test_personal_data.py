"""All that is known of a person: handed out, or taken out of the shop."""

import json
import re
import uuid
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, models, transaction

from accounts.models import Address, User
from accounts.services import addresses
from accounts.services.personal_data import Person, erase_all
from accounts.tokens import services as tokens
from carts.models import Cart, CartLine
from orders.models import Checkout, Invoice, Order, Return
from orders.webhooks.models import Delivery, Endpoint
from orders.webhooks.payload import event_of
from shop.mailing.models import OutgoingMail
from shop.pricing.models import CustomerGroup
from tests.accounts.ordering import HOME, bill_elsewhere, make_order
from tests.accounts.shopper import PASSWORD, Shopper, customer, letters
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"
CANARIES = (EMAIL, "Lovelace", "St James", "SW1Y", "7946", "Ockham", "Analytical Engines")


def life(shops: dict[str, Any]) -> User:
    """A customer with something of everything."""
    user = customer(first_name="Ada", last_name="Lovelace")
    addresses.add_address(user, **HOME)
    order = make_order(shops["home"], customer=user)
    bill_elsewhere(order)
    Return.objects.create(order=order, reason="Lovelace did not like it", status="refused")
    Invoice.objects.create(
        order=order,
        number="I-1",
        amount=order.total,
        document={"number": "I-1", "buyer": ["Ada Lovelace", "12 St James's Square"]},
    )
    endpoint = Endpoint.objects.create(title="Warehouse", url="https://warehouse.example/")
    Delivery.objects.create(
        endpoint=endpoint,
        order=order,
        event="order.placed",
        payload=event_of(order, "order.placed", uuid.uuid4(), "2026-11-21T12:00:00Z"),
        answer="Thank you, Ada Lovelace",
    )
    cart = Cart.objects.create(customer=user)
    product = ProductFactory(title="Brass lamp", storefronts=[shops["home"]])
    CartLine.objects.create(
        cart=cart, variant=product.variants.get(), storefront=shops["home"], quantity=2
    )
    Checkout.objects.create(cart=cart, customer=user, email=EMAIL, **HOME)
    CustomerGroup.objects.create(name="Club").members.add(user)
    tokens.issue(user, shops["home"])
    return user


def signed_in(shops: dict[str, Any]) -> Shopper:
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    return ada


def prove(ada: Shopper, shops: dict[str, Any], path: str) -> Any:
    page = ada.page(shops["apparel"], path)
    assert "Is it you?" in page.content.decode()
    return ada.send(page, ada.url, password=PASSWORD)


def rows_with(*canaries: str) -> list[str]:
    """Every row of every table that holds one of these texts."""
    found = []
    for model in apps.get_models():
        fields = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField | models.JSONField)
        ]
        for row in model._base_manager.values(*fields) if fields else []:
            said = json.dumps(row, default=str)
            found += [f"{model._meta.label}: {c}" for c in canaries if c.lower() in said.lower()]
    return found


def test_everything_is_in_one_file(shops: dict[str, Any]) -> None:
    # Given
    life(shops)
    make_order(shops["home"], email=EMAIL)
    ada = signed_in(shops)

    # When
    file = prove(ada, shops, "/account/data/download/")

    # Then
    assert file["Content-Type"] == "application/json; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="my-data-\d{4}-\d\d-\d\d\.json"', file["Content-Disposition"]
    )
    known = json.loads(file.content)
    assert known["account"]["email"] == EMAIL
    assert known["account"]["emails"] == [{"email": EMAIL, "verified": True, "primary": True}]
    assert known["addresses"][0]["city"] == "London"
    (order,) = known["orders"]
    assert order["delivery"]["address_1"] == "12 St James's Square"
    assert order["billing"]["city"] == "Ockham Park"
    assert order["lines"][0]["product"] == "Silver ring"
    assert order["total"] == "14.90"
    assert known["cart"] == [
        {
            "product": "Brass lamp",
            "quantity": 2,
            "shop": "home",
            "since": known["cart"][0]["since"],
        }
    ]
    assert known["checkouts"][0]["email"] == EMAIL
    assert known["customer_groups"] == ["Club"]
    assert [(place["browser"], place["site"]) for place in known["signed_in"]] == [
        ("Chrome", "apparel")
    ]
    assert [token["storefront__slug"] for token in known["api_tokens"]] == ["home"]
    for secret in (User.objects.get().password, "md5$", "digest"):
        assert secret not in file.content.decode()


def test_the_file_is_for_who_has_just_shown_who_they_are(shops: dict[str, Any]) -> None:
    life(shops)
    stranger = Shopper()
    stranger.page(shops["home"], "/account/data/download/")
    assert "/account/login/" in stranger.url
    page = signed_in(shops).page(shops["home"], "/account/data/download/")
    assert "Is it you?" in page.content.decode()


def test_an_account_is_deleted_with_all_that_says_whose_it_was(shops: dict[str, Any]) -> None:
    # Given
    user = life(shops)
    bobs: dict[str, Any] = dict.fromkeys(HOME, "x") | {"first_name": "Bob", "country_code": "gb"}
    other = make_order(shops["home"], email="bob@example.com", **bobs)
    ada, elsewhere = signed_in(shops), signed_in(shops)
    order = Order.objects.get(customer=user)
    lines = list(order.lines.values())

    # When
    page = prove(ada, shops, "/account/delete/")
    assert "Delete your account?" in page.content.decode()
    page = ada.send(page, "/account/delete/")

    # Then
    assert ada.url == "https://apparel.example/"
    assert "Your account is deleted." in page.content.decode()
    for browser in (ada, elsewhere):
        assert {browser.who(shop) for shop in shops.values()} == {None}
    (last,) = OutgoingMail.objects.all()
    assert (last.to, last.subject) == (EMAIL, "Your account is deleted")
    last.delete()
    assert rows_with(*CANARIES) == []
    user.refresh_from_db()
    assert (user.is_active, user.email, user.has_usable_password()) == (
        False,
        f"{user.pk}@erased.invalid",
        False,
    )
    order.refresh_from_db()
    assert (order.customer, order.total, order.country_code) == (user, order.total, "gb")
    assert list(order.lines.values()) == lines
    assert Invoice.objects.get().document == {
        "number": "I-1",
        "buyer": ["United Kingdom"],
        "deliver_to": [],
    }
    told = Delivery.objects.get().payload["order"]
    assert (told["email"], told["shipping_address"], told["total"]) == (
        "",
        {"country_code": "gb"},
        "14.90",
    )
    other.refresh_from_db()
    assert (other.first_name, other.email) == ("Bob", "bob@example.com")
    assert not Cart.objects.exists()


def test_the_address_is_free_again(shops: dict[str, Any]) -> None:
    erase_all(Person(life(shops)))

    ada = Shopper()
    ada.fill(shops["home"], "/account/signup/", email=EMAIL, password1=PASSWORD)

    assert User.objects.filter(email=EMAIL, erased_at=None).count() == 1
    assert letters(EMAIL)[-1].subject == "Please confirm your e-mail address"


@pytest.mark.parametrize(
    "state",
    [
        {"status": "pending", "payment_status": "awaiting", "expires_at": "2030-01-01T00:00Z"},
        {"status": "placed", "payment_status": "paid", "fulfilment_status": "unfulfilled"},
        {"status": "fulfilled", "payment_status": "awaiting"},
    ],
)
def test_an_order_under_way_has_to_arrive_first(
    shops: dict[str, Any], state: dict[str, Any]
) -> None:
    user = customer()
    order = make_order(shops["home"], customer=user, **state)
    ada = signed_in(shops)

    page = prove(ada, shops, "/account/delete/")
    page = ada.send(page, "/account/delete/")

    assert f"{order.number}: still under way, or not paid yet" in page.content.decode()
    user.refresh_from_db()
    order.refresh_from_db()
    assert (user.erased_at, order.first_name) == (None, "Ada")
    assert EmailAddress.objects.count() == 1


def test_an_announced_return_counts_as_under_way(shops: dict[str, Any]) -> None:
    user = customer()
    Return.objects.create(order=make_order(shops["home"], customer=user))

    with pytest.raises(Exception, match="still under way"):
        erase_all(Person(user))
    user.refresh_from_db()
    assert user.erased_at is None


def test_staff_do_not_delete_themselves(shops: dict[str, Any]) -> None:
    customer(is_staff=True)
    ada = signed_in(shops)

    page = prove(ada, shops, "/account/delete/")
    page = ada.send(page, "/account/delete/")

    assert "You work here: please ask an administrator" in page.content.decode()
    assert User.objects.get().is_active


def test_the_database_knows_that_an_erased_account_is_empty() -> None:
    user = User.objects.create_user(EMAIL, first_name="Ada")
    erase_all(Person(user))
    for fields in (
        {"first_name": "Ada"},
        {"email": EMAIL},
        {"is_active": True},
        {"is_staff": True},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=user.pk).update(**fields)


def anonymise(*args: str) -> list[str]:
    out = StringIO()
    call_command("anonymise_customer", *args, stdout=out)
    return out.getvalue().strip().splitlines()


def test_the_command_erases_an_account_and_says_what(shops: dict[str, Any]) -> None:
    user = life(shops)
    guest = make_order(shops["apparel"], email="Ada@Example.com")

    said = anonymise("ADA@example.com")

    assert said == [
        "Carts: 1 erased",
        "Orders: 2 erased",
        "Account, with its password and second factor: 1 erased",
        "Addresses: 1 erased",
    ]
    assert rows_with(*CANARIES) == []
    guest.refresh_from_db()
    assert guest.email == "order@erased.invalid"
    user.refresh_from_db()
    assert user.erased_at is not None


def test_the_command_is_safe_twice(shops: dict[str, Any]) -> None:
    user = life(shops)
    anonymise(str(user.pk))
    erased_at = User.objects.get().erased_at

    assert anonymise(str(user.pk)) == ["There is nothing (left) to erase."]
    assert anonymise(EMAIL) == ["There is nothing (left) to erase."]
    assert User.objects.get().erased_at == erased_at


def test_a_dry_run_says_the_same_and_erases_nothing(shops: dict[str, Any]) -> None:
    user = life(shops)
    before = rows_with(*CANARIES)

    said = anonymise(EMAIL, "--dry-run")

    assert said[:2] == ["Carts: 1 would be erased", "Orders: 1 would be erased"]
    assert rows_with(*CANARIES) == before
    user.refresh_from_db()
    assert user.erased_at is None


def test_a_guest_is_erased_by_address(shops: dict[str, Any]) -> None:
    order = make_order(shops["home"])
    OutgoingMail.objects.create(
        reference=order.token, to=EMAIL, subject="Your order", text="Dear Ada Lovelace",
        html="", sender="shop@example.com", site_url="", template="x", message_id="<1@x>",
    )  # fmt: skip
    cart = Cart.objects.create(session_key="a-guests-session")
    Checkout.objects.create(cart=cart, email=EMAIL, **HOME)
    bob = make_order(shops["home"], email="bob@example.com", last_name="Byron")

    assert anonymise(EMAIL) == ["Orders: 1 erased"]

    assert rows_with(EMAIL, "Ada Lovelace", "Analytical Engines") == [
        "orders.Order: Analytical Engines"
    ]
    bob.refresh_from_db()
    assert bob.email == "bob@example.com"


def test_what_must_be_kept_is_named_and_erased_when_it_is_due(shops: dict[str, Any]) -> None:
    # Given
    user = customer()
    open_order = make_order(
        shops["home"], customer=user, status="placed", fulfilment_status="unfulfilled"
    )
    done = make_order(shops["home"], customer=user)

    # When
    said = anonymise(str(user.pk))

    # Then
    assert said[:2] == [
        "Orders: 1 erased",
        f"Orders under way: 0 erased; kept: {open_order.number}: still under way, or not paid yet",
    ]
    open_order.refresh_from_db()
    done.refresh_from_db()
    assert (open_order.last_name, done.last_name) == ("Lovelace", "")

    # When it has arrived
    Order.objects.filter(pk=open_order.pk).update(status="fulfilled")
    said = anonymise("--due")

    # Then
    assert said == ["Orders: 1 erased", "1 erased accounts looked at"]
    assert rows_with(*CANARIES) == []


def test_the_law_may_want_names_kept_for_a_while(shops: dict[str, Any], settings: Any) -> None:
    # Given
    settings.BOOKS_KEEP_NAMES_DAYS = 60
    user = customer()
    recent = make_order(shops["home"], customer=user, days_ago=59)
    old = make_order(shops["home"], customer=user, days_ago=61)

    # When
    said = anonymise(str(user.pk))

    # Then
    assert said[0] == "Orders: 1 erased"
    assert said[1].startswith(
        f"Orders in the books: 0 erased; kept: {recent.number}: the law wants the names kept"
    )
    recent.refresh_from_db()
    old.refresh_from_db()
    assert (recent.last_name, old.last_name) == ("Lovelace", "")
    settings.BOOKS_KEEP_NAMES_DAYS = 58
    assert anonymise("--due") == ["Orders: 1 erased", "1 erased accounts looked at"]


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ((), "Name one person"),
        (("7", "--due"), "Name one person"),
        (("nobody",), "neither an e-mail address nor a number"),
        (("999999",), "There is no account 999999"),
        (("staff@example.com",), "member of staff"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(args: tuple[str, ...], why: str) -> None:
    User.objects.create_user("staff@example.com", is_staff=True)
    with pytest.raises(CommandError, match=why):
        anonymise(*args)
    assert User.objects.get().erased_at is None


def test_nothing_is_erased_if_one_app_fails(shops: dict[str, Any], settings: Any) -> None:
    user = life(shops)
    settings.PERSONAL_DATA_ERASERS = [
        *settings.PERSONAL_DATA_ERASERS,
        "tests.accounts.test_personal_data.fail",
    ]

    with pytest.raises(RuntimeError, match="at the last moment"):
        erase_all(Person(user))

    user.refresh_from_db()
    assert (user.email, Address.objects.count(), Authenticator.objects.count()) == (EMAIL, 1, 0)
    assert Order.objects.get().last_name == "Lovelace"


def fail(person: Person) -> None:
    """An app that cannot erase what it has."""
    raise RuntimeError("at the last moment")
