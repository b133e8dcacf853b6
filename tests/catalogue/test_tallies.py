"""What is kept of lists is what counting them anew gives, whoever wrote what; on both databases."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shop.catalogue import facets, queries, tallies
from shop.catalogue.models import Category, ListChange, Option, Product, Tally, Variant
from shop.catalogue.search import index
from shop.storefronts.models import Storefront
from tests.factories import CategoryFactory, NetworkFactory, ProductFactory, VariantFactory


@pytest.fixture
def network(database: str) -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def clothing(network: dict[str, Storefront]) -> Category:
    """Two shelves: three shirts, and a coat that is sold elsewhere only."""
    department: Category = CategoryFactory(name="Clothing")
    shirts = CategoryFactory(name="Shirts", parent=department)
    coats = CategoryFactory(name="Coats", parent=department)
    for number in range(3):
        product = ProductFactory(
            slug=f"shirt-{number}", vendor="Wick", category=shirts, variant=None,
            options=["Size"], storefronts=[network["apparel"]],
        )  # fmt: skip
        for size in "SM":
            VariantFactory(product=product, option_values=[size], price=10 + number, stock=1)
    ProductFactory(slug="coat", category=coats, storefronts=[network["home"]], variant__price=99)
    return department


def kept(shop: Storefront, department: Category) -> facets.Counts | None:
    """What the category's page is told."""
    tree = queries.categories_on(shop)
    node = tree.by_path.get(department.path)
    return facets.told(queries.tallied_in(shop, tree, node)) if node else None


def counted(shop: Storefront, department: Category) -> facets.Counts | None:
    """The same, counted now."""
    products = queries.products_in(shop, department)
    return facets.count(products, facets.Selection()) if products.exists() else None


def sold(shop: Storefront) -> dict[str, int]:
    return {path: node.sold for path, node in queries.categories_on(shop).by_url_path.items()}


def test_departments_add_up(network: dict[str, Storefront], clothing: Category) -> None:
    assert kept(network["apparel"], clothing) == facets.Counts(
        total=3, low=Decimal(10), high=Decimal(12), available=3, reduced=0, vendors={"Wick": 3},
        options={"size": {"S": 3, "M": 3}},
    )  # fmt: skip
    assert kept(network["galleria"], clothing) == facets.Counts(
        total=4, low=Decimal(10), high=Decimal(99), available=4, reduced=0, vendors={"Wick": 3},
        options={"size": {"S": 3, "M": 3}},
    )  # fmt: skip
    assert kept(network["jewelry"], clothing) is None
    assert sold(network["galleria"]) == {
        "clothing": 0, "clothing/shirts": 3, "clothing/coats": 1,
    }  # fmt: skip


def writes(shop: Storefront) -> list[Callable[[], Any]]:
    """Ways in which a list becomes another; each follows on the one before."""
    shirts = Category.objects.get(slug="shirts")
    coats = Category.objects.get(slug="coats")

    def first() -> Product:
        return Product.objects.get(slug="shirt-0")

    return [
        lambda: ProductFactory(category=shirts, storefronts=[shop]),
        lambda: Product.objects.filter(slug="shirt-1").update(vendor="Loom"),
        lambda: Product.objects.filter(slug="shirt-1").update(is_published=False),
        lambda: Product.objects.filter(slug="shirt-1").update(is_published=True),
        lambda: Product.objects.filter(slug="shirt-1").update(category=coats),
        lambda: Product.objects.filter(slug="shirt-1").update(category=None),
        lambda: first().storefronts.set([]),
        lambda: first().storefronts.add(shop),
        lambda: Product.objects.get(slug="coat").storefronts.set([shop]),
        lambda: Variant.objects.filter(product=first()).update(price=5),
        lambda: Variant.objects.filter(product=first()).update(compare_at_price=50),
        lambda: Variant.objects.filter(product=first()).update(stock=0),
        lambda: Variant.objects.filter(product=first()).update(tracks_stock=False),
        lambda: Variant.objects.filter(product=first())[:1].get().delete(),
        lambda: VariantFactory(product=first(), option_values=["XL"]),
        lambda: Variant.objects.bulk_create(
            [Variant(product=first(), original_title="XS", option_values=["XS"], price=1)]
        ),
        lambda: Option.objects.filter(product=first()).update(name="Measure"),
        lambda: Option.objects.filter(product=first()).delete(),
        lambda: Variant.objects.filter(product__slug="shirt-2", title="S").update(product=first()),
        lambda: first().delete(),
        lambda: Product.objects.filter(storefronts=shop).delete(),
    ]


def test_tallies_are_right_whoever_writes(
    network: dict[str, Storefront], clothing: Category
) -> None:
    shop, main = network["apparel"], network["galleria"]
    kept(shop, clothing)

    for number, write in enumerate(writes(shop)):
        write()
        for each in (shop, main):
            assert kept(each, clothing) == counted(each, clothing), number


def test_what_has_not_changed_is_not_counted_again(
    network: dict[str, Storefront], clothing: Category
) -> None:
    shop = network["apparel"]
    shirt = Variant.objects.filter(product__slug="shirt-0").earliest("pk")
    other = CategoryFactory(name="Elsewhere")
    kept(shop, clothing)

    def cost(write: Callable[[], Any]) -> int:
        write()
        with CaptureQueriesContext(connection) as captured:
            kept(shop, clothing)
        return sum(each["sql"].startswith(("SELECT", "INSERT")) for each in captured)

    # Then it takes the tree, the tallies and the words of the options
    assert cost(lambda: None) == 3
    assert cost(lambda: Variant.objects.filter(pk=shirt.pk).update(stock=40)) == 3
    assert cost(lambda: Product.objects.filter(slug="shirt-0").update(title="Blouse")) == 3
    assert cost(lambda: kept(network["galleria"], clothing)) == 3
    ProductFactory(category=other, storefronts=[network["home"]])
    queries.categories_on(shop)
    assert cost(lambda: None) == 3

    # And what has changed: its total, and its details, each kept
    assert cost(lambda: Variant.objects.filter(pk=shirt.pk).update(stock=0)) == 3 + 2 + 4
    assert cost(lambda: None) == 3


def test_a_change_that_is_seen_late_is_seen(
    network: dict[str, Storefront], clothing: Category
) -> None:
    """Ids are given when a change is made, not when others get to see it."""
    shop = network["apparel"]
    shirts = Category.objects.get(slug="shirts")
    ListChange.objects.all().delete()
    ListChange.objects.create(pk=900_000, category_id=shirts.pk, at=timezone.now())
    kept(shop, clothing)
    before = Tally.objects.get(storefront_id=shop.pk, category_id=shirts.pk)

    # When one with a lower id turns up
    ListChange.objects.create(pk=800_000, category_id=shirts.pk, at=timezone.now())
    kept(shop, clothing)

    # Then
    after = Tally.objects.get(pk=before.pk)
    assert (before.version, after.version) == ("own 900000 1 900000", "own 900000 2 1700000")
    assert after.details_version == after.version


def test_very_many_are_believed_for_a_while(
    network: dict[str, Storefront], clothing: Category, monkeypatch: Any
) -> None:
    # Given
    monkeypatch.setattr(tallies, "MANY", 3)
    shop, shirts = network["apparel"], Category.objects.get(slug="shirts")
    kept(shop, clothing)

    # When
    ProductFactory(category=shirts, storefronts=[shop])

    # Then it is believed, until a minute has gone by
    assert kept(shop, clothing).total == 3  # type: ignore[union-attr]
    assert sold(shop)["clothing/shirts"] == 3
    long_ago = timezone.now() - timedelta(seconds=61)
    Tally.objects.update(counted_at=long_ago, detailed_at=long_ago)
    assert sold(shop)["clothing/shirts"] == 4
    assert kept(shop, clothing).total == 4  # type: ignore[union-attr]


def test_another_main_storefront_sells_everything(
    network: dict[str, Storefront], clothing: Category
) -> None:
    home, main = network["home"], network["galleria"]
    assert sold(home) == {"clothing": 0, "clothing/coats": 1}

    Storefront.objects.filter(pk=main.pk).update(is_main=False)
    Storefront.objects.filter(pk=home.pk).update(is_main=True)

    home.refresh_from_db()
    assert sold(home) == {"clothing": 0, "clothing/shirts": 3, "clothing/coats": 1}


def test_old_changes_are_forgotten_but_the_newest(
    network: dict[str, Storefront], clothing: Category
) -> None:
    # Given many changes, some of them old
    shirts = Category.objects.get(slug="shirts")
    ListChange.objects.all().delete()
    now = timezone.now()
    for hours in (9, 5, 3, 0):
        ListChange.objects.create(category_id=shirts.pk, at=now - timedelta(hours=hours))

    # When
    sold(network["apparel"])

    # Then
    assert ListChange.objects.filter(category_id=shirts.pk).count() == 1
    ListChange.objects.update(at=now - timedelta(days=3))
    sold(network["home"])
    assert ListChange.objects.filter(category_id=shirts.pk).count() == 1
    assert sold(network["apparel"])["clothing/shirts"] == 3


def test_making_all_anew_forgets_what_was_counted(
    network: dict[str, Storefront], clothing: Category
) -> None:
    shop = network["apparel"]
    before = kept(shop, clothing)

    index.rebuild()

    assert (Tally.objects.count(), ListChange.objects.count()) == (0, 0)
    assert kept(shop, clothing) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_busy_database_delays_nobody(
    network: dict[str, Storefront], clothing: Category, database: str
) -> None:
    # Given somebody who writes for a long time
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    connection.commit()
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    # When
    try:
        seen = kept(network["apparel"], clothing)
    finally:
        other.execute("ROLLBACK")
        other.close()

    # Then it was counted, and not kept
    assert seen is not None
    assert seen.total == 3
    assert not Tally.objects.exists()
