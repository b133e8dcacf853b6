"""Signing up, in and out, over several domains."""

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from accounts.models import User
from sessionsync.models import Session
from tests.accounts.shopper import PASSWORD, Shopper, customer, letters, link_in

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"


def signed_up(shops: dict[str, Any]) -> Shopper:
    ada = Shopper()
    ada.fill(shops["apparel"], "/account/signup/", email="Ada@Example.com", password1=PASSWORD)
    return ada


def follow(ada: Shopper, link: str) -> Any:
    """Open a mailed link, and press the button there."""
    return ada.send(ada.open(link), ada.url)


def test_sign_up_confirm_and_be_signed_in_on_every_site(shops: dict[str, Any]) -> None:
    # Given
    ada = signed_up(shops)

    # Then
    assert ada.url == "https://apparel.example/account/confirm-email/"
    user = User.objects.get()
    assert (user.email, user.is_active, user.last_login) == (EMAIL, True, None)
    assert ada.who(shops["apparel"]) is None
    (letter,) = letters(EMAIL)
    assert letter.subject == "Please confirm your e-mail address"
    assert letter.storefront == shops["apparel"]
    assert link_in(letter).startswith("https://apparel.example/account/confirm-email/")

    # When
    follow(ada, link_in(letter))

    # Then
    assert {ada.who(shop) for shop in shops.values()} == {EMAIL}


def test_without_a_confirmed_address_nobody_gets_in(shops: dict[str, Any]) -> None:
    ada = signed_up(shops)

    page = ada.sign_in(shops["home"], EMAIL)

    assert ada.url == "https://home.example/account/confirm-email/"
    assert "look into your mailbox" in page.content.decode()
    assert ada.who(shops["home"]) is None


def test_the_link_in_another_browser_confirms_and_signs_nobody_in(shops: dict[str, Any]) -> None:
    signed_up(shops)
    other = Shopper()

    follow(other, link_in(letters(EMAIL)[0]))

    assert other.url == "https://apparel.example/account/login/"
    assert other.who(shops["apparel"]) is None
    assert other.sign_in(shops["apparel"]).status_code == 200
    assert other.who(shops["apparel"]) == EMAIL


def test_opening_the_link_alone_confirms_nothing(shops: dict[str, Any]) -> None:
    """Mail programs and scanners open links; only a person presses a button."""
    ada = signed_up(shops)

    page = ada.open(link_in(letters(EMAIL)[0]))

    assert "Is ada@example.com your address?" in page.content.decode()
    ada.sign_in(shops["apparel"])
    assert ada.who(shops["apparel"]) is None


@pytest.mark.parametrize("key", ["nonsense", "Mg:1abcde:forged", "x" * 300])
def test_a_link_that_is_not_ours_says_so(shops: dict[str, Any], key: str) -> None:
    signed_up(shops)

    page = Shopper().page(shops["apparel"], f"/account/confirm-email/{key}/")

    assert "This link has expired, or was used before." in page.content.decode()


def test_a_sign_in_on_one_site_is_one_on_all(shops: dict[str, Any]) -> None:
    customer()
    ada = Shopper()

    page = ada.sign_in(shops["jewelry"])

    assert ada.url == "https://jewelry.example/account/"
    assert page.status_code == 200
    assert {ada.who(shop) for shop in shops.values()} == {EMAIL}


def test_signing_out_on_one_site_is_signing_out_on_all(shops: dict[str, Any]) -> None:
    customer()
    ada = Shopper()
    ada.sign_in(shops["jewelry"])
    assert {ada.who(shop) for shop in shops.values()} == {EMAIL}

    page = ada.sign_out(shops["home"])

    assert ada.url == "https://home.example/"
    assert "You are signed out." in page.content.decode()
    assert {ada.who(shop) for shop in shops.values()} == {None}
    assert not Session.objects.filter(state="open").exclude(principal="").exists()


def test_signing_out_needs_a_click(shops: dict[str, Any]) -> None:
    customer()
    ada = Shopper()
    ada.sign_in(shops["home"])

    page = ada.page(shops["home"], "/account/logout/")

    assert "Sign out?" in page.content.decode()
    assert ada.who(shops["home"]) == EMAIL


def test_somebody_else_in_the_same_browser_takes_the_first_ones_place(
    shops: dict[str, Any],
) -> None:
    # Given
    customer()
    customer("bob@example.com", first_name="Bob")
    browser = Shopper()
    browser.sign_in(shops["apparel"])
    browser.who(shops["home"])
    browser.sign_out(shops["apparel"])

    # When
    browser.sign_in(shops["jewelry"], "bob@example.com")

    # Then
    assert {browser.who(shop) for shop in shops.values()} == {"bob@example.com"}


@pytest.mark.parametrize(
    ("asked", "ends_at"),
    [
        ("/cart/", "https://home.example/cart/"),
        ("/search/?q=a%20b&page=2", "https://home.example/search/?q=a%20b&page=2"),
        ("https://evil.example/", "https://home.example/account/"),
        ("https://home.example/cart/", "https://home.example/account/"),
        ("//evil.example/", "https://home.example/account/"),
        ("/\\evil.example/", "https://home.example/account/"),
        ("/sessionsync/adopt/?code=x", "https://home.example/account/"),
        ("javascript:alert(1)", "https://home.example/account/"),
        ("", "https://home.example/account/"),
    ],
)
def test_after_signing_in_one_is_where_one_wanted_to_go_and_never_elsewhere(
    shops: dict[str, Any], asked: str, ends_at: str
) -> None:
    customer()
    ada = Shopper()

    ada.fill(shops["home"], "/account/login/", login=EMAIL, password=PASSWORD, next=asked)

    assert ada.url == ends_at


def test_a_page_of_the_account_asks_to_sign_in_and_comes_back(shops: dict[str, Any]) -> None:
    customer()
    ada = Shopper()
    page = ada.page(shops["apparel"], "/account/addresses/")
    assert ada.url == "https://apparel.example/account/login/?next=/account/addresses/"

    ada.send(page, "/account/login/", login=EMAIL, password=PASSWORD, next="/account/addresses/")

    assert ada.url == "https://apparel.example/account/addresses/"


def test_the_sign_in_page_works_in_a_session_that_has_just_begun(shops: dict[str, Any]) -> None:
    """A page left open while the browser lost this site's session, but not its CSRF cookie."""
    # Given
    customer()
    ada = Shopper()
    page = ada.page(shops["apparel"], "/account/login/")
    jar = ada.jar("apparel.example")
    for name in [name for name in jar.cookies if "session_token" in name]:
        del jar.cookies[name]

    # When
    ada.send(page, "/account/login/", login=EMAIL, password=PASSWORD)

    # Then
    assert {ada.who(shop) for shop in shops.values()} == {EMAIL}


def test_a_password_never_waits_on_the_server(shops: dict[str, Any]) -> None:
    """A first POST is kept while its browser shakes hands; one that signs in is not."""
    from django_redis import get_redis_connection

    customer()
    stranger = Shopper()
    stranger.url = "https://apparel.example/account/login/"
    for path, fields in [
        ("/account/login/", {"login": EMAIL, "password": PASSWORD}),
        ("/account/signup/", {"email": "x@example.com", "password1": PASSWORD}),
        (
            "/account/password/change/",
            {"oldpassword": PASSWORD, "password1": "a", "password2": "a"},
        ),
        ("/account/reauthenticate/", {"password": PASSWORD}),
        ("/account/2fa/authenticate/", {"code": "123456"}),
        ("/account/2fa/totp/activate/", {"code": "123456"}),
        ("/account/addresses/new/", {"first_name": "Ada"}),
    ]:
        stranger.submit(path, fields)

    keys = [key.decode() for key in get_redis_connection("default").keys("*pending*")]
    assert keys == []


def test_every_form_needs_its_csrf_token(shops: dict[str, Any]) -> None:
    customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])

    for path in (
        "/account/login/",
        "/account/logout/",
        "/account/signup/",
        "/account/password/reset/",
        "/account/password/change/",
        "/account/email/",
        "/account/name/",
        "/account/addresses/new/",
        "/account/devices/end-all/",
        "/account/delete/",
        "/account/2fa/totp/activate/",
        "/account/orders/claim/",
    ):
        ada.url = "https://apparel.example/account/"
        page = ada.submit(path, {"email": EMAIL, "password": PASSWORD})
        assert page.status_code == 403, path
    assert ada.who(shops["apparel"]) == EMAIL


def test_old_hashes_become_the_best_one_at_the_next_sign_in(
    shops: dict[str, Any], settings: Any
) -> None:
    # Given
    from shop.settings import accounts as shipped

    user = customer()
    settings.PASSWORD_HASHERS = shipped.PASSWORD_HASHERS
    user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    user.save()

    # When
    Shopper().sign_in(shops["apparel"])

    # Then
    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$")
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "Please choose a password."),
        ("short", "too short"),
        ("12345678901", "entirely numeric"),
        ("password1234", "too common"),
        ("ada@example.com", "too similar"),
    ],
)
def test_a_weak_password_opens_no_account(shops: dict[str, Any], password: str, why: str) -> None:
    page = Shopper().fill(
        shops["home"], "/account/signup/", email="ada@example.com", password1=password
    )

    assert why in page.content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "ada@example.com\nBcc: x@y.z", "x" * 300])
def test_a_wrong_address_opens_no_account(shops: dict[str, Any], email: str) -> None:
    page = Shopper().fill(shops["home"], "/account/signup/", email=email, password1=PASSWORD)

    assert page.status_code == 200
    assert not User.objects.exists()


def test_pages_of_accounts_are_kept_nowhere(shops: dict[str, Any]) -> None:
    customer()
    ada = Shopper()
    for path in ("/account/login/", "/account/signup/", "/account/password/reset/"):
        page = ada.page(shops["apparel"], path)
        assert "no-store" in page["Cache-Control"]
        assert page["X-Robots-Tag"] == "noindex"
    ada.sign_in(shops["apparel"])
    for path in ("/account/", "/account/addresses/", "/account/devices/", "/account/orders/"):
        page = ada.page(shops["apparel"], path)
        assert page.status_code == 200
        assert "no-store" in page["Cache-Control"]
        assert page["X-Robots-Tag"] == "noindex"


def test_a_closed_account_stays_closed(shops: dict[str, Any]) -> None:
    user = customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    user.is_active = False
    user.save()

    assert ada.who(shops["home"]) is None
    page = ada.sign_in(shops["home"])
    assert "This account is closed" in page.content.decode()
    assert ada.who(shops["home"]) is None
