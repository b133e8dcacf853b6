"""What a storefront sells, shows and finds, and what it costs to ask."""

from decimal import Decimal
from typing import Any

import pytest

from shop.catalogue import queries
from shop.catalogue.models import Category, Product, ProductImage, Tag
from shop.catalogue.search import search
from shop.storefronts.models import Storefront
from tests.factories import CategoryFactory, NetworkFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


def titles(products: Any) -> list[str]:
    return [product.title for product in products]


def test_a_storefront_sells_its_own_and_main_sells_all(network: dict[str, Storefront]) -> None:
    # Given
    ProductFactory(title="Lamp", storefronts=[network["home"]])
    ProductFactory(title="Tote", storefronts=[network["home"], network["apparel"]])
    ProductFactory(title="Nobody's")
    ProductFactory(title="Hidden", storefronts=[network["home"]], is_published=False)
    ProductFactory(title="Empty", storefronts=[network["home"]], variant=None)

    # Then
    assert titles(queries.products_on(network["home"])) == ["Tote", "Lamp"]
    assert titles(queries.products_on(network["apparel"])) == ["Tote"]
    assert titles(queries.products_on(network["jewelry"])) == []
    assert titles(queries.products_on(network["galleria"])) == ["Nobody's", "Tote", "Lamp"]


def test_is_sold_on(network: dict[str, Storefront]) -> None:
    lamp = ProductFactory(storefronts=[network["home"]])

    sold = [slug for slug, shop in network.items() if queries.is_sold_on(lamp, shop)]
    assert sold == ["galleria", "home"]
    lamp.is_published = False
    assert not queries.is_sold_on(lamp, network["galleria"])


def card(product: Product) -> tuple[object, ...]:
    found = queries.with_cards(Product.objects.filter(pk=product.pk)).get()
    return (found.from_price, found.price_varies, found.compare_at_price, found.is_sold_out)


def test_a_card_shows_the_cheapest_that_can_be_bought() -> None:
    # Given a product whose cheapest variant is sold out
    product = ProductFactory(variant=None)
    VariantFactory(product=product, option_values=["S"], price="5", tracks_stock=True)
    VariantFactory(product=product, option_values=["M"], price="8", compare_at_price="10")
    VariantFactory(product=product, option_values=["L"], price="9")

    assert card(product) == (Decimal("8.00"), True, Decimal("10.00"), False)


@pytest.mark.parametrize(
    ("variant", "shown"),
    [
        ({"price": "8"}, (Decimal("8.00"), False, None, False)),
        ({"price": "8", "compare_at_price": "8"}, (Decimal("8.00"), False, None, False)),
        ({"price": "8", "compare_at_price": "7"}, (Decimal("8.00"), False, None, False)),
        ({"price": "8", "tracks_stock": True}, (Decimal("8.00"), False, None, True)),
        ({"price": "8", "tracks_stock": True, "allows_backorder": True},
         (Decimal("8.00"), False, None, False)),
    ],
)  # fmt: skip
def test_a_card_of_one_variant(variant: dict[str, Any], shown: tuple[object, ...]) -> None:
    product = ProductFactory(variant=None)
    VariantFactory(product=product, **variant)

    assert card(product) == shown


def test_a_card_without_variants_shows_no_price() -> None:
    assert card(ProductFactory(variant=None)) == (None, False, None, True)


def test_cards_cost_three_queries(
    network: dict[str, Storefront], django_assert_num_queries: Any
) -> None:
    for number in range(5):
        product = ProductFactory(storefronts=[network["home"]])
        for position in range(number):
            ProductImage.objects.create(product=product, source_url="https://p.example/1.jpg")
            VariantFactory(product=product, option_values=[str(position)])

    with django_assert_num_queries(3):
        for found in queries.with_cards(queries.products_on(network["home"])):
            assert found.from_price == Decimal("10.00")
            assert not found.is_sold_out
            assert len(found.images_list) == len(found.variants_list) - 1


def test_on_sale(network: dict[str, Storefront]) -> None:
    ProductFactory(title="Cheap", variant__compare_at_price="20", storefronts=[network["home"]])
    ProductFactory(title="Same", variant__compare_at_price="10", storefronts=[network["home"]])
    ProductFactory(title="Full", storefronts=[network["home"]])

    assert titles(queries.on_sale(network["home"])) == ["Cheap"]
    assert titles(queries.on_sale(network["apparel"])) == []


def test_showcase_has_the_newest_of_each_shop(
    network: dict[str, Storefront], django_assert_num_queries: Any
) -> None:
    # Given
    for number in range(6):
        ProductFactory(title=f"Shirt {number}", storefronts=[network["apparel"]])
    ProductFactory(title="Both", storefronts=[network["apparel"], network["home"]])
    ProductFactory(title="Hidden", storefronts=[network["home"]], is_published=False)

    # When
    with django_assert_num_queries(5):  # within a transaction the storefronts are one of them
        shown = [(shop.slug, titles(products)) for shop, products in queries.showcase()]

    # Then
    assert shown == [
        ("apparel", ["Both", "Shirt 5", "Shirt 4", "Shirt 3"]),
        ("home", ["Both"]),
    ]


def test_variants_for_brings_all_a_cart_shows(
    network: dict[str, Storefront], django_assert_num_queries: Any
) -> None:
    # Given
    first, second = ProductFactory(storefronts=[network["home"]]), ProductFactory()
    for product in (first, second):
        ProductImage.objects.create(product=product, source_url="https://p.example/1.jpg")
    ids = [first.variants.get().pk, second.variants.get().pk]

    # When
    with django_assert_num_queries(3):
        found = queries.variants_for([*ids, 987654])
        seen = {
            pk: (variant.product.title, variant.image is not None,
                 queries.is_sold_on(variant.product, network["home"]))
            for pk, variant in found.items()
        }  # fmt: skip

    # Then
    assert seen == {ids[0]: (first.title, True, True), ids[1]: (second.title, True, False)}


@pytest.fixture
def tree(network: dict[str, Storefront]) -> dict[str, Category]:
    clothing = CategoryFactory(name="Clothing")
    shirts = CategoryFactory(name="Shirts", parent=clothing)
    CategoryFactory(name="Empty", parent=clothing)
    home = CategoryFactory(name="Home")
    ProductFactory(title="Shirt", category=shirts, storefronts=[network["apparel"]])
    ProductFactory(title="Lamp", category=home, storefronts=[network["home"]])
    return {"clothing": clothing, "shirts": shirts, "home": home}


def test_a_storefront_shows_categories_with_products(
    network: dict[str, Storefront], tree: dict[str, Category], django_assert_num_queries: Any
) -> None:
    queries.categories_on(network["apparel"])
    with django_assert_num_queries(1):
        apparel = queries.categories_on(network["apparel"])
        assert [root.name for root in apparel.roots] == ["Clothing"]
        assert [child.name for child in apparel.roots[0].children_list] == ["Shirts"]
        shirts = apparel.by_url_path["clothing/shirts"]
        assert [node.name for node in apparel.ancestors(shirts)] == ["Clothing"]
        assert apparel.ancestors(None) == []
    main = queries.categories_on(network["galleria"])
    assert sorted(main.by_url_path) == ["clothing", "clothing/shirts", "home"]
    assert queries.categories_on(network["jewelry"]).roots == []


def test_a_category_holds_the_products_below_it(
    network: dict[str, Storefront], tree: dict[str, Category]
) -> None:
    main = network["galleria"]

    assert titles(queries.products_in(main, tree["clothing"])) == ["Shirt"]
    assert titles(queries.products_in(main, tree["home"])) == ["Lamp"]
    assert titles(queries.products_in(network["home"], tree["clothing"])) == []


def test_options_of_a_product_come_in_the_variants_order() -> None:
    product = ProductFactory(variant=None, options=["Size", "Colour"])
    for position, values in enumerate((["S", "Red"], ["S", "Blue"], ["M", "Red"])):
        VariantFactory(product=product, option_values=values, position=position)

    assert queries.options_of(product) == [
        {"name": "Size", "values": ["S", "M"], "choices": {"S": "S", "M": "M"}},
        {"name": "Colour", "values": ["Red", "Blue"], "choices": {"Red": "Red", "Blue": "Blue"}},
    ]


@pytest.fixture
def shelf(network: dict[str, Storefront]) -> Storefront:
    home = network["home"]
    lamps = CategoryFactory(name="Lighting")
    ProductFactory(title="Blue Vase", vendor="Kiln", storefronts=[home])
    ProductFactory(title="Lamp", description="<p>A <strong>blue</strong> shade</p>",
                   category=lamps, variant__sku="L-1", storefronts=[home])  # fmt: skip
    tagged = ProductFactory(title="Cushion", storefronts=[home])
    tagged.tags.add(Tag.objects.create(name="Blue things"), Tag.objects.create(name="soft"))
    ProductFactory(title="Vase in Deep Blue", storefronts=[home])
    ProductFactory(title="Blue Shirt", storefronts=[network["apparel"]])
    return home


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("blue", ["Vase in Deep Blue", "Blue Vase", "Cushion", "Lamp"]),
        ("BLUE vase", ["Blue Vase", "Vase in Deep Blue"]),
        ("kiln", ["Blue Vase"]),
        ("lighting", ["Lamp"]),
        ("l-1", ["Lamp"]),
        ("soft", ["Cushion"]),
        ("strong", []),
        ("shirt", []),
        ("blue nonsense", []),
        ("", []),
        ("   ", []),
        ("%", []),
        ("_", []),
        ("' OR 1=1 --", []),
    ],
)
def test_search(shelf: Storefront, text: str, found: list[str]) -> None:
    assert titles(search(shelf, text, "en").products) == found


def test_search_finds_each_product_once(network: dict[str, Storefront]) -> None:
    product = ProductFactory(title="Lamp", storefronts=[network["home"], network["apparel"]])
    product.tags.add(Tag.objects.create(name="lamp one"), Tag.objects.create(name="lamp two"))

    found = search(network["galleria"], "lamp", "en").products
    assert titles(found) == ["Lamp"]
    assert found.count() == 1
