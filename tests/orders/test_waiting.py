"""An order that waits for its payment is named on the cart's page and the checkout's.

To whoever placed it, and to nobody else.
"""

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.models import User
from carts.merging import merge_carts
from carts.models import Cart, CartLine
from orders.models import Order
from sessionsync.models import Session
from shop.storefronts.models import Storefront
from tests.carts import helpers
from tests.carts.helpers import (
    contents,
    fill,
    make_shops,
    make_variant,
    new_key,
)
from tests.orders.helpers import make_methods, place
from tests.orders.test_views import shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops() -> dict[str, Storefront]:
    """The network, with its ways of delivery."""
    make_methods()
    return make_shops()


def order_unpaid(key: str, shop: Storefront, customer: User | None = None) -> Order:
    """Order one thing that is then to be paid at a gateway."""
    return place(key, shop, payment_method="sandbox", customer=customer)


def guest_with_an_order(shop: Storefront) -> tuple[str, Order]:
    """A guest's session, and what it has ordered and not paid."""
    key = new_key()
    fill(key, (make_variant(shop, stock=5), shop, 1))
    return key, order_unpaid(key, shop)


def cart_page(client: Client) -> str:
    """The cart's page."""
    return client.get("/cart/").content.decode()


@pytest.mark.parametrize("site", ["galleria", "apparel", "home"])
def test_who_comes_back_from_the_payment_finds_the_order_on_every_storefront(
    site: str, shops: dict[str, Storefront]
) -> None:
    key, order = guest_with_an_order(shops["home"])
    client = shopper(key, shops[site])

    answer = client.get("/checkout/")

    assert (answer.status_code, answer["Location"]) == (303, "/cart/")
    page = client.get("/cart/")
    assert list(get_messages(page.wsgi_request)) == []  # not that there is nothing to order
    text = page.content.decode()
    assert f"Order {order.number} waits for its payment" in text
    assert f'href="/orders/{order.token}/"' in text
    assert f'action="/orders/{order.token}/abandon/"' in text


def test_the_checkout_of_something_else_names_it_too(shops: dict[str, Storefront]) -> None:
    key = new_key()
    client = shopper(key, shops["apparel"])
    fill(key, (make_variant(shops["home"], stock=5), shops["home"], 1))
    order = order_unpaid(key, shops["home"])
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))

    page = client.get("/checkout/")

    assert page.status_code == 200
    assert f"Order {order.number} waits for its payment" in page.content.decode()


def test_back_to_the_cart_brings_everything_and_ends_the_notice(
    shops: dict[str, Storefront],
) -> None:
    key, order = guest_with_an_order(shops["home"])
    ordered = order.lines.get().variant_id
    client = shopper(key, shops["home"])

    client.post(f"/orders/{order.token}/abandon/")

    assert contents(key) == [(ordered, "home", 1)]
    assert "waits for its payment" not in cart_page(client)


def test_an_order_that_waits_for_nothing_is_not_named(shops: dict[str, Storefront]) -> None:
    key = new_key()
    fill(key, (make_variant(shops["home"]), shops["home"], 1))
    assert place(key, shops["home"]).status == "placed"

    assert "waits for its payment" not in cart_page(shopper(key, shops["home"]))


def test_nobody_else_is_told(shops: dict[str, Storefront], django_user_model: type[User]) -> None:
    key, order = guest_with_an_order(shops["home"])
    other = new_key()
    fill(other, (make_variant(shops["home"]), shops["home"], 1))
    nobody = Client(headers={"host": "home.example", "sec-fetch-mode": "cors"})

    for client in (shopper(other, shops["home"]), nobody):
        for path in ("/cart/", "/checkout/"):
            text = client.get(path).content.decode()
            assert order.number not in text
            assert order.token not in text

    # Given that somebody signs in in the guest's browser: may be the same person, may be not
    bob = django_user_model.objects.create_user("bob@example.com", "secret")
    theirs = customers_session(bob)
    merge_carts(key, theirs)
    order.refresh_from_db()
    assert order.cart == Cart.objects.get(customer=bob)
    assert order.number not in cart_page(helpers.shopper(theirs, shops["home"]))


def test_a_customer_finds_their_own_wherever_they_sign_in(
    shops: dict[str, Storefront], django_user_model: type[User]
) -> None:
    ada = django_user_model.objects.create_user("ada@example.com", "secret")
    bob = django_user_model.objects.create_user("bob@example.com", "secret")
    key = customers_session(ada)
    mine = Cart.objects.create(customer=ada)
    shirt = make_variant(shops["home"], stock=5)
    CartLine.objects.create(cart=mine, variant=shirt, storefront=shops["home"], quantity=1)
    order = order_unpaid(key, shops["home"], ada)

    elsewhere, stranger = customers_session(ada), customers_session(bob)

    assert order.number in cart_page(helpers.shopper(elsewhere, shops["apparel"]))
    assert order.number not in cart_page(helpers.shopper(stranger, shops["apparel"]))


def customers_session(user: User) -> str:
    """The key of a new session that this customer is signed in with."""
    known = set(Session.objects.values_list("key", flat=True))
    client = Client(headers={"host": "galleria.example", "sec-fetch-mode": "cors"})
    client.force_login(user)
    return Session.objects.exclude(key__in=known).get(state="open", principal=str(user.pk)).key
