"""What a shopper does and sees: the pages of the shop, and the way to each of them."""

import re
from dataclasses import dataclass

from playwright.sync_api import Page, Response

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


@dataclass(frozen=True)
class Shown:
    """A page to look at: its name, the site it is on, and its path with query."""

    name: str
    slug: str
    path: str


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


def catalogue_pages(demo: Demo, slug: str) -> list[Shown]:
    """The pages of a site that show the same to everyone."""
    pages = {
        "home": "/",
        "category": category_paths(demo, slug)[0],
        **kinds_of_products(demo, slug),
        "search": "/search/?q=a",
        "nothing-found": "/search/?q=zzzz",
        "not-found": "/nothing/here/",
        **({"styleguide": "/styleguide/"} if slug == "galleria" else {}),
    }
    return [Shown(name, slug, path) for name, path in pages.items()]


def add_to_cart(page: Page, demo: Demo, slug: str, path: str) -> str:
    """Buy the product at this path by its form, with or without script; returns its title."""
    page.goto(demo.url(slug, path))
    title = page.locator("h1").inner_text().strip()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_text("put into your cart").wait_for()
    return title


def fill_cart(page: Page, demo: Demo) -> None:
    """Put something of each sub-site into the one cart."""
    for slug in SLUGS[1:]:
        add_to_cart(page, demo, slug, kinds_of_products(demo, slug)["product"])


def fill_checkout(page: Page) -> None:
    """Fill the checkout's form, which is open."""
    for name, value in PERSON.items():
        page.fill(f'[name="{name}"]', value)
    page.select_option('[name="country_code"]', label="Germany")
    page.locator('[name="shipping_method"]').first.check()
    page.locator('[name="payment_method"]').first.check()


def place_order(page: Page, demo: Demo, slug: str) -> str:
    """Order what is in the cart; returns the path of the order's page."""
    page.goto(demo.url(slug, "/checkout/"))
    fill_checkout(page)
    page.get_by_role("button", name="Place the order").click()
    page.wait_for_url("**/orders/**")
    return "/orders/" + page.url.split("/orders/")[1]


def open_page(page: Page, demo: Demo, shown: Shown) -> Response:
    """Open a page in the way that leads to it; returns what the server said in the end."""
    address = demo.url(shown.slug, shown.path)
    if shown.name == "confirm":  # a form of nobody knows whom
        page.goto(
            f'data:text/html,<form method="post" action="{address}"><input name="quantity" '
            'value="1"><button>Send</button></form>'
        )
        with page.expect_navigation(url="**/sessionsync/resume/**") as sent:
            page.get_by_role("button").click()
        answer: Response | None = sent.value
    else:
        answer = page.goto(address, wait_until="load")
    if shown.name == "checkout-refused":
        with page.expect_navigation() as sent:
            page.get_by_role("button", name="Place the order").click()
        page.locator(".error-summary").wait_for()
        answer = sent.value
    assert answer
    return answer
