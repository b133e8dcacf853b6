"""What machines are told: canonical addresses, sitemaps, data; and no crawler is moved."""

import io
import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image

from shop.catalogue.models import ProductImage
from shop.storefronts.models import Storefront
from shop.window.queries import canonical_storefront, departments
from tests.factories import CategoryFactory, NetworkFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
HEAD = re.compile(r'<(?:link|meta) (?:rel|name|property)="([^"]+)" (?:href|content)="([^"]*)"')
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@pytest.fixture
def network() -> dict[str, Storefront]:
    shops = NetworkFactory()
    shirts = CategoryFactory(name="Shirts", parent=CategoryFactory(name="Clothing"))
    sold = {
        "linen": [shops["home"], shops["apparel"]],
        "ring": [shops["jewelry"]],
        "voucher": [],
    }
    for slug, storefronts in sold.items():
        ProductFactory(
            slug=slug, title=slug.title(), storefronts=storefronts, category=shirts,
            vendor="Wick & Loom", description="<p>Cool </script> cloth</p>",
        )  # fmt: skip
    return shops


def crawl(slug: str, path: str) -> Any:
    return Client(headers={"host": f"{slug}.example", "user-agent": GOOGLEBOT}).get(path)


def head(slug: str, path: str) -> dict[str, str]:
    return dict(HEAD.findall(crawl(slug, path).content.decode()))


def graph(slug: str, path: str) -> dict[str, Any]:
    found = re.search(
        r'<script type="application/ld\+json" nonce="[^"]+">(.+?)</script>',
        crawl(slug, path).content.decode(),
    )
    assert found
    data = json.loads(found[1])
    assert data["@context"] == "https://schema.org"
    return {thing["@type"]: thing for thing in data["@graph"]}


def addresses(slug: str, path: str) -> list[str]:
    answer = crawl(slug, path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    return [str(node.text) for node in ET.fromstring(answer.content).iter(LOC)]  # noqa: S314


def in_both_languages(slug: str, path: str) -> list[str]:
    return [f"http://{slug}.example{path}", f"http://{slug}.example/zh-hans{path}"]


@pytest.mark.parametrize(
    ("slug", "product", "canonical"),
    [
        ("galleria", "linen", "http://apparel.example/product/linen/"),
        ("home", "linen", "http://apparel.example/product/linen/"),
        ("apparel", "linen", "http://apparel.example/product/linen/"),
        ("galleria", "ring", "http://jewelry.example/product/ring/"),
        ("galleria", "voucher", "http://galleria.example/product/voucher/"),
    ],
)
def test_a_product_has_one_canonical_page_in_the_network(
    network: dict[str, Storefront], slug: str, product: str, canonical: str
) -> None:
    told = head(slug, f"/product/{product}/?variant=1&utm_source=x")

    assert told["canonical"] == canonical
    assert told["og:url"] == canonical
    assert told["og:type"] == "product"
    assert "robots" not in told


def test_nothing_sells_it_nothing_is_canonical() -> None:
    assert canonical_storefront([]) is None


def test_lists_are_canonical_where_they_are_with_their_page_and_nothing_else(
    network: dict[str, Storefront],
) -> None:
    for number in range(25):
        ProductFactory(slug=f"p{number}", storefronts=[network["apparel"]])

    assert head("apparel", "/?utm_source=x")["canonical"] == "http://apparel.example/"
    assert head("apparel", "/?page=2&x=1")["canonical"] == "http://apparel.example/?page=2"
    category = head("apparel", "/category/clothing/shirts/?sort=price")
    assert category["canonical"] == "http://apparel.example/category/clothing/shirts/"


@pytest.mark.parametrize("path", ["/cart/", "/search/?q=linen", "/product/nothing/"])
def test_other_pages_are_not_to_be_found(network: dict[str, Storefront], path: str) -> None:
    told = head("galleria", path)

    assert told["robots"] == "noindex"
    assert "canonical" not in told
    assert "og:url" not in told


ALTERNATE = re.compile(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]*)"')


@pytest.mark.parametrize("slug", ["galleria", "apparel", "home"])
@pytest.mark.parametrize(
    ("prefix", "speaks", "locale"), [("", "en", "en_US"), ("/zh-hans", "zh-hans", "zh_CN")]
)
def test_each_language_has_an_address_and_all_name_one_another(
    network: dict[str, Storefront], slug: str, prefix: str, speaks: str, locale: str
) -> None:
    page = crawl(slug, f"{prefix}/product/linen/").content.decode()
    told = dict(HEAD.findall(page))

    assert f'<html lang="{speaks}"' in page
    assert told["canonical"] == f"http://apparel.example{prefix}/product/linen/"
    assert (told["og:url"], told["og:locale"]) == (told["canonical"], locale)
    assert ALTERNATE.findall(page) == [
        ("en", "http://apparel.example/product/linen/"),
        ("zh-hans", "http://apparel.example/zh-hans/product/linen/"),
        ("x-default", "http://apparel.example/product/linen/"),
    ]


def test_a_storefronts_own_language_is_at_the_plain_address(
    network: dict[str, Storefront],
) -> None:
    network["jewelry"].language = "zh-hans"
    network["jewelry"].save()

    assert head("jewelry", "/product/ring/")["og:locale"] == "zh_CN"
    for path in ("/product/ring/", "/zh-hans/product/ring/"):
        assert head("jewelry", path)["canonical"] == "http://jewelry.example/product/ring/"
    english = crawl("jewelry", "/en/product/ring/").content.decode()
    assert 'rel="canonical" href="http://jewelry.example/en/product/ring/"' in english
    assert ("en", "http://jewelry.example/en/product/ring/") in ALTERNATE.findall(english)


def test_a_page_to_be_found_links_to_pages_in_its_language(network: dict[str, Storefront]) -> None:
    chinese = crawl("apparel", "/zh-hans/").content.decode()

    assert 'href="/zh-hans/product/linen/"' in chinese
    assert 'href="/product/linen/"' not in chinese
    assert 'href="http://home.example/zh-hans/"' in chinese
    assert 'href="/cart/"' in chinese
    assert 'href="/product/linen/"' in crawl("apparel", "/en/").content.decode()
    assert crawl("apparel", "/zh-hans/cart/").status_code == 404
    assert crawl("apparel", "/fr/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/category/clothing/", "/product/linen/", "/robots.txt", "/sitemap.xml"]
)
def test_a_crawler_sees_the_whole_page_and_is_never_moved(
    network: dict[str, Storefront], path: str
) -> None:
    answer = crawl("apparel", path)

    assert answer.status_code == 200
    assert not [name for name in answer.cookies if name != "csrftoken"]
    if path == "/product/linen/":
        assert b"<h1" in answer.content
        assert b"Cool" in answer.content


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml", "/favicon.ico"])
def test_what_machines_ask_for_is_answered_to_anyone_without_a_handshake(
    network: dict[str, Storefront], path: str
) -> None:
    answer = Client(headers={"host": "apparel.example", "accept": "*/*"}).get(path)

    assert answer.status_code == (302 if path == "/favicon.ico" else 200)
    assert "sessionsync" not in answer.get("Location", "")
    assert not answer.cookies


def test_robots_names_this_sites_sitemap_and_keeps_crawlers_from_the_cart(
    network: dict[str, Storefront],
) -> None:
    lines = crawl("home", "/robots.txt").content.decode().splitlines()

    assert "Sitemap: http://home.example/sitemap.xml" in lines
    for path in ("/cart/", "/checkout/", "/search/", "/zh-hans/search/", "/sessionsync/"):
        assert f"Disallow: {path}" in lines


def test_each_product_is_in_the_sitemap_of_one_site(network: dict[str, Storefront]) -> None:
    ProductFactory(slug="draft", is_published=False, storefronts=[network["home"]])
    products = {slug: addresses(slug, "/sitemap.xml")[1:] for slug in network}
    listed = {
        slug: [
            address for file in files for address in addresses(slug, "/" + file.split("/", 3)[3])
        ]
        for slug, files in products.items()
    }

    assert listed == {
        "galleria": in_both_languages("galleria", "/product/voucher/"),
        "apparel": in_both_languages("apparel", "/product/linen/"),
        "jewelry": in_both_languages("jewelry", "/product/ring/"),
        "home": [],
    }
    assert addresses("home", "/sitemap-pages.xml") == [
        address
        for path in ("/", "/category/clothing/", "/category/clothing/shirts/")
        for address in in_both_languages("home", path)
    ]
    assert crawl("home", "/sitemap-products-1.xml").status_code == 404
    assert crawl("apparel", "/sitemap-products-0.xml").status_code == 404
    for number in (50_001, 1844674407370957, "9" * 25, "9" * 5000):
        assert crawl("apparel", f"/sitemap-products-{number}.xml").status_code == 404


def test_a_large_sitemap_is_in_several_files(
    network: dict[str, Storefront], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.window.views.PER_FILE", 2)
    for number in range(4):
        ProductFactory(slug=f"p{number}", storefronts=[network["home"]])

    files = addresses("home", "/sitemap.xml")

    assert files[1:] == [f"http://home.example/sitemap-products-{n}.xml" for n in (1, 2)]
    assert len(addresses("home", "/sitemap-products-2.xml")) == 4


def test_a_sitemap_names_a_pages_other_languages_at_each_of_them(
    network: dict[str, Storefront],
) -> None:
    pages = ET.fromstring(crawl("apparel", "/sitemap-products-1.xml").content)  # noqa: S314
    english, chinese = in_both_languages("apparel", "/product/linen/")

    for page in pages:
        links = [each.attrib for each in page if each.tag.endswith("link")]
        assert [(each["hreflang"], each["href"]) for each in links] == [
            ("en", english), ("zh-hans", chinese), ("x-default", english),
        ]  # fmt: skip
    assert len(pages) == 2


def test_a_product_is_described_in_the_words_of_schema_org(network: dict[str, Storefront]) -> None:
    told = graph("galleria", "/product/linen/")
    product, trail = told["Product"], told["BreadcrumbList"]

    assert product["name"] == "Linen"
    assert product["brand"] == {"@type": "Brand", "name": "Wick & Loom"}
    assert product["url"] == "http://apparel.example/product/linen/"
    (offer,) = product["offers"]
    assert (offer["price"], offer["priceCurrency"]) == ("10.00", "EUR")
    assert offer["availability"] == "https://schema.org/InStock"
    assert [step["name"] for step in trail["itemListElement"]] == [
        "Apparel", "Clothing", "Shirts", "Linen",
    ]  # fmt: skip
    assert trail["itemListElement"][2]["item"] == "http://apparel.example/category/clothing/shirts/"


def test_many_variants_are_told_as_a_range(network: dict[str, Storefront]) -> None:
    product = ProductFactory(slug="many", storefronts=[network["home"]], variant=None)
    for number in range(31):
        VariantFactory(product=product, option_values=[str(number)], price=10 + number)

    offers = graph("home", "/product/many/")["Product"]["offers"]

    assert offers["@type"] == "AggregateOffer"
    assert (offers["lowPrice"], offers["highPrice"], offers["offerCount"]) == ("10.00", "40.00", 31)


def test_what_a_title_says_cannot_end_the_script(network: dict[str, Storefront]) -> None:
    ProductFactory(slug="evil", title="</script><script>alert(1)", storefronts=[network["home"]])

    assert graph("home", "/product/evil/")["Product"]["name"] == "</script><script>alert(1)"


def test_home_names_the_site_and_the_network_behind_it(network: dict[str, Storefront]) -> None:
    told = graph("apparel", "/")

    assert told["WebSite"]["name"] == "Apparel"
    assert told["Organization"]["url"] == "http://galleria.example/"
    assert told["WebSite"]["publisher"] == {"@id": told["Organization"]["@id"]}


@pytest.mark.parametrize("slug", ["galleria", "apparel", "jewelry", "home"])
def test_a_shared_page_brings_a_picture(network: dict[str, Storefront], slug: str) -> None:
    address = head(slug, "/")["og:image"]
    answer = crawl(slug, "/" + address.split("/", 3)[3])

    card = Image.open(io.BytesIO(answer.content))
    assert (card.format, card.size) == ("PNG", (1200, 630))
    assert answer["Content-Type"] == "image/png"


def test_a_product_is_shared_with_its_photograph_else_with_a_card(
    network: dict[str, Storefront], settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    assert head("jewelry", "/product/ring/")["og:image"] == (
        "http://jewelry.example/pictures/share/en/ring.png"
    )
    assert crawl("jewelry", "/pictures/share/en/ring.png").status_code == 200
    assert crawl("jewelry", "/pictures/share/zh-hans/ring.png").status_code == 200
    assert crawl("jewelry", "/pictures/share/fr/ring.png").status_code == 404
    assert crawl("jewelry", "/pictures/share/en/linen.png").status_code == 404

    product = ProductFactory(slug="photo", storefronts=[network["jewelry"]])
    image = ProductImage.objects.create(product=product, file=ContentFile(b"x", "photo.jpg"))
    assert f"/pictures/{image.pk}/" in head("jewelry", "/product/photo/")["og:image"]
    assert crawl("jewelry", "/product/photo/").status_code == 200


def test_the_main_menu_groups_departments_by_shop(network: dict[str, Storefront]) -> None:
    lamps = CategoryFactory(name="Lamps")
    ProductFactory(storefronts=[network["home"]], category=lamps)
    ProductFactory(
        storefronts=[network["home"]], category=CategoryFactory(name="Empty"), variant=None
    )

    assert [(shop.slug, [name for name, _path in names]) for shop, names in departments()] == [
        ("apparel", ["Clothing"]),
        ("jewelry", ["Clothing"]),
        ("home", ["Clothing", "Lamps"]),
    ]
    assert 'class="menu"' in crawl("galleria", "/").content.decode()
    assert 'class="menu"' not in crawl("home", "/").content.decode()
