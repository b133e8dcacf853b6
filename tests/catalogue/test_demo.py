"""`manage.py seed_demo`."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from shop.catalogue import queries
from shop.catalogue.demo.translations import speeches
from shop.catalogue.models import Category, Option, Product, ProductImage, Variant
from shop.catalogue.text import clean_html
from shop.stock.queries import low_stock
from shop.storefronts.models import Storefront
from shop.storefronts.queries import all_storefronts
from shop.translated.fields import other_languages
from tests.factories import StorefrontFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def seed() -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out)
    return out.getvalue().strip()


def test_the_demo_has_four_shops_and_all_states_of_stock(media: Path) -> None:
    # When
    said = seed()

    # Then
    assert said == "4 storefronts, 103 products and 302 pictures added"
    assert [(s.slug, s.domain, s.is_main, s.theme) for s in all_storefronts()] == [
        ("galleria", "galleria.localhost", True, "galleria"),
        ("apparel", "apparel.localhost", False, "apparel"),
        ("jewelry", "jewelry.localhost", False, "jewelry"),
        ("home", "home.localhost", False, "home"),
    ]
    sold = {shop.slug: queries.products_on(shop).count() for shop in all_storefronts()}
    assert sold == {"galleria": 103, "apparel": 34, "jewelry": 35, "home": 37}
    assert Variant.objects.filter(tracks_stock=False).exists()
    assert Variant.objects.filter(tracks_stock=True, stock__gt=20).exists()
    assert Variant.objects.filter(tracks_stock=True, stock__range=(1, 3)).exists()
    assert Variant.objects.filter(tracks_stock=True, stock=0, allows_backorder=False).exists()
    assert Variant.objects.filter(tracks_stock=True, stock=0, allows_backorder=True).exists()
    assert set(Category.objects.values_list("depth", flat=True)) == {1, 2}
    for shop in all_storefronts():
        assert queries.on_sale(shop).count() >= 7
    newest = queries.products_on(all_storefronts()[0])[:6]
    assert len({product.storefronts.get() for product in newest}) > 1
    for product in Product.objects.prefetch_related("options", "variants", "tags"):
        assert product.vendor
        assert product.description_text
        assert product.tags.exists()
        options = product.options.count()
        assert {len(variant.option_values) for variant in product.variants.all()} == {options}
        assert product.description == clean_html(product.description)
        assert product.category is not None
        assert product.category.depth == 2


def test_hardly_two_products_look_the_same(media: Path) -> None:
    seed()

    firsts = [image.file.read() for image in ProductImage.objects.filter(position=1)]
    assert len(firsts) == 103
    assert len(set(firsts)) >= 95


def test_every_picture_is_there_and_says_what_it_shows(media: Path) -> None:
    seed()

    for image in ProductImage.objects.all():
        assert (media / str(image.file.name)).read_text().startswith("<svg ")
        assert image.alt
    indigo = ProductImage.objects.get(alt="Field Shirt, indigo")
    olive = ProductImage.objects.get(alt="Field Shirt, olive")
    assert indigo.file.read() != olive.file.read()
    sage = ProductImage.objects.get(alt="Reading Lamp, sage")
    assert sage.variant is not None
    assert sage.variant.option_values == ["Sage"]


HAN = re.compile(r"[\u4e00-\u9fff]")
SAME_EVERYWHERE = re.compile(r"[\d–× ]+(cm|mm)?|X?[SML]|XL|S/M|L/XL")
"""Values that are no words: measures, and sizes in numbers and letters."""


@pytest.mark.parametrize("language", other_languages())
def test_all_of_it_is_there_in_each_language(media: Path, language: str) -> None:
    seed()

    def said(row: Any, *fields: str) -> list[Any]:
        texts = row.translations.get(language, {})
        assert all(texts.get(field) for field in fields), row
        return [texts[field] for field in fields]

    words: list[str] = []
    for product in Product.objects.prefetch_related("options", "variants", "images"):
        title, description, facts = said(product, "title", "description", "attributes")
        assert description == clean_html(description)
        assert description.count("<p>") == product.original_description.count("<p>")
        assert description.count("<li>") == product.original_description.count("<li>")
        assert len(facts) == len(product.original_attributes)
        words += [title, description, *facts]
        words += [name for option in product.options.all() for name in said(option, "name")]
        for variant in product.variants.all():
            for value, own in zip(
                variant.option_values,
                variant.translations.get(language, {}).get(
                    "option_values", [""] * len(variant.option_values)
                ),
                strict=True,
            ):
                assert bool(own) != bool(SAME_EVERYWHERE.fullmatch(value)), value
                words += [own] if own else []
        words += [alt for image in product.images.all() for alt in said(image, "alt")]
    words += [name for category in Category.objects.all() for name in said(category, "name")]
    assert len(words) > 1200
    if language == "zh-hans":
        assert [text for text in words if not HAN.search(text)] == []


def test_the_demos_words_are_all_used(media: Path) -> None:
    """A word of the translations that nothing in the demo says would be a slip of the pen."""
    seed()

    for speech in speeches().values():
        assert set(speech.products) == set(Product.objects.values_list("slug", flat=True))
        assert set(speech.options) == set(Option.objects.values_list("name", flat=True))
        assert set(speech.categories) == set(Category.objects.values_list("name", flat=True))
        values = Variant.objects.values_list("option_values", flat=True)
        assert set(speech.values) <= {value for several in values for value in several}


def test_the_demo_is_a_shop_that_is_looked_after(media: Path) -> None:
    seed()

    low = {(each.product.slug, each.title): each.for_sale for each in low_stock()}

    assert low == {
        ("field-shirt", "XL / Olive"): 0,
        ("wall-clock", ""): 0,
        ("rain-parka", "M / Slate"): 0,  # and sewn to order
        ("harbour-jumper", "L / Mustard"): 1,
        ("solitaire-ring", "Gold vermeil / 50"): 1,
        ("field-shirt", "S / Indigo"): 3,
        ("workshop-overshirt", "M"): 4,
        ("workshop-overshirt", "L"): 4,
        ("reading-lamp", "Copper"): 4,
    }


def test_a_second_run_adds_nothing_and_keeps_what_changed(media: Path) -> None:
    # Given a demo that was used: something sold, a text changed, a picture lost
    seed()
    Variant.objects.filter(tracks_stock=True).update(stock=1)
    Product.objects.filter(slug="field-shirt").update(title="Our Shirt")
    (media / "products/demo/field-shirt-1.svg").unlink()

    # When
    first, second = seed(), seed()

    # Then
    assert first == "0 storefronts, 0 products and 1 pictures added"
    assert second == "0 storefronts, 0 products and 0 pictures added"
    assert set(Variant.objects.filter(tracks_stock=True).values_list("stock", flat=True)) == {1}
    assert Product.objects.get(slug="field-shirt").title == "Our Shirt"
    assert len(list((media / "products/demo").iterdir())) == 302


def test_beside_another_network_it_refuses(media: Path) -> None:
    StorefrontFactory(slug="realshop", is_main=True)

    with pytest.raises(CommandError, match="main storefront here is “realshop”"):
        seed()
    assert Storefront.objects.count() == 1
    assert Product.objects.count() == 0
    assert list(media.iterdir()) == []
