"""Signing up, in and out, over several domains."""

from typing import Any

import pytest

from accounts.models import User
from tests.accounts.shopper import PASSWORD, Shopper, customer, letters, link_in

pytestmark = pytest.mark.django_db


def test_sign_up_confirm_and_be_signed_in_on_every_site(shops: dict[str, Any]) -> None:
    # Given
    ada = Shopper()

    # When
    page = ada.fill(
        shops["apparel"], "/account/signup/", email="Ada@Example.com", password1=PASSWORD
    )

    # Then
    assert ada.url == "https://apparel.example/account/confirm-email/"
    assert "look into your mailbox" in page.content.decode()
    user = User.objects.get()
    assert (user.email, user.is_active, user.last_login) == ("ada@example.com", True, None)
    assert ada.who(shops["apparel"]) is None
    (letter,) = letters("ada@example.com")
    assert letter.subject == "Please confirm your e-mail address"
    assert link_in(letter).startswith("https://apparel.example/account/confirm-email/")

    # When
    asked = ada.open(link_in(letter))
    ada.send(asked, link_in(letter).removeprefix("https://apparel.example"))

    # Then
    assert {ada.who(shop) for shop in shops.values()} == {"ada@example.com"}


def test_a_sign_in_on_one_site_is_one_on_all(shops: dict[str, Any]) -> None:
    customer()
    ada = Shopper()

    page = ada.sign_in(shops["jewelry"])

    assert ada.url == "https://jewelry.example/account/"
    assert page.status_code == 200
    assert {ada.who(shop) for shop in shops.values()} == {"ada@example.com"}
