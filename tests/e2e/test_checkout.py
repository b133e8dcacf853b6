"""The checkout in a real browser: in steps to a gateway and back, and prices that follow."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from .conftest import Shop
from .test_one_cart import PERSON, add_to_cart

pytestmark = pytest.mark.browser


def go_on(page: Page, step: str) -> None:
    """Send the step that is open; the next one is on its way."""
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url(f"**/checkout/{step}/")


def walk(page: Page, shop: Shop, slug: str, method: str) -> None:
    """Fill in all steps; the review is open then."""
    page.goto(shop.url(slug, "/checkout/contact/"))
    page.fill('[name="email"]', PERSON["email"])
    go_on(page, "address")
    for name in ("first_name", "last_name", "address_1", "city", "postal_code"):
        page.fill(f'[name="{name}"]', PERSON[name])
    page.select_option('[name="country_code"]', value="de")
    go_on(page, "shipping")
    go_on(page, "payment")
    page.locator(f'[name="payment_method"][value="{method}"]').check()
    go_on(page, "review")


def test_in_steps_to_the_gateway_and_back_paid(page: Page, shop: Shop) -> None:
    title = add_to_cart(page, shop, "apparel")
    walk(page, shop, "apparel", "sandbox")
    total = page.locator("#checkout-total strong").inner_text()
    page.locator('[name="consent"]').check()

    page.get_by_role("button", name="Place the order").click()
    page.wait_for_url("https://pay.localhost:*/**")
    page.get_by_role("button", name="Pay now").click()
    page.wait_for_url(shop.url("apparel", "/orders/**"))

    expect(page.locator("h1")).to_have_text(f"Thank you, {PERSON['first_name']}")
    expect(page.locator("main")).to_contain_text(title)
    expect(page.locator("main")).to_contain_text(total)
    expect(page.locator("main")).to_contain_text("Sandbox Pay · Paid")
    page.goto(shop.url("galleria", "/cart/"))
    expect(page.locator("main")).not_to_contain_text(title)


def test_declined_then_back_to_the_cart(page: Page, shop: Shop) -> None:
    title = add_to_cart(page, shop, "home")
    walk(page, shop, "home", "sandbox")
    page.locator('[name="consent"]').check()
    page.get_by_role("button", name="Place the order").click()
    page.get_by_role("button", name="Have it declined").click()
    page.wait_for_url(shop.url("home", "/orders/**"))
    expect(page.locator("h1")).to_have_text("Your payment did not work")

    page.get_by_role("button", name="Cancel it and go back to the cart").click()

    page.wait_for_url(shop.url("home", "/cart/"))
    expect(page.locator("main")).to_contain_text(title)
    expect(page.locator("main")).to_contain_text("Everything is in your cart again.")


def test_the_back_button_leads_through_the_steps(page: Page, shop: Shop) -> None:
    add_to_cart(page, shop, "jewelry")
    walk(page, shop, "jewelry", "on-delivery")

    for step in ("payment", "shipping", "address", "contact"):
        page.go_back()
        page.wait_for_url(f"**/checkout/{step}/")
    expect(page.locator('[name="email"]')).to_have_value(PERSON["email"])
    page.goto(shop.url("jewelry", "/checkout/review/"))
    expect(page.locator("main")).to_contain_text(PERSON["address_1"])


def test_prices_follow_the_country_and_the_method_without_a_new_page(
    page: Page, shop: Shop
) -> None:
    add_to_cart(page, shop, "apparel")
    page.goto(shop.url("apparel", "/checkout/"))
    price = page.locator('.choice:has([value="standard"]) .choice__price')
    expect(price).to_have_text("€4.90")
    at_home = money(page.locator("#checkout-total strong").inner_text())
    navigations: list[str] = []
    page.on(
        "request",
        lambda sent: navigations.append(sent.url) if sent.is_navigation_request() else None,
    )

    page.select_option('[name="country_code"]', value="ch")
    expect(price).to_have_text("€12.90")
    expect(page.locator("#checkout-total strong")).to_have_text(euros(at_home + 800))
    page.locator('[name="shipping_method"][value="express"]').check()
    expect(page.locator("#checkout-total strong")).to_have_text(euros(at_home + 2000))

    assert navigations == []
    for name, value in (PERSON | {"city": "Zürich", "postal_code": "8001"}).items():
        page.fill(f'[name="{name}"]', value)
    page.get_by_role("button", name="Place the order").click()
    page.wait_for_url("**/orders/**")
    assert urlsplit(page.url).path.startswith("/orders/")
    expect(page.locator("main")).to_contain_text(euros(at_home + 2000))


def test_the_field_for_the_province_follows_the_country(page: Page, shop: Shop) -> None:
    add_to_cart(page, shop, "apparel")
    page.goto(shop.url("apparel", "/checkout/"))
    typed, listed = (page.locator(f'{kind}[name="province"]') for kind in ("input", "select"))
    expect(typed).to_be_visible()

    page.select_option('[name="country_code"]', value="us")
    listed.select_option(label="California")
    page.select_option('[name="country_code"]', value="de")
    expect(typed).to_have_value("")
    page.select_option('[name="country_code"]', value="ca")
    listed.select_option(label="Quebec")

    address = {"city": "Montréal", "postal_code": "H2Y 1C6"}
    for name, value in (PERSON | address).items():
        page.fill(f'[name="{name}"]', value)
    page.get_by_role("button", name="Place the order").click()
    page.wait_for_url("**/orders/**")
    expect(page.locator("main address").first).to_contain_text("H2Y 1C6 MontréalQCCanada")


def money(text: str) -> int:
    """Cents in an amount as a page writes it."""
    return int(re.sub(r"\D", "", text))


def euros(cents: int) -> str:
    """An amount as a page writes it."""
    return f"€{cents // 100:,}.{cents % 100:02}"
