"""Translations in product files: they come and go, byte for byte, in both formats."""

import csv
import io
from typing import Any

import pytest
from django.utils.translation import override

from shop.catalogue.exchange.exporting import Export, export_products
from shop.catalogue.exchange.importing import import_products
from shop.catalogue.exchange.reading import CsvProblem
from shop.catalogue.models import Category, Option, Product, ProductImage, Tag, Variant
from shop.catalogue.services import add_category
from shop.storefronts.models import Storefront
from tests.catalogue.helpers import COLUMNS, plain
from tests.factories import NetworkFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db

FORMATS = pytest.mark.parametrize("format_name", ["shopify", "woocommerce"])


@pytest.fixture
def shop(db: None) -> Storefront:
    return NetworkFactory()["apparel"]


@pytest.fixture
def translated(shop: Storefront) -> Product:
    """A shirt that is translated in part, on a shelf that is, too."""
    clothing = add_category("Clothing")
    clothing.translations = {"zh-hans": {"name": "服装"}}
    clothing.save()
    product: Product = ProductFactory(
        slug="shirt", title="Shirt", description="<p>Stiff.</p>", attributes={"Care": "Cold"},
        storefronts=[shop], options=["Size", "Colour"], variant=None,
        category=add_category("Shirts", clothing),
        translations={"zh-hans": {
            "title": "=衬衫，“厚”", "description": "<p>硬挺。</p>",
            "attributes": {"保养": "冷水, 手洗"},
        }},
    )  # fmt: skip
    product.options.filter(name="Colour").update(translations={"zh-hans": {"name": "颜色"}})
    VariantFactory(
        product=product, option_values=["S", "Blue, dark"], position=1,
        translations={"zh-hans": {"option_values": ["", "蓝, 深"]}},
    )  # fmt: skip
    VariantFactory(product=product, option_values=["M", "Red"], position=2)
    ProductImage.objects.create(
        product=product, source_url="https://p.example/1.jpg", original_alt="Front",
        translations={"zh-hans": {"alt": "正面"}},
    )  # fmt: skip
    ProductFactory(slug="mug", storefronts=[shop])
    return product


def export(shop: Storefront, format_name: str) -> bytes:
    report = Export()
    content = b"".join(export_products(shop, format_name, report))
    assert report.left_out == []
    return content


def load(content: bytes, shop: Storefront, **options: Any) -> Any:
    return import_products(io.BytesIO(content), shop, **options)


def empty() -> None:
    for model in (Product, Tag, Category):
        model.objects.all().delete()


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def state(format_name: str) -> list[Any]:
    """All translations there are, those of pictures where the format has a place for them."""
    models: list[Any] = [Category, Product, Option, Variant]
    models += [ProductImage] if format_name == "shopify" else []
    return [list(model.objects.order_by("pk").values_list("translations", flat=True))
            for model in models]  # fmt: skip


@FORMATS
def test_translations_come_back_byte_for_byte(
    shop: Storefront, translated: Product, format_name: str
) -> None:
    # Given
    before, first = state(format_name), export(shop, format_name)

    # When
    empty()
    assert load(first, shop).created == 2

    # Then
    assert state(format_name) == before
    assert export(shop, format_name) == first
    assert load(first, shop).changed_nothing


def test_what_the_columns_of_shopifys_format_hold(shop: Storefront, translated: Product) -> None:
    first, second, mug = rows_of(export(shop, "shopify"))

    assert {name: cell for name, cell in first.items() if "(zh-hans)" in name} == {
        "Title (zh-hans)": "=衬衫，“厚”",
        "Body (HTML) (zh-hans)": "<p>硬挺。</p>",
        "Type (zh-hans)": "服装 > Shirts",
        "Option1 Name (zh-hans)": "",
        "Option1 Value (zh-hans)": "",
        "Option2 Name (zh-hans)": "颜色",
        "Option2 Value (zh-hans)": "蓝, 深",
        "Option3 Name (zh-hans)": "",
        "Option3 Value (zh-hans)": "",
        "Image Alt Text (zh-hans)": "正面",
        "Attributes (product.metafields.galleria.attributes) (zh-hans)": '{"保养": "冷水, 手洗"}',
    }
    others = [cell for row in (second, mug) for name, cell in row.items() if "(zh-hans)" in name]
    assert set(others) == {""}


def test_what_the_columns_of_woocommerces_format_hold(
    shop: Storefront, translated: Product
) -> None:
    shirt, small, _medium, _mug = rows_of(export(shop, "woocommerce"))

    assert {name: cell for name, cell in shirt.items() if "(zh-hans)" in name and cell} == {
        "Name (zh-hans)": "'=衬衫，“厚”",
        "Description (zh-hans)": "<p>硬挺。</p>",
        "Categories (zh-hans)": "服装 > Shirts",
        "Meta: galleria_facts (zh-hans)": '{"保养": "冷水, 手洗"}',
        "Attribute 2 name (zh-hans)": "颜色",
    }
    assert {name: cell for name, cell in small.items() if "(zh-hans)" in name and cell} == {
        "Attribute 2 value(s) (zh-hans)": "蓝\\, 深"
    }


@FORMATS
def test_without_translations_there_are_no_columns_for_them(
    shop: Storefront, translated: Product, format_name: str
) -> None:
    # Given a translation that is of another shop's products only
    translated.storefronts.clear()

    # Then
    assert b"zh-hans" not in export(shop, format_name)
    assert b"zh-hans" in export(Storefront.objects.get(is_main=True), format_name)


@FORMATS
def test_a_file_without_the_columns_leaves_translations_alone(
    shop: Storefront, translated: Product, format_name: str
) -> None:
    # Given the file as one would have it who knows nothing of translations
    rows = rows_of(export(shop, format_name))
    before = state("shopify")
    names = [name for name in rows[0] if "(zh-hans)" not in name]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)

    # When, Then
    assert load(text.getvalue().encode(), shop).changed_nothing
    assert state("shopify") == before


def file_of(*rows: dict[str, Any]) -> bytes:
    more = dict.fromkeys(name for row in rows for name in row if name not in COLUMNS)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*COLUMNS, *more], restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_a_blank_cell_takes_a_translation_away_and_the_report_says_so(
    shop: Storefront, translated: Product
) -> None:
    # Given
    shirt = plain("mug", **{"Title (ZH-Hans)": "杯子", "Body (HTML) (zh-hans)": "<b>白</b>"})
    mug = Product.objects.get(slug="mug")

    # When
    report = load(file_of(shirt), shop)

    # Then
    mug.refresh_from_db()
    assert mug.translations == {
        "zh-hans": {"title": "杯子", "description": "<b>白</b>", "description_text": "白"}
    }
    details = [detail for change in report.changes for detail in change.details]
    assert "title, zh-hans: — → 杯子" in details
    assert "description, zh-hans: — → <b>白</b>" in details

    # When
    report = load(file_of(plain("mug", **{"Title (zh-hans)": ""})), shop, dry_run=True)
    assert report.changes[0].details == ["title, zh-hans: 杯子 → —"]
    load(file_of(plain("mug", **{"Title (zh-hans)": ""})), shop)

    # Then
    mug.refresh_from_db()
    assert mug.translations == {"zh-hans": {"description": "<b>白</b>", "description_text": "白"}}


def test_categories_are_named_where_they_have_no_name_yet(
    shop: Storefront, translated: Product
) -> None:
    # Given
    cells = {"Type": "Clothing > Shirts", "Type (zh-hans)": "别的 > 衬衣"}

    # When
    report = load(file_of(plain("shirt-2", **cells)), shop, dry_run=True)
    load(file_of(plain("shirt-2", **cells), plain("mug", **cells)), shop)

    # Then
    names = Category.objects.order_by("path").values_list("name", "translations")
    assert list(names) == [
        ("Clothing", {"zh-hans": {"name": "服装"}}),
        ("Shirts", {"zh-hans": {"name": "衬衣"}}),
    ]
    assert report.created == 1


def test_options_that_change_keep_the_names_of_those_that_stay(
    shop: Storefront, translated: Product
) -> None:
    # When the file knows one option only
    row = plain("shirt", **{"Option1 Name": "Colour", "Option1 Value": "Red"})
    load(file_of(row), shop)

    # Then
    (option,) = translated.options.all()
    assert (option.original_name, option.translations) == ("Colour", {"zh-hans": {"name": "颜色"}})


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"Title (zh-hans)": "<b>杯</b>"},
         "line 2, column “Title (zh-hans)”: “<b>杯</b>” holds HTML; a title is plain text"),
        ({"Title (zh-hans)": "杯" * 256},
         "line 2, column “Title (zh-hans)”: 256 characters, but 255 are the limit"),
        ({"Image Alt Text (zh-hans)": "杯" * 513, "Image Src": "https://p.example/1"},
         "line 2, column “Image Alt Text (zh-hans)”: 513 characters, but 512 are the limit"),
        ({"Type": "Kitchen > Mugs", "Type (zh-hans)": "厨房"},
         "line 2, column “Type (zh-hans)”: “厨房” has 1 names, but the category has 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_changes_nothing(
    shop: Storefront, cells: dict[str, str], problem: str
) -> None:
    with pytest.raises(CsvProblem) as caught:
        load(file_of(plain("mug", **cells)), shop)

    assert str(caught.value) == problem
    assert not Product.objects.exists()


def test_descriptions_are_cleaned(shop: Storefront) -> None:
    load(
        file_of(plain("mug", **{"Body (HTML) (zh-hans)": "<p onclick=x>白<script>1</script>"})),
        shop,
    )

    said = Product.objects.get().translations["zh-hans"]
    assert said == {"description": "<p>白</p>", "description_text": "白"}


def test_a_language_that_the_shop_does_not_speak_is_ignored(
    shop: Storefront, translated: Product
) -> None:
    # Given a translation from before that language was taken away
    before = export(shop, "shopify")
    translated.translations["fr"] = {"title": "Chemise"}
    translated.save()

    # When
    load(file_of(plain("mug", **{"Title (fr)": "Tasse", "Title (en)": "Cup"})), shop)

    # Then
    assert Product.objects.get(slug="mug").translations == {}
    assert Product.objects.get(slug="mug").original_title == "Mug"
    assert export(shop, "shopify").splitlines()[0] == before.splitlines()[0]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_language_of_staff_does_not_matter(
    shop: Storefront, translated: Product, language: str
) -> None:
    first = export(shop, "shopify")
    with override(language):
        assert export(shop, "shopify") == first
        assert load(first, shop).changed_nothing
        load(file_of(plain("shirt", Title="Shirt", Vendor="Wick")), shop)

    translated.refresh_from_db()
    assert (translated.original_title, translated.vendor) == ("Shirt", "Wick")
    assert translated.translations["zh-hans"]["title"] == "=衬衫，“厚”"
