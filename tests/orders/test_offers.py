"""What a page has shown is what is charged: the name of an offer, and prices while one types."""

import re
from dataclasses import replace
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from carts.models import Cart
from carts.queries import cart_contents
from orders.checkout.offers import Buyer, Offer, make_offer
from orders.models import Order, ShippingMethod, ShippingRate
from shop.catalogue.models import Variant
from shop.pricing.models import Promotion, Voucher
from shop.storefronts.models import Storefront
from tests.carts.helpers import fill, make_shops, make_variant, new_key
from tests.orders.helpers import make_methods
from tests.orders.test_views import FIELDS, filled, shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Storefront:
    """A shop that delivers to Switzerland at a price of its own."""
    make_methods()
    standard = ShippingMethod.objects.get(slug="standard")
    ShippingRate.objects.create(method=standard, countries=["ch"], price=Decimal("12.90"))
    return make_shops()["home"]


@pytest.fixture
def key(shop: Storefront) -> str:
    """A session with two things at 10.00 in its cart."""
    session_key = new_key()
    fill(session_key, (make_variant(shop, stock=9), shop, 2))
    return session_key


def offer(key: str, shop: Storefront, country: str = "", method: str = "") -> Offer:
    """What a page for this country and method would offer now."""
    cart = cart_contents(key, shop)
    return make_offer(cart.lines, cart.codes, Buyer(shop, None, country), method=method)


def test_a_page_that_knew_no_country_has_listed_every_price_of_delivery(
    shop: Storefront, key: str
) -> None:
    shown = offer(key, shop)

    for country, total in (("gb", "24.90"), ("ch", "32.90")):
        now = offer(key, shop, country, "standard")
        assert now.breakdown.total == Decimal(total)
        assert now.is_what(shown.name)


def test_a_page_that_knew_all_has_shown_the_total(shop: Storefront, key: str) -> None:
    shown = offer(key, shop, "gb", "standard")
    assert offer(key, shop, "gb", "standard").is_what(shown.name)

    assert not shown.is_what(shown.name.replace("24.90", "24.89"))
    assert not shown.is_what(shown.name.replace("24.90", ""))
    assert not shown.is_what("")
    assert not shown.is_what("...")
    assert not shown.is_what("x" * 200)


@pytest.mark.parametrize("change", ["price", "rate", "method", "quantity", "voucher"])
def test_whatever_costs_something_else_now_is_another_offer(
    change: str, shop: Storefront, key: str
) -> None:
    shown = [offer(key, shop).name, offer(key, shop, "gb", "standard").name]
    if change == "price":
        Variant.objects.update(price="10.01")
    elif change == "rate":
        ShippingRate.objects.update(price="12.91")
    elif change == "method":
        ShippingMethod.objects.filter(slug="courier").update(is_active=False)
    elif change == "quantity":
        Cart.objects.get().lines.update(quantity=3)
    else:
        promotion = Promotion.objects.create(original_name="Ten off", kind="percentage", percent=10)
        Voucher.objects.create(promotion=promotion, code="TEN")
        Cart.objects.update(codes=["TEN"])

    for name in shown:
        assert not offer(key, shop, "gb", "standard").is_what(name)
        assert not offer(key, shop).is_what(name)


def test_tax_that_comes_on_top_is_shown_before_it_is_charged(shop: Storefront, key: str) -> None:
    shown, now = offer(key, shop), offer(key, shop, "ch", "standard")
    taxed = replace(now.breakdown, tax_included=False, tax_total=Decimal("2.00"))

    assert now.is_what(shown.name)
    assert not replace(now, breakdown=taxed).is_what(shown.name)


def test_without_script_an_order_abroad_is_placed_in_one_go_at_the_listed_price(
    shop: Storefront, key: str
) -> None:
    client = shopper(key, shop)
    page = client.get("/checkout/").content.decode()
    assert "Switzerland: €12.90" in page

    answer = client.post("/checkout/", filled(client, country_code="ch"))

    assert answer.status_code == 303
    assert Order.objects.get().total == Decimal("32.90")


def quote(client: Client, **fields: str) -> str:
    """What htmx gets while the form is filled in."""
    answer = client.post("/checkout/quote/", {**FIELDS, **fields}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def offer_in(text: str) -> str:
    """The name of the offer in a form."""
    found = re.search(r'name="offer" value="([^"]*)"', text)
    assert found
    return unescape(found[1])


def test_prices_follow_the_country_and_the_method(shop: Storefront, key: str) -> None:
    client = shopper(key, shop)
    page = client.get("/checkout/").content.decode()
    assert "€24.90" in page

    swiss = quote(client, country_code="CH")
    assert "€32.90" in swiss
    assert "Courier" not in swiss  # goes to Germany only
    assert "Switzerland:" not in swiss
    german = quote(client, country_code="de", shipping_method="courier")
    assert "€29.00" in german
    assert not Order.objects.exists()

    data = filled(client, country_code="ch") | {"offer": offer_in(swiss)}
    assert client.post("/checkout/", data).status_code == 303
    assert Order.objects.get().total == Decimal("32.90")


def test_a_price_of_delivery_that_changed_after_it_was_shown_is_asked_again(
    shop: Storefront, key: str
) -> None:
    client = shopper(key, shop)
    data = filled(client, country_code="ch") | {"offer": offer_in(quote(client, country_code="ch"))}
    ShippingRate.objects.update(price=Decimal("15.00"))

    asked = client.post("/checkout/", data).content.decode()

    assert "The total is now €35.00." in asked
    assert not Order.objects.exists()


def test_a_script_whose_cart_is_empty_by_now_is_sent_to_the_cart(shop: Storefront) -> None:
    client = shopper(new_key(), shop)

    answer = client.post("/checkout/quote/", FIELDS)

    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/cart/")
    assert client.get("/checkout/quote/").status_code == 405


@pytest.mark.parametrize("value", ["", "xx", "\x00", "d" * 10_000, "<b>", "de,fr"])
def test_nonsense_while_typing_is_answered(value: str, shop: Storefront, key: str) -> None:
    client = shopper(key, shop)

    text = quote(client, country_code=value, shipping_method=value, payment_method=value)

    assert "checkout-summary" in text
    assert "<b>" not in text


@pytest.mark.parametrize("path", ["terms", "privacy", "returns"])
def test_what_one_agrees_to_can_be_read(path: str, shop: Storefront) -> None:
    client = shopper(new_key(), shop)

    page = client.get(f"/{path}/")

    assert page.status_code == 200
    assert f'href="/{path}/"' in client.get("/").content.decode()
    assert client.post(f"/{path}/").status_code == 405
