"""Staff write translations in the forms of products and categories."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from shop.catalogue.models import Category, Product
from shop.catalogue.services import add_category
from tests.catalogue.test_admin import CATEGORIES, PRODUCTS, inline, node, product_form, variant
from tests.factories import NetworkFactory, ProductFactory
from tests.staff import sign_in_staff

ZH = "zh-hans"
FACTS = "Write facts like {&quot;Material&quot;: &quot;Wool&quot;}."
PNG = "https://p.example/1.png"


@pytest.fixture
def staff(db: None, settings: Any, tmp_path: Path) -> Client:
    settings.MEDIA_ROOT = tmp_path
    return sign_in_staff(NetworkFactory()["galleria"])


FORM = product_form(
    title_zh_hans="田野衬衫",
    description_zh_hans="<p>结实<script>x()</script></p>",
    attributes_zh_hans='{"材质": "棉"}',
    **inline("options", {"name": "Size", "position": 1},
             {"name": "Shade", "name_zh_hans": "色调", "position": 2}),
    **inline("variants", variant("S / Indigo", option_values_zh_hans="S / 靛蓝"),
             variant("M / Olive")),
    **inline("images", {"source_url": PNG, "alt": "It", "alt_zh_hans": "它", "position": 1}),
)  # fmt: skip


def test_a_product_is_translated_where_it_is_made(staff: Client) -> None:
    # When
    response = staff.post(PRODUCTS + "add/", FORM)

    # Then
    assert response.status_code == 302, response.context["errors"]
    product = Product.objects.get()
    assert product.translations == {
        ZH: {
            "title": "田野衬衫", "description": "<p>结实</p>", "description_text": "结实",
            "attributes": {"材质": "棉"},
        }
    }  # fmt: skip
    assert [option.translations for option in product.options.order_by("position")] == [
        {}, {ZH: {"name": "色调"}},
    ]  # fmt: skip
    assert [each.translations for each in product.variants.order_by("pk")] == [
        {ZH: {"option_values": ["", "靛蓝"]}}, {},
    ]  # fmt: skip
    assert product.images.get().translations == {ZH: {"alt": "它"}}


@pytest.mark.parametrize("address", ["", "?language"])
def test_the_form_shows_originals_and_translations_in_any_language_of_staff(
    staff: Client, address: str
) -> None:
    # Given
    staff.post(PRODUCTS + "add/", FORM)
    product = Product.objects.get()
    if address:
        staff.cookies["django_language"] = ZH

    # When
    page = staff.get(f"{PRODUCTS}{product.pk}/change/")

    # Then
    form = page.context["adminform"].form
    assert (form["title"].value(), form["title_zh_hans"].value()) == ("Field Shirt", "田野衬衫")
    assert form["attributes_zh_hans"].value() == '{"材质": "棉"}'
    options, variants, images = (each.formset for each in page.context["inline_admin_formsets"])
    assert [each["name_zh_hans"].value() for each in options.initial_forms] == [None, "色调"]
    assert [
        (each["values"].value(), each["option_values_zh_hans"].value())
        for each in variants.initial_forms
    ] == [("S / Indigo", "S / 靛蓝"), ("M / Olive", "")]
    assert images.initial_forms[0]["alt"].value() == "It"


def test_what_is_emptied_goes_and_other_languages_stay(staff: Client) -> None:
    # Given
    product = ProductFactory(
        title="Mug", variant=None,
        translations={ZH: {"title": "杯", "attributes": {"x": "y"}}, "de": {"title": "Becher"}},
    )  # fmt: skip

    # When
    sent = product_form(title="Mug", slug=product.slug, attributes_zh_hans='{"x": "y"}')
    response = staff.post(f"{PRODUCTS}{product.pk}/change/", sent)

    # Then
    assert response.status_code == 302, response.context["errors"]
    product.refresh_from_db()
    assert product.translations == {"de": {"title": "Becher"}, ZH: {"attributes": {"x": "y"}}}


@pytest.mark.parametrize(
    ("forms", "problem"),
    [
        ({"title_zh_hans": "杯" * 256}, "Ensure this value has at most 255 characters"),
        ({"attributes_zh_hans": "[1]"}, FACTS),
        ({"attributes": '"x"'}, FACTS),
        ({"attributes_zh_hans": "{"}, "Enter a valid JSON."),
        (inline("variants", variant("S / Blue", option_values_zh_hans="小")),
         "One for each of the option values: S / Blue."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    staff: Client, forms: dict[str, object], problem: str
) -> None:
    response = staff.post(PRODUCTS + "add/", product_form(**forms))

    assert response.status_code == 200
    assert problem in response.content.decode()
    assert not Product.objects.exists()


def test_a_category_is_translated(staff: Client) -> None:
    # When it is made below another one
    clothing = add_category("Clothing")
    sent = node("Shirts", "shirts", clothing) | {
        "name_zh_hans": "衬衫",
        "description_zh_hans": "厚",
    }
    assert staff.post(CATEGORIES + "add/", sent).status_code == 302

    # Then
    shirts = Category.objects.get(slug="shirts")
    assert shirts.translations == {ZH: {"name": "衬衫", "description": "厚"}}

    # When it is renamed and moved
    sent = node("Tops", "tops") | {"name_zh_hans": "上衣", "description_zh_hans": ""}
    assert staff.post(f"{CATEGORIES}{shirts.pk}/change/", sent).status_code == 302

    # Then
    shirts.refresh_from_db()
    assert (shirts.url_path, shirts.translations) == ("tops", {ZH: {"name": "上衣"}})
