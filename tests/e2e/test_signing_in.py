"""A customer in a real browser: signed up on one domain, in on all of them, and out again."""

import os
import re
import time
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import Page, expect

from .conftest import DATABASE, SLUGS, Shop
from .test_one_cart import add_to_cart

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "grace@example.com", "seven-quiet-otters"


def mailed_link(path: str) -> str:
    """The newest link to a path in the outbox; waits for it."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{DATABASE}").geturl()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with psycopg.connect(database) as connection:
            texts = connection.execute(
                "SELECT text FROM mailing_outgoingmail WHERE text LIKE %s ORDER BY id DESC LIMIT 1",
                [f"%{path}%"],
            ).fetchall()
        for (text,) in texts:
            found = re.search(rf"https://\S*{re.escape(path)}\S*", text)
            if found:
                return found[0]
        time.sleep(0.2)
    raise AssertionError(f"no mail with a link to {path}")


def test_one_account_on_four_domains(page: Page, shop: Shop) -> None:
    # Given a guest with something in the cart
    ring = add_to_cart(page, shop, "jewelry")

    # When they sign up on another site and follow the mailed link
    page.goto(shop.url("apparel", "/account/signup/"))
    page.fill('[name="email"]', EMAIL)
    page.fill('[name="password1"]', PASSWORD)
    page.locator("main").get_by_role("button", name="Open an account").click()
    expect(page.locator("h1")).to_have_text(re.compile("look into your mailbox", re.IGNORECASE))
    page.goto(mailed_link("/account/confirm-email/"))
    page.get_by_role("button", name="Yes, confirm it").click()

    # Then they are signed in everywhere, with their cart
    page.wait_for_url(shop.url("apparel", "/account/"))
    for slug in SLUGS:
        page.goto(shop.url(slug, "/account/email/"))
        expect(page.locator("h1")).to_have_text(re.compile("is it you", re.IGNORECASE))
        page.goto(shop.url(slug, "/cart/"))
        expect(page.locator("main")).to_contain_text(ring)

    # When they sign out on one
    page.goto(shop.url("home", "/account/logout/"))
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(shop.url("home"))

    # Then they are nobody anywhere, with an empty cart
    for slug in SLUGS:
        page.goto(shop.url(slug, "/account/"))
        assert urlsplit(page.url).path == "/account/login/"
        page.goto(shop.url(slug, "/cart/"))
        expect(page.locator("main")).not_to_contain_text(ring)

    # When they sign in again, by the keyboard alone, wanting their orders
    page.goto(shop.url("galleria", "/account/orders/"))
    page.focus('[name="login"]')
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    # Then they are where they wanted to go, and the cart is back
    page.wait_for_url(shop.url("galleria", "/account/orders/"))
    page.goto(shop.url("apparel", "/cart/"))
    expect(page.locator("main")).to_contain_text(ring)
