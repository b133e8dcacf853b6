"""A purchase by keyboard alone, without JavaScript, and with all of it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.pages.running import SLUGS, Demo
from tests.pages.shopper import (
    PERSON,
    add_to_cart,
    fill_checkout,
    kinds_of_products,
    place_order,
    product_paths,
)

MOST_TABS = 150
"""Tab stops within which whatever a page offers must be reached."""


class Keyboard:
    """A person without a mouse: counts keys, and sees where the focus is."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)

    @property
    def focus(self) -> Locator:
        return self.page.locator(":focus")

    def tab_to(self, selector: str) -> None:
        """Press Tab until the focus is on such an element, and see that the focus shows."""
        for _step in range(MOST_TABS):
            self.press("Tab")
            if self.page.evaluate(
                "selector => document.activeElement?.matches(selector)", selector
            ):
                self._see_the_focus()
                return
        raise AssertionError(f"the keyboard does not reach {selector} on {self.page.url}")

    def _see_the_focus(self) -> None:
        shown = self.page.evaluate(
            """() => {
              const near = document.querySelectorAll(":focus, :focus + *, *:has(:focus-visible)");
              return [...near].some((each) => [null, "::after"].some((pseudo) => {
                const style = getComputedStyle(each, pseudo);
                return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
              }));
            }"""
        )
        assert shown, f"nothing shows the focus on {self.page.url}"


def follow(keyboard: Keyboard, address: str) -> None:
    keyboard.press("Enter")
    keyboard.page.wait_for_url(address)


def test_by_keyboard_alone(page: Page, demo: Demo, figures: list[str]) -> None:
    # given
    path = kinds_of_products(demo, "apparel")["product"]
    keyboard = Keyboard(page)
    page.goto(demo.url("apparel"))

    # when
    keyboard.press("Tab")
    expect(keyboard.focus).to_have_text("Skip to the content")
    keyboard.press("Enter")
    keyboard.tab_to(f'a[href="{path}"]')
    follow(keyboard, f"**{path}")
    keyboard.tab_to('[name="variant"]')
    keyboard.press("ArrowDown")
    keyboard.tab_to('[name="quantity"]')
    keyboard.press("ArrowUp")
    keyboard.tab_to("form.buy button")
    keyboard.press("Enter")
    expect(page.locator("#added")).to_contain_text("2 × ")
    expect(keyboard.focus).to_have_text("Add to cart")
    keyboard.tab_to('a[href="/checkout/"]')
    follow(keyboard, "**/checkout/")
    for name in ("email", "phone", "first_name", "last_name", "address_1", "postal_code", "city"):
        keyboard.tab_to(f'[name="{name}"]')
        keyboard.type(PERSON[name])
    keyboard.tab_to('[name="country_code"]')
    keyboard.type("Germany")
    keyboard.tab_to('[name="shipping_method"]')
    keyboard.press("Space")
    keyboard.tab_to('[name="payment_method"]')
    keyboard.press("Space")
    keyboard.tab_to("form button[type=submit]")
    follow(keyboard, "**/orders/**")

    # then
    expect(page.locator("h1")).to_have_text("Thank you, Grace")
    expect(page.locator("address")).to_contain_text("Germany")
    figures.append(f"keyboard: a purchase from home to order in {keyboard.keys} keys")


def test_without_javascript(browser: Browser, demo: Demo, figures: list[str]) -> None:
    # given
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    # when
    titles = [
        add_to_cart(page, demo, slug, kinds_of_products(demo, slug)["product"])
        for slug in SLUGS[1:]
    ]
    expect(page).to_have_url(demo.url("home", "/cart/"))
    quantity = page.locator('[name="quantity"][type="number"]').first
    quantity.fill("2")
    page.get_by_role("button", name="Update").first.click()
    expect(page.locator("#messages")).to_contain_text("your cart now holds 2")
    path = place_order(page, demo, "jewelry")

    # then
    assert path.startswith("/orders/")
    for title in titles:
        expect(page.locator("main")).to_contain_text(title)
    expect(page.locator("main")).to_contain_text("2 × ")
    figures.append("without JavaScript: three shops' goods ordered on one of them")
    context.close()


def test_with_javascript_no_page_is_loaded_for_the_cart(
    page: Page, context: BrowserContext, demo: Demo, figures: list[str]
) -> None:
    # given
    loads: list[str] = []
    page.on(
        "request",
        lambda sent: loads.append(sent.url) if sent.is_navigation_request() else None,
    )
    for slug in SLUGS[1:]:
        add_to_cart(page, demo, slug, kinds_of_products(demo, slug)["product"])
        expect(page.locator(".cart-link__count")).to_have_text(str(SLUGS.index(slug)))
        expect(page.locator('[role="status"]#added')).to_contain_text("put into your cart")
    page.get_by_role("link", name="Go to the cart").click()
    page.wait_for_url("**/cart/")
    loads.clear()
    total = page.locator(".totals__total dd")
    before = total.inner_text()

    # when the quantity of the first line is typed
    first = page.locator('.line [name="quantity"][type="number"]').first
    name = first.get_attribute("id")
    first.fill("2")
    first.press("Tab")

    # then the cart follows, and the focus stays where the shopper has gone
    expect(total).not_to_have_text(before)
    expect(page.locator(".cart-link__count")).to_have_text("4")
    expect(page.locator("#messages")).to_contain_text("your cart now holds 2")
    expect(page.locator(":focus")).to_have_attribute("id", re.compile(r"^update-"))
    expect(page.locator(f"#{name}")).to_have_value("2")

    # when a line is removed, the focus goes to what took its place
    page.locator(".line__remove").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".line")).to_have_count(2)
    for count in (2, 1):
        expect(page.locator(":focus")).to_have_class(re.compile("line__remove"))
        page.keyboard.press("Enter")
        expect(page.locator(".line")).to_have_count(count - 1)
    expect(page.locator(":focus")).to_have_text("Your cart")
    expect(page.locator(".cart-link__count")).to_have_count(0)

    # and none of it has loaded a page
    assert loads == []
    add_to_cart(page, demo, "home", kinds_of_products(demo, "home")["product"])
    page.get_by_role("link", name="Go to checkout").click()
    fill_checkout(page)
    page.get_by_role("button", name="Place the order").click()
    page.wait_for_url("**/orders/**")
    figures.append("with JavaScript: 8 changes of the cart without loading a page")


def test_picture_and_quantity_follow_the_variant(page: Page, demo: Demo) -> None:
    # given a product with pictures of several variants
    for path in (path for slug in SLUGS[1:] for path in product_paths(demo, slug)):
        slug = next(slug for slug in SLUGS[1:] if path in product_paths(demo, slug))
        page.goto(demo.url(slug, path))
        radios = page.locator('[name="variant"]:not(:disabled)')
        pictures = radios.evaluate_all("all => [...new Set(all.map(each => each.dataset.picture))]")
        if len(pictures) > 1:
            break
    other = page.locator(f'[data-picture="{pictures[1]}"]:not(:disabled)').first

    # when
    page.locator(f'label[for="{other.get_attribute("id")}"]').click()

    # then
    chosen = page.locator(".gallery__item--chosen")
    expect(chosen).to_have_count(1)
    expect(chosen).to_have_id(pictures[1])
    tops = page.locator(".gallery__item").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().top)"
    )
    assert chosen.evaluate("each => each.getBoundingClientRect().top") == min(tops)
    most = other.get_attribute("data-most")
    expect(page.locator('form.buy [name="quantity"]')).to_have_attribute("max", str(most))


@pytest.mark.parametrize("lose", ["cookies", "session"])
def test_what_htmx_cannot_do_the_form_does(
    page: Page, context: BrowserContext, demo: Demo, lose: str
) -> None:
    # given a product's page whose cookies go before the click
    page.goto(demo.url("home", kinds_of_products(demo, "home")["product"]))
    forget: dict[str, Callable[[], None]] = {
        "cookies": context.clear_cookies,
        "session": lambda: context.clear_cookies(name=re.compile("session_token")),
    }
    forget[lose]()

    # when
    page.get_by_role("button", name="Add to cart").click()

    # then
    page.get_by_text("put into your cart").wait_for()
    page.goto(demo.url("home", "/cart/"))
    expect(page.locator(".line")).to_have_count(1)
