"""Search, suggestions and facets as pages, without a script."""

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.storefronts.models import Storefront
from tests.factories import CategoryFactory, NetworkFactory, ProductFactory, VariantFactory


@pytest.fixture
def network(database: str) -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def shirts(network: dict[str, Storefront]) -> Storefront:
    """Thirty shirts by Wick, S and L, every third reduced and red; one necklace."""
    shop = network["apparel"]
    category = CategoryFactory(name="Shirts")
    for number in range(30):
        product = ProductFactory(
            slug=f"shirt-{number}", title=f"Shirt {number}", vendor="Wick", category=category,
            storefronts=[shop], options=["Size", "Colour"], variant=None,
        )  # fmt: skip
        third = number % 3 == 0
        for size in "SL":
            VariantFactory(
                product=product, option_values=[size, "Red" if third else "Blue"],
                price=10 + number, compare_at_price=50 if third else None,
            )  # fmt: skip
    ProductFactory(
        slug="shell-necklace", title="Shell Necklace", storefronts=[shop],
        category=CategoryFactory(name="Neckwear"),
    )  # fmt: skip
    return shop


def visit(shop: Storefront, address: str) -> Any:
    return Client(headers={"host": shop.domain}).get(address)


def titles(response: Any) -> list[str]:
    return [product.title for product in response.context["products"]]


def links(response: Any) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]*)"', response.content.decode())]


def test_a_category_narrows_down_by_its_address(shirts: Storefront) -> None:
    response = visit(shirts, "/category/shirts/?colour=Red&max=20&sort=price")

    assert response.status_code == 200
    assert titles(response) == ["Shirt 0", "Shirt 3", "Shirt 6", "Shirt 9"]
    page = response.content.decode()
    assert '<input type="checkbox" id="colour=Red" name="colour" value="Red" checked>' in page
    assert '<input type="checkbox" id="colour=Blue" name="colour" value="Blue">' in page
    assert '<input type="checkbox" id="size=L" name="size" value="L">' in page
    assert '<option value="price" selected>' in page
    assert "/category/shirts/?max=20&sort=price" in links(response)
    assert "/category/shirts/?colour=Red&sort=price" in links(response)
    assert "/category/shirts/" in links(response)


def test_a_form_without_script_gets_to_the_canonical_address(shirts: Storefront) -> None:
    sent = "size=S&size=L&vendor=Wick&colour=Red&min=&max=20&sort=newest"
    response = visit(shirts, f"/category/shirts/?{sent}")

    assert response.status_code == 302
    assert response["Location"] == "/category/shirts/?colour=Red&size=L&size=S&vendor=Wick&max=20"
    assert visit(shirts, response["Location"]).status_code == 200


def test_what_is_no_choice_is_left_alone(shirts: Storefront) -> None:
    response = visit(shirts, "/category/shirts/?utm_source=x&size=XXL&page=2")

    assert (response.status_code, len(titles(response))) == (200, 6)
    assert visit(shirts, "/category/shirts/?min=abc&sort=x")["Location"] == "/category/shirts/"


def test_paging_keeps_the_choice(shirts: Storefront) -> None:
    first = visit(shirts, "/category/shirts/?vendor=Wick&sort=name")
    assert "?vendor=Wick&sort=name&page=2" in links(first)

    second = visit(shirts, "/category/shirts/?vendor=Wick&sort=name&page=2")
    assert titles(second) == [f"Shirt {n}" for n in (4, 5, 6, 7, 8, 9)]


@pytest.mark.parametrize(
    ("query", "robots", "canonical"),
    [("", False, True), ("?sort=price", False, True), ("?vendor=Wick", True, False)],
)
def test_search_engines_keep_one_page_of_each_list(
    shirts: Storefront, query: str, robots: bool, canonical: bool
) -> None:
    page = visit(shirts, f"/category/shirts/{query}").content.decode()

    assert ('<meta name="robots" content="noindex">' in page) is robots
    assert (
        '<link rel="canonical" href="http://apparel.example/category/shirts/">' in page
    ) is canonical


def test_choices_that_leave_nothing_can_be_cleared(shirts: Storefront) -> None:
    response = visit(shirts, "/category/shirts/?vendor=Nobody")

    assert titles(response) == []
    assert "Nothing here is all of that at once." in response.content.decode()
    assert "/category/shirts/" in links(response)


def test_search_narrows_down_too(shirts: Storefront) -> None:
    response = visit(shirts, "/search/?q=shirt&colour=Red&max=15&sort=-price")

    assert titles(response) == ["Shirt 3", "Shirt 0"]
    page = response.content.decode()
    assert '<input type="hidden" name="q" value="shirt">' in page
    assert '<option value="best">' in page
    assert "/search/?q=shirt&max=15&sort=-price" in links(response)


def test_a_typing_error_is_named(shirts: Storefront) -> None:
    response = visit(shirts, "/search/?q=neckalce")

    assert titles(response) == ["Shell Necklace"]
    assert response.context["corrected"] == "necklace"
    assert (
        "We found nothing for “neckalce”. These are the results for “necklace”."
        in response.content.decode()
    )


def test_a_search_without_results_says_where_to_look(shirts: Storefront) -> None:
    response = visit(shirts, "/search/?q=<b>qqqqq</b>")

    page = response.content.decode()
    assert "Nothing found for “&lt;b&gt;qqqqq&lt;/b&gt;”</h1>" in page
    assert "Apparel has nothing like that." in page
    assert [node.name for node in response.context["popular"]] == ["Shirts", "Neckwear"]
    assert "/category/neckwear/" in links(response)
    assert "<b>qqqqq" not in page


@pytest.mark.parametrize("address", ["/category/shirts/?size=S&sort=price", "/search/?q=shirt"])
def test_a_page_costs_the_same_for_thirty_and_two_hundred(shirts: Storefront, address: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert visit(shirts, address).status_code == 200
        return len(captured)

    cost()  # what is cached between requests is warm now
    before = cost()
    category = shirts.products.exclude(category=None).earliest("pk").category
    for number in range(30, 200):
        product = ProductFactory(
            slug=f"shirt-{number}", title=f"Shirt {number}", category=category,
            storefronts=[shirts], options=["Size"], variant=None,
        )  # fmt: skip
        VariantFactory(product=product, option_values=["S"])

    cost()
    assert cost() == before


def suggestions(shop: Storefront, text: str) -> list[str]:
    return links(Client(headers={"host": shop.domain}).get("/search/suggest/", {"q": text}))


def test_suggestions_as_one_types(shirts: Storefront) -> None:
    assert suggestions(shirts, "neck") == [
        "/category/neckwear/", "/product/shell-necklace/", "/search/?q=neck",
    ]  # fmt: skip
    assert len(suggestions(shirts, "shirt")) == 1 + 6 + 1
    assert suggestions(shirts, "qqqq") == []
    assert suggestions(shirts, '"><b') == []


def test_suggestions_are_anyones(shirts: Storefront) -> None:
    client = Client(headers={"host": shirts.domain})
    client.cookies["sessionid"] = "anything"

    response = client.get("/search/suggest/?q=neckalce")

    assert response.status_code == 200
    assert response["Cache-Control"] == "public, max-age=300"
    assert not response.cookies
    page = response.content.decode()
    assert "Did you mean <strong>necklace</strong>?" in page
    assert "<html" not in page


@pytest.mark.parametrize("text", ["", " ", "s"])
def test_too_short_a_text_costs_nothing(shirts: Storefront, text: str) -> None:
    client = Client(headers={"host": shirts.domain})
    client.get("/search/suggest/")

    with CaptureQueriesContext(connection) as captured:
        response = client.get("/search/suggest/", {"q": text})

    assert response.content.decode().strip() == ""
    assert [q["sql"] for q in captured if "storefronts_storefront" not in q["sql"]] == []


def test_one_chinese_character_is_enough(network: dict[str, Storefront]) -> None:
    ProductFactory(title="红灯笼", slug="lantern", storefronts=[network["home"]])

    assert suggestions(network["home"], "灯")[0] == "/product/lantern/"


# --- htmx ----------------------------------------------------------------------------------------


def part(shop: Storefront, address: str, **headers: str) -> Any:
    return Client(headers={"host": shop.domain, "hx-request": "true", **headers}).get(address)


def test_htmx_gets_the_list_alone_and_its_address(shirts: Storefront) -> None:
    # When a form is sent as a browser sends it, blank fields and all
    response = part(shirts, "/category/shirts/?size=S&colour=Red&min=&max=20&sort=newest")

    # Then there is no redirect, and no page around the list
    assert response.status_code == 200
    assert response["HX-Push-Url"] == "/category/shirts/?colour=Red&size=S&max=20"
    page = response.content.decode()
    assert page.strip().startswith('<div id="results"')
    assert "<html" not in page
    assert titles(response) == [f"Shirt {n}" for n in (9, 6, 3, 0)]
    assert '<div data-hx-swap-oob="innerHTML:#results-said">4 products</div>' in page


def test_the_whole_page_has_room_for_what_htmx_says(shirts: Storefront) -> None:
    response = visit(shirts, "/category/shirts/?colour=Red")

    page = response.content.decode()
    assert 'id="results-said" role="status"></p>' in page
    assert "hx-swap-oob" not in page
    assert "HX-Push-Url" not in response


@pytest.mark.parametrize("address", ["/category/shirts/", "/search/?q=shirt"])
def test_caches_tell_the_list_from_the_page(shirts: Storefront, address: str) -> None:
    for response in (visit(shirts, address), part(shirts, address)):
        assert {"HX-Request", "HX-History-Restore-Request", "Host"} <= set(
            response["Vary"].split(", ")
        )


def test_going_back_gets_the_whole_page(shirts: Storefront) -> None:
    response = part(shirts, "/category/shirts/", **{"hx-history-restore-request": "true"})

    assert "<html" in response.content.decode()


def test_an_address_in_chinese_letters_is_one(network: dict[str, Storefront]) -> None:
    shop = network["home"]
    ProductFactory(title="红灯笼", storefronts=[shop], category=CategoryFactory(name="灯"))

    response = part(shop, "/category/灯/")

    assert response["HX-Push-Url"] == "/category/%E7%81%AF/"


def test_nothing_left_is_said_too(shirts: Storefront) -> None:
    page = part(shirts, "/search/?q=shirt&max=1").content.decode()

    assert 'innerHTML:#results-said">Nothing here is all of that at once.<' in page
    assert 'data-hx-get="/search/?q=shirt"' in page


def test_suggestions_are_counted_for_who_cannot_see_them(shirts: Storefront) -> None:
    def said(text: str) -> str:
        page = Client(headers={"host": shirts.domain}).get("/search/suggest/", {"q": text})
        found = re.search(r'innerHTML:#suggestions-said">([^<]*)<', page.content.decode())
        return found[1] if found else "?"

    assert (said("neck"), said("shirt"), said("qqqq")) == ("2 suggestions", "7 suggestions", "")
