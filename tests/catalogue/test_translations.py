"""Texts speak the language of the visit; whatever stores or compares means the original."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import activate, deactivate_all, override

from shop.catalogue import facets, queries
from shop.catalogue.models import Category, FacetValue, Option, Product, ProductImage, Variant
from shop.catalogue.search import search
from shop.catalogue.services import add_category
from shop.storefronts.models import Storefront
from shop.translated.fields import in_language, merged, tidy
from tests.factories import NetworkFactory, ProductFactory, VariantFactory

ZH = "zh-hans"


@pytest.fixture
def network(database: str) -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def shirt(network: dict[str, Storefront]) -> Product:
    """A shirt in two colours, one of them translated, on a shelf that is."""
    shelf = add_category("Shirts")
    shelf.translations = {ZH: {"name": "衬衫"}}
    shelf.save()
    product: Product = ProductFactory(
        slug="shirt", title="Field Shirt", description="<p>Sturdy <b>twill</b></p>",
        attributes={"Material": "Cotton"}, category=shelf, variant=None,
        options=["Size", "Shade"], storefronts=[network["apparel"]],
        translations={ZH: {
            "title": "田野衬衫", "description": "<p>结实的<b>斜纹布</b></p>",
            "attributes": {"材质": "棉"},
        }},
    )  # fmt: skip
    product.options.filter(name="Shade").update(translations={ZH: {"name": "色调"}})
    VariantFactory(
        product=product, option_values=["S", "Indigo"], position=1, sku="TW-1",
        translations={ZH: {"option_values": ["", "靛蓝"]}},
    )  # fmt: skip
    VariantFactory(product=product, option_values=["M", "Olive"], position=2)
    ProductImage.objects.create(
        product=product, file="products/1.svg", original_alt="Field Shirt, indigo",
        translations={ZH: {"alt": "田野衬衫，靛蓝"}},
    )  # fmt: skip
    return product


def texts(product: Product) -> list[Any]:
    variants = list(product.variants.order_by("position"))
    return [
        product.title, product.description, product.description_text, product.attributes,
        product.category and product.category.name, product.images.get().alt,
        [option.label for option in product.options.order_by("position")],
        [variant.title for variant in variants],
    ]  # fmt: skip


ENGLISH = [
    "Field Shirt", "<p>Sturdy <b>twill</b></p>", "Sturdy twill", {"Material": "Cotton"},
    "Shirts", "Field Shirt, indigo", ["Size", "Shade"], ["S / Indigo", "M / Olive"],
]  # fmt: skip
CHINESE = [
    "田野衬衫", "<p>结实的<b>斜纹布</b></p>", "结实的斜纹布", {"材质": "棉"},
    "衬衫", "田野衬衫，靛蓝", ["尺码", "色调"], ["S / 靛蓝", "M / Olive"],
]  # fmt: skip


def test_a_text_is_in_the_active_language(shirt: Product) -> None:
    found = Product.objects.get()

    assert texts(found) == ENGLISH
    with override(ZH):
        assert texts(found) == CHINESE
        assert str(found.variants.earliest("position")) == "田野衬衫 (S / 靛蓝)"
    deactivate_all()
    try:
        assert texts(found) == ENGLISH
    finally:
        activate("en")


def test_each_text_falls_back_by_itself(shirt: Product) -> None:
    # Given
    shirt.translations = {ZH: {"title": "田野衬衫", "description": ""}}
    shirt.save()
    found = Product.objects.get()

    # Then
    with override(ZH):
        assert (found.title, found.description_text) == ("田野衬衫", "Sturdy twill")
        assert found.attributes == {"Material": "Cotton"}
    assert found.translations == {ZH: {"title": "田野衬衫"}}


def test_what_is_written_in_another_language_is_the_original(shirt: Product) -> None:
    with override(ZH):
        # When it is made, saved, checked, changed in bulk and read again
        Product.objects.create(slug="mug", original_title="Mug")
        found = Product.objects.get(title="Field Shirt")
        found.full_clean()
        found.vendor = "Wick"
        found.save()
        Product.objects.bulk_update([found], ["title", "description", "attributes"])
        found.refresh_from_db()
        (image,) = found.images.all()
        image.full_clean()
        image.save()
        for variant in found.variants.all():
            variant.full_clean()
            variant.save()

        # Then
        assert texts(found) == CHINESE
    assert texts(Product.objects.get(slug="shirt")) == ENGLISH
    assert Product.objects.get(slug="mug").translations == {}
    assert Product.objects.filter(title="田野衬衫").count() == 0
    assert Product.objects.only("slug").get(slug="shirt").title == "Field Shirt"


def test_the_tree_stays_in_the_order_of_the_original_names(
    network: dict[str, Storefront],
) -> None:
    with override(ZH):
        for name, translation in (("Coats", "一"), ("Bags", "二"), ("Dresses", "三")):
            node = add_category(name)
            node.translations = {ZH: {"name": translation}}
            node.save()
        add_category("Aprons")

        assert [node.name for node in Category.objects.order_by("path")] == [
            "Aprons", "二", "一", "三",
        ]  # fmt: skip


@pytest.mark.parametrize("model", [Category, Product, Option, Variant, ProductImage])
def test_the_database_takes_translations_by_language_only(shirt: Product, model: type[Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(translations=["田野衬衫"])

    assert all(isinstance(row.translations, dict) for row in model.objects.all())


def test_what_says_nothing_is_not_kept() -> None:
    before = {"de": {"title": "Hemd"}, ZH: {"title": "衬衫", "alt": "x"}}

    assert tidy({ZH: {"title": "", "option_values": ["", ""]}, "de": {}}) == {}
    assert merged(before, {ZH: {"title": "", "name": "n"}, "de": {"title": ""}}) == {
        ZH: {"alt": "x", "name": "n"}
    }
    assert before == {"de": {"title": "Hemd"}, ZH: {"title": "衬衫", "alt": "x"}}


@pytest.mark.parametrize(
    ("language", "titles"), [("en", ["Field Shirt", "Mug"]), (ZH, ["Mug", "田野衬衫"])]
)
def test_queries_may_ask_for_the_text_that_is_shown(
    shirt: Product, language: str, titles: list[str]
) -> None:
    ProductFactory(title="Mug")
    shown = Product.objects.annotate(shown=in_language("title", language))

    assert list(shown.order_by("shown").values_list("shown", flat=True)) == titles


# --- Search ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("田野", False, True),
        ("衬衫", False, True),
        ("斜纹", False, True),
        ("斜", False, True),
        ("field shirt", True, True),
        ("shirts", True, True),
        ("tw-1", True, True),
        ("twill", True, False),
        ("衬衫 field", False, True),
        ("裤子", False, False),
    ],
)
def test_a_search_finds_what_the_page_says_and_the_original_title(
    shirt: Product, network: dict[str, Storefront], text: str, english: bool, chinese: bool
) -> None:
    shop = network["apparel"]
    ProductFactory(title="Wool Jumper", storefronts=[shop], category=add_category("Knitwear"))

    found = {
        language: [each.slug for each in search(shop, text, language).products]
        for language in ("en", ZH)
    }

    assert found == {"en": ["shirt"] * english, ZH: ["shirt"] * chinese}


def test_what_is_not_translated_is_found_in_its_original(network: dict[str, Storefront]) -> None:
    shop = network["home"]
    ProductFactory(title="Oak Lamp", slug="lamp", storefronts=[shop])
    ProductFactory(
        title="Lamp Shade", slug="shade", storefronts=[shop], translations={ZH: {"title": "灯罩"}}
    )

    def found(text: str, language: str) -> list[str]:
        return [each.slug for each in search(shop, text, language).products]

    assert found("lamp", ZH) == ["lamp", "shade"]  # in the title shown, then in the original
    assert found("lamp", "en") == ["shade", "lamp"]  # the newest first
    assert search(shop, "lampp", ZH).corrected == "lamp"


def test_a_translated_title_stands_in_front(network: dict[str, Storefront]) -> None:
    shop = network["home"]
    for slug, said in [
        ("title", {"title": "灯笼"}),
        ("words", {"title": "灯笼 纸"}),
        ("body", {"description": "<p>灯笼</p>"}),
    ]:
        ProductFactory(slug=slug, storefronts=[shop], translations={ZH: said})

    found = [each.slug for each in search(shop, "灯笼", ZH).products]
    assert found[-1] == "body"
    assert set(found[:2]) == {"title", "words"}


def test_a_translation_that_is_taken_away_is_not_found(
    shirt: Product, network: dict[str, Storefront]
) -> None:
    shirt.translations = {}
    shirt.save()
    assert [each.slug for each in search(network["apparel"], "衬衫", ZH).products] == ["shirt"]

    Category.objects.update(translations={})
    assert not search(network["apparel"], "衬衫", ZH).products
    assert search(network["apparel"], "shirt", ZH).products.count() == 1


# --- Facets ------------------------------------------------------------------------------------


def narrowed(shop: Storefront, address: str) -> facets.Narrowing:
    selection = facets.read_selection(QueryDict(address))
    counts = facets.count(queries.products_on(shop), selection)
    return facets.narrowing(counts, selection, "/")


def test_facets_are_named_in_the_language_and_addressed_in_the_original(
    shirt: Product, network: dict[str, Storefront]
) -> None:
    with override(ZH):
        shown = narrowed(network["apparel"], "shade=Indigo&size=S&size=M")

    assert [(facet.name, facet.label) for facet in shown.facets] == [
        ("shade", "色调"), ("size", "尺码"),
    ]  # fmt: skip
    assert [(each.value, each.label, each.count) for each in shown.facets[0].choices] == [
        ("Indigo", "靛蓝", 1), ("Olive", "Olive", 1),
    ]  # fmt: skip
    assert [(each.label, each.url) for each in shown.chosen] == [
        ("色调：靛蓝", "/?size=M&size=S"),
        ("尺码：M", "/?shade=Indigo&size=S"),
        ("尺码：S", "/?shade=Indigo&size=M"),
    ]

    english = narrowed(network["apparel"], "shade=Indigo")
    assert english.facets[0].label == "Shade"
    assert english.chosen[0].label == "Shade: Indigo"


def test_a_choice_that_is_nowhere_left_has_its_name_still(
    shirt: Product, network: dict[str, Storefront]
) -> None:
    with override(ZH):
        shown = narrowed(network["apparel"], "shade=Indigo&max=1")

    assert [each.label for each in shown.chosen] == ["色调：靛蓝", "不超过 €1.00"]


def test_what_was_written_last_names_a_choice(
    shirt: Product, network: dict[str, Storefront]
) -> None:
    other = ProductFactory(options=["Size", "shade "], variant=None)
    variant = VariantFactory(product=other, option_values=["S", "Indigo"])

    def label() -> Any:
        return FacetValue.objects.get(name="shade", value="Indigo").labels

    assert label() == {ZH: "靛蓝"}
    variant.translations = {ZH: {"option_values": ["小", "靛"]}}
    variant.save()
    assert label() == {ZH: "靛"}
    variant.translations = {"de": {"option_values": ["", "Indigoblau"]}}
    variant.save()
    assert label() == {ZH: "靛", "de": "Indigoblau"}
    other.options.filter(position=2).update(translations={ZH: {"name": "色"}})
    assert FacetValue.objects.get(name="shade", value="").labels == {ZH: "色"}


# --- Pages -------------------------------------------------------------------------------------


def visit(shop: Storefront, address: str) -> Any:
    return Client(headers={"host": shop.domain}).get(address)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/", ["田野衬衫", "衬衫"]),
        ("/category/shirts/", ["田野衬衫", '"page-head__title">衬衫</h1>', "色调", "靛蓝"]),
        ("/product/shirt/", ["田野衬衫", "结实的<b>斜纹布</b>", "材质", "棉", "田野衬衫，靛蓝"]),
        ("/search/?q=衬衫", ["田野衬衫", "色调"]),
        ("/search/suggest/?q=衬衫", ["田野衬衫", "/zh-hans/category/shirts/"]),
    ],
)  # fmt: skip
def test_pages_speak_the_language_at_the_same_cost(
    shirt: Product, network: dict[str, Storefront], path: str, said: list[str]
) -> None:
    def cost(address: str) -> int:
        visit(shop, address)
        with CaptureQueriesContext(connection) as captured:
            assert visit(shop, address).status_code == 200
        return len(captured)

    shop = network["apparel"]
    page = visit(shop, f"/zh-hans{path}").content.decode()

    assert [words for words in said if words not in page] == []
    assert "Field Shirt" not in page.split("<main")[-1]
    if "?q=" not in path:
        assert cost(f"/zh-hans{path}") == cost(path)


def test_a_narrowed_address_is_the_same_in_every_language(
    shirt: Product, network: dict[str, Storefront]
) -> None:
    page = visit(network["apparel"], "/zh-hans/category/shirts/?shade=Indigo").content.decode()

    assert '<input type="checkbox" id="shade=Indigo" name="shade" value="Indigo" checked>' in page
    assert "<span>靛蓝</span>" in page
    assert (
        '"name": "田野衬衫"'
        in visit(network["apparel"], "/zh-hans/product/shirt/").content.decode()
    )


@pytest.mark.parametrize(
    ("language", "titles"), [("", ["Field Shirt", "Mug"]), ("/zh-hans", ["Mug", "田野衬衫"])]
)
def test_names_are_sorted_as_they_are_shown(
    shirt: Product, network: dict[str, Storefront], language: str, titles: list[str]
) -> None:
    ProductFactory(title="Mug", storefronts=[network["apparel"]], category=shirt.category)

    page = visit(network["apparel"], f"{language}/category/shirts/?sort=name").content.decode()

    assert page.index(f">{titles[0]}<") < page.index(f">{titles[1]}<")
