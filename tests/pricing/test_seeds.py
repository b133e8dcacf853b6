"""`manage.py seed_prices`: what it adds, and that it changes nothing that is there."""

import io
from decimal import Decimal

import pytest
from django.core.management import call_command
from pytest_django import Settings

from shop.catalogue.demo.loading import load_demo
from shop.catalogue.models import Variant
from shop.pricing.models import Promotion, QuantityBreak, StorefrontPrice, TaxRate, Voucher
from shop.storefronts.models import Storefront
from tests.pricing.factories import STANDARD, D, adds_up, priced

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Settings, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.DEMO = True
    load_demo()


def run() -> list[str]:
    out = io.StringIO()
    call_command("seed_prices", stdout=out)
    return out.getvalue().splitlines()


def test_a_new_shop_gets_the_unions_rates_and_nothing_else(settings: Settings) -> None:
    settings.DEMO = False

    assert run() == ["tax class: 1 added", "tax rate: 27 added"]
    assert run() == ["Everything is there already."]

    rates = dict(TaxRate.objects.values_list("country", "rate"))
    assert (rates["DE"], rates["FI"], rates["HU"]) == (D(19), D("25.5"), D(27))
    assert not rates.keys() & {"US", "CH", "GB", "NO", "CN", "CA"}
    assert not Promotion.objects.exists()


@pytest.mark.usefixtures("demo")
def test_the_demo_gets_offers_and_prices_once() -> None:
    first = run()

    assert first == [
        "promotion: 5 added",
        "quantity break: 8 added",
        "storefront price: 2 added",
        "tax class: 1 added",
        "tax rate: 27 added",
    ]
    Voucher.objects.filter(code="WELCOME10").update(code="HELLO")
    Promotion.objects.filter(name="Free delivery").update(original_name="Delivered free")
    QuantityBreak.objects.update(price=Decimal(1))
    TaxRate.objects.filter(country="DE").update(rate=16)
    assert run() == ["Everything is there already."]
    assert TaxRate.objects.get(country="DE").rate == 16


@pytest.mark.usefixtures("demo")
def test_the_demos_offers_work() -> None:
    run()
    shops = {shop.slug: shop for shop in Storefront.objects.all()}

    def of(slug: str) -> Variant:
        variants = Variant.objects.filter(product__slug=slug).select_related("product")
        return variants.order_by("position")[0]

    candle, mugs, tote = of("beeswax-candle"), of("breakfast-mugs"), of("market-tote")
    found = priced(
        (candle, shops["home"], 3),
        (mugs, shops["home"], 3),
        (tote, shops["home"], 1),
        (tote, shops["apparel"], 1),
        codes=["welcome10", "freeship", "spring5", "friends15"],
        shipping=STANDARD,
    )

    adds_up(found)
    assert found.lines[0].discounts[0].amount == candle.price
    assert found.lines[1].unit_price < mugs.price
    assert [line.unit_price for line in found.lines[2:]] == [D("42.00"), tote.price]
    assert {each.code for each in found.discounts} == {"", "WELCOME10", "FREESHIP"}
    assert found.shipping_total == 0
    assert found.refused_codes.keys() == {"spring5", "friends15"}
    assert found.refused_codes["spring5"].startswith("This code ended on May 3")
    assert StorefrontPrice.objects.count() == tote.product.variants.count()


def test_without_the_demos_categories_no_offer_spreads_to_everything(settings: Settings) -> None:
    settings.DEMO = True

    run()

    assert not Promotion.objects.filter(automatic=True).exists()
