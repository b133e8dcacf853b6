"""Search as one types, and lists that narrow down in place; and the same without a script."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Shop

pytestmark = pytest.mark.browser


def trouble(page: Page) -> list[str]:
    """What the console complains about, from now on."""
    said: list[str] = []
    page.on("console", lambda each: said.append(each.text) if each.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.id || document.activeElement.textContent")
    return text.strip()


def test_suggestions_come_while_one_types(context: BrowserContext, shop: Shop) -> None:
    # Given
    page = context.new_page()
    complaints = trouble(page)
    page.goto(shop.url("apparel"), wait_until="networkidle")
    suggestions = page.locator("#suggestions")
    search = page.locator("#search-q")

    # When
    search.press_sequentially("shirt", delay=30)

    # Then
    expect(suggestions).to_be_visible()
    expect(page.locator("#suggestions-said")).to_have_text(re.compile(r"^\d suggestions$"))

    # When the keyboard goes through them and back
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Shirts"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "All results for “shirt”"
    page.keyboard.press("Escape")

    # Then they are gone, what was typed is not, and the field opens them again
    expect(suggestions).to_be_hidden()
    assert (focused(page), search.input_value()) == ("search-q", "shirt")
    search.press_sequentially("s")
    expect(suggestions).to_be_visible()

    # When the shopper goes elsewhere, or empties the field
    page.locator("footer").click()
    expect(suggestions).to_be_hidden()
    search.fill("necklace of gold that nobody sells")
    expect(suggestions).to_be_hidden()
    search.fill("field")
    suggestions.get_by_role("link", name=re.compile("Field Shirt")).click()

    # Then
    expect(page).to_have_url(shop.url("apparel", "/product/field-shirt/"))
    assert complaints == []


def test_suggestions_that_fail_trouble_nobody(context: BrowserContext, shop: Shop) -> None:
    page = context.new_page()
    page.route("**/search/suggest/**", lambda route: route.abort())
    page.goto(shop.url("apparel"), wait_until="networkidle")

    with page.expect_event("requestfailed"):
        page.locator("#search-q").press_sequentially("shirt")

    expect(page.locator("#suggestions")).to_be_hidden()
    expect(page.locator("#messages")).to_be_empty()
    page.keyboard.press("Enter")
    expect(page).to_have_url(shop.url("apparel", "/search/?q=shirt"))


def test_a_list_narrows_down_in_place(context: BrowserContext, shop: Shop) -> None:
    # Given
    page = context.new_page()
    complaints = trouble(page)
    clothing = shop.url("apparel", "/category/clothing/")
    page.goto(clothing, wait_until="networkidle")
    page.evaluate("window.sameDocument = true")
    expect(page.get_by_role("button", name="Show")).to_be_hidden()

    # When
    page.get_by_text("Filter", exact=True).click()
    page.locator("[id='colour=Olive']").press("Space")

    # Then the address says it, the focus is where it was, and the number is announced
    expect(page).to_have_url(f"{clothing}?colour=Olive")
    expect(page.locator("#results-said")).to_have_text("2 products")
    expect(page.locator(".card")).to_have_count(2)
    assert focused(page) == "colour=Olive"
    assert page.locator("details.facets__panel").get_attribute("open") is not None

    # When
    page.locator("#facet-sort").select_option("price")
    expect(page).to_have_url(f"{clothing}?colour=Olive&sort=price")
    assert focused(page) in {"facet-sort", "colour=Olive"}
    page.get_by_role("link", name=re.compile("Colour: Olive")).click()

    # Then what had the focus is gone, and the number has it
    expect(page).to_have_url(f"{clothing}?sort=price")
    expect(page.locator("#results-count")).to_be_focused()
    assert page.evaluate("window.sameDocument")

    # When
    page.go_back()

    # Then
    expect(page).to_have_url(f"{clothing}?colour=Olive&sort=price")
    expect(page.locator(".card")).to_have_count(2)
    expect(page.locator("h1")).to_have_text("Clothing")
    assert complaints == []


def test_a_narrow_page_stays_where_it_is_when_a_filter_is_chosen(
    context: BrowserContext, shop: Shop
) -> None:
    # Given
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(shop.url("apparel", "/category/clothing/"), wait_until="networkidle")
    page.get_by_text("Filter", exact=True).click()
    page.locator("[id='colour=Olive']").scroll_into_view_if_needed()
    height = "document.getElementById('colour=Olive').getBoundingClientRect().top"
    before = page.evaluate(height)
    assert page.evaluate("scrollY") > 100

    # When
    page.locator("[id='colour=Olive']").check()
    expect(page.locator(".card")).to_have_count(2)

    # Then
    assert abs(page.evaluate(height) - before) < 2
    expect(page.locator("[id='colour=Olive']")).to_be_focused()


def test_the_language_changes_on_the_list_as_it_is(context: BrowserContext, shop: Shop) -> None:
    page = context.new_page()
    page.goto(shop.url("apparel", "/category/clothing/"), wait_until="networkidle")
    page.get_by_text("Filter", exact=True).click()
    page.locator("[id='colour=Olive']").check()
    expect(page.locator(".card")).to_have_count(2)

    page.get_by_role("button", name="简体中文").click()

    expect(page).to_have_url(
        re.compile(r"/zh-hans/category/clothing/\?colour=Olive$"), timeout=15_000
    )
    expect(page.locator("h1")).to_have_text("服装")
    expect(page.locator(".chip--chosen")).to_contain_text("颜色：橄榄绿")


def test_without_script_lists_and_search_go_page_by_page(
    context: BrowserContext, shop: Shop
) -> None:
    assert context.browser
    plain = context.browser.new_context(java_script_enabled=False, ignore_https_errors=True)
    page = plain.new_page()
    clothing = shop.url("apparel", "/category/clothing/")
    page.goto(clothing)
    page.get_by_text("Filter", exact=True).click()
    page.locator("[id='colour=Olive']").check()
    page.get_by_role("button", name="Show").click()

    expect(page).to_have_url(f"{clothing}?colour=Olive")
    expect(page.locator(".card")).to_have_count(2)
    page.locator("#search-q").fill("field shirt")
    page.locator("#search-q").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Results for “field shirt”")
    plain.close()
