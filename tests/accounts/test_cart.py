"""The cart when one signs in and out, through the real pages of several domains."""

from typing import Any

import pytest

from carts.models import Cart
from shop.catalogue.models import Variant
from tests.accounts.shopper import PASSWORD, Shopper, customer
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"


@pytest.fixture
def things(shops: dict[str, Any]) -> dict[str, Variant]:
    """A ring and a lamp, which all shops sell."""
    return {
        title: ProductFactory(title=title, storefronts=list(shops.values())).variants.get()
        for title in ("Ring", "Lamp")
    }


def put_in(browser: Shopper, shop: Any, thing: Variant, quantity: int) -> None:
    page = browser.page(shop, f"/product/{thing.product.slug}/")
    browser.send(page, "/cart/lines/", variant=thing.pk, quantity=quantity)


def cart_of(browser: Shopper, shop: Any) -> set[tuple[str, str, int]]:
    """What the cart page of a shop shows: thing, shop it was put in on, quantity."""
    page = browser.page(shop, "/cart/")
    return {
        (str(line.variant), line.storefront.slug, line.quantity)
        for line in page.context["cart"].lines
    }


def test_a_guests_cart_stays_when_they_sign_in_and_is_there_on_every_site(
    shops: dict[str, Any], things: dict[str, Variant]
) -> None:
    customer()
    ada = Shopper()
    put_in(ada, shops["apparel"], things["Ring"], 2)

    ada.sign_in(shops["home"])

    for shop in shops.values():
        assert cart_of(ada, shop) == {("Ring", "apparel", 2)}


def test_the_saved_cart_joins_the_larger_quantity_stays_and_the_shopper_is_told(
    shops: dict[str, Any], things: dict[str, Variant]
) -> None:
    # Given
    customer()
    at_home, outside = Shopper(), Shopper()
    at_home.sign_in(shops["home"])
    put_in(at_home, shops["home"], things["Ring"], 3)
    put_in(at_home, shops["home"], things["Lamp"], 1)
    put_in(outside, shops["home"], things["Ring"], 1)
    put_in(outside, shops["apparel"], things["Ring"], 4)

    # When
    outside.sign_in(shops["jewelry"])

    # Then
    both = {("Ring", "home", 3), ("Lamp", "home", 1), ("Ring", "apparel", 4)}
    page = outside.page(shops["apparel"], "/cart/")
    assert "Lamp" in " ".join(str(notice) for notice in page.context["cart"].notices)
    assert cart_of(outside, shops["galleria"]) == both
    assert cart_of(at_home, shops["home"]) == both


def test_signing_out_leaves_an_empty_cart_and_signing_in_brings_it_back(
    shops: dict[str, Any], things: dict[str, Variant]
) -> None:
    customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    put_in(ada, shops["apparel"], things["Ring"], 2)

    ada.sign_out(shops["home"])

    for shop in shops.values():
        assert cart_of(ada, shop) == set()
    ada.sign_in(shops["jewelry"])
    assert cart_of(ada, shops["apparel"]) == {("Ring", "apparel", 2)}


def test_somebody_else_in_the_same_browser_never_sees_it(
    shops: dict[str, Any], things: dict[str, Variant]
) -> None:
    # Given
    customer()
    customer("bob@example.com")
    browser = Shopper()
    browser.sign_in(shops["apparel"])
    put_in(browser, shops["apparel"], things["Ring"], 2)
    browser.sign_out(shops["apparel"])

    # When
    browser.sign_in(shops["home"], "bob@example.com")

    # Then
    for shop in shops.values():
        assert cart_of(browser, shop) == set()
    browser.sign_out(shops["home"])
    browser.sign_in(shops["home"])
    assert cart_of(browser, shops["jewelry"]) == {("Ring", "apparel", 2)}
    assert Cart.objects.exclude(customer=None).count() == 1


def test_a_lost_answer_loses_nothing(shops: dict[str, Any], things: dict[str, Variant]) -> None:
    """The sign-in happened, and its answer with the new cookie never arrived."""
    # Given
    customer()
    ada = Shopper()
    put_in(ada, shops["apparel"], things["Ring"], 2)
    page = ada.page(shops["apparel"], "/account/login/")
    before = dict(ada.jar("apparel.example").cookies)

    # When
    ada.most_requests = 1
    with pytest.raises(AssertionError, match="No page after 1 requests"):
        ada.send(page, "/account/login/", login=EMAIL, password=PASSWORD)
    ada.most_requests = 12
    jar = ada.jar("apparel.example").cookies
    jar.clear()
    jar.update(before)

    # Then
    assert ada.who(shops["apparel"]) is None
    assert cart_of(ada, shops["apparel"]) == {("Ring", "apparel", 2)}
    ada.sign_in(shops["apparel"])
    assert cart_of(ada, shops["home"]) == {("Ring", "apparel", 2)}
