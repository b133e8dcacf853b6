"""WooCommerce's product CSV: as its exporter writes it, and what is refused."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from shop.catalogue.exchange.importing import import_products
from shop.catalogue.exchange.reports import Report
from shop.catalogue.models import Category, Product, ProductImage, Tag, Variant
from shop.storefronts.models import Storefront
from tests.factories import NetworkFactory

pytestmark = pytest.mark.django_db

HEADER = [
    "ID", "Type", "SKU", "GTIN, UPC, EAN, or ISBN", "Name", "Published", "Short description",
    "Description", "Date sale price starts", "Date sale price ends", "Tax status", "In stock?",
    "Stock", "Backorders allowed?", "Weight (kg)", "Sale price", "Regular price", "Categories",
    "Tags", "Images", "Parent", "Position", "Brands", "Attribute 1 name", "Attribute 1 value(s)",
    "Attribute 1 visible", "Attribute 1 global", "Attribute 2 name", "Attribute 2 value(s)",
]  # fmt: skip


@pytest.fixture(autouse=True)
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


def woo(*rows: dict[str, Any], header: list[str] = HEADER) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def simple(name: str = "Mug", **cells: Any) -> dict[str, Any]:
    return {"ID": "1", "Type": "simple", "Name": name, "Published": "1", "In stock?": "1",
            "Regular price": "12.50", **cells}  # fmt: skip


PARENT = {
    "ID": "44", "Type": "variable", "SKU": "hoodie", "Name": "Hoodie", "Published": "1",
    "Weight (kg)": "1.5", "Attribute 1 name": "Colour", "Attribute 1 value(s)": "Blue, Red",
    "Attribute 2 name": "Material", "Attribute 2 value(s)": "Cotton, Wool",
    "Images": "https://p.example/1.jpg, https://p.example/red.jpg",
}  # fmt: skip


def variation(colour: str, **cells: Any) -> dict[str, Any]:
    return {"ID": "", "Type": "variation", "Name": f"Hoodie - {colour}", "Parent": "hoodie",
            "In stock?": "1", "Regular price": "45", "Attribute 1 name": "Colour",
            "Attribute 1 value(s)": colour, **cells}  # fmt: skip


def load(content: bytes, **options: Any) -> Report:
    return import_products(io.BytesIO(content), Storefront.objects.get(slug="home"), **options)


def everything() -> list[object]:
    models = (Category, Product, Variant, ProductImage, Tag)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_simple_product_comes_in_whole() -> None:
    # Given all that a row may say
    row = simple(
        "Tall Mug", SKU="M-1", Published="-1", Stock="7", Brands="Kiln", Description="<p>Blue</p>",
        Categories="Kitchen, Kitchen > Mugs & Cups", Tags=r"new, red\, hot",
        Images="https://p.example/a.jpg, https://p.example/b.jpg",
        **{"Sale price": "9.99", "Weight (kg)": "0.35", "Tax status": "none",
           "Backorders allowed?": "notify", "GTIN, UPC, EAN, or ISBN": "4006381333931",
           "Attribute 1 name": "Material",
           "Attribute 1 value(s)": r"Stoneware, Tin glaze\, lead-free"},
    )  # fmt: skip

    # When
    report = load(woo(row))

    # Then
    assert str(report) == "1 products: 1 created, 0 updated, 0 unchanged; 1 variants; 2 images"
    product = Product.objects.get(slug="tall-mug")
    assert (product.title, product.vendor, product.is_published) == ("Tall Mug", "Kiln", False)
    assert product.category is not None
    assert product.category.url_path == "kitchen/mugs-cups"
    assert [tag.name for tag in product.tags.all()] == ["new", "red, hot"]
    assert product.attributes == {"Material": "Stoneware, Tin glaze, lead-free"}
    assert product.options.count() == 0
    variant = product.variants.get()
    assert (variant.price, variant.compare_at_price) == (Decimal("9.99"), Decimal("12.50"))
    assert (variant.tracks_stock, variant.stock, variant.allows_backorder) == (True, 7, True)
    assert (variant.sku, variant.barcode, variant.weight_grams) == ("M-1", "4006381333931", 350)
    assert (variant.taxable, variant.requires_shipping) == (False, True)
    assert list(product.images.values_list("source_url", "position")) == [
        ("https://p.example/a.jpg", 1), ("https://p.example/b.jpg", 2),
    ]  # fmt: skip


def test_variations_are_found_anywhere_and_by_id_or_sku() -> None:
    # Given a file ordered by id, as WooCommerce writes it: variations far from their product,
    # one before it
    red = variation("Red", Parent="id:44", SKU="H-R", Images="https://p.example/red.jpg")
    content = woo(variation("Blue", SKU="H-B", Stock="0"), PARENT, simple(ID="45"), red)

    # When
    report = load(content)

    # Then the attribute that variations choose is an option, the other a fact
    assert str(report) == "2 products: 2 created, 0 updated, 0 unchanged; 3 variants; 2 images"
    hoodie = Product.objects.get(slug="hoodie")
    assert [option.name for option in hoodie.options.all()] == ["Colour"]
    assert hoodie.attributes == {"Material": "Cotton, Wool"}
    assert list(hoodie.variants.values_list("title", "sku", "tracks_stock", "weight_grams")) == [
        ("Blue", "H-B", True, 1500), ("Red", "H-R", False, 1500),
    ]  # fmt: skip
    assert list(hoodie.images.values_list("source_url", "variant__title")) == [
        ("https://p.example/1.jpg", None), ("https://p.example/red.jpg", "Red"),
    ]  # fmt: skip


def test_the_second_run_changes_nothing() -> None:
    content = woo(PARENT, variation("Blue"), simple(Stock="3", Tags="b, a"))
    load(content)
    before = everything()

    report = load(content)

    assert str(report) == (
        "2 products: 0 created, 0 updated, 2 unchanged; 2 variants; 2 images (no change)"
    )
    assert everything() == before


@pytest.mark.parametrize(
    ("cells", "tracked", "stock", "sellable"),
    [
        ({"In stock?": "1"}, False, 0, None),
        ({"In stock?": "0"}, True, 0, 0),
        ({"In stock?": "backorder"}, False, 0, None),
        ({"In stock?": "0", "Stock": "-2"}, True, 0, 0),
        ({"In stock?": "1", "Stock": "4.0"}, True, 4, 4),
        ({"In stock?": "backorder", "Stock": "0"}, True, 0, None),
    ],
)
def test_states_of_stock(
    cells: dict[str, str], tracked: bool, stock: int, sellable: int | None
) -> None:
    load(woo(simple(**cells)))

    variant = Variant.objects.get()
    assert (variant.tracks_stock, variant.stock, variant.sellable) == (tracked, stock, sellable)


def test_stock_that_the_product_counts_is_that_of_its_variations() -> None:
    load(woo({**PARENT, "Stock": "9"}, variation("Blue", Stock="parent")))

    assert Variant.objects.get().stock == 9


@pytest.mark.parametrize(
    ("cells", "price", "before"),
    [
        ({"Sale price": "9"}, "9.00", "12.50"),
        ({"Sale price": "9,99"}, "9.99", "12.50"),
        ({"Sale price": "12.50"}, "12.50", None),
        ({"Sale price": "9", "Date sale price ends": "2020-01-31"}, "12.50", None),
        ({"Sale price": "9", "Date sale price starts": "2100-01-01"}, "12.50", None),
        ({"Sale price": "9", "Date sale price starts": "2020-01-31 00:00:00"}, "9.00", "12.50"),
    ],
)
def test_sale_prices_count_while_the_sale_is_on(
    cells: dict[str, str], price: str, before: str | None
) -> None:
    load(woo(simple(**cells)))

    variant = Variant.objects.get()
    assert variant.price == Decimal(price)
    assert variant.compare_at_price == (Decimal(before) if before else None)


def test_weights_in_other_units() -> None:
    header = [column.replace("(kg)", "(lbs)") for column in HEADER]

    load(woo(simple(**{"Weight (lbs)": "2"}), header=header))

    assert Variant.objects.get().weight_grams == 907


def test_what_is_not_shipped_and_names_that_look_like_formulas() -> None:
    load(woo(simple("'=Sum", Type="simple, downloadable, virtual")))

    assert Variant.objects.get().requires_shipping is False
    assert Product.objects.get().title == "=Sum"


def test_products_of_one_name_are_told_apart_by_their_sku() -> None:
    load(woo(simple(SKU="1"), simple(SKU="b 2", ID="2")))

    assert list(Product.objects.order_by("pk").values_list("slug", flat=True)) == ["mug", "mug-b-2"]


def test_a_column_that_is_missing_leaves_its_field_alone() -> None:
    # Given
    load(woo(simple(Tags="a", Brands="Kiln", SKU="1", Stock="4", Images="https://p.example/a.jpg")))

    # When only the price comes
    row = simple(**{"Regular price": "10"})
    report = load(woo(row, header=["Type", "Name", "Regular price"]))

    # Then
    assert str(report).startswith("1 products: 0 created, 1 updated")
    assert report.changes[0].details == ["price: 12.50 → 10.00"]
    product = Product.objects.get()
    variant = product.variants.get()
    assert (product.vendor, product.tags.count(), product.images.count()) == ("Kiln", 1, 1)
    assert (variant.sku, variant.stock, variant.tracks_stock) == ("1", 4, True)


REFUSED = [
    (woo(), "the file has a header, but no products"),
    (woo(simple(**{"Regular price": ""})), "line 2, column “Regular price”: missing"),
    (woo(simple(**{"Regular price": "-3"})), "column “Regular price”: -3 is negative"),
    (woo(simple(Type="grouped")), "column “Type”: “grouped” products cannot be sold here"),
    (woo(PARENT), "line 2, column “Type”: no variation of “Hoodie” is in the file"),
    (woo(variation("Red")), "line 2, column “Parent”: no variable product has the SKU or id"),
    (woo(PARENT, variation("Red"), variation("")), "line 4, column “Attribute 1 value(s)”: m"),
    (woo(PARENT, variation("Red"), variation("Red")), "“Red” of “hoodie” is on line 3 already"),
    (woo(simple(ID=""), simple(ID="")), "line 3, column “Name”: another product has this name"),
    (woo(simple(SKU="x"), simple("Cup", SKU="x")), "line 3, column “SKU”: “x” is on line 2"),
    (woo(simple(""), header=HEADER), "line 2, column “Name”"),
    (woo(simple("<i>Mug</i>")), "holds HTML; a title is plain text"),
    (woo(simple(Images="mug.jpg")), "column “Images”: “mug.jpg” is not an http or https address"),
    (woo(simple(Published="maybe")), "“maybe” is none of 1, true, 0"),
    (b"Type,Name,Categories\n", "no column “Regular price”; this is not WooCommerce's product CSV"),
    (b"Type,Name,Regular price,Parent\nvariation,Mug\n", "line 2: 2 columns, but the header has 4"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "reason"), REFUSED, ids=[reason for _, reason in REFUSED])
def test_a_faulty_file_is_refused_and_nothing_changes(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "products.csv"
    file.write_bytes(content)
    before = everything()

    with pytest.raises(CommandError) as refusal:
        call_command("import_products", str(file), storefront="home")

    assert reason in str(refusal.value)
    assert everything() == before


def test_skip_leaves_out_the_product_with_a_fault_in_any_of_its_rows() -> None:
    # Given a good product, one with a bad variation, an orphan and a ragged row
    rows = [simple(), PARENT, variation("Blue"), variation("Red", **{"Regular price": "x"})]
    content = woo(*rows, variation("Red", Parent="none"), simple("Cup", ID="9"))
    content += b"10,simple,,,Jug\n"

    # When
    report = load(content, on_error="skip")

    # Then
    assert sorted(Product.objects.values_list("slug", flat=True)) == ["cup", "mug"]
    assert report.skipped == 3
    assert [(p.line, p.column, p.reason) for p in report.problems] == [
        (6, "Parent", "no variable product has the SKU or id “none”"),
        (5, "Regular price", "“x” is not a price; write it like 1299.00"),
        (8, None, "5 columns, but the header has 29"),
    ]
