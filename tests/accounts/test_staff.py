"""The staff's door, and what staff may do for a customer."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from accounts import sealing
from accounts.models import User
from accounts.services import devices
from tests.accounts.shopper import PASSWORD, Shopper, customer, letters
from tests.accounts.test_second_factor import code_of
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db
EMAIL = "staff@example.com"


def staff(**fields: Any) -> User:
    return User.objects.create_superuser(EMAIL, PASSWORD, **fields)


def enter(shops: dict[str, Any], password: str = PASSWORD) -> tuple[Shopper, Any]:
    browser = Shopper()
    page = browser.page(shops["galleria"], "/admin/accounts/user/")
    assert browser.url == "https://galleria.example/admin/login/?next=/admin/accounts/user/"
    page = browser.send(page, browser.url, username=EMAIL, password=password)
    return browser, page


def with_factor(user: User) -> str:
    secret = str(totp.generate_totp_secret())
    Authenticator.objects.create(user=user, type="totp", data={"secret": sealing.seal(secret)})
    return secret


def test_staff_enter_without_a_confirmed_address(shops: dict[str, Any]) -> None:
    user = staff()

    browser, page = enter(shops)

    assert browser.url == "https://galleria.example/admin/accounts/user/"
    assert page.status_code == 200
    (device,) = devices.signed_in(user)
    assert device.site == "galleria"
    user.refresh_from_db()
    assert user.last_login is not None


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password_does_not_open_it(shops: dict[str, Any], password: str) -> None:
    staff()

    browser, page = enter(shops, password)

    assert page.status_code == 200
    assert browser.page(shops["galleria"], "/admin/").context["user"].is_anonymous


def test_a_customer_is_told_what_a_stranger_is_told(shops: dict[str, Any]) -> None:
    customer(EMAIL)

    browser, page = enter(shops)

    assert "correct e-mail and password for a staff account" in page.content.decode()
    assert browser.who(shops["home"]) is None


def test_who_has_a_second_factor_is_asked_for_it(shops: dict[str, Any]) -> None:
    secret = with_factor(staff())

    browser, page = enter(shops)

    assert browser.url == "https://galleria.example/account/2fa/authenticate/"
    browser.open("https://galleria.example/admin/")
    assert "/admin/login/" in browser.url
    page = browser.page(shops["galleria"], "/account/2fa/authenticate/")
    browser.send(page, "/account/2fa/authenticate/", code=code_of(secret))
    assert browser.url == "https://galleria.example/admin/accounts/user/"


def test_the_admin_can_be_closed_to_those_without_a_second_factor(
    shops: dict[str, Any], settings: Any
) -> None:
    # Given
    settings.STAFF_SECOND_FACTOR = True
    user = staff()

    # When
    browser, page = enter(shops)

    # Then
    assert browser.url == "https://galleria.example/account/2fa/"
    assert "open to those only who have turned this on" in page.content.decode()
    assert browser.page(shops["galleria"], "/admin/accounts/user/").status_code == 200
    assert browser.url == "https://galleria.example/account/2fa/"

    # When
    with_factor(user)

    # Then
    browser.page(shops["galleria"], "/admin/accounts/user/")
    assert browser.url == "https://galleria.example/admin/accounts/user/"


def test_the_staffs_door_is_on_the_main_site_only(shops: dict[str, Any]) -> None:
    staff()
    page = Client(headers={"host": "home.example"}).post(
        "/admin/login/", {"username": EMAIL, "password": PASSWORD}
    )
    assert page.status_code == 404


def action(client: Client, name: str, *users: User) -> str:
    page = client.post(
        "/admin/accounts/user/",
        {"action": name, "_selected_action": [user.pk for user in users]},
        follow=True,
    )
    return page.content.decode()


def test_staff_sign_a_customer_out_everywhere(shops: dict[str, Any]) -> None:
    ada_account = customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    client = sign_in_staff(shops["galleria"])

    said = action(client, "sign_out_everywhere", ada_account)

    assert "1 session was ended." in said
    assert {ada.who(shop) for shop in shops.values()} == {None}


def test_staff_turn_a_lost_second_factor_off_and_the_owner_hears_of_it(
    shops: dict[str, Any],
) -> None:
    ada_account, bob = customer(), customer("bob@example.com")
    with_factor(ada_account)
    client = sign_in_staff(shops["galleria"])

    said = action(client, "turn_second_factor_off", ada_account, bob)

    assert "1 account needs only its password now; its owner has been told." in said
    assert not Authenticator.objects.exists()
    assert [letter.subject for letter in letters("ada@example.com")] == ["Two-step sign-in is off"]
    assert letters("bob@example.com") == []


def test_an_address_that_staff_changed_is_to_be_confirmed_and_the_old_one_is_no_way_in(
    shops: dict[str, Any],
) -> None:
    ada_account = customer()
    client = sign_in_staff(shops["galleria"])

    client.post(
        f"/admin/accounts/user/{ada_account.pk}/change/",
        {"email": "augusta@example.com", "is_active": "on"},
    )

    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [
        ("augusta@example.com", False, True)
    ]
    ada = Shopper()
    ada.sign_in(shops["home"])
    assert ada.who(shops["home"]) is None
    ada.sign_in(shops["home"], "augusta@example.com")
    assert ada.url == "https://home.example/account/confirm-email/"


def test_a_password_that_staff_set_ends_the_sign_ins(shops: dict[str, Any]) -> None:
    ada_account = customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    client = sign_in_staff(shops["galleria"])

    client.post(
        f"/admin/accounts/user/{ada_account.pk}/password/",
        {"usable_password": "true", "password1": "new-password-2", "password2": "new-password-2"},
    )

    assert {ada.who(shop) for shop in shops.values()} == {None}


def test_nobody_is_deleted_in_the_admin(shops: dict[str, Any]) -> None:
    ada_account = customer()
    client = sign_in_staff(shops["galleria"])

    page = client.post(f"/admin/accounts/user/{ada_account.pk}/delete/", {"post": "yes"})

    assert page.status_code == 403
    assert User.objects.filter(pk=ada_account.pk).exists()


def test_secrets_have_no_pages_in_the_admin(shops: dict[str, Any]) -> None:
    client = sign_in_staff(shops["galleria"])
    for path in ("mfa/authenticator", "account/emailaddress", "socialaccount/socialtoken"):
        assert client.get(f"/admin/{path}/").status_code == 404
