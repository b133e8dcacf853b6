"""What a page has shown is what is charged: the name of an offer, and prices while one types."""

import re
from dataclasses import replace
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from carts.models import Cart
from carts.queries import cart_contents
from orders.checkout.errors import TotalNotShown
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


def test_a_page_that_knew_no_country_has_shown_the_total_where_it_is_the_same_there(
    shop: Storefront, key: str
) -> None:
    shown = offer(key, shop, method="standard")
    assert shown.breakdown.total == Decimal("24.90")

    assert offer(key, shop, "gb", "standard").objection(shown.name) is None
    for country, method, total in (("ch", "standard", "€32.90"), ("de", "courier", "€29.00")):
        objection = offer(key, shop, country, method).objection(shown.name)
        assert isinstance(objection, TotalNotShown)
        assert f"the total is now {total}." in objection.problems[0]


def test_a_page_that_knew_all_has_shown_the_total(shop: Storefront, key: str) -> None:
    shown = offer(key, shop, "gb", "standard")
    assert offer(key, shop, "gb", "standard").objection(shown.name) is None

    for name in (
        shown.name.replace("24.90", "24.89"),
        shown.name.replace("24.90", ""),
        "",
        "...",
        "x" * 200,
    ):
        assert shown.objection(name) is not None


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
        for now in (offer(key, shop, "gb", "standard"), offer(key, shop)):
            objection = now.objection(name)
            assert objection is not None
            assert "Prices or your cart have changed" in objection.problems[0]


def test_tax_that_comes_on_top_is_shown_before_it_is_charged(shop: Storefront, key: str) -> None:
    shown, now = offer(key, shop, "gb", "standard"), offer(key, shop, "gb", "standard")
    total = now.breakdown.total + Decimal("2.00")
    taxed = replace(now.breakdown, tax_included=False, tax_total=Decimal("2.00"), total=total)

    assert now.objection(shown.name) is None
    assert isinstance(replace(now, breakdown=taxed).objection(shown.name), TotalNotShown)


def test_without_script_the_total_abroad_is_shown_before_it_is_charged(
    shop: Storefront, key: str
) -> None:
    client = shopper(key, shop)
    page = client.get("/checkout/").content.decode()
    assert "Switzerland: €12.90" in page
    data = filled(client, country_code="ch", postal_code="8001", first_name="Augusta")

    asked = client.post("/checkout/", data)

    assert asked.status_code == 200
    assert not Order.objects.exists()
    assert Variant.objects.get().reserved == 0
    text = asked.content.decode()
    assert text.count("the total is now €32.90.") == 2  # above the page, and by the button
    assert 'value="Augusta"' in text
    assert '<option value="ch" selected>' in text

    answer = client.post("/checkout/", data | {"offer": offer_in(text)})
    assert answer.status_code == 303
    assert Order.objects.get().total == Decimal("32.90")


def test_without_script_an_order_at_the_total_of_the_page_is_placed_in_one_go(
    shop: Storefront, key: str
) -> None:
    client = shopper(key, shop)

    answer = client.post("/checkout/", filled(client, country_code="de", postal_code="10115"))

    assert answer.status_code == 303
    assert Order.objects.get().total == Decimal("24.90")


def test_in_chinese_countries_are_listed_by_sound_and_with_its_own_marks(
    shop: Storefront, key: str
) -> None:
    ShippingRate.objects.update(countries=["ch", "no", "gb"])
    shop.language = "zh-hans"
    shop.save()

    page = shopper(key, shop).get("/checkout/").content.decode()

    assert "挪威、瑞士、英国：€12.90" in page


def test_a_delivery_that_does_not_go_there_is_no_total_to_agree_to(
    shop: Storefront, key: str
) -> None:
    client = shopper(key, shop)

    page = client.post("/checkout/", filled(client, shipping_method="courier")).content.decode()

    assert "“Courier” does not go to United Kingdom." in page
    assert "the total is now" not in page


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

    data = filled(client, country_code="ch", postal_code="8001") | {"offer": offer_in(swiss)}
    assert client.post("/checkout/", data).status_code == 303
    assert Order.objects.get().total == Decimal("32.90")


def test_a_price_of_delivery_that_changed_after_it_was_shown_is_asked_again(
    shop: Storefront, key: str
) -> None:
    client = shopper(key, shop)
    data = filled(client, country_code="ch", postal_code="8001") | {
        "offer": offer_in(quote(client, country_code="ch"))
    }
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
