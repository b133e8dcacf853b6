"""Prices on product pages and cards: the storefront's own, breaks, and two queries for all."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.catalogue.models import Product, Variant
from shop.pricing.models import QuantityBreak, StorefrontPrice
from shop.pricing.price_list import QuantityPrice
from shop.pricing.queries import ShownPrice, card_price, prices_for
from shop.pricing.templatetags.prices import percent
from shop.storefronts.models import Storefront
from tests.carts.helpers import make_variant
from tests.factories import CategoryFactory, NetworkFactory, ProductFactory, VariantFactory
from tests.pricing.factories import D

pytestmark = pytest.mark.django_db


@pytest.fixture
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


def page(shop: Storefront, path: str) -> str:
    headers = {"host": shop.domain, "accept": "text/html", "sec-fetch-mode": "cors"}
    answer = Client(headers=headers).get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_prices_by_storefront_with_their_breaks(network: dict[str, Storefront]) -> None:
    home, apparel = network["home"], network["apparel"]
    tote, mug = make_variant(price="45.00"), make_variant(price="36.00")
    StorefrontPrice.objects.create(
        variant=tote, storefront=home, price=D(42), compare_at_price=D(45)
    )
    QuantityBreak.objects.create(variant=mug, minimum=3, price=D("32.40"))
    QuantityBreak.objects.create(variant=mug, minimum=4, price=D("33.00"))  # no better than from 3
    QuantityBreak.objects.create(variant=mug, storefront=home, minimum=6, price=D("28.80"))

    with CaptureQueriesContext(connection) as queries:
        at_home = prices_for([tote, mug], home)
    assert len(queries) == 2
    assert at_home == {
        tote.pk: ShownPrice(D(42), D(45)),
        mug.pk: ShownPrice(
            D(36), None, (QuantityPrice(3, D("32.40")), QuantityPrice(6, D("28.80")))
        ),
    }
    assert prices_for([tote, mug], apparel) == {
        tote.pk: ShownPrice(D(45)),
        mug.pk: ShownPrice(D(36), None, (QuantityPrice(3, D("32.40")),)),
    }
    with CaptureQueriesContext(connection) as queries:
        assert prices_for([], home) == {}
    assert len(queries) == 0


def test_a_card_shows_the_lowest_price_that_can_be_had(network: dict[str, Storefront]) -> None:
    product: Product = ProductFactory(variant=None)
    assert card_price(product, {}) is None
    product = Product.objects.get(pk=product.pk)
    small = VariantFactory(product=product, price=D(10), option_values=["S"])
    VariantFactory(product=product, price=D(12), option_values=["M"])
    sold_out = VariantFactory(
        product=product, price=D(8), option_values=["L"], stock=0, tracks_stock=True
    )

    def shown() -> ShownPrice | None:
        row = Product.objects.get(pk=product.pk)
        return card_price(row, prices_for(row.variants_list, network["home"]))

    assert shown() == ShownPrice(D(10), None, varies=True)
    StorefrontPrice.objects.create(variant=small, storefront=network["home"], price=D(14))
    assert shown() == ShownPrice(D(12), None, varies=True)
    Variant.objects.exclude(pk=sold_out.pk).update(stock=0, tracks_stock=True)
    assert shown() == ShownPrice(D(8), None, varies=True)


def test_pages_show_what_the_cart_will_ask(network: dict[str, Storefront]) -> None:
    home, apparel, main = (network[slug] for slug in ("home", "apparel", "galleria"))
    bags = CategoryFactory(name="Bags")
    tote = make_variant(home, apparel, price="45.00", title="Tote", slug="tote", category=bags)
    StorefrontPrice.objects.create(
        variant=tote, storefront=home, price=D(42), compare_at_price=D(45)
    )
    QuantityBreak.objects.create(variant=tote, minimum=3, price=D(40))

    for path in ("/", "/category/bags/", "/search/?q=tote", "/product/tote/"):
        assert "€42.00" in page(home, path), path
        assert "€42.00" not in page(apparel, path), path
        assert "€45.00" in page(apparel, path), path
        assert "€42.00" not in page(main, path), path
    assert "from 3: €40.00 each" in page(home, "/product/tote/")


@pytest.mark.parametrize("path", ["/", "/category/bags/", "/search/?q=tote", "/product/tote-0/"])
def test_a_page_takes_the_same_queries_whatever_it_shows(
    network: dict[str, Storefront], path: str
) -> None:
    bags = CategoryFactory(name="Bags")

    def add(number: int) -> None:
        product = ProductFactory(
            title=f"Tote {number}", slug=f"tote-{number}", category=bags, variant=None,
            storefronts=[network["home"]],
        )  # fmt: skip
        for size in ("S", "M", "L")[: 1 + number]:
            made = VariantFactory(product=product, option_values=[size], price=Decimal(10))
            QuantityBreak.objects.create(variant=made, minimum=2, price=D(9))
            StorefrontPrice.objects.create(
                variant=made, storefront=network["home"], price=D(9 + number)
            )

    def queries() -> int:
        page(network["home"], path)
        with CaptureQueriesContext(connection) as captured:
            page(network["home"], path)
        return len(captured)

    add(0)
    add(1)
    few = queries()
    for number in range(2, 10):
        add(number)

    assert queries() == few


def test_a_rate_is_written_without_needless_zeros() -> None:
    assert [percent(D(rate)) for rate in ("19.000", "5.5", "20", "0", "9.975")] == [
        f"{rate}%" for rate in ("19", "5.5", "20", "0", "9.975")
    ]
