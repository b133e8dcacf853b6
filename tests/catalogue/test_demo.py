"""`manage.py seed_demo`."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from shop.catalogue import queries
from shop.catalogue.models import Category, Product, ProductImage, Variant
from shop.catalogue.text import clean_html
from shop.storefronts.models import Storefront
from shop.storefronts.queries import all_storefronts
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
