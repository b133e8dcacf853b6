"""What one piece costs, and what the state gets; exact values."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from shop.pricing.models import HomeCountry, ProductTax, QuantityBreak, StorefrontPrice, TaxClass
from shop.pricing.services import price, unit_prices
from tests.carts.helpers import make_shops, make_variant
from tests.pricing.factories import STANDARD, D, adds_up, priced, tax, wanted

pytestmark = pytest.mark.django_db


def test_a_line_costs_the_variants_price_times_its_quantity() -> None:
    shops = make_shops()
    shirt, bowl = make_variant(shops["apparel"], price="19.90"), make_variant(price="7.05")
    shirt.compare_at_price = D(25)

    found = priced((shirt, shops["apparel"], 3), (bowl, shops["home"], 2))

    adds_up(found)
    assert [(x.key, x.unit_price, x.compare_at, x.total) for x in found.lines] == [
        (1, D("19.90"), D(25), D("59.70")),
        (2, D("7.05"), None, D("14.10")),
    ]
    assert (found.total, found.shipping, found.taxes, found.discounts) == (D("73.80"), None, (), ())


def test_a_compare_at_price_that_is_not_higher_is_not_shown() -> None:
    shops = make_shops()
    shirt = make_variant(price="10.00")
    for before in (D("10.00"), D("9.00"), None):
        shirt.compare_at_price = before
        assert priced((shirt, shops["home"], 1)).lines[0].compare_at is None


def test_a_storefronts_own_price_holds_for_what_is_put_in_there() -> None:
    shops = make_shops()
    shirt = make_variant(shops["apparel"], shops["home"], price="20.00")
    StorefrontPrice.objects.create(
        variant=shirt, storefront=shops["apparel"], price=D("18.00"), compare_at_price=D("22.00")
    )

    found = priced((shirt, shops["apparel"], 1), (shirt, shops["home"], 1))

    assert [(line.unit_price, line.compare_at) for line in found.lines] == [
        (D("18.00"), D("22.00")),
        (D("20.00"), None),
    ]


def test_breaks_count_the_pieces_of_the_whole_cart() -> None:
    shops = make_shops()
    sock, lamp = make_variant(price="5.00"), make_variant(price="9.00")
    QuantityBreak.objects.create(variant=sock, minimum=3, price=D("4.50"))
    QuantityBreak.objects.create(variant=sock, minimum=6, price=D("4.00"))
    QuantityBreak.objects.create(
        variant=sock, storefront=shops["apparel"], minimum=6, price=D("3.50")
    )

    def units(apparel: int, home: int) -> list[tuple[Decimal, Decimal | None]]:
        found = priced((sock, shops["apparel"], apparel), (sock, shops["home"], home))
        adds_up(found)
        return [(line.unit_price, line.compare_at) for line in found.lines]

    assert units(1, 1) == [(D("5.00"), None)] * 2
    assert units(1, 2) == [(D("4.50"), D("5.00"))] * 2
    assert units(5, 1) == [(D("3.50"), D("5.00")), (D("4.00"), D("5.00"))]
    assert priced((sock, shops["home"], 3), (lamp, shops["home"], 9)).lines[1].unit_price == D(9)


def test_a_break_never_makes_it_dearer_and_leaves_a_sale_its_price_before() -> None:
    shops = make_shops()
    sock = make_variant(price="5.00")
    sock.compare_at_price = D("6.00")
    QuantityBreak.objects.create(variant=sock, minimum=2, price=D("5.50"))
    QuantityBreak.objects.create(variant=sock, minimum=3, price=D("4.50"))

    def unit(quantity: int) -> tuple[Decimal, Decimal | None]:
        line = priced((sock, shops["home"], quantity)).lines[0]
        return line.unit_price, line.compare_at

    assert [unit(quantity) for quantity in (1, 2, 3)] == [
        (D("5.00"), D("6.00")),
        (D("5.00"), D("6.00")),
        (D("4.50"), D("6.00")),
    ]


def test_unit_prices_alone_are_those_of_the_breakdown() -> None:
    shops = make_shops()
    sock = make_variant(price="5.00")
    QuantityBreak.objects.create(variant=sock, minimum=3, price=D("4.50"))
    lines = wanted((sock, shops["home"], 2), (sock, shops["apparel"], 1))

    assert unit_prices(lines) == {1: D("4.50"), 2: D("4.50")}
    assert unit_prices([]) == {}


def test_tax_is_in_the_price_and_rounded_line_by_line() -> None:
    shops = make_shops()
    tax("DE", "19")
    things = [make_variant(price="0.99") for _ in range(3)]

    found = priced(*((thing, shops["home"], 1) for thing in things), shipping=STANDARD)

    adds_up(found)
    assert [line.tax for line in found.lines] == [D("0.16")] * 3  # 0.158…, not 0.47 in three
    assert found.shipping is not None
    assert (found.shipping.tax, found.shipping.tax_rate) == (D("0.78"), D(19))
    [vat] = found.taxes
    assert (vat.rate, vat.name, vat.base, vat.amount) == (D(19), "VAT", D("6.61"), D("1.26"))
    assert (found.total, found.tax_total, found.tax_included) == (D("7.87"), D("1.26"), True)


def test_tax_is_added_where_prices_are_without_it(settings: Settings) -> None:
    settings.SHOP_PRICES_INCLUDE_TAX = False
    shops = make_shops()
    tax("DE", "19")
    thing = make_variant(price="0.99")

    found = priced((thing, shops["home"], 3), shipping=STANDARD)

    adds_up(found)
    assert found.lines[0].tax == D("0.56")  # 19 % of 2.97 is 0.5643
    assert [(vat.base, vat.amount) for vat in found.taxes] == [(D("7.87"), D("1.49"))]
    assert (found.total, found.tax_included) == (D("9.36"), False)


def test_classes_have_rates_of_their_own_in_each_country() -> None:
    shops = make_shops()
    tax("DE", "19")
    books = tax("DE", "7", "books")
    tax("FR", "20", name="TVA")
    book, lamp = make_variant(price="10.70"), make_variant(price="11.90")
    gift = make_variant(price="5.00")
    gift.taxable = False
    ProductTax.objects.create(product=book.product, tax_class=books)
    lines = [(thing, shops["home"], 1) for thing in (book, lamp, gift)]

    german, french, american = (priced(*lines, country=each) for each in ("de", "FR", "US"))

    assert [(x.tax_class, x.tax_rate, x.tax) for x in german.lines] == [
        ("books", D(7), D("0.70")),
        ("standard", D(19), D("1.90")),
        ("", D(0), D(0)),
    ]
    assert [(x.rate, x.base, x.amount) for x in german.taxes] == [
        (D(19), D("10.00"), D("1.90")),
        (D(7), D("10.00"), D("0.70")),
    ]
    # France has no rate for books here: the default class's holds, so that nothing is forgotten.
    assert [(x.tax_class, x.tax_rate) for x in french.lines][:2] == [("standard", D(20))] * 2
    assert [tax.name for tax in french.taxes] == ["TVA"]
    assert (american.taxes, american.tax_total) == ((), D(0))
    assert german.total == french.total == american.total == D("27.60")


def test_until_a_country_is_known_the_storefronts_home_counts(settings: Settings) -> None:
    settings.SHOP_HOME_COUNTRY = "DE"
    shops = make_shops()
    tax("DE", "19")
    tax("FR", "20")
    HomeCountry.objects.create(storefront=shops["home"], country="FR")
    lamp = make_variant(price="12.00")

    def rate(shop: str, country: str | None) -> Decimal:
        lines = wanted((lamp, shops["apparel"], 1))
        found = price(lines, storefront=shops[shop], country=country, customer=None)
        return found.lines[0].tax_rate

    assert (rate("apparel", None), rate("home", None), rate("home", "DE")) == (D(19), D(20), D(19))


def test_delivery_may_be_of_another_class() -> None:
    from dataclasses import replace

    shops = make_shops()
    tax("DE", "19")
    tax("DE", "7", "reduced", name="reduced VAT")
    lamp = make_variant(price="11.90")

    found = priced((lamp, shops["home"], 1), shipping=replace(STANDARD, tax_class="reduced"))

    adds_up(found)
    assert found.shipping is not None
    assert (found.shipping.tax_rate, found.shipping.tax) == (D(7), D("0.32"))
    assert [tax.name for tax in found.taxes] == ["VAT", "reduced VAT"]


def test_without_tax_classes_nothing_is_taxed_and_an_empty_purchase_costs_nothing() -> None:
    shops = make_shops()

    found = price([], storefront=shops["home"], country=None, customer=None)

    adds_up(found)
    assert (found.total, found.lines, found.taxes) == (D(0), (), ())


@pytest.mark.parametrize("quantity", [0, -1])
def test_no_quantity_has_no_price(quantity: int) -> None:
    shops = make_shops()
    with pytest.raises(ValueError, match="one or more"):
        priced((make_variant(), shops["home"], quantity))


def test_two_lines_cannot_have_one_key() -> None:
    shops = make_shops()
    lines = wanted((make_variant(), shops["home"], 1)) * 2
    with pytest.raises(ValueError, match="key of its own"):
        price(lines, storefront=shops["home"], country="DE", customer=None)


def test_the_database_refuses_what_makes_no_sense() -> None:
    shops = make_shops()
    sock = make_variant(price="5.00")
    TaxClass.objects.create(slug="a", name="A", is_default=True)
    for wrong in (
        lambda: QuantityBreak.objects.create(variant=sock, minimum=1, price=D(1)),
        lambda: QuantityBreak.objects.create(variant=sock, minimum=2, price=D(-1)),
        lambda: StorefrontPrice.objects.create(
            variant=sock, storefront=shops["home"], price=D(2), compare_at_price=D(2)
        ),
        lambda: TaxClass.objects.create(slug="b", name="B", is_default=True),
        lambda: tax("de", "19", "a"),
        lambda: tax("DE", "100.001", "a"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()
    QuantityBreak.objects.create(variant=sock, minimum=2, price=D(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        QuantityBreak.objects.create(variant=sock, minimum=2, price=D(2))
