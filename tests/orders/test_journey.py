"""The main job: one guest, one cart across unrelated domains, one order, wherever it is placed."""

import re
from html import unescape

import pytest
from django.http import HttpResponse

from carts.models import Cart
from orders.models import Order
from sessionsync.testing import Browser
from shop.catalogue.models import Variant
from tests.carts.helpers import make_shops, make_variant
from tests.orders.helpers import make_methods
from tests.orders.test_views import FIELDS

pytestmark = pytest.mark.django_db(transaction=True)


def form(page: HttpResponse) -> dict[str, str]:
    """The hidden fields of the forms on a page."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return {name: unescape(value) for name, value in found}


def put(browser: Browser, site: str, variant: Variant) -> None:
    """Put one into the cart on a site, from the product's page."""
    page = browser.open(f"https://{site}.example/product/{variant.product.slug}/")
    browser.submit("/cart/lines/", {**form(page), "variant": str(variant.pk), "quantity": "1"})


@pytest.mark.parametrize("where", ["galleria", "apparel", "home"])
def test_a_guest_fills_one_cart_on_two_sub_sites_and_main_and_orders(where: str) -> None:
    make_methods()
    shops = make_shops()
    shirt = make_variant(shops["apparel"], stock=5, slug="shirt")
    bowl = make_variant(shops["home"], stock=5, slug="bowl")
    lamp = make_variant(stock=5, slug="lamp")
    browser = Browser()

    for site, slug, variant in (
        ("apparel", "shirt", shirt),
        ("home", "bowl", bowl),
        ("galleria", "lamp", lamp),
    ):
        page = browser.open(f"https://{site}.example/product/{slug}/")
        data = {**form(page), "variant": str(variant.pk), "quantity": "2"}
        added = browser.submit("/cart/lines/", data)
        assert added.status_code == 200
        assert browser.url == f"https://{site}.example/cart/"
    page = browser.open(f"https://{where}.example/checkout/")
    answer = browser.submit("/checkout/", {**form(page), **FIELDS})

    order = Order.objects.get()
    assert browser.url == f"https://{where}.example/orders/{order.token}/"
    assert order.number in answer.content.decode()
    assert [(x.product_slug, x.quantity, x.storefront.slug) for x in order.lines.all()] == [
        ("shirt", 2, "apparel"),
        ("bowl", 2, "home"),
        ("lamp", 2, "galleria"),
    ]
    assert order.storefront == shops[where]
    assert Cart.objects.count() == 1
    for variant in (shirt, bowl, lamp):
        variant.refresh_from_db()
        assert variant.stock == 3


def test_an_add_that_finds_no_session_happens_once_in_the_shared_cart() -> None:
    shops = make_shops()
    shirt = make_variant(shops["apparel"], stock=5, slug="shirt")
    bowl = make_variant(shops["home"], stock=5, slug="bowl")
    browser = Browser()
    put(browser, "home", bowl)

    page = browser.open("https://apparel.example/product/shirt/")
    csrf = browser.cookies("apparel.example")
    browser.forget("apparel.example")
    for name, value in csrf.items():
        if "csrf" in name:
            browser.jar("apparel.example").cookies[name] = value
    answer = browser.submit(
        "/cart/lines/", {**form(page), "variant": str(shirt.pk), "quantity": "3"}
    )

    assert answer.status_code == 200
    assert browser.url == "https://apparel.example/cart/"
    cart = Cart.objects.get()
    assert list(cart.lines.values_list("variant", "storefront__slug", "quantity")) == [
        (bowl.pk, "home", 1),
        (shirt.pk, "apparel", 3),
    ]


def tokens(browser: Browser, site: str) -> dict[str, str]:
    """The session tokens that a browser holds on a site, by cookie name."""
    held = browser.cookies(f"{site}.example")
    return {name: value for name, value in held.items() if "session_token." in name}


def hold(browser: Browser, site: str, cookies: dict[str, str]) -> None:
    """Put cookies into a browser."""
    for name, value in cookies.items():
        browser.jar(f"{site}.example").cookies[name] = value


def test_checkout_gives_the_session_a_new_token_and_the_old_one_names_nothing() -> None:
    make_methods()
    shops = make_shops()
    shirt = make_variant(shops["apparel"], stock=5, slug="shirt")
    browser = Browser()
    put(browser, "apparel", shirt)
    old = tokens(browser, "apparel")

    page = browser.open("https://apparel.example/checkout/")
    assert tokens(browser, "apparel").keys().isdisjoint(old)
    browser.submit("/checkout/", {**form(page), **FIELDS})

    assert Order.objects.count() == 1
    thief = Browser()
    hold(thief, "apparel", old)
    thief.open("https://apparel.example/cart/")
    assert tokens(thief, "apparel").keys().isdisjoint(old)
    # The other sites follow without being asked.
    browser.open("https://home.example/cart/")
    held = [tokens(browser, site).keys() for site in ("home", "galleria", "apparel")]
    assert held[0] == held[1] == held[2]
    assert held[0].isdisjoint(old)


def test_a_checkout_page_that_never_arrives_loses_nothing() -> None:
    make_methods()
    shops = make_shops()
    shirt = make_variant(shops["apparel"], stock=5, slug="shirt")
    browser = Browser()
    put(browser, "apparel", shirt)
    before = browser.cookies("apparel.example")

    lost = browser.fetch("GET", "https://apparel.example/checkout/")
    assert lost.status_code == 303
    browser.forget("apparel.example")
    hold(browser, "apparel", before)
    page = browser.open("https://apparel.example/checkout/")
    browser.submit("/checkout/", {**form(page), **FIELDS})

    assert [(x.product_slug, x.quantity) for x in Order.objects.get().lines.all()] == [("shirt", 1)]


@pytest.mark.parametrize("where", ["galleria", "apparel"])
@pytest.mark.parametrize("path", ["/checkout/", "/checkout/contact/"])
def test_all_shops_know_the_new_token_before_a_script_uses_it(where: str, path: str) -> None:
    # Given a shopper with something from one shop
    make_methods()
    shops = make_shops()
    shirt = make_variant(shops["apparel"], stock=5, slug="shirt")
    bowl = make_variant(shops["home"], stock=5, slug="bowl")
    browser = Browser()
    put(browser, "home", bowl)
    put(browser, "apparel", shirt)

    # When the checkout is looked at, and a script asks there what delivery costs
    page = browser.open(f"https://{where}.example{path}")
    assert browser.url == f"https://{where}.example{path}"
    csrf = form(page)["csrfmiddlewaretoken"]
    asked = {**FIELDS, "csrfmiddlewaretoken": csrf}
    for _ in range(2):
        quote = browser.fetch(
            "POST",
            "/checkout/quote/",
            asked,
            **{"HX-Request": "true", "Origin": f"https://{where}.example"},
        )
        assert (quote.status_code, "HX-Redirect" in quote.headers) == (200, False)

    # Then the cart is whole on every site, whichever is looked at next
    for site in ("home", "galleria", "apparel", "home"):
        cart = browser.open(f"https://{site}.example/cart/").content.decode()
        assert "/product/shirt/" in cart, site
        assert "/product/bowl/" in cart, site
    page = browser.open("https://home.example/checkout/")
    browser.submit("/checkout/", {**form(page), **FIELDS})
    assert Order.objects.get().lines.count() == 2
    assert Cart.objects.filter(lines__isnull=False).count() == 0


def test_a_browser_that_keeps_no_new_cookie_is_shown_the_checkout() -> None:
    make_methods()
    shops = make_shops()
    shirt = make_variant(shops["apparel"], stock=5, slug="shirt")
    browser = Browser()
    put(browser, "apparel", shirt)
    kept = browser.cookies("apparel.example")

    for path in ("/checkout/", "/checkout/?_begun=1"):
        answer = browser.fetch("GET", f"https://apparel.example{path}")
        browser.forget("apparel.example")
        hold(browser, "apparel", kept)

    assert answer.status_code == 200
    assert form(answer)["checkout_key"]


def test_the_same_form_again_leads_to_its_order_on_a_sub_site_too() -> None:
    make_methods()
    shops = make_shops()
    shirt = make_variant(shops["apparel"], stock=5, slug="shirt")
    browser = Browser()
    put(browser, "apparel", shirt)
    filled = {**form(browser.open("https://apparel.example/checkout/")), **FIELDS}
    browser.submit("/checkout/", filled)
    order = browser.url

    browser.submit("/checkout/", filled)

    assert browser.url == order
    assert Order.objects.count() == 1
