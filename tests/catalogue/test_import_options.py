"""How a file is read: dry runs, leaving out, encodings, separators, columns of 2025, limits."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from shop.catalogue.exchange import reading
from shop.catalogue.exchange.importing import import_products
from shop.catalogue.exchange.progress import shown_progress
from shop.catalogue.exchange.reading import CsvProblem
from shop.catalogue.exchange.reports import Report
from shop.catalogue.models import Category, Product, ProductImage, Tag, Variant
from shop.catalogue.services import add_category
from shop.storefronts.models import Storefront
from tests.catalogue.helpers import plain, product_file
from tests.factories import NetworkFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


def load(content: bytes, **options: Any) -> Report:
    return import_products(io.BytesIO(content), Storefront.objects.get(slug="home"), **options)


def everything() -> list[object]:
    models = (Category, Product, Variant, ProductImage, Tag, Product.storefronts.through)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_dry_run_says_what_would_change_and_changes_nothing(tmp_path: Path) -> None:
    # Given a product, and a file that changes it and brings another with a category and a tag
    load(product_file(plain("mug", Type="Kitchen", Tags="old")))
    before = everything()
    file = tmp_path / "products.csv"
    changed = plain("mug", Type="Kitchen > Mugs", Tags="new", **{"Variant Price": "9"})
    file.write_bytes(product_file({**changed, "Published": "false"}, plain("cup", Tags="x")))

    # When
    out = io.StringIO()
    call_command("import_products", str(file), storefront="home", dry_run=True, stdout=out)

    # Then
    assert out.getvalue() == (
        "changed: mug\n"
        "  published: yes → no\n"
        "  category: Kitchen → Kitchen > Mugs\n"
        "  price: 12.50 → 9.00\n"
        "  tags: old → new\n"
        "new: cup\n"
        "Dry run, nothing was changed. "
        "2 products: 1 created, 1 updated, 0 unchanged; 2 variants; 0 images\n"
    )
    assert everything() == before


def test_skip_imports_all_others_and_names_each_that_is_left_out(tmp_path: Path) -> None:
    # Given good products between bad ones of all kinds
    ProductFactory(slug="jug", title="Jug", variant__sku="TAKEN")
    rows = product_file(
        plain("a", **{"Variant SKU": "1"}),
        plain("b", **{"Variant Price": "-2"}),
        plain("c", **{"Variant SKU": "1"}),
        plain("d", **{"Variant SKU": "TAKEN", "Type": "Kitchen"}),
        plain("a"),
        plain("e"),
        plain("f", Type="New > !!!"),
    )
    file = tmp_path / "products.csv"
    file.write_bytes(rows + b"g,ragged\r\n" + product_file(plain("h")).split(b"\r\n")[1])
    out, err = io.StringIO(), io.StringIO()

    # When
    call_command(
        "import_products", str(file), storefront="home", on_error="skip", stdout=out, stderr=err
    )

    # Then
    assert sorted(Product.objects.values_list("slug", flat=True)) == ["a", "e", "h", "jug"]
    assert Category.objects.count() == 0
    assert out.getvalue() == (
        "3 products: 3 created, 0 updated, 0 unchanged; 3 variants; 0 images; 6 left out\n"
    )
    assert err.getvalue().splitlines() == [
        "left out: line 3, column “Variant Price”: -2 is negative",
        "left out: line 4, column “Variant SKU”: “1” is on line 2 already",
        "left out: line 5, column “Variant SKU”: “TAKEN” belongs to “Jug” (jug) already",
        "left out: line 6, column “Handle”: “a” again; its rows on line 2 and here "
        "must be together",
        "left out: line 8, column “Type”: “!!!” has no letter or digit for an address.",
        "left out: line 9: 2 columns, but the header has 28",
    ]


def test_skip_never_takes_half_of_a_product() -> None:
    # Given a product with two variants
    small = plain("tee", **{"Option1 Name": "Size", "Option1 Value": "S"})
    large = {"Handle": "tee", "Option1 Value": "L", "Variant Price": "1"}
    load(product_file(small, large))

    # When one of its rows is cut off in the middle
    cut = product_file(small) + b"tee,,\r\n"
    report = load(cut, on_error="skip")

    # Then it stays as it was
    assert report.skipped == 1
    assert list(Variant.objects.values_list("title", flat=True)) == ["S", "L"]


def test_a_file_that_cannot_be_read_on_stops_even_then() -> None:
    before = everything()

    with pytest.raises(CsvProblem, match="line 3: not valid CSV"):
        load(product_file(plain()) + b'cup,"Cup,1\r\n', on_error="skip")

    assert everything() == before


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (lambda text: text.encode(), ""),
        (lambda text: text.encode("utf-8-sig"), ""),
        (lambda text: text.encode("utf-8-sig"), "utf-8"),
        (lambda text: text.encode("utf-16"), ""),
        (lambda text: b"\xfe\xff" + text.encode("utf-16-be"), ""),
        (lambda text: text.encode("windows-1252"), "windows-1252"),
    ],
    ids=["UTF-8", "with a mark", "with a mark, named", "UTF-16", "UTF-16 BE", "Windows-1252"],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(content: Any, encoding: str, separator: str) -> None:
    # Given a file with letters that every encoding writes in its own way
    rows = csv.reader(io.StringIO(product_file(plain("cafe", Title="Café, “crème”; €")).decode()))
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)

    # When
    report = load(content(text.getvalue()), encoding=encoding)

    # Then
    assert report.created == 1
    assert Product.objects.get().title == "Café, “crème”; €"


def test_another_encoding_is_refused_with_a_hint() -> None:
    with pytest.raises(CsvProblem) as refusal:
        load(product_file(plain(Title="Café")).decode().encode("windows-1252"))
    assert str(refusal.value).startswith("line 2: not UTF-8 text (byte 0xe9 at position 8)")
    assert "name its encoding" in str(refusal.value)
    with pytest.raises(CsvProblem, match="“latin-99” is no encoding that is known here"):
        load(product_file(plain()), encoding="latin-99")
    assert Product.objects.count() == 0


def test_line_breaks_in_quotes_and_the_line_of_a_later_fault() -> None:
    body = "<p>one</p>\r\n<p>two</p>\n<p>three</p>"
    good, bad = plain(**{"Body (HTML)": body}), plain("cup", **{"Variant Price": "x"})

    load(product_file(good))

    assert Product.objects.get().description_text == "one two three"
    with pytest.raises(CsvProblem, match="line 5, column “Variant Price”"):
        load(product_file(good, bad))


def test_a_field_of_ten_megabytes_is_told_with_its_size() -> None:
    huge = plain("huge", **{"Body (HTML)": "x" * 10_000_000})

    report = load(product_file(huge, plain("mug")), on_error="skip")

    assert [str(problem) for problem in report.problems] == [
        "line 2, column “Body (HTML)”: 10000000 characters, but 500000 are the limit"
    ]
    assert Product.objects.get().slug == "mug"


def test_a_line_that_never_ends_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_LINE", 200_000)

    with pytest.raises(CsvProblem, match="line 2: longer than 200000 bytes"):
        load(product_file() + b"x" * 1_000_000, on_error="skip")


def test_a_product_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.catalogue.exchange.shopify.MAX_ROWS", 2)
    rows = [{"Handle": "mug", "Image Src": f"https://p.example/{n}"} for n in range(5)]

    with pytest.raises(CsvProblem, match="column “Handle”: more than 2 rows for one product"):
        load(product_file(plain(), *rows))


def test_the_columns_of_2025() -> None:
    # Given
    content = (
        "Title,URL handle,Description,Vendor,Type,Tags,Published on online store,Status,SKU,"
        "Barcode,Option1 name,Option1 value,Price,Compare-at price,Charge tax,Inventory tracker,"
        "Inventory quantity,Continue selling when out of stock,Weight value (grams),"
        "Requires shipping,Product image URL,Image position,Image alt text,Variant image URL\n"
        "Mug,mug,<p>Blue</p>,Kiln,Kitchen,new,TRUE,Active,M-S,123,Size,S,12.50,15,FALSE,shopify,"
        "3,CONTINUE,350,TRUE,https://p.example/1.jpg,1,From above,https://p.example/2.jpg\n"
        ",mug,,,,,,,M-L,,,L,14.50,,,shopify,0,DENY,400,,https://p.example/2.jpg,2,Small one,\n"
    )

    # When
    report = load(content.encode())

    # Then
    assert str(report) == "1 products: 1 created, 0 updated, 0 unchanged; 2 variants; 2 images"
    small, large = Variant.objects.order_by("position")
    assert (small.sku, small.price) == ("M-S", Decimal("12.50"))
    assert small.compare_at_price == Decimal("15.00")
    assert (small.stock, small.allows_backorder, small.weight_grams) == (3, True, 350)
    assert (small.taxable, large.taxable, large.sellable) == (False, True, 0)
    assert list(ProductImage.objects.values_list("position", "alt", "variant__title")) == [
        (1, "From above", None), (2, "Small one", "S"),
    ]  # fmt: skip
    with pytest.raises(CsvProblem, match="line 3, column “Price”: “1x” is not a price"):
        load(content.replace("14.50", "1x").encode())


def test_categories_are_found_by_name_before_an_address_is_made() -> None:
    kitchen = add_category("Kitchen")
    Category.objects.filter(pk=kitchen.pk).update(slug="cook", url_path="cook")

    load(product_file(plain(Type="Kitchen")))

    assert Product.objects.get().category == kitchen
    assert Category.objects.count() == 1


def test_a_picture_of_ours_is_known_by_its_public_address() -> None:
    # Given a picture that was uploaded, and one that was fetched and is gone from the file
    product = ProductFactory(slug="mug", title="Mug")
    ours = ProductImage.objects.create(product=product, file="products/mug.png")
    fetched = ProductImage.objects.create(
        product=product, file="products/x.png", source_url="https://p.example/x.png"
    )

    # When the file names it as an export does
    address = "https://apparel.example/media/products/mug.png"
    load(product_file(plain(**{"Image Src": address, "Image Alt Text": "Ours"})))

    # Then it is brought up to date, not doubled
    image = product.images.get()
    assert (image.pk, image.alt, image.source_url) == (ours.pk, "Ours", "")
    assert not ProductImage.objects.filter(pk=fetched.pk).exists()


def test_the_format_may_be_told() -> None:
    with pytest.raises(CsvProblem, match="this is not WooCommerce's product CSV"):
        load(product_file(plain()), format_name="woocommerce")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with shown_progress("Importing", io.StringIO()) as silent:
        assert silent is None
    screen = Terminal()
    with shown_progress("Importing", screen) as on_progress:
        assert on_progress is not None
        on_progress(1, 2)
    assert "Importing" in screen.getvalue()

    monkeypatch.setitem(__import__("sys").modules, "rich.console", None)
    bare = Terminal()
    with shown_progress("Importing", bare) as on_progress:
        assert on_progress is not None
        on_progress(1, 2)
    assert bare.getvalue() == "\rImporting  50%\n"


def test_a_faulty_storefront_leaves_no_transaction_open() -> None:
    with pytest.raises(CommandError, match="There is no storefront “toys”"):
        call_command("import_products", "none.csv", storefront="toys")
    assert not connection.needs_rollback
