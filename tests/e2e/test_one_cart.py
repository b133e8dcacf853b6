"""The main job, whole: a guest fills one cart on three sub-sites and orders."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import BLOCK_THIRD_PARTIES, NO_COOKIES, Shop, chromium

pytestmark = pytest.mark.browser

PERSON = {
    "email": "guest@example.com",
    "first_name": "Grace",
    "last_name": "Hopper",
    "address_1": "1 Compiler Street",
    "city": "Berlin",
    "postal_code": "10115",
    "phone": "+49 30 1234567",
}


def open_a_product(page: Page, shop: Shop, slug: str) -> str:
    """Open the first product of a site that can be bought; returns its title."""
    page.goto(shop.url(slug))
    links = page.locator('main a[href^="/product/"]').evaluate_all(
        "links => [...new Set(links.map(link => link.getAttribute('href')))]"
    )
    assert links, f"{slug} shows no products"
    for link in links:
        page.goto(shop.url(slug, link))
        if page.get_by_role("button", name="Add to cart").is_enabled():
            return page.locator("h1").inner_text().strip()
    raise AssertionError(f"nothing can be bought on {slug}")


def add_to_cart(page: Page, shop: Shop, slug: str) -> str:
    title = open_a_product(page, shop, slug)
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="Go to the cart").click()
    expect(page.locator("main")).to_contain_text(title)
    assert page.url == shop.url(slug, "/cart/")
    return title


def order(page: Page, shop: Shop, slug: str) -> None:
    page.goto(shop.url(slug, "/cart/"))
    page.locator('main a[href="/checkout/"]').first.click()
    for name, value in PERSON.items():
        page.fill(f'[name="{name}"]', value)
    page.select_option('[name="country_code"]', label="Germany")
    page.locator('[name="shipping_method"]').first.check()
    page.locator('[name="payment_method"]').first.check()
    page.get_by_role("button", name="Place the order").click()
    page.wait_for_url("**/orders/**")


def test_a_guest_fills_one_cart_on_three_domains_and_orders_on_main(
    page: Page, context: BrowserContext, shop: Shop
) -> None:
    apparel = add_to_cart(page, shop, "apparel")

    # The cookies of the second site vanish between page and click: its POST finds no session.
    jewelry = open_a_product(page, shop, "jewelry")
    context.clear_cookies(domain="jewelry.localhost")
    assert context.cookies(shop.url("jewelry")) == []
    journey: list[str] = []
    page.on(
        "request",
        lambda sent: (
            journey.append(urlsplit(sent.url).path) if sent.is_navigation_request() else None
        ),
    )
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_url("**/cart/")
    expect(page.locator("main")).to_contain_text(jewelry)
    assert journey == [
        "/cart/lines/",
        "/sessionsync/generate_auth_code/",
        "/sessionsync/consume_auth_code/",
        "/sessionsync/resume/",
        "/cart/",
    ]

    home = add_to_cart(page, shop, "home")

    page.goto(shop.url("galleria", "/cart/"))
    for title in (apparel, jewelry, home):
        expect(page.locator("main")).to_contain_text(title)
    order(page, shop, "galleria")
    assert page.url.startswith(shop.url("galleria", "/orders/"))
    for title in (apparel, jewelry, home):
        expect(page.locator("main")).to_contain_text(title)
    page.goto(shop.url("apparel", "/cart/"))
    expect(page.locator("main")).not_to_contain_text(apparel)


@pytest.mark.parametrize("slug", ["apparel", "jewelry", "home"])
def test_a_guest_orders_on_any_sub_site_what_was_put_in_on_another(
    page: Page, shop: Shop, slug: str
) -> None:
    other = "home" if slug != "home" else "apparel"
    elsewhere = add_to_cart(page, shop, other)
    here = add_to_cart(page, shop, slug)
    order(page, shop, slug)
    assert page.url.startswith(shop.url(slug, "/orders/"))
    for title in (elsewhere, here):
        expect(page.locator("main")).to_contain_text(title)


def test_third_party_cookies_are_really_blocked(
    page: Page, context: BrowserContext, shop: Shop
) -> None:
    page.goto(shop.url("apparel"))
    page.route(
        "**/frame.html",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<iframe src="{shop.url("galleria", "/healthz")}"></iframe>',
        ),
    )
    seen: list[str] = []
    page.on(
        "request",
        lambda sent: (
            seen.append(sent.all_headers().get("cookie", "")) if "/healthz" in sent.url else None
        ),
    )
    page.goto(shop.url("apparel", "/frame.html"))
    page.wait_for_load_state("networkidle")
    assert seen == [""]


def test_with_cookies_off_the_shop_says_so_and_does_not_loop(tmp_path: Path, shop: Shop) -> None:
    with chromium(tmp_path, {**BLOCK_THIRD_PARTIES, **NO_COOKIES}) as context:
        page = context.pages[0]
        title = open_a_product(page, shop, "apparel")
        assert context.cookies() == []
        expect(page.locator("body")).to_contain_text("cookies")
        page.get_by_role("button", name="Add to cart").click()
        page.wait_for_url("**_notrun=1**")
        expect(page.locator("body")).to_contain_text("cookies")
        expect(page.locator("h1")).to_contain_text(title)
