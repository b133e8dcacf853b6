"""What a shopper does, in any language: the pages are known by their addresses and forms."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.pages.running import SLUGS, Demo

PERSON = {
    "email": "guest@example.com",
    "phone": "+49 30 1234567",
    "first_name": "Grace",
    "last_name": "Hopper",
    "address_1": "1 Compiler Street",
    "postal_code": "10115",
    "city": "Berlin",
}

STOPPED = "/sessionsync/generate_auth_code/?challenge=none"
"""A handshake that nobody began."""


def product_paths(demo: Demo, slug: str) -> list[str]:
    """The products that a site's home page shows, each once, in their order."""
    text = demo.fetch(slug, "/").text
    return list(dict.fromkeys(re.findall(r'href="(/product/[^"]+/)"', text)))


def category_paths(demo: Demo, slug: str) -> list[str]:
    """The categories that a site's home page links to, each once."""
    text = demo.fetch(slug, "/").text
    return list(dict.fromkeys(re.findall(r'href="(/category/[^"]+/)"', text)))


def kinds_of_products(demo: Demo, slug: str) -> dict[str, str]:
    """A product of each kind that looks different: with choices, without, sold out."""
    found: dict[str, str] = {}
    for path in product_paths(demo, slug):
        text = demo.fetch(slug, path).text
        if "disabled>Sold out" in text:
            found.setdefault("sold-out", path)
        elif 'type="radio" name="variant"' in text:
            found.setdefault("product", path)
        else:
            found.setdefault("simple", path)
    found.setdefault("product", found.get("simple", ""))
    return found


def add(page: Page) -> None:
    """Buy the product on the page that is open, with or without script."""
    page.locator("form.buy button[type=submit]").click()
    page.locator(".notice--success").first.wait_for()


def add_to_cart(page: Page, demo: Demo, slug: str, path: str) -> str:
    """Buy the product at this path; returns its title."""
    page.goto(demo.url(slug, path))
    title = page.locator("h1").inner_text().strip()
    add(page)
    return title


def fill_cart(page: Page, demo: Demo) -> None:
    """Put something of each sub-site into the one cart, and nothing else."""
    empty_cart(page, demo)
    for slug in SLUGS[1:]:
        add_to_cart(page, demo, slug, kinds_of_products(demo, slug)["product"])


def empty_cart(page: Page, demo: Demo) -> None:
    """Take everything out of the cart."""
    page.goto(demo.url("galleria", "/cart/"))
    for left in range(page.locator(".line").count(), 0, -1):
        page.locator(".line__remove").first.click()
        expect(page.locator(".line")).to_have_count(left - 1)


def fill(page: Page) -> None:
    """Fill whatever the page that is open asks of the shopper's name, address and delivery."""
    for name, value in PERSON.items():
        for box in page.locator(f'main [name="{name}"]').all():
            box.fill(value)
    for select in page.locator('[name="country_code"]:is(select)').all():
        select.select_option(value="de")
    if page.locator('[name="shipping_method"]').count():
        page.locator('[name="shipping_method"]').first.check()


def fill_checkout(page: Page) -> None:
    """Fill the checkout's one page, which is open."""
    fill(page)
    page.locator('[name="payment_method"][value="on-delivery"]').check()


def order_button(page: Page) -> Locator:
    """The button that orders."""
    return page.locator('form[method="post"] .button--wide[type=submit]').last


def place_order(page: Page, demo: Demo, slug: str) -> str:
    """Order what is in the cart, to be paid on delivery; returns the path of the order's page."""
    page.goto(demo.url(slug, "/checkout/"))
    fill_checkout(page)
    order_button(page).click()
    page.wait_for_url("**/orders/**")
    return "/orders/" + page.url.split("/orders/")[1]
