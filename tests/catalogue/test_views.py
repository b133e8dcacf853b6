"""The pages of the shop window."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.catalogue.models import ProductImage, Tag
from shop.storefronts.models import Storefront
from tests.factories import CategoryFactory, NetworkFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


def visit(shop: Storefront, path: str, **query: str) -> Any:
    """A page as something that follows no redirects and keeps no cookies sees it."""
    return Client(headers={"host": shop.domain}).get(path, query)


def titles(response: Any) -> list[str]:
    return [product.title for product in response.context["products"]]


def full_shop(shops: list[Storefront], count: int) -> None:
    """`count` products of one category with three variants, two pictures and a tag each."""
    category = CategoryFactory(name="Shirts", parent=CategoryFactory(name="Clothing"))
    tag = Tag.objects.create(name="new")
    for number in range(count):
        product = ProductFactory(
            slug=f"shirt-{number}", title=f"Shirt {number}", category=category, storefronts=shops,
            options=["Size"], variant=None,
        )  # fmt: skip
        product.tags.add(tag)
        for position, size in enumerate("SML"):
            VariantFactory(
                product=product, option_values=[size], position=position, compare_at_price="12"
            )
        for position in (1, 2):
            ProductImage.objects.create(
                product=product, source_url=f"https://p.example/{position}.jpg", position=position
            )


def queries_of(shop: Storefront, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert visit(shop, path).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    "path", ["/", "/category/clothing/", "/product/shirt-0/", "/search/?q=shirt"]
)
@pytest.mark.parametrize("slug", ["apparel", "galleria"])
def test_a_page_costs_the_same_with_three_products_and_with_twenty_three(
    network: dict[str, Storefront], path: str, slug: str
) -> None:
    # Given
    full_shop([network["apparel"]], 3)
    visit(network[slug], path)  # what is cached between requests is warm now
    few = queries_of(network[slug], path)

    # When
    for number in range(3, 23):
        product = ProductFactory(
            slug=f"shirt-{number}", title=f"Shirt {number}", storefronts=[network["apparel"]],
            variant__compare_at_price="12",
        )  # fmt: skip
        ProductImage.objects.create(product=product, source_url="https://p.example/1.jpg")

    # Then
    visit(network[slug], path)
    assert queries_of(network[slug], path) == few


@pytest.mark.parametrize(
    ("path", "queries"),
    # 1 for the storefronts, which the cache answers outside a test's transaction, and 1 for the
    # navigation; home: count, 3 a list of cards, 1 to know that there are no collections and, on
    # main, 4 for the other shops' windows; category: 2 for the facets and the count, 3 for the
    # cards; search: 1 to know that it found, and 4 for the facets; each: 2 for this site's prices
    [("/", 12), ("/category/clothing/", 9), ("/product/shirt-0/", 9), ("/search/?q=shirt", 12)],
)
def test_what_a_page_costs(network: dict[str, Storefront], path: str, queries: int) -> None:
    full_shop([network["apparel"]], 3)
    visit(network["apparel"], path)

    assert queries_of(network["apparel"], path) == queries


def test_home_shows_the_newest_and_what_is_on_sale(network: dict[str, Storefront]) -> None:
    # Given
    ProductFactory(title="Old Lamp", storefronts=[network["home"]], variant__compare_at_price="20")
    ProductFactory(title="New Lamp", storefronts=[network["home"]])
    ProductFactory(title="Shirt", storefronts=[network["apparel"]])

    # When
    response = visit(network["home"], "/")

    # Then
    assert titles(response) == ["New Lamp", "Old Lamp"]
    assert [product.title for product in response.context["on_sale"]] == ["Old Lamp"]
    assert "by_storefront" not in response.context
    page = response.content.decode()
    assert "New Lamp" in page
    assert "Shirt" not in page
    assert "€10.00" in page


def test_the_main_sites_home_shows_something_of_each_shop(network: dict[str, Storefront]) -> None:
    ProductFactory(title="Lamp", storefronts=[network["home"]])
    ProductFactory(title="Shirt", storefronts=[network["apparel"]])

    response = visit(network["galleria"], "/")

    assert [
        (shop.slug, [product.title for product in products])
        for shop, products in response.context["by_storefront"]
    ] == [("apparel", ["Shirt"]), ("home", ["Lamp"])]
    assert titles(response) == ["Shirt", "Lamp"]


def test_products_without_a_category_are_on_the_home_pages(network: dict[str, Storefront]) -> None:
    # Given more than a page of them
    for number in range(30):
        ProductFactory(title=f"Thing {number}", storefronts=[network["home"]])

    # When
    first, second = visit(network["home"], "/"), visit(network["home"], "/", page="2")

    # Then
    assert titles(first) == [f"Thing {number}" for number in range(29, 5, -1)]
    assert titles(second) == [f"Thing {number}" for number in range(5, -1, -1)]
    assert list(second.context["on_sale"]) == []


def test_a_category_page_lists_products_below_it_too(network: dict[str, Storefront]) -> None:
    # Given
    clothing = CategoryFactory(name="Clothing")
    shirts = CategoryFactory(name="Shirts", parent=clothing)
    CategoryFactory(name="Empty", parent=clothing)
    ProductFactory(title="Hat", category=clothing, storefronts=[network["apparel"]])
    ProductFactory(title="Shirt", category=shirts, storefronts=[network["apparel"]])

    # When
    top = visit(network["apparel"], "/category/clothing/")
    below = visit(network["apparel"], "/category/clothing/shirts/")

    # Then
    assert titles(top) == ["Shirt", "Hat"]
    assert [child.name for child in top.context["children"]] == ["Shirts"]
    assert top.context["ancestors"] == []
    assert titles(below) == ["Shirt"]
    assert below.context["ancestors"] == [clothing]
    assert below.context["category"] == shirts


@pytest.mark.parametrize(
    "path",
    ["/category/clothing/", "/category/none/", "/category/clothing/shirts/"],
)
def test_a_category_without_products_here_is_not_found(
    network: dict[str, Storefront], path: str
) -> None:
    clothing = CategoryFactory(name="Clothing")
    ProductFactory(category=clothing, storefronts=[network["apparel"]])

    assert visit(network["home"], path).status_code == 404


@pytest.mark.parametrize(
    ("asked", "number"),
    [("1", 1), ("2", 2), ("99999999999999999999", 2), ("0", 2), ("-1", 2), ("x", 1), ("", 1),
     ("1.5", 1), ("%00", 1)],
)  # fmt: skip
def test_paging(network: dict[str, Storefront], asked: str, number: int) -> None:
    # Given 25 products
    category = CategoryFactory(name="Clothing")
    for _ in range(25):
        ProductFactory(category=category, storefronts=[network["apparel"]])

    # When
    response = visit(network["apparel"], "/category/clothing/", page=asked)

    # Then
    assert response.status_code == 200
    assert response.context["page"].number == number
    assert len(response.context["products"]) == {1: 24, 2: 1}[number]


def test_a_product_page_shows_it_all(network: dict[str, Storefront]) -> None:
    # Given
    shirts = CategoryFactory(name="Shirts", parent=CategoryFactory(name="Clothing"))
    product = ProductFactory(
        title="Field Shirt", slug="field-shirt", vendor="Wick & Loom", category=shirts,
        storefronts=[network["apparel"], network["home"]], options=["Size"], variant=None,
        description="<p>Twill.</p>", attributes={"Material": "Cotton"},
    )  # fmt: skip
    small = VariantFactory(product=product, option_values=["S"], tracks_stock=True)
    medium = VariantFactory(product=product, option_values=["M"], price="12", compare_at_price="15")

    # When
    response = visit(network["apparel"], "/product/field-shirt/")

    # Then
    context = response.context
    assert context["product"] == product
    assert context["variants"] == [small, medium]
    assert context["options"] == [
        {"name": "Size", "values": ["S", "M"], "choices": {"S": "S", "M": "M"}}
    ]
    assert context["selected"] == medium
    assert context["images"] == []
    assert [node.name for node in context["ancestors"]] == ["Clothing", "Shirts"]
    assert [shop.slug for shop in context["storefronts_selling"]] == ["galleria", "apparel", "home"]
    page = response.content.decode()
    for text in ("Field Shirt", "Wick &amp; Loom", "<p>Twill.</p>", "Cotton", "€12.00", "€15.00"):
        assert text in page
    assert f'value="{medium.pk}"' in page


@pytest.mark.parametrize("wanted", ["chosen", "other", "987654", "x", ""])
def test_a_variant_is_chosen_by_its_id(network: dict[str, Storefront], wanted: str) -> None:
    # Given
    product = ProductFactory(slug="shirt", storefronts=[network["apparel"]], variant=None)
    first = VariantFactory(product=product, option_values=["S"], stock=1)
    second = VariantFactory(product=product, option_values=["M"], stock=1)
    ids = {"chosen": str(second.pk), "other": str(VariantFactory().pk)}

    # When
    response = visit(network["apparel"], "/product/shirt/", variant=ids.get(wanted, wanted))

    # Then
    assert response.context["selected"] == (second if wanted == "chosen" else first)


def test_a_product_that_is_sold_out_still_has_a_page(network: dict[str, Storefront]) -> None:
    ProductFactory(slug="hat", storefronts=[network["apparel"]], variant__tracks_stock=True)

    response = visit(network["apparel"], "/product/hat/")

    assert response.status_code == 200
    assert response.context["selected"].is_sold_out
    assert "Sold out" in response.content.decode()


def test_a_variant_that_is_sold_out_says_so_and_sends_to_the_others(
    network: dict[str, Storefront],
) -> None:
    # Given
    shirt = ProductFactory(
        slug="shirt", storefronts=[network["apparel"]], options=["Size"], variant=None
    )
    gone = VariantFactory(product=shirt, option_values=["S"], title="S", tracks_stock=True)
    VariantFactory(product=shirt, option_values=["M"], title="M")
    hint = "S is sold out. Please choose another."

    # When
    asked = visit(network["apparel"], f"/product/shirt/?variant={gone.pk}").content.decode()

    # Then
    assert hint in asked
    assert hint not in visit(network["apparel"], "/product/shirt/").content.decode()


def test_where_a_product_is_found(network: dict[str, Storefront]) -> None:
    # Given
    ProductFactory(slug="lamp", storefronts=[network["home"]])
    ProductFactory(slug="hidden", storefronts=[network["home"]], is_published=False)
    ProductFactory(slug="empty", storefronts=[network["home"]], variant=None)

    # When
    status = {
        slug: [visit(shop, f"/product/{slug}/").status_code for shop in network.values()]
        for slug in ("lamp", "hidden", "empty", "none")
    }

    # Then main, apparel, jewelry and home say
    assert status == {
        "lamp": [200, 404, 404, 200],
        "hidden": [404, 404, 404, 404],
        "empty": [404, 404, 404, 404],
        "none": [404, 404, 404, 404],
    }


def test_remote_pictures_are_never_asked_for(network: dict[str, Storefront]) -> None:
    product = ProductFactory(slug="lamp", title="Copper Lamp", storefronts=[network["home"]])
    ProductImage.objects.create(product=product, source_url="https://elsewhere.example/1.jpg")

    for path in ("/", "/product/lamp/"):
        page = visit(network["home"], path).content.decode()
        assert "elsewhere.example" not in page
        assert '<svg class="drawing"' in page


def test_search(network: dict[str, Storefront]) -> None:
    # Given
    ProductFactory(title="Blue Lamp", storefronts=[network["home"]])
    ProductFactory(title="Blue Shirt", storefronts=[network["apparel"]])

    # When
    found = visit(network["home"], "/search/", q="  blue ")
    nothing = visit(network["home"], "/search/", q="<script>" + "x" * 300)
    blank = visit(network["home"], "/search/")

    # Then
    assert (found.context["query"], titles(found)) == ("blue", ["Blue Lamp"])
    assert titles(nothing) == []
    assert nothing.context["query"] == "<script>" + "x" * 192
    assert "<script>x" not in nothing.content.decode()
    assert (blank.status_code, titles(blank)) == (200, [])


def test_the_pages_speak_the_storefronts_language(network: dict[str, Storefront]) -> None:
    response = visit(network["home"], "/")

    assert response["Content-Language"] == "en"
    assert "Host" in response["Vary"]
    assert "Cookie" in response["Vary"]


def test_pages_are_read_only(network: dict[str, Storefront]) -> None:
    client = Client(headers={"host": "home.example"})

    assert client.head("/").status_code == 200
    assert client.post("/search/").status_code in {403, 405}
