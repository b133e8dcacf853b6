"""Collections: the page, the home page's shelf, what machines are told, the demo's, the admin."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from shop.catalogue.models import Product
from shop.collections.models import Collection, CollectionProduct
from shop.collections.queries import collections_on, products_of, showcase
from shop.collections.seeds import DEMO
from shop.storefronts.models import Storefront
from shop.storefronts.queries import all_storefronts
from tests.factories import NetworkFactory, ProductFactory
from tests.staff import sign_in_staff
from tests.window.test_found import ALTERNATE, addresses, crawl, graph, head, in_both_languages

pytestmark = pytest.mark.django_db

ADMIN = "/admin/collections/collection/"


@pytest.fixture
def network() -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def gifts(network: dict[str, Storefront]) -> Collection:
    """In this order: a ring, a shirt, and a lamp that nobody is shown."""
    made = Collection.objects.create(
        slug="gifts", original_title="Gifts", original_description="To wrap up.",
        translations={"zh-hans": {"title": "礼物", "description": "包起来送人。"}},
    )  # fmt: skip
    for position, (slug, shop, shown) in enumerate(
        [("lamp", "home", False), ("shirt", "apparel", True), ("ring", "jewelry", True)]
    ):
        product = ProductFactory(
            slug=slug, title=slug.title(), storefronts=[network[shop]], is_published=shown
        )
        CollectionProduct.objects.create(collection=made, product=product, position=10 - position)
    return made


@pytest.mark.parametrize(
    ("slug", "titles"), [("galleria", ["Ring", "Shirt"]), ("apparel", ["Shirt"])]
)
def test_a_collection_shows_what_the_storefront_sells_of_it_in_its_order(
    gifts: Collection, slug: str, titles: list[str]
) -> None:
    answer = crawl(slug, "/collection/gifts/")

    assert answer.status_code == 200
    assert [product.title for product in answer.context["products"]] == titles
    page = answer.content.decode()
    assert '<h1 class="page-head__title">Gifts</h1>' in page
    assert "To wrap up." in page
    assert f"{len(titles)} product{'s' if len(titles) > 1 else ''}</p>" in page


@pytest.mark.parametrize(
    ("slug", "path"), [("home", "/collection/gifts/"), ("galleria", "/collection/none/")]
)
def test_what_has_nothing_here_is_not_here(gifts: Collection, slug: str, path: str) -> None:
    assert crawl(slug, path).status_code == 404
    assert b"/collection/" not in crawl("home", "/").content


def test_a_draft_is_shown_to_nobody(gifts: Collection) -> None:
    Collection.objects.update(is_published=False)

    assert crawl("galleria", "/collection/gifts/").status_code == 404
    assert b"/collection/" not in crawl("galleria", "/").content
    assert addresses("galleria", "/sitemap-pages.xml") == in_both_languages("galleria", "/")


def test_machines_are_told_of_it_on_each_site_in_each_language(gifts: Collection) -> None:
    here = "http://apparel.example/collection/gifts/"
    told = head("apparel", "/collection/gifts/?utm_source=x")

    assert (told["canonical"], told["og:url"], told["og:title"]) == (here, here, "Gifts")
    assert (told["og:description"], told["description"]) == ("To wrap up.", "To wrap up.")
    assert told["og:image"] == "http://apparel.example/pictures/share/en.png"
    assert "robots" not in told
    chinese = crawl("apparel", "/zh-hans/collection/gifts/").content.decode()
    assert '<h1 class="page-head__title">礼物</h1>' in chinese
    assert "包起来送人。" in chinese
    assert ALTERNATE.findall(chinese) == [
        ("en", here),
        ("zh-hans", "http://apparel.example/zh-hans/collection/gifts/"),
        ("x-default", here),
    ]
    trail = graph("apparel", "/collection/gifts/")["BreadcrumbList"]["itemListElement"]
    assert [(step["name"], step["item"]) for step in trail] == [
        ("Apparel", "http://apparel.example/"), ("Gifts", here),
    ]  # fmt: skip
    for slug, listed in {"apparel": True, "home": False}.items():
        both = in_both_languages(slug, "/collection/gifts/")
        assert [each in addresses(slug, "/sitemap-pages.xml") for each in both] == [listed] * 2


def test_the_home_page_leads_to_it(gifts: Collection) -> None:
    assert b'href="/collection/gifts/">Gifts</a>' in crawl("apparel", "/").content
    assert 'href="/zh-hans/collection/gifts/">礼物</a>' in (
        crawl("apparel", "/zh-hans/").content.decode()
    )


def test_the_showcase_takes_four_queries_whatever_there_is(
    network: dict[str, Storefront], gifts: Collection, django_assert_num_queries: Any
) -> None:
    for number in range(4):
        more = Collection.objects.create(slug=f"more-{number}", original_title="More", position=9)
        for place in range(5):
            product = ProductFactory(slug=f"p{number}{place}", storefronts=[network["home"]])
            CollectionProduct.objects.create(collection=more, product=product, position=place)

    with django_assert_num_queries(4):
        shown = showcase(network["galleria"])
        pictured = [[each.first_image for each in products] for _collection, products in shown]

    assert [(each.slug, [product.slug for product in products]) for each, products in shown] == [
        ("gifts", ["ring", "shirt"]),
        ("more-0", ["p00", "p01", "p02"]),
        ("more-1", ["p10", "p11", "p12"]),
    ]
    assert pictured == [[None] * 2, [None] * 3, [None] * 3]
    Collection.objects.all().delete()
    with django_assert_num_queries(1):
        assert showcase(network["galleria"]) == []


def test_the_demo_has_collections_across_its_shops(settings: Any, tmp_path: Path) -> None:
    # Given
    settings.MEDIA_ROOT = tmp_path
    call_command("seed_demo", stdout=StringIO())

    def seed() -> str:
        out = StringIO()
        call_command("seed_collections", stdout=out)
        return out.getvalue().strip()

    # When
    said = seed()

    # Then
    assert said == "3 collections added"
    found = {
        shop.slug: {each.slug: products_of(each, shop).count() for each in collections_on(shop)}
        for shop in all_storefronts()
    }
    assert found == {
        "galleria": {"first-frost": 12, "small-gifts": 9, "deep-green": 7},
        "apparel": {"first-frost": 6, "small-gifts": 3, "deep-green": 2},
        "jewelry": {"small-gifts": 3, "deep-green": 3},
        "home": {"first-frost": 6, "small-gifts": 4, "deep-green": 2},
    }
    assert all(each.translations["zh-hans"].keys() == {"title", "description"}
               for each in Collection.objects.all())  # fmt: skip

    # When staff change one and take one away, and it is done again
    Collection.objects.filter(slug="first-frost").update(title="Brr")
    Collection.objects.filter(slug="deep-green").delete()

    # Then only what is missing is added
    assert seed() == "1 collections added"
    assert Collection.objects.get(slug="first-frost").original_title == "Brr"


def test_small_gifts_cost_less_than_fifty(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    call_command("seed_demo", stdout=StringIO())

    products = Product.objects.filter(slug__in=DEMO["small-gifts"]["products"])

    assert products.count() == 9
    assert max(variant.price for each in products for variant in each.variants.all()) < 50


def test_another_catalogue_gets_none_of_them(network: dict[str, Storefront]) -> None:
    call_command("seed_collections", stdout=StringIO())

    assert not Collection.objects.exists()


def form(**said: object) -> dict[str, object]:
    return {
        "title": "Autumn", "slug": "autumn", "description": "", "position": 2,
        "is_published": "on", "title_zh_hans": "", "description_zh_hans": "",
        "places-TOTAL_FORMS": 0, "places-INITIAL_FORMS": 0, **said,
    }  # fmt: skip


@pytest.fixture
def staff(network: dict[str, Storefront]) -> Client:
    return sign_in_staff(network["galleria"])


def test_staff_put_one_together_in_both_languages(
    staff: Client, network: dict[str, Storefront]
) -> None:
    # Given
    shirt = ProductFactory(slug="shirt", storefronts=[network["apparel"]])
    facts = {"title_zh_hans": "秋天", "description_zh_hans": "天凉了。"}
    place = {"places-TOTAL_FORMS": 1, "places-0-product": shirt.pk, "places-0-position": 1}

    # When
    added = staff.post(ADMIN + "add/", form(**facts, **place))

    # Then
    assert added.status_code == 302, added.context["errors"]
    made = Collection.objects.get()
    assert (made.original_title, made.position) == ("Autumn", 2)
    assert made.translations == {"zh-hans": {"title": "秋天", "description": "天凉了。"}}
    assert list(made.products.all()) == [shirt]
    assert "秋天" in staff.get(f"{ADMIN}{made.pk}/change/").content.decode()
    assert "Autumn" in staff.get(ADMIN).content.decode()
    assert crawl("apparel", "/zh-hans/collection/autumn/").status_code == 200


def test_a_product_is_in_a_collection_once(staff: Client, gifts: Collection) -> None:
    ring = Product.objects.get(slug="ring")
    twice = {"places-TOTAL_FORMS": 2} | {
        f"places-{number}-{name}": value
        for number in range(2)
        for name, value in {"product": ring.pk, "position": number}.items()
    }

    refused = staff.post(ADMIN + "add/", form(**twice))

    assert refused.status_code == 200
    assert refused.context["errors"]
    assert list(Collection.objects.all()) == [gifts]
