"""The trial catalogue: `seed_demo --products N`."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from shop.catalogue.demo.many import PREFIX, add_many
from shop.catalogue.models import Product, Variant, VariantValue
from shop.catalogue.queries import categories_on
from shop.catalogue.search import index, search
from shop.storefronts.models import Storefront
from tests.factories import NetworkFactory, ProductFactory


@pytest.fixture
def network(database: str) -> dict[str, Storefront]:
    return NetworkFactory()


def test_as_many_as_are_missing_are_added(network: dict[str, Storefront]) -> None:
    assert add_many(40) == 40
    assert add_many(40) == 0
    Product.objects.filter(slug=f"{PREFIX}7").delete()
    assert add_many(50) == 11

    assert Product.objects.count() == 50
    sold = {slug: shop.products.count() for slug, shop in network.items() if not shop.is_main}
    assert sold == {"apparel": 18, "jewelry": 18, "home": 14}
    names = [root.name for root in categories_on(network["jewelry"]).roots]
    assert names == ["Jewelry"]


def test_they_can_be_found_and_counted(network: dict[str, Storefront]) -> None:
    add_many(40)

    kinds = Product.objects.filter(title__contains="Necklace")
    found = search(network["jewelry"], "neckalce", "en")
    assert (found.corrected, found.products.count()) == ("necklace", kinds.count())
    assert VariantValue.objects.count() == 2 * Variant.objects.count()
    before = set(VariantValue.objects.values_list("variant", "value__value"))
    index.rebuild()
    assert set(VariantValue.objects.values_list("variant", "value__value")) == before


@pytest.mark.django_db
def test_the_command_adds_them_beside_the_demo(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    out = StringIO()

    call_command("seed_demo", products=3, stdout=out)

    assert out.getvalue().splitlines()[-1] == "3 trial products added"
    assert Product.objects.filter(slug__startswith=PREFIX).count() == 3


@pytest.mark.django_db
def test_they_are_the_same_each_time() -> None:
    NetworkFactory()
    add_many(3)
    first = list(Variant.objects.order_by("sku").values_list("sku", "price", "stock"))
    Product.objects.all().delete()
    ProductFactory()

    add_many(3)

    again = Variant.objects.filter(sku__startswith="TRIAL").order_by("sku")
    assert list(again.values_list("sku", "price", "stock")) == first
