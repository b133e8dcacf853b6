"""`manage.py export_products`: what is written is what comes back."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.catalogue.exchange.exporting import Export, export_products
from shop.catalogue.exchange.importing import import_products
from shop.catalogue.exchange.reports import Report
from shop.catalogue.exchange.woocommerce import joined, split
from shop.catalogue.models import Category, Product, ProductImage, Tag, Variant
from shop.catalogue.services import add_category
from shop.catalogue.text import clean_html
from shop.storefronts.models import Storefront
from tests.factories import NetworkFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db

FORMATS = pytest.mark.parametrize("format_name", ["shopify", "woocommerce"])


@pytest.fixture
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


def export(shop: Storefront, format_name: str, report: Export | None = None) -> bytes:
    return b"".join(export_products(shop, format_name, report or Export()))


def load(content: bytes, shop: Storefront) -> Report:
    return import_products(io.BytesIO(content), shop)


def empty() -> None:
    for model in (Product, Tag, Category):
        model.objects.all().delete()


def rich_catalogue(shop: Storefront) -> None:
    """Everything that a format could stumble over."""
    tree = add_category("Skirts & Dresses", add_category("Clothing, new"))
    shirt = ProductFactory(
        slug="衬衫-shirt", title='=Shirt, "blue"; 衬衫 & <3', storefronts=[shop], variant=None,
        options=["Size", "Colour, inner"], category=tree, vendor="Wick, Loom & Co",
        description='<p>One & two</p>\r\n<ul><li>\t“x”</li></ul><a href="https://x.example">l</a>',
        attributes={"Material": "Wool, 90%", "Care": "-30 °C", "Water": "@once\\",
                    "size": "Runs small"},
    )  # fmt: skip
    shirt.tags.set([Tag.objects.create(name=name) for name in ("wool", "a; b", "Ünder", "+1")])
    common = {"product": shirt, "weight_grams": 1250}
    small = VariantFactory(
        option_values=["S", "Blue, dark"], sku="S-1", barcode="4006381333931", stock=3,
        compare_at_price=Decimal(12), position=1, **common,
    )  # fmt: skip
    VariantFactory(
        option_values=["L / XL", "=1+1"], tracks_stock=True, allows_backorder=True, position=2,
        requires_shipping=False, taxable=False, price=Decimal("0.05"), **common,
    )  # fmt: skip
    VariantFactory(option_values=["M", "-"], tracks_stock=True, position=3, sku="S-3", **common)
    add = ProductImage.objects.create
    add(product=shirt, source_url="https://p.example/a,b.jpg?x=1&y=2", alt="Front", position=1)
    add(product=shirt, source_url="https://p.example/s.jpg", variant=small, position=4)
    add(product=shirt, file="products/own picture.png", alt="Own, “new”", position=4)
    for number in range(5):
        add(product=shirt, source_url=f"https://p.example/{number}.jpg", position=9 - number)
    draft = ProductFactory(slug="draft", storefronts=[shop], is_published=False)
    draft.variants.update(stock=4, sku="D", compare_at_price=Decimal(3))
    ProductFactory(slug="plain", title="Plain", storefronts=[shop])
    ProductFactory(slug="elsewhere", title="Elsewhere")


@FORMATS
def test_an_export_imported_into_an_empty_catalogue_exports_the_same_bytes(
    network: dict[str, Storefront], format_name: str
) -> None:
    # Given
    shop = network["apparel"]
    rich_catalogue(shop)
    report = Export()
    first = export(shop, format_name, report)
    assert (report.products, report.left_out) == (3, [])

    # When
    empty()
    assert str(load(first, shop)).startswith("3 products: 3 created, 0 updated, 0 unchanged; 5 var")

    # Then
    assert export(shop, format_name) == first
    assert load(first, shop).changed_nothing


@FORMATS
def test_the_demo_comes_back_the_same(format_name: str, settings: Any, tmp_path: Path) -> None:
    # Given
    settings.MEDIA_ROOT = tmp_path
    call_command("seed_demo", stdout=io.StringIO())
    main = Storefront.objects.get(is_main=True)
    count = Product.objects.count()
    report = Export()
    first = export(main, format_name, report)
    assert (report.products, report.left_out) == (count, [])

    # When
    empty()
    assert load(first, main).created == count

    # Then
    assert export(main, format_name) == first
    assert load(first, main).changed_nothing


def test_all_of_a_product_survives_shopifys_format(network: dict[str, Storefront]) -> None:
    # Given
    shop = network["apparel"]
    rich_catalogue(shop)
    fields = [
        field.name for field in Variant._meta.concrete_fields if field.name not in {"id", "product"}
    ]
    facts = ("slug", "title", "vendor", "category__url_path", "attributes", "is_published")
    pictures = ("position", "alt", "variant__title")
    sold = Product.objects.filter(storefronts=shop).order_by("slug")

    def state() -> list[object]:
        return [
            list(sold.values(*facts)),
            list(Variant.objects.filter(product__in=sold).order_by("title", "sku").values(*fields)),
            list(ProductImage.objects.order_by("position", "pk").values(*pictures)),
        ]

    before, content = state(), export(shop, "shopify")

    # When
    empty()
    load(content, shop)

    # Then
    assert state() == before


@FORMATS
def test_importing_an_export_where_it_came_from_changes_nothing(
    network: dict[str, Storefront], format_name: str
) -> None:
    shop = network["apparel"]
    product = ProductFactory(slug="mug", storefronts=[shop], attributes={"Material": "Clay"})
    ProductImage.objects.create(
        product=product, file="products/mug.png", original_alt="Mug", position=1
    )

    assert str(load(export(shop, format_name), shop)).endswith("(no change)")


def test_what_the_format_cannot_hold_is_left_out_and_named(
    network: dict[str, Storefront],
) -> None:
    # Given
    shop = network["home"]
    ProductFactory(slug="none", storefronts=[shop], variant=None)
    ProductFactory(slug="html", title="<b>Mug</b>", storefronts=[shop])
    four = ProductFactory(slug="four", storefronts=[shop], options=list("ABCD"), variant=None)
    VariantFactory(product=four, option_values=list("1234"))
    odd = ProductFactory(slug="odd", storefronts=[shop], options=["A", "B"], variant=None)
    VariantFactory(product=odd, option_values=["1"])
    ProductFactory(slug="mug", storefronts=[shop])
    shopify, woocommerce = Export(), Export()

    # When
    rows = list(csv.DictReader(io.StringIO(export(shop, "shopify", shopify).decode())))
    export(shop, "woocommerce", woocommerce)

    # Then
    assert [row["Handle"] for row in rows] == ["mug"]
    assert dict(shopify.left_out) == {
        "none": "it has no variant",
        "html": "“<b>Mug</b>” holds HTML; a title is plain text",
        "four": "4 options; this format has three",
        "odd": "the values of “1” do not fit its options",
    }
    assert (woocommerce.products, len(woocommerce.left_out)) == (2, 3)


def test_the_main_storefront_exports_all_and_a_sister_her_own(
    network: dict[str, Storefront],
) -> None:
    for slug in ("apparel", "home"):
        ProductFactory(slug=slug, storefronts=[network[slug]])

    assert export(network["galleria"], "shopify").count(b"\n") == 3
    assert export(network["home"], "shopify").count(b"\n") == 2


def test_the_command_writes_all_or_leaves_the_file(
    network: dict[str, Storefront], tmp_path: Path
) -> None:
    # Given
    ProductFactory(slug="mug", storefronts=[network["home"]])
    ProductFactory(slug="none", storefronts=[network["home"]], variant=None)
    file = tmp_path / "out.csv"
    out, err = io.StringIO(), io.StringIO()

    # When
    call_command(
        "export_products",
        str(file),
        storefront="home",
        format="woocommerce",
        stdout=out,
        stderr=err,
    )

    # Then
    assert out.getvalue() == "1 products written; 1 left out\n"
    assert err.getvalue() == "left out: none: it has no variant\n"
    assert file.read_text().startswith("Type,SKU,")
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("export_products", str(tmp_path / "no" / "out.csv"), storefront="home")


def test_queries_do_not_grow_with_the_products(
    network: dict[str, Storefront], django_assert_num_queries: Any
) -> None:
    for number in range(30):
        ProductFactory(slug=f"mug-{number}", storefronts=[network["home"]])

    with django_assert_num_queries(12):
        assert export(network["home"], "shopify").count(b"\n") == 31


@given(st.lists(st.text(min_size=1).map(str.strip).filter(bool)))
def test_lists_come_back(parts: list[str]) -> None:
    once = split(joined(parts))
    assert split(joined(once)) == once


@settings(max_examples=60)
@given(st.text(alphabet="<>&pab/ \"'\n\r;=![]-"))
def test_cleaning_html_twice_is_cleaning_it_once(source: str) -> None:
    assert clean_html(clean_html(source)) == clean_html(source)
